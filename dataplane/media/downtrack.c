/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Downtracks: opening, changing, what they want, and what they report.
 */
#include "common/random.h"
#include "dataplane/media/engine.h"

#include <string.h>

#define RTX_FIRST_MASK 0x7fff

static bool register_ssrcs(struct media *m, struct downtrack *d)
{
    struct ssrc_slot slot = {.session = session_index(m, d->session),
                             .ssrc = d->config.ssrc,
                             .index = (uint32_t)(d - m->downtracks)};
    struct ssrc_slot rtx = slot;
    rtx.ssrc = d->config.rtx_ssrc;
    rtx.rtx = true;
    return ssrc_map_put(&m->sent, slot) && (!rtx.ssrc || ssrc_map_put(&m->sent, rtx));
}

static void unregister_ssrcs(struct media *m, struct downtrack *d)
{
    uint32_t session = session_index(m, d->session), index = (uint32_t)(d - m->downtracks);
    ssrc_map_remove(&m->sent, session, d->config.ssrc, index);
    ssrc_map_remove(&m->sent, session, d->config.rtx_ssrc, index);
}

static void take_config(struct downtrack *d, const struct media_downtrack *c)
{
    if (memcmp(d->config.payloads, c->payloads, sizeof c->payloads) != 0)
        d->log.newest = 0; /* what was sent could not be sent again as it was */
    d->config = *c;
    if (d->config.n_payloads > MEDIA_PAYLOADS_MAX)
        d->config.n_payloads = MEDIA_PAYLOADS_MAX;
    if (d->config.sif_trailer_len > MEDIA_SIF_MAX)
        d->config.sif_trailer_len = MEDIA_SIF_MAX;
    d->config.mid[MEDIA_MID_MAX - 1] = '\0';
    d->config.cname[MEDIA_CNAME_MAX - 1] = '\0';
    d->ssrc = c->ssrc;
    d->video = c->video;
    d->svc = c->svc;
    d->nack = c->nack;
    d->abs_send_time = c->video ? c->extensions.abs_send_time : 0;
    d->dependency_descriptor = c->extensions.dependency_descriptor;
    uint8_t codec = d->pt_codec;
    d->pt_codec = MEDIA_CODEC_UNKNOWN; /* looked up again */
    if (codec != MEDIA_CODEC_UNKNOWN)
        transmit_payload_type(d, codec, d->pt_variant);
    d->select.simulcast.max_temporal = c->max_temporal;
    d->select.dd.max_spatial = d->select.vp9.max_spatial = c->max_spatial;
    d->select.dd.max_temporal = d->select.vp9.max_temporal = c->max_temporal;
}

static void restart(struct downtrack *d)
{
    simulcast_selector_init(&d->select.simulcast);
    svc_selector_init(&d->select.dd);
    vp9_selector_init(&d->select.vp9);
    d->select.simulcast.max_temporal = d->config.max_temporal;
    d->select.dd.max_spatial = d->select.vp9.max_spatial = d->config.max_spatial;
    d->select.dd.max_temporal = d->select.vp9.max_temporal = d->config.max_temporal;
    d->by_dd = d->by_vp9 = false; /* as the next packet is */
    d->anew = true;
}

static bool open_downtrack(struct media *m, struct downtrack *d, handle_t h, struct session *s,
                           const struct media_downtrack *c)
{
    struct feed *f = feed_open(m, c->track, c->track_worker, c->screen_share);
    if (!f)
        return false;
    memset(d, 0, sizeof *d);
    d->handle = h;
    d->session = s;
    d->feed = f;
    d->timer.kind = TIMER_DOWNTRACK;
    d->next_event_report = m->now + EVENT_REPORT_INTERVAL;
    d->published = m->now;
    d->next_publish = m->now;
    d->next_key_frame = d->next_silence = USEC_NEVER;
    d->rtx_next = random_u32() & RTX_FIRST_MASK;
    take_config(d, c);
    restart(d);
    struct sent_entry *slots = m->sent_slots + (size_t)(d - m->downtracks) * SENT_LOG_VIDEO;
    sent_log_init(&d->log, slots, !c->nack ? 0 : c->video ? SENT_LOG_VIDEO : SENT_LOG_AUDIO);
    LIST_INSERT_HEAD(&f->downtracks, d, link);
    LIST_INSERT_HEAD(&s->downtracks, d, session_link);
    if (!register_ssrcs(m, d))
        count(m, COUNTER_DROP_POOL_EMPTY); /* it sends, but hears no reports */
    return true;
}

static void schedule(struct media *m, struct downtrack *d)
{
    usec_t due = d->next_event_report;
    due = d->next_key_frame < due ? d->next_key_frame : due;
    due = d->next_silence < due ? d->next_silence : due;
    due = d->next_publish < due ? d->next_publish : due;
    wheel_set(&m->wheel, &d->timer, due);
}

/* The layer to ask a key frame of; false if none is needed. LAYER_NONE: any. */
static bool needs_key_frame(const struct downtrack *d, uint8_t *layer)
{
    if (!d->video || !downtrack_writable(d))
        return false;
    *layer = 0;
    if (d->by_dd)
        return svc_selector_wants_key_frame(&d->select.dd, d->top_spatial);
    if (d->by_vp9)
        return vp9_selector_wants_key_frame(&d->select.vp9, d->top_spatial);
    *layer = d->select.simulcast.target;
    return *layer == LAYER_NONE || simulcast_selector_wants_key_frame(&d->select.simulcast);
}

