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

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* What is wanted, as far as the line allows. */
static void set_maxima(struct downtrack *d)
{
    uint8_t spatial = d->config.max_spatial, temporal = d->config.max_temporal;
    if (d->limited) {
        spatial = least(spatial, d->limit.spatial);
        temporal = least(temporal, d->limit.temporal);
    }
    d->select.simulcast.max_temporal = temporal;
    d->select.dd.max_spatial = d->select.vp9.max_spatial = spatial;
    d->select.dd.max_temporal = d->select.vp9.max_temporal = temporal;
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
    d->numbered = c->video && c->extensions.transport_cc;
    d->stamp = !c->video     ? 0
               : d->numbered ? c->extensions.transport_cc
                             : c->extensions.abs_send_time;
    d->dependency_descriptor = c->extensions.dependency_descriptor;
    uint8_t codec = d->pt_codec;
    d->pt_codec = MEDIA_CODEC_UNKNOWN; /* looked up again */
    if (codec != MEDIA_CODEC_UNKNOWN)
        transmit_payload_type(d, codec, d->pt_variant);
    set_maxima(d);
}

static void restart(struct downtrack *d)
{
    simulcast_selector_init(&d->select.simulcast);
    svc_selector_init(&d->select.dd);
    vp9_selector_init(&d->select.vp9);
    set_maxima(d);
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
    d->urgent_left = KEY_FRAME_URGENT_MAX;
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
    feed_request_key_frame(m, d->feed, layer, false);
    d->next_key_frame = m->now + repeat;
}

void downtrack_retarget(struct media *m, struct downtrack *d)
{
    if (!d->video)
        return;
    uint8_t max = d->select.dd.max_spatial;
    uint8_t target = layer_tracker_best(&d->feed->tracker, max);
    bool changed = target != d->select.simulcast.target;
    simulcast_selector_aim(&d->select.simulcast, target, max < d->config.max_spatial);
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

static void settle_live(struct media *m, struct downtrack *d)
{
    set_live(m, d, !d->config.disabled && !d->config.track_muted && !d->limit.paused);
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
    if (d->video)
        bandwidth_open(m, s, d);
    settle_live(m, d);
    d->next_key_frame = USEC_NEVER;
    downtrack_retarget(m, d);
    downtrack_due(m, d);
    feed_touch(m, d->feed);
    bandwidth_changed(m, s);
    session_touch(m, s);
}

static void tell_paused(struct media *m, const struct downtrack *d)
{
    struct media_event e = {
        .type = MEDIA_DOWNTRACK_PAUSED, .handle = d->handle, .paused = d->limit.paused};
    media_emit(m, &e);
}

void downtrack_limit(struct media *m, struct downtrack *d, bool limited,
                     const struct cc_choice *limit)
{
    bool paused = d->limit.paused;
    d->limited = limited;
    d->limit = limited ? *limit : (struct cc_choice){0};
    set_maxima(d);
    settle_live(m, d);
    downtrack_retarget(m, d);
    if (d->by_dd || d->by_vp9) { /* a key frame may be needed to go up */
        d->next_key_frame = m->now;
        schedule(m, d);
    }
    feed_touch(m, d->feed);
    if (paused != d->limit.paused)
        tell_paused(m, d);
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
    bandwidth_changed(m, d->session);
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
