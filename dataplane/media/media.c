/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Creation, and the order of things within a turn.
 */
#include "dataplane/media/media.h"

#include "dataplane/media/engine.h"

#include <stdlib.h>
#include <string.h>

#define COMMANDS_PER_TURN 64
#define RETRY_INTERVAL    USEC_PER_MS /* of what found a ring full */
#define STREAMS_PER_TRACK (MEDIA_LAYERS_MAX * 2)

static uint32_t power_of_two(uint32_t n)
{
    uint32_t size = 16;
    while (size < n)
        size *= 2;
    return size;
}

/* Zeroed, and on pages that are touched only once they are used. */
static void *array(uint32_t n, size_t size)
{
    size_t bytes = (n * size + 63) / 64 * 64;
    void *p = aligned_alloc(64, bytes ? bytes : 64);
    if (p)
        memset(p, 0, bytes);
    return p;
}

static bool allocate(struct media *m, const struct media_config *c)
{
    m->sessions = calloc(c->sessions, sizeof *m->sessions);
    m->tracks = calloc(c->tracks, sizeof *m->tracks);
    m->feeds = calloc(c->tracks, sizeof *m->feeds);
    m->downtracks = calloc(c->downtracks, sizeof *m->downtracks);
    m->twcc = calloc(c->sessions, sizeof *m->twcc);
    m->controllers = calloc(c->sessions, sizeof *m->controllers);
    m->cc_slots = calloc(c->sessions, CC_HISTORY_SIZE * sizeof *m->cc_slots);
    m->heard = array(c->sessions, sizeof *m->heard);
    size_t slots = (size_t)c->tracks * MEDIA_LAYERS_MAX * m->history_video;
    m->history_slots = calloc(slots, sizeof(struct frame *));
    m->sent_slots = calloc(c->downtracks, SENT_LOG_VIDEO * sizeof *m->sent_slots);
    return m->sessions && m->tracks && m->feeds && m->downtracks && m->twcc && m->controllers &&
           m->cc_slots && m->heard && m->history_slots && m->sent_slots &&
           frame_pool_init(&m->frames, c->frames) &&
           addr_map_init(&m->remotes, c->sessions * SESSION_REMOTES_MAX) &&
           ssrc_map_init(&m->received, c->tracks * STREAMS_PER_TRACK) &&
           ssrc_map_init(&m->sent, c->downtracks * 2);
}

struct media *media_create(const struct media_config *config, struct pktio *io,
                           const struct media_rings *rings, struct counters *counters)
{
    struct media *m = array(1, sizeof *m);
    if (!m)
        return NULL;
    m->config = *config;
    m->io = io;
    m->rings = *rings;
    m->counters = counters;
    m->history_video = power_of_two(config->history_video);
    m->history_audio = power_of_two(config->history_audio);
    if (m->history_audio > m->history_video)
        m->history_video = m->history_audio;
    wheel_init(&m->wheel);
    m->srtp = srtp_engine_create(config->srtp_engine);
    if (!m->srtp || !allocate(m, config)) {
        media_destroy(m);
        return NULL;
    }
    return m;
}

void media_destroy(struct media *m)
{
    if (!m)
        return;
    for (uint32_t i = 0; m->sessions && i < m->config.sessions; i++) {
        srtp_key_destroy(m->sessions[i].receive);
        srtp_key_destroy(m->sessions[i].send);
    }
    ssrc_map_free(&m->sent);
    ssrc_map_free(&m->received);
    addr_map_free(&m->remotes);
    frame_pool_free(&m->frames);
    free(m->sent_slots);
    free(m->history_slots);
    free(m->twcc);
    free(m->heard);
    free(m->cc_slots);
    free(m->controllers);
    free(m->downtracks);
    free(m->feeds);
    free(m->tracks);
    free(m->sessions);
    srtp_engine_destroy(m->srtp);
    free(m);
}

const uint32_t *media_heard(const struct media *m)
{
    return m->heard;
}

size_t media_peer_slot_size(void)
{
    return sizeof(struct peer_message);
}

bool media_emit(struct media *m, const struct media_event *event)
{
    if (!m->rings.events)
        return true;
    struct media_event *slot = ring_reserve(m->rings.events);
    if (!slot) {
        count(m, COUNTER_DROP_RING_FULL);
        return false;
    }
    *slot = *event;
    slot->worker = (uint8_t)m->config.worker;
    ring_publish(m->rings.events);
    m->ring_session = true;
    return true;
}

static size_t take_commands(struct media *m)
{
    size_t n = 0;
    struct media_command *c;
    for (; m->rings.commands && n < COMMANDS_PER_TURN && (c = ring_peek(m->rings.commands)); n++) {
        command_apply(m, c);
        ring_consume(m->rings.commands);
    }
    return n;
}

