/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracks that are received here.
 */
#include "dataplane/media/engine.h"

#include <string.h>

static void open_layer(struct media *m, struct track *t, unsigned i)
{
    struct layer *l = &t->layers[i];
    uint32_t size = t->config.video ? m->history_video : t->config.nack ? m->history_audio : 0;
    uint32_t clock_rate = t->config.n_payloads ? t->config.payloads[0].clock_rate : 0;
    memset(l, 0, sizeof *l);
    nack_generator_init(&l->nack);
    receiver_stats_init(&l->stats, clock_rate);
    size_t first = ((size_t)track_index(m, t) * MEDIA_LAYERS_MAX + i) * m->history_video;
    history_init(&l->history, m->history_slots + first, size);
}

static void open_track(struct media *m, struct track *t, handle_t h, struct session *s)
{
    struct track *next_batched = t->next_batched;
    memset(t, 0, offsetof(struct track, layers));
    t->handle = h;
    t->session = s;
    t->next_batched = next_batched;
    t->timer = (struct timer){.kind = TIMER_TRACK};
    t->next_event_report = m->now + EVENT_REPORT_INTERVAL;
    t->published = m->now;
    t->next_publish = m->now;
    t->next_level = USEC_NEVER;
    t->batch = NULL;
    t->level_seen = false;
    t->active_units = 0;
    t->loudest = 127;
    memset(t->wanted, LAYER_NONE, sizeof t->wanted);
    LIST_INSERT_HEAD(&s->tracks, t, link);
}

/* SSRCs that signalling knows are bound at once. */
static void bind_signalled(struct media *m, struct track *t)
{
    for (unsigned i = 0; i < t->config.n_encodings; i++) {
        const struct media_encoding *e = &t->config.encodings[i];
        struct layer *l = &t->layers[i];
        struct binding media = {.track = t, .layer = l, .stream = &l->media};
        struct binding rtx = {.track = t, .layer = l, .stream = &l->rtx, .rtx = true};
        if (e->ssrc && (!l->media.bound || l->media.ssrc != e->ssrc))
            binding_make(m, t->session, &media, e->ssrc, e->rid);
        if (e->rtx_ssrc && (!l->rtx.bound || l->rtx.ssrc != e->rtx_ssrc))
            binding_make(m, t->session, &rtx, e->rtx_ssrc, e->rid);
    }
}

static void take_config(struct track *t, const struct media_track *config)
{
    t->config = *config;
    if (t->config.n_payloads > MEDIA_PAYLOADS_MAX)
        t->config.n_payloads = MEDIA_PAYLOADS_MAX;
    if (t->config.n_encodings > MEDIA_LAYERS_MAX)
        t->config.n_encodings = MEDIA_LAYERS_MAX;
    t->config.mid[MEDIA_MID_MAX - 1] = '\0';
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++)
        t->config.encodings[i].rid[MEDIA_RID_MAX - 1] = '\0';
}

void track_set(struct media *m, handle_t h, const struct media_track *config)
{
    struct session *s = session_of(m, config->session);
    uint32_t i = handle_index(h);
    if (!s || h == HANDLE_NONE || i >= m->config.tracks)
        return;
    struct track *t = &m->tracks[i];
    if (t->handle && (t->handle != h || t->session != s))
        track_close(m, t);
    bool opens = t->handle == HANDLE_NONE;
    if (opens)
        open_track(m, t, h, s);
    bool unmuted = !opens && t->config.muted && !config->muted;
    take_config(t, config);
    for (unsigned layer = 0; opens && layer < MEDIA_LAYERS_MAX; layer++)
        open_layer(m, t, layer);
    if (opens)
        feed_open(m, h, (uint8_t)m->config.worker, config->screen_share);
    bind_signalled(m, t);
    if (unmuted && config->video)
        key_frame_request(m, t, LAYER_NONE, false);
    track_due(m, t);
}

void track_close(struct media *m, struct track *t)
{
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++) {
        struct layer *l = &t->layers[i];
        binding_drop(m, t, &l->media);
        binding_drop(m, t, &l->rtx);
        history_clear(&l->history, &m->frames);
    }
    wheel_set(&m->wheel, &t->timer, USEC_NEVER);
    LIST_REMOVE(t, link);
    t->handle = HANDLE_NONE;
    struct feed *f = &m->feeds[track_index(m, t)];
    feed_release(f, m);
}

void track_set_readers(struct media *m, struct track *t, uint32_t readers)
{
    uint32_t fresh = readers & ~t->readers;
    t->readers = readers & ~(1u << m->config.worker);
    for (unsigned peer = 0; peer < m->config.workers; peer++) {
        if (!(fresh >> peer & 1))
            continue;
        t->wanted[peer] = MEDIA_LAYERS_MAX; /* all, until it says */
        for (uint8_t i = 0; i < MEDIA_LAYERS_MAX; i++)
            peer_tell_sender_report(m, t, i, peer);
    }
}

void track_clock(struct media *m, struct track *t, struct layer *l,
                 const struct source_clock *clock)
{
    uint8_t layer = (uint8_t)(l - t->layers);
    l->clock = *clock;
    feed_sender_report(&m->feeds[track_index(m, t)], layer, clock);
    for (uint32_t left = t->readers; left; left &= left - 1)
        peer_tell_sender_report(m, t, layer, (unsigned)__builtin_ctz(left));
}

const struct media_payload *track_payload(const struct track *t, uint8_t pt, bool *rtx)
{
    for (unsigned i = 0; i < t->config.n_payloads; i++) {
        const struct media_payload *p = &t->config.payloads[i];
        if (p->pt == pt || (p->rtx_pt && p->rtx_pt == pt)) {
            *rtx = p->pt != pt;
            return p;
        }
    }
    return NULL;
}

static void report(struct media *m, struct track *t)
{
    struct media_event e = {.type = MEDIA_REPORT, .handle = t->handle};
    e.report.layer = LAYER_NONE;
    int64_t lost = 0;
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++) {
        struct layer *l = &t->layers[i];
        if (!l->media.bound)
            continue;
        usec_t jitter = receiver_stats_jitter_us(&l->stats);
        e.report.packets += (uint32_t)(l->stats.received - l->reported_received);
        e.report.bytes += l->stats.bytes - l->reported_bytes;
        lost += receiver_stats_lost(&l->stats) - l->reported_lost;
        if (jitter > e.report.jitter_us)
            e.report.jitter_us = (uint32_t)jitter;
        l->reported_received = l->stats.received;
        l->reported_bytes = l->stats.bytes;
        l->reported_lost = receiver_stats_lost(&l->stats);
    }
    e.report.lost = lost > 0 ? (uint32_t)lost : 0;
    e.report.rtt_us = (uint32_t)t->session->rtt;
    media_emit(m, &e);
}

void track_due(struct media *m, struct track *t)
{
    if (t->next_event_report <= m->now) {
        report(m, t);
        t->next_event_report = m->now + EVENT_REPORT_INTERVAL;
    }
    if (t->next_publish <= m->now)
        publish_track(m, t);
    if (t->next_level <= m->now)
        audio_level_window(m, t);
    key_frame_due(m, t);
    usec_t due = key_frame_deadline(m, t);
    due = t->next_publish < due ? t->next_publish : due;
    due = t->next_event_report < due ? t->next_event_report : due;
    wheel_set(&m->wheel, &t->timer, t->next_level < due ? t->next_level : due);
}