/* Asks, and again until it has come: then needs_key_frame() says no, or the timer runs out. */
static void ask_key_frame(struct media *m, struct downtrack *d)
{
    uint8_t layer;
    if (!needs_key_frame(d, &layer)) {
        d->next_key_frame = USEC_NEVER;
        return;
    }
    usec_t repeat = 2 * d->stats.rtt;
    if (repeat < KEY_FRAME_REPEAT_MIN)
        repeat = KEY_FRAME_REPEAT_MIN;
    if (repeat > KEY_FRAME_REPEAT_MAX)
        repeat = KEY_FRAME_REPEAT_MAX;
    feed_request_key_frame(m, d->feed, layer);
    d->next_key_frame = m->now + repeat;
}

void downtrack_retarget(struct media *m, struct downtrack *d)
{
    if (!d->video)
        return;
    uint8_t target = layer_tracker_best(&d->feed->tracker, d->config.max_spatial);
    bool changed = target != d->select.simulcast.target;
    d->select.simulcast.target = target;
    if (!changed && d->next_key_frame != USEC_NEVER)
        return;
    d->next_key_frame = m->now; /* by the timer: the packets at hand may have one */
    schedule(m, d);
}

void downtrack_session_ready(struct media *m, struct downtrack *d)
{
    ask_key_frame(m, d);
    schedule(m, d);
    session_touch(m, d->session);
}

static void set_live(struct media *m, struct downtrack *d, bool live)
{
    bool was = d->live;
    d->live = live;
    if (was == live)
        return;
    if (live) {
        d->next_silence = USEC_NEVER;
        restart(d);
    } else if (!d->video) {
        silence_start(m, d);
    }
}

/* Another track goes on in the same stream: numbers and keys continue, all else begins anew. */
static bool move(struct media *m, struct downtrack *d, const struct media_downtrack *c)
{
    struct feed *from = d->feed, *to = feed_open(m, c->track, c->track_worker, c->screen_share);
    if (!to)
        return false;
    LIST_REMOVE(d, link);
    LIST_INSERT_HEAD(&to->downtracks, d, link);
    d->feed = to;
    d->log.newest = 0; /* the other history does not have what was sent */
    d->clock_layer = LAYER_NONE;
    d->config.track = c->track;
    d->select.simulcast.target = LAYER_NONE;
    restart(d);
    feed_touch(m, from);
    return true;
}

static bool fits(const struct downtrack *d, handle_t h, const struct session *s,
                 const struct media_downtrack *c)
{
    return d->handle == h && d->session == s && d->ssrc == c->ssrc && d->video == c->video;
}

void downtrack_set(struct media *m, handle_t h, const struct media_downtrack *c)
{
    struct session *s = session_of(m, c->session);
    uint32_t i = handle_index(h);
    if (!s || h == HANDLE_NONE || i >= m->config.downtracks)
        return;
    struct downtrack *d = &m->downtracks[i];
    if (d->handle && d->config.track != c->track && (!fits(d, h, s, c) || !move(m, d, c)))
        downtrack_close(m, d);
    if (d->handle && (d->handle != h || d->session != s))
        downtrack_close(m, d);
    if (!d->handle) {
        if (!open_downtrack(m, d, h, s, c))
            return;
    } else {
        unregister_ssrcs(m, d);
        take_config(d, c);
        register_ssrcs(m, d);
    }
    d->was_muted |= c->track_muted;
    set_live(m, d, !c->disabled && !c->track_muted);
    d->next_key_frame = USEC_NEVER;
    downtrack_retarget(m, d);
    downtrack_due(m, d);
    feed_touch(m, d->feed);
    session_touch(m, s);
}

void downtrack_close(struct media *m, struct downtrack *d)
{
    struct feed *f = d->feed;
    silence_flush(m, d);
    unregister_ssrcs(m, d);
    wheel_set(&m->wheel, &d->timer, USEC_NEVER);
    LIST_REMOVE(d, link);
    LIST_REMOVE(d, session_link);
    d->handle = HANDLE_NONE;
    feed_touch(m, f);
}

uint8_t downtrack_current(const struct downtrack *d)
{
    if (!d->video)
        return d->started && d->live ? 0 : LAYER_NONE;
    if (d->by_dd)
        return d->select.dd.spatial;
    return d->by_vp9 ? d->select.vp9.spatial : d->select.simulcast.current;
}

uint8_t downtrack_wanted(const struct downtrack *d)
{
    if (d->config.disabled)
        return LAYER_NONE;
    if (!d->video)
        return 0;
    uint8_t current = downtrack_current(d);
    return current != LAYER_NONE && current > d->config.max_spatial ? current
                                                                    : d->config.max_spatial;
}

static void report(struct media *m, struct downtrack *d)
{
    uint32_t clock_rate = d->timeline.clock_rate;
    struct media_event e = {
        .type = MEDIA_REPORT,
        .handle = d->handle,
        .downtrack = true,
        .report = {.packets = (uint32_t)(d->stats.packets - d->reported_packets),
                   .bytes = d->stats.octets - d->reported_octets,
                   .lost = (uint32_t)(d->stats.lost_total - d->reported_lost),
                   .rtt_us = (uint32_t)d->stats.rtt,
                   .layer = downtrack_current(d)},
    };
    if (clock_rate)
        e.report.jitter_us = (uint32_t)(d->stats.jitter * USEC_PER_SEC / clock_rate);
    d->reported_packets = d->stats.packets;
    d->reported_octets = d->stats.octets;
    d->reported_lost = d->stats.lost_total;
    media_emit(m, &e);
}

void downtrack_due(struct media *m, struct downtrack *d)
{
    if (d->next_event_report <= m->now) {
        report(m, d);
        d->next_event_report = m->now + EVENT_REPORT_INTERVAL;
    }
    if (d->next_publish <= m->now)
        publish_downtrack(m, d);
    if (d->next_key_frame <= m->now)
        ask_key_frame(m, d);
    if (d->next_silence <= m->now)
        silence_due(m, d);
    schedule(m, d);
}
