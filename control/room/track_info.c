/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/track_info.h"

#include "common/random.h"
#include "control/room/arena.h"
#include "control/room/heap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAYERS_MAX   8
#define FEATURES_MAX 16
#define NAME_LEN_MAX 1024

static const char *sid_prefix(const Livekit__AddTrackRequest *req)
{
    bool video = req->type == LIVEKIT__TRACK_TYPE__VIDEO;
    switch (req->source) {
    case LIVEKIT__TRACK_SOURCE__CAMERA:
        return video ? "TR_VC" : "TR_AC";
    case LIVEKIT__TRACK_SOURCE__MICROPHONE:
        return video ? "TR_VM" : "TR_AM";
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE:
        return video ? "TR_VS" : "TR_AS";
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO:
        return video ? "TR_Vs" : "TR_As";
    default:
        return video ? "TR_V" : "TR_A";
    }
}

static const char *default_stream(Livekit__TrackSource source)
{
    switch (source) {
    case LIVEKIT__TRACK_SOURCE__CAMERA:
    case LIVEKIT__TRACK_SOURCE__MICROPHONE:
        return "camera";
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE:
    case LIVEKIT__TRACK_SOURCE__SCREEN_SHARE_AUDIO:
        return "screen";
    default:
        return "unknown";
    }
}

static int by_quality(const void *a, const void *b)
{
    const Livekit__VideoLayer *x = *(Livekit__VideoLayer *const *)a;
    const Livekit__VideoLayer *y = *(Livekit__VideoLayer *const *)b;
    return (x->quality > y->quality) - (x->quality < y->quality);
}

/* Sorted copies, without what the server fills in. */
static size_t copy_layers(struct arena *a, Livekit__VideoLayer *const *in, size_t n,
                          Livekit__VideoLayer ***out)
{
    n = n < LAYERS_MAX ? n : LAYERS_MAX;
    *out = ARENA_ARRAY(a, Livekit__VideoLayer *, n);
    for (size_t i = 0; i < n; i++) {
        Livekit__VideoLayer *m = ARENA_MESSAGE(a, Livekit__VideoLayer, livekit__video_layer);
        m->quality = in[i]->quality;
        m->width = in[i]->width;
        m->height = in[i]->height;
        m->bitrate = in[i]->bitrate;
        m->rid = in[i]->rid;
        m->spatial_layer = in[i]->spatial_layer;
        (*out)[i] = m;
    }
    qsort(*out, n, sizeof **out, by_quality);
    return n;
}

static bool svc_codec(enum sdp_codec c)
{
    return c == SDP_VP9 || c == SDP_AV1;
}

