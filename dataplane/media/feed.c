/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A track on its way to the downtracks of this worker.
 */
#include "dataplane/media/engine.h"

#include <string.h>

static void forget(struct feed *f)
{
    bool dirty = f->dirty;
    struct feed *next_dirty = f->next_dirty;
    *f = (struct feed){.wanted_told = LAYER_NONE,
                       .wanted_asked = LAYER_NONE,
                       .dirty = dirty,
                       .next_dirty = next_dirty};
    LIST_INIT(&f->downtracks);
}

struct feed *feed_open(struct media *m, handle_t track, uint8_t worker, bool screen_share)
{
    uint32_t i = handle_index(track);
    if (track == HANDLE_NONE || i >= m->config.tracks)
        return NULL;
    struct feed *f = &m->feeds[i];
    if (f->track == track)
        return f;
    while (!LIST_EMPTY(&f->downtracks)) /* of a track that is gone */
        downtrack_close(m, LIST_FIRST(&f->downtracks));
    forget(f);
    f->track = track;
    f->worker = worker;
    f->screen_share = screen_share;
    layer_tracker_init(&f->tracker, screen_share);
    return f;
}

void feed_release(struct feed *f, const struct media *m)
{
    bool received_here = m->tracks[f - m->feeds].handle == f->track;
    if (f->track && !received_here && LIST_EMPTY(&f->downtracks) && !f->dirty)
        forget(f);
}

void feed_touch(struct media *m, struct feed *f)
{
    if (f->dirty)
        return;
    f->dirty = true;
    f->next_dirty = m->dirty;
    m->dirty = f;
}

static uint8_t wanted_layer(const struct feed *f)
{
    uint8_t wanted = LAYER_NONE;
    const struct downtrack *d;
    LIST_FOREACH(d, &f->downtracks, link)
    {
        uint8_t w = downtrack_wanted(d);
        if (w != LAYER_NONE && (wanted == LAYER_NONE || w > wanted))
            wanted = w;
    }
    return wanted;
}

static bool tell_session_thread(struct media *m, struct feed *f, uint8_t wanted)
{
    struct media_event e = {.type = MEDIA_WANTED_LAYER, .handle = f->track, .wanted = wanted};
    return wanted == f->wanted_told || media_emit(m, &e);
}

static bool tell_track_worker(struct media *m, struct feed *f, uint8_t wanted)
{
    struct peer_message msg = {.type = PEER_WANTED, .track = f->track, .layer = wanted};
    return f->worker == m->config.worker || wanted == f->wanted_asked ||
           peer_tell(m, f->worker, &msg);
}

void feed_settle(struct media *m, struct feed *f)
{
    if (!f->track)
        return;
    uint8_t wanted = wanted_layer(f);
    bool told = tell_session_thread(m, f, wanted);
    bool asked = tell_track_worker(m, f, wanted);
    f->wanted_told = told ? wanted : f->wanted_told;
    f->wanted_asked = asked ? wanted : f->wanted_asked;
    if (!told || !asked)
        feed_touch(m, f);
    else
        feed_release(f, m);
}

static void retarget(struct media *m, struct feed *f)
{
    struct downtrack *d;
    LIST_FOREACH(d, &f->downtracks, link)
    downtrack_retarget(m, d);
}

/* What sending touches of a downtrack. */
static void prefetch(const struct downtrack *d)
{
    const char *line = (const char *)d, *end = (const char *)&d->session_link;
    for (; line < end; line += CACHE_LINE)
        __builtin_prefetch(line, 1);
}

/* What it points to. */
static void prefetch_behind(const struct downtrack *d)
{
    const struct session *s = d->session;
    __builtin_prefetch(s);
    __builtin_prefetch(&s->send);
    __builtin_prefetch(sent_log_next_slot(&d->log), 1);
}

/* Sends to one while the next one is on its way from memory and the one behind that is asked for:
 * with some hundred subscribers none of them is in the cache any more when its turn comes. */
static void deliver(struct media *m, struct feed *f, struct frame **frames, unsigned n)
{
    struct downtrack *d = LIST_FIRST(&f->downtracks);
    struct downtrack *next = d ? LIST_NEXT(d, link) : NULL;
    for (; d; d = next, next = d ? LIST_NEXT(d, link) : NULL) {
        if (next) {
            prefetch_behind(next);
            if (LIST_NEXT(next, link))
                prefetch(LIST_NEXT(next, link));
        }
        transmit_run(m, d, frames, n);
    }
}

void feed_deliver(struct media *m, struct feed *f, struct frame **frames, unsigned n)
{
    bool changed = false;
    for (unsigned i = 0; i < n; i++) {
        const struct packet_info *p = &frames[i]->info;
        changed |= layer_tracker_packet(&f->tracker, p->layer, p->key_frame, m->now);
        layer_rates_packet(&f->rates, (uint8_t)(p->layer + p->spatial), p->temporal,
                           p->payload_len);
    }
    layer_rates_check(&f->rates, f->screen_share, m->now);
    changed |= layer_tracker_check(&f->tracker, m->now);
    if (changed)
        retarget(m, f);
    deliver(m, f, frames, n);
}

void feed_sender_report(struct feed *f, uint8_t layer, const struct source_clock *clock)
{
    if (layer < MEDIA_LAYERS_MAX)
        f->clocks[layer] = *clock;
}

void feed_request_key_frame(struct media *m, struct feed *f, uint8_t layer, bool urgent)
{
    struct track *t = track_of(m, f->track);
    struct peer_message msg = {
        .type = PEER_KEY_FRAME, .track = f->track, .layer = layer, .urgent = urgent};
    if (t)
        key_frame_request(m, t, layer, urgent);
    else if (f->worker != m->config.worker && !peer_tell(m, f->worker, &msg))
        count(m, COUNTER_DROP_RING_FULL);
}
