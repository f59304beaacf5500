/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/convert.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool refuse(const char **why, const char *text)
{
    *why = text;
    return false;
}

/* The value of `name` in "a=1;b=2", or NULL. */
static const char *fmtp_value(const char *fmtp, const char *name)
{
    size_t n = strlen(name);
    for (const char *p = fmtp; p && *p; p = strchr(p, ';') ? strchr(p, ';') + 1 : NULL) {
        while (*p == ' ')
            p++;
        if (strncasecmp(p, name, n) == 0 && p[n] == '=')
            return p + n + 1;
    }
    return NULL;
}

static uint8_t number_of(const char *fmtp, const char *name)
{
    const char *v = fmtp_value(fmtp, name);
    return v ? (uint8_t)(strtoul(v, NULL, 10) & 0x7f) : 0;
}

static uint8_t h264_variant(const char *fmtp)
{
    /* profile_idc and constraint set 1, in hexadecimal digits of profile-level-id */
    static const char *const classes[] = {"42e0", "4200", "4d00", "6400", "640c", "f400"};
    const char *level_id = fmtp_value(fmtp, "profile-level-id");
    uint8_t which = level_id ? 7 : 1;
    for (size_t i = 0; level_id && i < sizeof(classes) / sizeof(*classes); i++)
        if (strncasecmp(level_id, classes[i], 4) == 0)
            which = (uint8_t)i;
    return (uint8_t)(which << 1 | (number_of(fmtp, "packetization-mode") & 1));
}

uint8_t convert_variant(Sluice__Link__Codec codec, const char *fmtp)
{
    switch (codec) {
    case SLUICE__LINK__CODEC__H264:
        return h264_variant(fmtp);
    case SLUICE__LINK__CODEC__VP9:
        return number_of(fmtp, "profile-id");
    case SLUICE__LINK__CODEC__AV1:
        return number_of(fmtp, "profile");
    default:
        return 0;
    }
}

static bool convert_payloads(size_t n, Sluice__Link__Payload *const *in, struct media_payload *out,
                             uint8_t *n_out, const char **why)
{
    if (n == 0 || n > MEDIA_PAYLOADS_MAX)
        return refuse(why, "number of payloads");
    for (size_t i = 0; i < n; i++) {
        if (in[i]->pt > 127 || in[i]->rtx_pt > 127 || in[i]->codec > SLUICE__LINK__CODEC__H265)
            return refuse(why, "payload type");
        if (in[i]->clock_rate < 8000 || in[i]->clock_rate > 192000)
            return refuse(why, "clock rate");
        out[i] = (struct media_payload){
            .codec = (uint8_t)in[i]->codec,
            .pt = (uint8_t)in[i]->pt,
            .rtx_pt = (uint8_t)in[i]->rtx_pt,
            .variant = convert_variant(in[i]->codec, in[i]->fmtp),
            .clock_rate = in[i]->clock_rate,
        };
    }
    *n_out = (uint8_t)n;
    return true;
}

static bool convert_extensions(const Sluice__Link__Extensions *in, struct media_extensions *out,
                               const char **why)
{
    *out = (struct media_extensions){0};
    if (!in)
        return true;
    const uint32_t from[] = {
        in->mid,           in->rid,          in->repaired_rid,          in->audio_level,
        in->abs_send_time, in->transport_cc, in->dependency_descriptor, in->abs_capture_time,
        in->playout_delay};
    uint8_t *const to[] = {&out->mid,
                           &out->rid,
                           &out->repaired_rid,
                           &out->audio_level,
                           &out->abs_send_time,
                           &out->transport_cc,
                           &out->dependency_descriptor,
                           &out->abs_capture_time,
                           &out->playout_delay};
    for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++) {
        if (from[i] > 255)
            return refuse(why, "header extension id");
        *to[i] = (uint8_t)from[i];
    }
    return true;
}

static bool copy_text(char *out, size_t size, const char *in)
{
    size_t n = strlen(in);
    if (n >= size)
        return false;
    memcpy(out, in, n + 1);
    return true;
}

static bool copy_trailer(const ProtobufCBinaryData *trailer, uint8_t out[MEDIA_SIF_MAX],
                         uint8_t *len, const char **why)
{
    if (trailer->len > MEDIA_SIF_MAX)
        return refuse(why, "sif_trailer length");
    if (trailer->len > 0)
        memcpy(out, trailer->data, trailer->len);
    *len = (uint8_t)trailer->len;
    return true;
}

static bool convert_encodings(const Sluice__Link__Track *in, struct media_track *out,
                              const char **why)
{
    if (in->n_encodings == 0 || in->n_encodings > MEDIA_LAYERS_MAX)
        return refuse(why, "number of encodings");
    for (size_t i = 0; i < in->n_encodings; i++) {
        const Sluice__Link__Encoding *e = in->encodings[i];
        if (!copy_text(out->encodings[i].rid, MEDIA_RID_MAX, e->rid))
            return refuse(why, "rid length");
        out->encodings[i].ssrc = e->ssrc;
        out->encodings[i].rtx_ssrc = e->rtx_ssrc;
    }
    out->n_encodings = (uint8_t)in->n_encodings;
    return true;
}

bool convert_track(const Sluice__Link__Track *in, handle_t session, struct media_track *out,
                   const char **why)
{
    *out = (struct media_track){
        .session = session,
        .video = in->video,
        .nack = in->nack,
        .muted = in->muted,
        .svc = in->svc,
        .screen_share = in->screen_share,
        .encrypted = in->encrypted,
    };
    if (!copy_text(out->mid, MEDIA_MID_MAX, in->mid))
        return refuse(why, "mid length");
    return convert_payloads(in->n_payloads, in->payloads, out->payloads, &out->n_payloads, why) &&
           convert_encodings(in, out, why) &&
           convert_extensions(in->extensions, &out->extensions, why) &&
           copy_trailer(&in->sif_trailer, out->sif_trailer, &out->sif_trailer_len, why);
}

bool convert_subscription(const Sluice__Link__Subscription *in, const Sluice__Link__Track *track,
                          struct media_downtrack *out, const char **why)
{
    *out = (struct media_downtrack){
        .video = track->video,
        .nack = in->nack,
        .disabled = in->disabled,
        .svc = track->svc,
        .screen_share = track->screen_share,
        .encrypted = track->encrypted,
        .track_muted = track->muted,
        .max_spatial = (uint8_t)in->max_spatial,
        .max_temporal = (uint8_t)in->max_temporal,
        .ssrc = in->ssrc,
        .rtx_ssrc = in->rtx_ssrc,
    };
    if (in->ssrc == 0)
        return refuse(why, "ssrc is 0");
    if (in->max_spatial >= MEDIA_LAYERS_MAX || in->max_temporal > 3)
        return refuse(why, "layer out of range");
    if (!copy_text(out->mid, MEDIA_MID_MAX, in->mid))
        return refuse(why, "mid length");
    if (!copy_text(out->cname, MEDIA_CNAME_MAX, in->cname))
        return refuse(why, "cname length");
    return convert_payloads(in->n_payloads, in->payloads, out->payloads, &out->n_payloads, why) &&
           convert_extensions(in->extensions, &out->extensions, why) &&
           copy_trailer(in->sif_trailer.len > 0 ? &in->sif_trailer : &track->sif_trailer,
                        out->sif_trailer, &out->sif_trailer_len, why);
}