static void take_slot(struct media *m, struct packet_slot *slot)
{
    if (slot->len > MEDIA_PACKET_MAX) {
        count(m, COUNTER_DROP_TRUNCATED);
    } else if (slot->to_peer) {
        outbox_raw(m, &slot->path, slot->data, slot->len);
    } else {
        struct session *s = session_of(m, slot->session);
        if (s)
            demux_media(m, s, slot->data, slot->len);
        else
            count(m, COUNTER_DROP_RTP_UNKNOWN_PEER);
    }
}

/* Room is kept for a whole burst of pktio's. */
static size_t take_packets_in(struct media *m)
{
    size_t n = 0;
    struct packet_slot *slot;
    for (; m->rings.packets_in && n < PKTIO_BURST && (slot = ring_peek(m->rings.packets_in)); n++) {
        take_slot(m, slot);
        ring_consume(m->rings.packets_in);
    }
    return n;
}

/* The kernel's clock of reception is the one that people set. */
static void note_wait(struct media *m)
{
    usec_t received = pktio_received(m->io);
    usec_t wait = received && received < m->unix_now ? m->unix_now - received : 0;
    m->latency.waited = wait <= LATENCY_WAIT_MAX ? wait : 0;
}

static size_t take_burst(struct media *m)
{
    struct pktio_packet burst[PKTIO_BURST];
    size_t n = pktio_receive(m->io, burst, m->now);
    if (n > 0 && m->latency.on)
        note_wait(m);
    for (size_t i = 0; i < n; i++)
        demux_datagram(m, burst[i].data, burst[i].len, &burst[i].path);
    if (n > 0)
        pktio_receive_done(m->io);
    return n;
}

/* Sends this turn's packets on, track by track. */
static void deliver_batches(struct media *m)
{
    struct frame *run[TURN_FRAMES_MAX];
    while (m->batched) {
        struct track *t = m->batched;
        m->batched = t->next_batched;
        unsigned n = 0;
        for (struct frame *f = t->batch; f; f = f->next)
            run[n++] = f;
        t->batch = NULL;
        if (t->handle == HANDLE_NONE)
            continue;
        peer_fan_out(m, t, run, n);
        feed_deliver(m, &m->feeds[track_index(m, t)], run, n);
    }
}

static void run_timers(struct media *m)
{
    struct timer *t;
    while ((t = wheel_expire(&m->wheel, m->now))) {
        switch ((enum timer_kind)t->kind) {
        case TIMER_SESSION:
            session_due(m, (struct session *)((char *)t - offsetof(struct session, timer)));
            break;
        case TIMER_TRACK:
            track_due(m, (struct track *)((char *)t - offsetof(struct track, timer)));
            break;
        case TIMER_DOWNTRACK:
            downtrack_due(m, (struct downtrack *)((char *)t - offsetof(struct downtrack, timer)));
            break;
        }
    }
}

static void settle(struct media *m)
{
    struct feed *dirty = m->dirty;
    m->dirty = NULL;
    while (dirty) { /* one that cannot be told now gets onto the list again */
        struct feed *f = dirty;
        dirty = f->next_dirty;
        f->dirty = false;
        feed_settle(m, f);
    }
    while (m->touched) {
        struct session *s = m->touched;
        m->touched = s->next_touched;
        s->touched = false;
        session_settle(m, s);
    }
}

/* All that was written leaves; then nothing refers to the turn's frames any more. */
static void finish(struct media *m)
{
    outbox_encrypt(m);
    pktio_flush(m->io, m->now);
    for (unsigned i = 0; i < m->n_batch_frames; i++)
        frame_release(&m->frames, m->batch_frames[i]);
    m->n_batch_frames = 0;
    peer_settle(m);
    if (m->ring_session && m->rings.session_bell)
        doorbell_ring(m->rings.session_bell);
    m->ring_session = false;
}

static void settle_latency(struct media *m)
{
    if (m->latency.n > 0 && m->config.stats && m->config.clock)
        latency_settle(&m->latency, stats_thread(m->config.stats, m->config.worker)->latency,
                       m->config.clock());
    m->latency.n = 0;
    m->latency.waited = 0;
}

size_t media_turn(struct media *m, usec_t now, usec_t unix_now)
{
    m->now = now;
    m->unix_now = unix_now;
    m->ntp = ntp_from_unix(unix_now);
    size_t n = take_commands(m);
    n += take_packets_in(m);
    n += peer_take(m);
    n += take_burst(m);
    deliver_batches(m);
    run_timers(m);
    settle(m);
    finish(m);
    if (m->latency.on)
        settle_latency(m);
    latency_next(&m->latency, n > 0);
    return n;
}

usec_t media_deadline(const struct media *m)
{
    usec_t due = wheel_next(&m->wheel), io = pktio_deadline(m->io);
    if (m->dirty && m->now + RETRY_INTERVAL < due)
        due = m->now + RETRY_INTERVAL;
    return due < io ? due : io;
}
