/* SPDX-License-Identifier: Apache-2.0 */
/* Layers, sizes and qualities of a video track. */
#include "control/room/track_info.h"

/* A layer is enough for a size if it reaches this much of it. */
#define SIZE_TOLERANCE 0.9

#define LAYERS_MAX 3

enum sdp_codec track_codec(const Livekit__TrackInfo *info)
{
    if (*info->mime_type)
        return sdp_codec_by_mime(info->mime_type);
    return info->n_codecs > 0 ? sdp_codec_by_mime(info->codecs[0]->mime_type) : SDP_CODEC_UNKNOWN;
}

bool track_is_svc(const Livekit__TrackInfo *info)
{
    enum sdp_codec codec = track_codec(info);
    for (size_t i = 0; i < info->n_codecs; i++)
        if (sdp_codec_by_mime(info->codecs[i]->mime_type) == codec)
            return info->codecs[i]->video_layer_mode ==
                   LIVEKIT__VIDEO_LAYER__MODE__MULTIPLE_SPATIAL_LAYERS_PER_STREAM;
    return codec == SDP_VP9 || codec == SDP_AV1;
}

static uint32_t layer_count(const Livekit__TrackInfo *info)
{
    return info->n_layers < LAYERS_MAX ? (uint32_t)info->n_layers : LAYERS_MAX;
}

Livekit__VideoQuality track_layer_quality(const Livekit__TrackInfo *info, uint32_t layer)
{
    uint32_t n = layer_count(info);
    if (n == 0)
        return layer < LAYERS_MAX ? (Livekit__VideoQuality)layer : LIVEKIT__VIDEO_QUALITY__HIGH;
    return info->layers[layer < n ? layer : n - 1]->quality;
}

static uint32_t layer_of_quality(const Livekit__TrackInfo *info, Livekit__VideoQuality q)
{
    uint32_t n = layer_count(info);
    if (n == 0)
        return q <= LIVEKIT__VIDEO_QUALITY__HIGH ? (uint32_t)q : LAYERS_MAX - 1;
    for (uint32_t i = 0; i < n; i++)
        if (info->layers[i]->quality == q)
            return i;
    return n - 1;
}

/* Edge lengths of the layers, lowest first: heights, or widths of a portrait without layers. */
static uint32_t edges(const Livekit__TrackInfo *info, uint32_t edge[LAYERS_MAX])
{
    uint32_t n = layer_count(info);
    bool known = n > 0;
    for (uint32_t i = 0; i < n; i++) {
        edge[i] = info->layers[i]->height;
        known = known && edge[i] > 0;
    }
    if (known)
        return n;
    edge[0] = 180;
    edge[1] = 360;
    edge[2] = info->width < info->height ? info->width : info->height;
    return LAYERS_MAX;
}

static uint32_t layer_of_size(const Livekit__TrackInfo *info, uint32_t width, uint32_t height)
{
    uint32_t edge[LAYERS_MAX];
    uint32_t n = edges(info, edge);
    bool portrait = layer_count(info) == 0 && info->width < info->height;
    double requested = (portrait ? width : height) * SIZE_TOLERANCE;
    for (uint32_t i = 0; i + 1 < n; i++)
        if (edge[i] >= requested && edge[i] != edge[i + 1])
            return i;
    return n - 1;
}

uint32_t track_wanted_layer(const Livekit__TrackInfo *info, const struct track_settings *s)
{
    if (s->width > 0)
        return layer_of_size(info, s->width, s->height);
    return layer_of_quality(info, s->quality);
}
