/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/micro/stage.h"

#include "common/bytes.h"
#include "dataplane/pktio/sim.h"

#include <stdlib.h>
#include <string.h>

#define HEADER     12
#define SSRC       0x1234
#define PT         96
#define RTX_PT     97
#define FIRST_PORT 10000 /* of the participants */
#define PEER_SLOTS 1024

struct stage {
    struct stage_config config;
    struct pktio_set *set;
    struct media *media[STAGE_WORKERS_MAX];
    struct media_rings rings[STAGE_WORKERS_MAX];
    struct counters counters[STAGE_WORKERS_MAX];
    struct doorbell bells[STAGE_WORKERS_MAX];
    struct srtp_engine *engine;
    struct srtp_key *up;
    uint64_t seq; /* of the next packet */
    uint32_t ts, frame;
    _Atomic usec_t now;
};

static bool is_video(const struct stage *s)
{
    return s->config.codec != MEDIA_OPUS;
}

/* --- the session thread's part --- */

void stage_drain_of(struct stage *s, unsigned worker)
{
    struct media_rings *r = &s->rings[worker];
    while (ring_peek(r->events))
        ring_consume(r->events);
    while (ring_peek(r->packets_out))
        ring_consume(r->packets_out);
}

void stage_drain(struct stage *s)
{
    stage_drain_of(s, 0);
}

void stage_turn_of(struct stage *s, unsigned worker)
{
    usec_t now = atomic_load_explicit(&s->now, memory_order_relaxed);
    media_turn(s->media[worker], now, now);
}

void stage_turn(struct stage *s)
{
    stage_turn_of(s, 0);
}

static void command(struct stage *s, unsigned worker, const struct media_command *c)
{
    struct media_command *slot = ring_reserve(s->rings[worker].commands);
    *slot = *c;
    ring_publish(s->rings[worker].commands);
    for (unsigned i = 0; i < s->config.workers; i++) {
        stage_turn_of(s, i);
        stage_drain_of(s, i);
    }
}

/* Subscriber i is participant i + 1. */
static unsigned worker_of(const struct stage *s, uint32_t participant)
{
    return participant == 0 ? 0 : (participant - 1) % s->config.workers;
}

static struct net_path path_of(const struct stage *s, uint32_t participant)
{
    struct net_path path = {0};
    net_addr_parse(&path.remote, "192.0.2.9", (uint16_t)(FIRST_PORT + participant));
    net_addr_parse(&path.local, "192.0.2.1", (uint16_t)(STAGE_PORT + worker_of(s, participant)));
    return path;
}

static struct srtp_key *key_of(const struct stage *s, uint32_t participant)
{
    struct srtp_master m = {.profile = SRTP_AEAD_AES_128_GCM};
    memset(m.key, (int)(participant % 251 + 1), sizeof m.key);
    memset(m.salt, (int)(participant % 241 + 1), sizeof m.salt);
    be32_put(m.key, participant);
    return srtp_key_create(s->engine, &m);
}

static void open_session(struct stage *s, uint32_t i)
{
    unsigned worker = worker_of(s, i);
    struct media_command c = {.type = MEDIA_OPEN_SESSION, .handle = handle_make(i, 1)};
    command(s, worker, &c);
    c.type = MEDIA_SET_KEYS;
    c.keys = (struct media_keys){.receive = key_of(s, i),
                                 .send = key_of(s, i),
                                 .tag_length = (uint8_t)srtp_tag_length(SRTP_AEAD_AES_128_GCM)};
    command(s, worker, &c);
    c.type = MEDIA_ADD_REMOTE;
    c.path = path_of(s, i);
    command(s, worker, &c);
    c.type = MEDIA_SET_PATH;
    command(s, worker, &c);
}

static struct media_payload payload_of(const struct stage *s, uint8_t pt)
{
    return (struct media_payload){.codec = (uint8_t)s->config.codec,
                                  .pt = pt,
                                  .rtx_pt = is_video(s) ? pt + 1 : 0,
                                  .clock_rate = is_video(s) ? 90000 : 48000};
}

static void open_track(struct stage *s)
{
    struct media_command c = {.type = MEDIA_SET_TRACK,
                              .handle = handle_make(0, 1),
                              .track = {.session = handle_make(0, 1),
                                        .video = is_video(s),
                                        .nack = is_video(s),
                                        .n_payloads = 1,
                                        .n_encodings = 1,
                                        .payloads = {payload_of(s, PT)},
                                        .encodings = {{.ssrc = SSRC, .rtx_ssrc = SSRC + 1}}}};
    command(s, 0, &c);
}

