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

enum sdp_codec track_codec_at(const Livekit__TrackInfo *info, uint32_t codec)
{
    if (codec == 0 || codec >= info->n_codecs)
        return track_codec(info);
    return sdp_codec_by_mime(info->codecs[codec]->mime_type);
}

bool track_is_svc(const Livekit__TrackInfo *info, uint32_t codec)
{
    enum sdp_codec c = track_codec_at(info, codec);
    /* the client may send another codec than it announced */
    for (size_t i = 0; i < info->n_codecs; i++)
        if (sdp_codec_by_mime(info->codecs[i]->mime_type) == c)
            return info->codecs[i]->video_layer_mode ==
                   LIVEKIT__VIDEO_LAYER__MODE__MULTIPLE_SPATIAL_LAYERS_PER_STREAM;
    return c == SDP_VP9 || c == SDP_AV1;
}

/* The layers of one codec, lowest first. */
struct layers {
    Livekit__VideoLayer *const *list;
    uint32_t n;
};

static struct layers layers_of(const Livekit__TrackInfo *info, uint32_t codec)
{
    struct layers l = {info->layers, (uint32_t)info->n_layers};
    if (codec > 0 && codec < info->n_codecs && info->codecs[codec]->n_layers > 0)
        l = (struct layers){info->codecs[codec]->layers, (uint32_t)info->codecs[codec]->n_layers};
    l.n = l.n < LAYERS_MAX ? l.n : LAYERS_MAX;
    return l;
}

Livekit__VideoQuality track_layer_quality(const Livekit__TrackInfo *info, uint32_t codec,
                                          uint32_t layer)
{
    struct layers l = layers_of(info, codec);
    if (l.n == 0)
        return layer < LAYERS_MAX ? (Livekit__VideoQuality)layer : LIVEKIT__VIDEO_QUALITY__HIGH;
    return l.list[layer < l.n ? layer : l.n - 1]->quality;
}

static uint32_t layer_of_quality(const struct layers *l, Livekit__VideoQuality q)
{
    if (l->n == 0)
        return q <= LIVEKIT__VIDEO_QUALITY__HIGH ? (uint32_t)q : LAYERS_MAX - 1;
    for (uint32_t i = 0; i < l->n; i++)
        if (l->list[i]->quality == q)
            return i;
    return l->n - 1;
}

/* Edge lengths of the layers, lowest first: heights, or widths of a portrait without layers. */
static uint32_t edges(const Livekit__TrackInfo *info, const struct layers *l,
                      uint32_t edge[LAYERS_MAX])
{
    bool known = l->n > 0;
    for (uint32_t i = 0; i < l->n; i++) {
        edge[i] = l->list[i]->height;
        known = known && edge[i] > 0;
    }
    if (known)
        return l->n;
    edge[0] = 180;
    edge[1] = 360;
    edge[2] = info->width < info->height ? info->width : info->height;
    return LAYERS_MAX;
}

static uint32_t layer_of_size(const Livekit__TrackInfo *info, const struct layers *l,
                              uint32_t width, uint32_t height)
{
    uint32_t edge[LAYERS_MAX];
    uint32_t n = edges(info, l, edge);
    bool portrait = l->n == 0 && info->width < info->height;
    double requested = (portrait ? width : height) * SIZE_TOLERANCE;
    for (uint32_t i = 0; i + 1 < n; i++)
        if (edge[i] >= requested && edge[i] != edge[i + 1])
            return i;
    return n - 1;
}

uint32_t track_wanted_layer(const Livekit__TrackInfo *info, uint32_t codec,
                            const struct track_settings *s)
{
    struct layers l = layers_of(info, codec);
    if (s->width > 0)
        return layer_of_size(info, &l, s->width, s->height);
    return layer_of_quality(&l, s->quality);
}
