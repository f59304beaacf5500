/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/lines.h"

#include <string.h>

/* As sluice.link.Codec. */
static const char *mime_name(uint8_t codec)
{
    static const char *const names[] = {"",           "audio/opus", "audio/red", "audio/PCMU",
                                        "audio/PCMA", "video/VP8",  "video/VP9", "video/H264",
                                        "video/AV1",  "video/H265"};
    return codec < sizeof(names) / sizeof(names[0]) ? names[codec] : "";
}

/* As livekit.TrackSource. */
static const char *source_name(uint8_t source)
{
    static const char *const names[] = {"unknown", "camera", "microphone", "screen_share",
                                        "screen_share_audio"};
    return names[source < sizeof(names) / sizeof(names[0]) ? source : 0];
}

static double percent(uint32_t ppm)
{
    return (double)ppm / 1e4;
}

static void put_who(json_t *o, const struct who *w, const char *sid, const char *identity)
{
    line_text(o, sid, w->participant.sid);
    line_text(o, identity, w->participant.identity);
}

/* ---- tracks ---- */

static json_t *layer_json(const struct stats_layer *l, unsigned layer, usec_t at)
{
    char rid[STATS_RID + 1] = {0};
    json_t *o = json_object();
    memcpy(rid, l->rid, STATS_RID);
    line_count(o, "layer", layer);
    line_text(o, "rid", rid);
    line_count(o, "ssrc", l->ssrc);
    line_count(o, "rtx_ssrc", l->rtx_ssrc);
    line_count(o, "packets", l->packets);
    line_count(o, "bytes", l->bytes);
    line_count(o, "pps", l->pps);
    line_count(o, "bps", l->bps);
    line_count(o, "lost", l->lost);
    line_number(o, "loss_percent", percent(l->loss_ppm));
    line_count(o, "jitter_us", l->jitter_us);
    line_count(o, "recovered", l->recovered);
    line_count(o, "nacks", l->nacks);
    line_count(o, "plis", l->plis);
    line_count(o, "key_frames", l->key_frames);
    if (l->arrived)
        line_count(o, "idle_ms", at > l->arrived ? (at - l->arrived) / USEC_PER_MS : 0);
    return o;
}

static void put_layers(json_t *o, const struct stats_track_media *m)
{
    json_t *list = json_array();
    struct flow sum = {0};
    uint32_t jitter = 0;
    for (unsigned i = 0; i < STATS_LAYERS; i++) {
        const struct stats_layer *l = &m->layers[i];
        sum.packets += l->packets;
        sum.bytes += l->bytes;
        sum.lost += l->lost;
        sum.pps += l->pps;
        sum.bps += l->bps;
        sum.loss += (uint64_t)l->pps * l->loss_ppm;
        jitter = l->jitter_us > jitter ? l->jitter_us : jitter;
        if (l->ssrc || l->packets)
            json_array_append_new(list, layer_json(l, i, m->at));
    }
    json_t *flow = flow_json(&sum);
    json_object_update(o, flow);
    json_decref(flow);
    line_count(o, "jitter_us", jitter);
    if (m->rtt_us)
        line_count(o, "rtt_us", m->rtt_us);
    line_put(o, "layers", list);
}

json_t *line_track(const struct stats_segment *s, const struct totals *t, uint32_t index)
{
    struct stats_track tr;
    struct stats_track_media m;
    struct who w;
    if (!stats_get(s, STATS_TRACKS, index, &tr, sizeof(tr)) || !tr.handle ||
        !who_is(s, t, tr.transport, &w))
        return NULL;
    json_t *o = line_new("track");
    line_text(o, "room", w.room.name);
    put_who(o, &w, "participant", "identity");
    line_text(o, "track", tr.sid);
    line_text(o, "name", tr.name);
    line_text(o, "type", tr.video ? "video" : "audio");
    line_text(o, "source", source_name(tr.source));
    line_text(o, "mime", mime_name(tr.codec));
    line_flag(o, "muted", tr.muted != 0);
    line_flag(o, "svc", tr.svc != 0);
    line_flag(o, "encrypted", tr.encrypted != 0);
    line_count(o, "worker", tr.worker);
    line_count(o, "subscribers", tr.subscribers);
    line_put(o, "wanted_layer",
             tr.wanted == STATS_LAYER_NONE ? json_null() : json_integer(tr.wanted));
    if (stats_get(s, STATS_TRACK_MEDIA, index, &m, sizeof(m)) && m.handle == tr.handle)
        put_layers(o, &m);
    return o;
}

/* ---- subscriptions ---- */

static const char *subscription_state(const struct stats_subscription *sub,
                                      const struct stats_track *tr,
                                      const struct stats_downtrack_media *m)
{
    if (sub->disabled)
        return "disabled";
    if (tr->muted)
        return "muted";
    if (!m || !m->started)
        return "waiting";
    return m->layer == STATS_LAYER_NONE ? "paused" : "forwarding";
}

static void put_downtrack(json_t *o, const struct stats_downtrack_media *m)
{
    line_text(o, "mime", mime_name(m->codec));
    if (m->layer != STATS_LAYER_NONE) {
        line_count(o, "layer", m->layer);
        if (m->temporal != STATS_LAYER_NONE)
            line_count(o, "temporal", m->temporal);
    }
    line_count(o, "packets", m->packets);
    line_count(o, "bytes", m->bytes);
    line_count(o, "pps", m->pps);
    line_count(o, "bps", m->bps);
    line_count(o, "retransmitted", m->retransmitted);
    line_count(o, "lost", m->lost);
    line_number(o, "loss_percent", percent(m->loss_ppm));
    if (m->rtt_us)
        line_count(o, "rtt_us", m->rtt_us);
    line_count(o, "jitter_us", m->jitter_us);
    line_count(o, "nacks", m->nacks);
    line_count(o, "plis", m->plis);
}

json_t *line_subscription(const struct stats_segment *s, const struct totals *t, uint32_t index)
{
    struct stats_subscription sub;
    struct stats_track tr;
    struct stats_downtrack_media m;
    struct who from, to;
    if (!stats_get(s, STATS_SUBSCRIPTIONS, index, &sub, sizeof(sub)) || !sub.handle ||
        !stats_get(s, STATS_TRACKS, handle_index(sub.track), &tr, sizeof(tr)) ||
        tr.handle != sub.track || !who_is(s, t, tr.transport, &from) ||
        !who_is(s, t, sub.transport, &to))
        return NULL;
    bool measured =
        stats_get(s, STATS_DOWNTRACK_MEDIA, index, &m, sizeof(m)) && m.handle == sub.handle;
    json_t *o = line_new("subscription");
    line_text(o, "room", to.room.name);
    line_text(o, "track", tr.sid);
    put_who(o, &from, "publisher", "publisher_identity");
    put_who(o, &to, "participant", "identity");
    line_text(o, "type", tr.video ? "video" : "audio");
    line_text(o, "source", source_name(tr.source));
    line_count(o, "worker", sub.worker);
    line_text(o, "state", subscription_state(&sub, &tr, measured ? &m : NULL));
    line_count(o, "ssrc", sub.ssrc);
    line_count(o, "max_layer", sub.max_spatial);
    line_count(o, "max_temporal", sub.max_temporal);
    if (measured)
        put_downtrack(o, &m);
    return o;
}