static void open_downtrack(struct stage *s, uint32_t i)
{
    struct media_command c = {.type = MEDIA_SET_DOWNTRACK,
                              .handle = handle_make(i, 1),
                              .downtrack = {.session = handle_make(1 + i, 1),
                                            .track = handle_make(0, 1),
                                            .video = is_video(s),
                                            .nack = is_video(s),
                                            .max_spatial = 2,
                                            .max_temporal = 3,
                                            .n_payloads = 1,
                                            .ssrc = 0x10000 + 2 * i,
                                            .rtx_ssrc = 0x10001 + 2 * i,
                                            .cname = "PA|TR",
                                            .payloads = {payload_of(s, 100)},
                                            .extensions = {.abs_send_time = 2}}};
    command(s, worker_of(s, 1 + i), &c);
}

/* --- the publisher's part --- */

static void describe_vp8(uint8_t *p, bool first, bool key)
{
    p[0] = first ? 0x10 : 0x00;
    p[1] = key ? 0x00 : 0x01;
}

/* I, L, B, E, and P unless it is a key frame; picture id of 15 bits, layer 0, TL0PICIDX. */
static void describe_vp9(uint8_t *p, bool first, bool last, bool key, uint32_t frame)
{
    p[0] = (uint8_t)(0xa0 | (key ? 0 : 0x40) | (first ? 0x08 : 0) | (last ? 0x04 : 0));
    be16_put(p + 1, (uint16_t)(0x8000 | (frame & 0x7fff)));
    p[3] = 0;
    p[4] = (uint8_t)frame;
    p[5] = key ? 0x82 : 0x86;
}

/* A sequence parameter set, or a fragment of a slice. */
static void describe_h264(uint8_t *p, bool first, bool key)
{
    p[0] = first && key ? 0x67 : 0x7c;
    p[1] = first ? 0x81 : 0x01;
}

/* A key frame: sequence header and frame, two elements; else one. */
static void describe_av1(uint8_t *p, bool first, bool last, bool key)
{
    static const uint8_t start[] = {2, 0x08, 0, 0x30, 0x10};
    bool both = first && key;
    p[0] = (uint8_t)((first ? 0 : 0x80) | (last ? 0 : 0x40) | (both ? 0x28 : 0x10));
    p[1] = 0x30;
    p[2] = 0x50;
    if (both)
        memcpy(p + 1, start, sizeof start);
}

static void describe_payload(const struct stage *s, uint8_t *p, bool first, bool last)
{
    bool key = s->frame == 0;
    switch (s->config.codec) {
    case MEDIA_VP8:
        describe_vp8(p, first, key);
        break;
    case MEDIA_VP9:
        describe_vp9(p, first, last, key, s->frame);
        break;
    case MEDIA_H264:
        describe_h264(p, first, key);
        break;
    case MEDIA_AV1:
        describe_av1(p, first, last, key);
        break;
    default:
        p[0] = 0xf8;
    }
}

static void inject_packet(struct stage *s, bool first, bool last)
{
    uint8_t p[PKTIO_PAYLOAD_MAX] = {0x80};
    p[1] = (uint8_t)((last && is_video(s) ? 0x80 : 0) | PT);
    be16_put(p + 2, (uint16_t)s->seq);
    be32_put(p + 4, s->ts);
    be32_put(p + 8, SSRC);
    describe_payload(s, p + HEADER, first, last);
    struct srtp_job job = {.key = s->up,
                           .out = p,
                           .payload = p + HEADER,
                           .header_len = HEADER,
                           .payload_len = (uint16_t)(s->config.size - HEADER),
                           .roc = (uint32_t)(s->seq >> 16)};
    srtp_protect(s->engine, &job, 1);
    stage_inject_raw(s, true, p, s->config.size + srtp_tag_length(SRTP_AEAD_AES_128_GCM));
    s->seq++;
}

void stage_inject_raw(struct stage *s, bool known, const void *data, size_t len)
{
    struct net_path path = path_of(s, known ? 0 : STAGE_SUBSCRIBERS_MAX + 1);
    path.local.port = STAGE_PORT;
    if (!pktio_sim_inject(s->set, 0, &path, data, len))
        abort();
}

void stage_inject(struct stage *s)
{
    atomic_fetch_add_explicit(&s->now, s->config.interval, memory_order_relaxed);
    s->ts += (uint32_t)(s->config.interval * (is_video(s) ? 90 : 48) / USEC_PER_MS);
    for (unsigned i = 0; i < s->config.burst; i++)
        inject_packet(s, i == 0, i + 1 == s->config.burst);
    s->frame++;
}

