/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this worker measures, written once a second into the statistics that others read: of each
 * track and downtrack at a time of its own within the second, so that a thousand of them do not
 * hold up the packets, and few moments wake an idle worker.
 */
#include "dataplane/media/engine.h"

#include <math.h>
#include <string.h>

#define INTERVAL USEC_PER_SEC
#define MOMENTS  16 /* within it */
#define MILLION  1000000

usec_t publish_next(usec_t now, uint32_t index)
{
    usec_t moment = index % MOMENTS * (INTERVAL / MOMENTS);
    usec_t at = now - now % INTERVAL + moment;
    return at > now ? at : at + INTERVAL;
}

static void put(const struct media *m, enum stats_section_id id, uint32_t index, const void *body,
                size_t size)
{
    stats_put(m->config.stats, id, index, body, size);
}

static uint32_t rate(uint64_t n, usec_t time)
{
    uint64_t per_second = time ? n * USEC_PER_SEC / time : 0;
    return per_second < UINT32_MAX ? (uint32_t)per_second : UINT32_MAX;
}

/* ---- the worker ---- */

static void put_ring(struct stats_thread *t, enum stats_pool_id id, const struct ring *r)
{
    if (r)
        stats_pool_set(&t->pool[id], r->mask + 1, ring_used(r), ring_used(r));
}

static void put_peers(const struct media *m, struct stats_thread *t)
{
    const struct ring *fullest = NULL;
    for (unsigned i = 0; i < m->config.workers; i++) {
        const struct ring *r = m->rings.to_peer[i];
        if (r && (!fullest || ring_used(r) > ring_used(fullest)))
            fullest = r;
    }
    put_ring(t, STATS_POOL_PEERS, fullest);
}

void publish_worker(struct media *m)
{
    if (!m->config.stats)
        return;
    struct stats_thread *t = stats_thread(m->config.stats, m->config.worker);
    stats_pool_set(&t->pool[STATS_POOL_FRAMES], m->frames.size, m->frames.used,
                   m->frames.high_water);
    stats_pool_set(&t->pool[STATS_POOL_REMOTES], m->remotes.limit, m->remotes.count,
                   m->remotes.count);
    stats_pool_set(&t->pool[STATS_POOL_RECEIVED], m->received.limit, m->received.count,
                   m->received.count);
    stats_pool_set(&t->pool[STATS_POOL_SENT], m->sent.limit, m->sent.count, m->sent.count);
    put_ring(t, STATS_POOL_COMMANDS, m->rings.commands);
    put_ring(t, STATS_POOL_EVENTS, m->rings.events);
    put_ring(t, STATS_POOL_PACKETS_IN, m->rings.packets_in);
    put_ring(t, STATS_POOL_PACKETS_OUT, m->rings.packets_out);
    put_peers(m, t);
}

void publish_refusal(struct media *m, enum stats_pool_id pool)
{
    if (m->config.stats)
        stats_pool_refuse(&stats_thread(m->config.stats, m->config.worker)->pool[pool]);
}

/* ---- sessions: with the first of their tracks and downtracks ---- */

/* What the way to the peer is thought to carry, bit/s; 0 while nothing is known. */
static uint64_t estimate_of(const struct session *s)
{
    double bps = s->bandwidth ? bwe_estimate(&s->bandwidth->bwe) : 0;
    return bps > 0 && isfinite(bps) ? (uint64_t)bps : 0;
}

static void publish_session(struct media *m, struct session *s)
{
    if (m->now - s->published < INTERVAL / 2)
        return;
    s->published = m->now;
    const struct stats_session_media b = {.handle = s->handle,
                                          .rtt_us = (uint32_t)s->rtt,
                                          .at = m->now,
                                          .remb = s->remb,
                                          .estimate = estimate_of(s)};
    put(m, STATS_SESSION_MEDIA, session_index(m, s), &b, sizeof b);
}

/* ---- tracks ---- */

static uint32_t loss_ppm(uint64_t lost, uint64_t arrived)
{
    return lost ? (uint32_t)(lost * MILLION / (lost + arrived)) : 0;
}