/* "vp8" and "video/vp8" to "video/vp8"; a codec that is off gives way to VP8, Opus. */
static const char *codec_mime(struct arena *a, const struct rooms *rs, const char *name, bool video)
{
    if (!*name)
        return "";
    enum sdp_codec c = sdp_codec_by_mime(name);
    if (c == SDP_CODEC_UNKNOWN || !(rs->config.codecs & 1u << c))
        c = video ? SDP_VP8 : SDP_OPUS;
    char *mime = arena_copy(a, sdp_codec_mime(c), strlen(sdp_codec_mime(c)) + 1);
    for (char *p = mime; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return mime;
}

static Livekit__SimulcastCodecInfo *codec_info(struct arena *a, const char *mime, char *cid,
                                               Livekit__VideoLayer__Mode mode)
{
    Livekit__SimulcastCodecInfo *m =
        ARENA_MESSAGE(a, Livekit__SimulcastCodecInfo, livekit__simulcast_codec_info);
    m->mime_type = (char *)(uintptr_t)mime;
    m->cid = cid;
    m->video_layer_mode = mode;
    if (mode == LIVEKIT__VIDEO_LAYER__MODE__MODE_UNUSED)
        m->video_layer_mode = svc_codec(sdp_codec_by_mime(mime))
                                  ? LIVEKIT__VIDEO_LAYER__MODE__MULTIPLE_SPATIAL_LAYERS_PER_STREAM
                                  : LIVEKIT__VIDEO_LAYER__MODE__ONE_SPATIAL_LAYER_PER_STREAM;
    return m;
}

static void add_codecs(struct arena *a, const struct rooms *rs, const Livekit__AddTrackRequest *req,
                       Livekit__TrackInfo *m)
{
    bool video = req->type == LIVEKIT__TRACK_TYPE__VIDEO;
    size_t n =
        req->n_simulcast_codecs < TRACK_CODECS_MAX ? req->n_simulcast_codecs : TRACK_CODECS_MAX;
    m->codecs = ARENA_ARRAY(a, Livekit__SimulcastCodecInfo *, n + 1);
    for (size_t i = 0; i < n; i++) {
        Livekit__SimulcastCodec *c = req->simulcast_codecs[i];
        Livekit__SimulcastCodecInfo *info =
            codec_info(a, codec_mime(a, rs, c->codec, video), c->cid, c->video_layer_mode);
        if (c->n_layers > 0)
            info->n_layers = copy_layers(a, c->layers, c->n_layers, &info->layers);
        else if (video)
            info->n_layers = copy_layers(a, req->layers, req->n_layers, &info->layers);
        m->codecs[m->n_codecs++] = info;
    }
    if (n > 0)
        return;
    Livekit__SimulcastCodecInfo *info =
        codec_info(a, "", req->cid, LIVEKIT__VIDEO_LAYER__MODE__MODE_UNUSED);
    if (video)
        info->n_layers = copy_layers(a, req->layers, req->n_layers, &info->layers);
    m->codecs[m->n_codecs++] = info;
}

static void add_feature(Livekit__TrackInfo *m, Livekit__AudioTrackFeature f)
{
    if (!track_has_feature(m, f) && m->n_audio_features < FEATURES_MAX)
        m->audio_features[m->n_audio_features++] = f;
}

static void add_features(struct arena *a, const Livekit__AddTrackRequest *req,
                         Livekit__TrackInfo *m)
{
    m->audio_features = ARENA_ARRAY(a, Livekit__AudioTrackFeature, FEATURES_MAX);
    for (size_t i = 0; i < req->n_audio_features; i++)
        add_feature(m, req->audio_features[i]);
    if (req->type != LIVEKIT__TRACK_TYPE__AUDIO)
        return;
    if (req->stereo)
        add_feature(m, LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO);
    if (req->disable_dtx)
        add_feature(m, LIVEKIT__AUDIO_TRACK_FEATURE__TF_NO_DTX);
}

static Livekit__BackupCodecPolicy policy_of(const Livekit__AddTrackRequest *req)
{
    if (req->type == LIVEKIT__TRACK_TYPE__AUDIO)
        return LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST;
    return req->backup_codec_policy;
}

/* A copy that owns its memory. */
static Livekit__TrackInfo *own(const Livekit__TrackInfo *m)
{
    size_t size = livekit__track_info__get_packed_size(m);
    uint8_t *bytes = heap_new(size + 1);
    livekit__track_info__pack(m, bytes);
    Livekit__TrackInfo *copy = livekit__track_info__unpack(NULL, size, bytes);
    free(bytes);
    if (!copy)
        abort();
    return copy;
}

Livekit__TrackInfo *track_info_new(const struct rooms *rs, const Livekit__AddTrackRequest *req)
{
    struct arena a = {0};
    char sid[ROOM_SID_MAX];
    Livekit__TrackInfo *m = ARENA_MESSAGE(&a, Livekit__TrackInfo, livekit__track_info);
    m->sid = random_id(sid, sid_prefix(req), 12);
    m->type = req->type;
    m->name = strlen(req->name) <= NAME_LEN_MAX ? req->name : (char *)(uintptr_t) "";
    m->muted = req->muted;
    m->width = req->width;
    m->height = req->height;
    m->disable_dtx = req->disable_dtx;
    m->source = req->source;
    m->stereo = req->stereo;
    m->disable_red = req->disable_red;
    m->encryption = req->encryption;
    m->stream = *req->stream ? req->stream : (char *)(uintptr_t)default_stream(req->source);
    m->backup_codec_policy = policy_of(req);
    m->n_packet_trailer_features = req->n_packet_trailer_features;
    m->packet_trailer_features = req->packet_trailer_features;
    if (req->type == LIVEKIT__TRACK_TYPE__VIDEO)
        m->n_layers = copy_layers(&a, req->layers, req->n_layers, &m->layers);
    add_codecs(&a, rs, req, m);
    add_features(&a, req, m);
    m->simulcast = m->type == LIVEKIT__TRACK_TYPE__VIDEO && !track_is_svc(m, 0) && m->n_layers > 1;
    Livekit__TrackInfo *result = own(m);
    arena_free(&a);
    return result;
}

static void set_text(char **field, const char *value)
{
    if (strcmp(*field, value) == 0)
        return;
    if (*field != protobuf_c_empty_string)
        free(*field);
    *field = heap_text(value);
}

/* One encoding for all layers is SVC. */
static void name_layers(Livekit__VideoLayer **layers, size_t n, const struct sdp_negotiated *f)
{
    for (size_t i = 0; f->encoding_count == 1 && i < n; i++)
        layers[i]->spatial_layer = (int32_t)i;
    for (uint32_t i = 0; i < f->encoding_count; i++) {
        uint32_t layer = sdp_encoding_layer(f, i);
        if (layer >= n)
            continue;
        layers[layer]->spatial_layer = (int32_t)layer;
        set_text(&layers[layer]->rid, f->encodings[i].rid);
        if (f->encodings[i].ssrc)
            layers[layer]->ssrc = f->encodings[i].ssrc;
        if (f->encodings[i].rtx_ssrc)
            layers[layer]->repair_ssrc = f->encodings[i].rtx_ssrc;
    }
}

static void begin_version(Livekit__TrackInfo *info)
{
    if (info->version)
        return;
    info->version = heap_new(sizeof *info->version);
    livekit__timed_version__init(info->version);
    info->version->unix_micro = (int64_t)clock_realtime();
}

void track_info_negotiated(Livekit__TrackInfo *info, uint32_t codec,
                           const struct sdp_negotiated *facts, const char *track_id)
{
    const char *mime = sdp_codec_mime(facts->payloads[0].codec);
    begin_version(info);
    if (codec == 0) {
        set_text(&info->mime_type, mime);
        set_text(&info->mid, facts->mid);
        name_layers(info->layers, info->n_layers, facts);
    }
    if (codec >= info->n_codecs)
        return;
    Livekit__SimulcastCodecInfo *c = info->codecs[codec];
    set_text(&c->mime_type, mime);
    set_text(&c->mid, facts->mid);
    if (*track_id && strcmp(c->cid, track_id) != 0)
        set_text(&c->sdp_cid, track_id);
    name_layers(c->layers, c->n_layers, facts);
}

static void free_layers(Livekit__SimulcastCodecInfo *c)
{
    for (size_t i = 0; i < c->n_layers; i++)
        livekit__video_layer__free_unpacked(c->layers[i], NULL);
    free(c->layers);
    c->layers = NULL;
    c->n_layers = 0;
}

/* Those of a request, as a message's own. */
static void own_layers(Livekit__SimulcastCodecInfo *c, Livekit__VideoLayer *const *list, size_t n)
{
    struct arena a = {0};
    Livekit__SimulcastCodecInfo m = LIVEKIT__SIMULCAST_CODEC_INFO__INIT;
    m.n_layers = copy_layers(&a, list, n, &m.layers);
    size_t size = livekit__simulcast_codec_info__get_packed_size(&m);
    uint8_t *bytes = arena_take(&a, size + 1);
    livekit__simulcast_codec_info__pack(&m, bytes);
    Livekit__SimulcastCodecInfo *copy = livekit__simulcast_codec_info__unpack(NULL, size, bytes);
    arena_free(&a);
    if (!copy)
        abort();
    free_layers(c);
    c->layers = copy->layers;
    c->n_layers = copy->n_layers;
    copy->layers = NULL;
    copy->n_layers = 0;
    livekit__simulcast_codec_info__free_unpacked(copy, NULL);
}

static Livekit__SimulcastCodecInfo *announced(const Livekit__TrackInfo *info, enum sdp_codec codec)
{
    for (size_t i = 0; i < info->n_codecs && codec != SDP_CODEC_UNKNOWN; i++)
        if (sdp_codec_by_mime(info->codecs[i]->mime_type) == codec)
            return info->codecs[i];
    return NULL;
}

bool track_info_add_backup(Livekit__TrackInfo *info, const Livekit__AddTrackRequest *req)
{
    bool found = false;
    for (size_t i = 0; i < req->n_simulcast_codecs; i++) {
        const Livekit__SimulcastCodec *from = req->simulcast_codecs[i];
        Livekit__SimulcastCodecInfo *c = announced(info, sdp_codec_by_mime(from->codec));
        if (!c)
            continue;
        found = true;
        set_text(&c->cid, from->cid);
        if (from->n_layers > 0)
            own_layers(c, from->layers, from->n_layers);
        else if (req->n_layers > 0)
            own_layers(c, req->layers, req->n_layers);
    }
    return found;
}

static bool set_layer(Livekit__VideoLayer **layers, size_t n, uint32_t layer, const char *rid,
                      uint32_t ssrc, uint32_t rtx_ssrc)
{
    if (layer >= n)
        return false;
    Livekit__VideoLayer *l = layers[layer];
    bool news = l->ssrc != ssrc || (rtx_ssrc && l->repair_ssrc != rtx_ssrc);
    l->ssrc = ssrc;
    l->spatial_layer = (int32_t)layer;
    if (rtx_ssrc)
        l->repair_ssrc = rtx_ssrc;
    if (*rid)
        set_text(&l->rid, rid);
    return news;
}

bool track_info_layer(Livekit__TrackInfo *info, uint32_t codec, uint32_t layer, const char *rid,
                      uint32_t ssrc, uint32_t rtx_ssrc)
{
    bool news = false;
    if (codec == 0)
        news = set_layer(info->layers, info->n_layers, layer, rid, ssrc, rtx_ssrc);
    if (codec < info->n_codecs)
        news |= set_layer(info->codecs[codec]->layers, info->codecs[codec]->n_layers, layer, rid,
                          ssrc, rtx_ssrc);
    return news;
}

void track_info_features(Livekit__TrackInfo *info, const Livekit__AudioTrackFeature *list,
                         size_t count)
{
    count = count < FEATURES_MAX ? count : FEATURES_MAX;
    free(info->audio_features);
    info->audio_features = heap_new((count + 1) * sizeof *list);
    if (count > 0)
        memcpy(info->audio_features, list, count * sizeof *list);
    info->n_audio_features = count;
}

bool track_has_feature(const Livekit__TrackInfo *info, Livekit__AudioTrackFeature f)
{
    for (size_t i = 0; i < info->n_audio_features; i++)
        if (info->audio_features[i] == f)
            return true;
    return false;
}