/* --- life --- */

static void connect_workers(struct stage *s)
{
    for (unsigned a = 0; a < s->config.workers; a++) {
        for (unsigned b = 0; b < s->config.workers; b++) {
            if (a == b)
                continue;
            struct ring *r = ring_create(PEER_SLOTS, (uint32_t)media_peer_slot_size());
            s->rings[a].to_peer[b] = s->rings[b].from_peer[a] = r;
            s->rings[a].peer_bells[b] = &s->bells[b];
            if (!r)
                abort();
        }
    }
}

static void create_worker(struct stage *s, unsigned worker)
{
    struct media_config config = {.worker = worker,
                                  .workers = s->config.workers,
                                  .sessions = STAGE_SUBSCRIBERS_MAX + 1,
                                  .tracks = 1,
                                  .downtracks = STAGE_SUBSCRIBERS_MAX,
                                  .frames = 2048,
                                  .history_video = 500,
                                  .history_audio = 200,
                                  .pli_throttle = {500000, 1000000, 1000000},
                                  .audio_active_level = 35,
                                  .audio_interval = 400000,
                                  .srtp_engine = s->config.engine};
    for (unsigned i = 0; i < s->config.workers; i++)
        config.ports[i] = (uint16_t)(STAGE_PORT + i);
    struct media_rings *r = &s->rings[worker];
    r->commands = ring_create(16, sizeof(struct media_command));
    r->events = ring_create(1 << 14, sizeof(struct media_event));
    r->packets_out = ring_create(256, sizeof(struct packet_slot));
    if (!r->commands || !r->events || !r->packets_out)
        abort();
    s->media[worker] = media_create(&config, pktio_worker(s->set, worker), r, &s->counters[worker]);
    if (!s->media[worker])
        abort();
}

static void create_workers(struct stage *s)
{
    struct pktio_sim_config sim = {
        .workers = s->config.workers, .slots = 256, .discard_sent = true};
    for (unsigned i = 0; i < s->config.workers; i++) {
        sim.counters[i] = &s->counters[i];
        if (!doorbell_init(&s->bells[i]))
            abort();
    }
    s->set = pktio_sim_open(&sim);
    s->engine = srtp_engine_create(s->config.engine);
    if (!s->set || !s->engine)
        abort();
    connect_workers(s);
    for (unsigned i = 0; i < s->config.workers; i++)
        create_worker(s, i);
}

/* Which workers have subscribers of the track. */
static void tell_readers(struct stage *s)
{
    struct media_command c = {.type = MEDIA_SET_READERS,
                              .handle = handle_make(0, 1),
                              .readers = (1u << s->config.workers) - 1};
    if (s->config.workers > 1)
        command(s, 0, &c);
}

struct stage *stage_open(const struct stage_config *config)
{
    size_t size = (sizeof(struct stage) + 63) / 64 * 64;
    struct stage *s = aligned_alloc(64, size);
    if (!s || config->subscribers > STAGE_SUBSCRIBERS_MAX || config->workers > STAGE_WORKERS_MAX)
        abort();
    memset(s, 0, size);
    s->config = *config;
    s->config.workers = config->workers ? config->workers : 1;
    s->now = USEC_PER_SEC;
    create_workers(s);
    s->up = key_of(s, 0);
    open_session(s, 0);
    open_track(s);
    for (uint32_t i = 0; i < config->subscribers; i++) {
        open_session(s, 1 + i);
        open_downtrack(s, i);
    }
    tell_readers(s);
    return s;
}

void stage_close(struct stage *s)
{
    for (unsigned i = 0; i < s->config.workers; i++) {
        struct media_rings *r = &s->rings[i];
        media_destroy(s->media[i]);
        ring_destroy(r->commands);
        ring_destroy(r->events);
        ring_destroy(r->packets_out);
        for (unsigned k = 0; k < s->config.workers; k++)
            ring_destroy(r->to_peer[k]);
        doorbell_close(&s->bells[i]);
    }
    pktio_close(s->set);
    srtp_key_destroy(s->up);
    srtp_engine_destroy(s->engine);
    free(s);
}

uint64_t stage_count(const struct stage *s, enum counter which)
{
    return counters_get(&s->counters[0], which);
}

uint64_t stage_sent_of(const struct stage *s, unsigned worker)
{
    return counters_get(&s->counters[worker], COUNTER_TX_RTP);
}

uint64_t stage_sent(const struct stage *s)
{
    return stage_sent_of(s, 0);
}