/* Of the last second in which packets came; the rate is 0 in one in which none did. */
static void measure_layer(struct layer_tally *c, uint64_t packets, uint64_t bytes, uint64_t lost,
                          usec_t time)
{
    uint64_t arrived = packets - c->packets;
    c->bps = rate(8 * (bytes - c->bytes), time);
    c->pps = rate(arrived, time);
    if (arrived > 0)
        c->loss_ppm = lost > c->lost ? loss_ppm(lost - c->lost, arrived) : 0;
    c->packets = packets;
    c->bytes = bytes;
    c->lost = lost;
}

static void fill_layer(struct stats_layer *out, struct layer *l, usec_t time)
{
    struct layer_tally *c = &l->tally;
    int64_t missing = receiver_stats_lost(&l->stats);
    measure_layer(c, c->past_packets + l->stats.received, c->past_bytes + l->stats.bytes,
                  c->past_lost + (missing > 0 ? (uint64_t)missing : 0), time);
    *out = (struct stats_layer){
        .ssrc = l->media.bound ? l->media.ssrc : 0,
        .rtx_ssrc = l->rtx.bound ? l->rtx.ssrc : 0,
        .packets = c->packets,
        .bytes = c->bytes,
        .lost = c->lost,
        .recovered = c->recovered,
        .arrived = l->arrived_at,
        .bps = c->bps,
        .pps = c->pps,
        .jitter_us = (uint32_t)receiver_stats_jitter_us(&l->stats),
        .nacks = c->nacks,
        .plis = c->plis,
        .key_frames = c->key_frames,
        .loss_ppm = c->loss_ppm,
    };
    memcpy(out->rid, l->rid, sizeof out->rid);
}

void publish_stream_ends(struct layer *l)
{
    int64_t missing = receiver_stats_lost(&l->stats);
    l->tally.past_packets += l->stats.received;
    l->tally.past_bytes += l->stats.bytes;
    l->tally.past_lost += missing > 0 ? (uint64_t)missing : 0;
}

void publish_track(struct media *m, struct track *t)
{
    usec_t time = m->now - t->published;
    t->published = m->now;
    t->next_publish = publish_next(m->now, track_index(m, t));
    if (!m->config.stats)
        return;
    struct stats_track_media b = {
        .handle = t->handle, .rtt_us = (uint32_t)t->session->rtt, .at = m->now};
    for (unsigned i = 0; i < MEDIA_LAYERS_MAX; i++)
        fill_layer(&b.layers[i], &t->layers[i], time);
    put(m, STATS_TRACK_MEDIA, track_index(m, t), &b, sizeof b);
    publish_session(m, t->session);
    publish_worker(m);
}

/* ---- downtracks ---- */

static uint8_t temporal_of(const struct downtrack *d)
{
    if (d->by_dd)
        return d->select.dd.temporal;
    return d->by_vp9 ? d->select.vp9.temporal : d->select.simulcast.temporal;
}

static uint32_t jitter_us(const struct downtrack *d)
{
    uint32_t clock_rate = d->timeline.clock_rate;
    return clock_rate ? (uint32_t)(d->stats.jitter * USEC_PER_SEC / clock_rate) : 0;
}

void publish_downtrack(struct media *m, struct downtrack *d)
{
    uint32_t index = (uint32_t)(d - m->downtracks);
    struct downtrack_tally *c = &d->tally;
    usec_t time = m->now - d->published;
    uint64_t octets = d->stats.octets - c->octets, packets = d->stats.packets - c->packets;
    d->published = m->now;
    c->octets = d->stats.octets;
    c->packets = d->stats.packets;
    d->next_publish = publish_next(m->now, index);
    if (!m->config.stats)
        return;
    const struct stats_downtrack_media b = {
        .handle = d->handle,
        .rtt_us = (uint32_t)d->stats.rtt,
        .at = m->now,
        .packets = d->stats.packets,
        .bytes = d->stats.octets,
        .lost = d->stats.lost_total,
        .retransmitted = c->retransmitted,
        .nacks = c->nacks,
        .plis = c->plis,
        .bps = rate(8 * octets, time),
        .pps = rate(packets, time),
        .jitter_us = jitter_us(d),
        .loss_ppm = (uint32_t)d->stats.fraction_lost * MILLION / 256,
        .layer = downtrack_current(d),
        .temporal = temporal_of(d),
        .codec = d->pt_codec,
        .started = d->started,
        .live = d->live,
    };
    put(m, STATS_DOWNTRACK_MEDIA, index, &b, sizeof b);
    publish_session(m, d->session);
}
