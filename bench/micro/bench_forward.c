/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nanoseconds per packet sent by a whole media worker on the sim backend: receive, decrypt, choose,
 * rewrite, encrypt, for bursts of one publisher to N subscribers; all of the turn is counted.
 */
#include "common/bytes.h"
#include "common/random.h"
#include "dataplane/media/media.h"
#include "dataplane/pktio/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SUBSCRIBERS_MAX 1024
#define ROUNDS          5
#define ROUND_NSEC      60000000ULL
#define BURST           8 /* packets of a video frame */
#define HEADER          12
#define SSRC            0x1234
#define VIDEO_PT        96
#define AUDIO_PT        111
#define PACKET_TIME     1000 /* us between bursts */

struct bench {
    struct media *media;
    struct pktio_set *set;
    struct media_rings rings;
    struct counters counters;
    struct srtp_engine *engine;
    struct srtp_key *up;
    struct net_path publisher;
    uint64_t seq; /* of the next packet */
    uint32_t ts;
    bool video;
    size_t size;
    unsigned burst;
    usec_t now;
};

static uint64_t nsec(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

static void turn(struct bench *b)
{
    media_turn(b->media, b->now, b->now);
    while (ring_peek(b->rings.events))
        ring_consume(b->rings.events);
}

static void command(struct bench *b, const struct media_command *c)
{
    struct media_command *slot = ring_reserve(b->rings.commands);
    *slot = *c;
    ring_publish(b->rings.commands);
    turn(b);
}

static struct net_path open_session(struct bench *b, uint32_t i, struct srtp_key **up)
{
    struct media_command c = {.type = MEDIA_OPEN_SESSION, .handle = handle_make(i, 1)};
    struct srtp_master m = {.profile = SRTP_AEAD_AES_128_GCM};
    struct net_path path = {0};
    net_addr_parse(&path.remote, "192.0.2.9", (uint16_t)(10000 + i));
    net_addr_parse(&path.local, "192.0.2.1", 7000);
    random_bytes(m.key, sizeof m.key);
    random_bytes(m.salt, sizeof m.salt);
    command(b, &c);
    c.type = MEDIA_SET_KEYS;
    c.keys = (struct media_keys){.receive = srtp_key_create(b->engine, &m),
                                 .send = srtp_key_create(b->engine, &m),
                                 .tag_length = (uint8_t)srtp_tag_length(m.profile)};
    command(b, &c);
    c.type = MEDIA_ADD_REMOTE;
    c.path = path;
    command(b, &c);
    c.type = MEDIA_SET_PATH;
    command(b, &c);
    if (up)
        *up = srtp_key_create(b->engine, &m);
    return path;
}

static void open_track(struct bench *b)
{
    struct media_command c = {
        .type = MEDIA_SET_TRACK,
        .handle = handle_make(0, 1),
        .track = {.session = handle_make(0, 1),
                  .video = b->video,
                  .nack = b->video,
                  .n_payloads = 1,
                  .n_encodings = 1,
                  .payloads = {{.codec = b->video ? MEDIA_VP8 : MEDIA_OPUS,
                                .pt = b->video ? VIDEO_PT : AUDIO_PT,
                                .rtx_pt = b->video ? VIDEO_PT + 1 : 0,
                                .clock_rate = b->video ? 90000 : 48000}},
                  .encodings = {{.ssrc = SSRC, .rtx_ssrc = SSRC + 1}}},
    };
    command(b, &c);
}

static void open_downtrack(struct bench *b, uint32_t i)
{
    struct media_command c = {
        .type = MEDIA_SET_DOWNTRACK,
        .handle = handle_make(i, 1),
        .downtrack = {.session = handle_make(1 + i, 1),
                      .track = handle_make(0, 1),
                      .video = b->video,
                      .nack = b->video,
                      .max_spatial = 2,
                      .max_temporal = 3,
                      .n_payloads = 1,
                      .ssrc = 0x10000 + 2 * i,
                      .rtx_ssrc = 0x10001 + 2 * i,
                      .cname = "PA|TR",
                      .payloads = {{.codec = b->video ? MEDIA_VP8 : MEDIA_OPUS,
                                    .pt = 100,
                                    .rtx_pt = 101,
                                    .clock_rate = b->video ? 90000 : 48000}},
                      .extensions = {.abs_send_time = 2}},
    };
    command(b, &c);
}

static void inject(struct bench *b, bool last)
{
    uint8_t p[PKTIO_PAYLOAD_MAX] = {0x80};
    bool key = b->seq == 0;
    p[1] = (uint8_t)((last && b->video ? 0x80 : 0) | (b->video ? VIDEO_PT : AUDIO_PT));
    be16_put(p + 2, (uint16_t)b->seq);
    be32_put(p + 4, b->ts);
    be32_put(p + 8, SSRC);
    p[HEADER] = b->seq % b->burst == 0 ? 0x10 : 0x00; /* VP8: first packet of a frame */
    p[HEADER + 1] = key ? 0 : 1;
    struct srtp_job job = {.key = b->up,
                           .out = p,
                           .payload = p + HEADER,
                           .header_len = HEADER,
                           .payload_len = (uint16_t)(b->size - HEADER),
                           .roc = (uint32_t)(b->seq >> 16)};
    srtp_protect(b->engine, &job, 1);
    if (!pktio_sim_inject(b->set, 0, &b->publisher, p, b->size + 16))
        abort();
    b->seq++;
}

static void bench_open(struct bench *b, const char *engine, unsigned subscribers)
{
    struct pktio_sim_config sim = {
        .workers = 1, .slots = 256, .discard_sent = true, .counters = {&b->counters}};
    struct media_config config = {.workers = 1,
                                  .ports = {7000},
                                  .sessions = SUBSCRIBERS_MAX + 1,
                                  .tracks = 1,
                                  .downtracks = SUBSCRIBERS_MAX,
                                  .frames = 2048,
                                  .history_video = 500,
                                  .history_audio = 200,
                                  .pli_throttle = {500000, 1000000, 1000000},
                                  .audio_active_level = 35,
                                  .srtp_engine = engine};
    b->set = pktio_sim_open(&sim);
    b->rings.commands = ring_create(16, sizeof(struct media_command));
    b->rings.events = ring_create(1 << 14, sizeof(struct media_event));
    b->engine = srtp_engine_create(engine);
    b->media = media_create(&config, pktio_worker(b->set, 0), &b->rings, &b->counters);
    if (!b->set || !b->engine || !b->media)
        abort();
    b->now = 1000000;
    b->publisher = open_session(b, 0, &b->up);
    open_track(b);
    for (uint32_t i = 0; i < subscribers; i++) {
        open_session(b, 1 + i, NULL);
        open_downtrack(b, i);
    }
}

static void bench_close(struct bench *b)
{
    media_destroy(b->media);
    pktio_close(b->set);
    srtp_key_destroy(b->up);
    srtp_engine_destroy(b->engine);
    ring_destroy(b->rings.commands);
    ring_destroy(b->rings.events);
}

static uint64_t one_burst(struct bench *b)
{
    for (unsigned i = 0; i < b->burst; i++)
        inject(b, i + 1 == b->burst);
    b->ts += 3000;
    b->now += PACKET_TIME;
    uint64_t begin = nsec();
    media_turn(b->media, b->now, b->now);
    uint64_t time = nsec() - begin;
    while (ring_peek(b->rings.events))
        ring_consume(b->rings.events);
    return time;
}

static double median_nsec(struct bench *b)
{
    double rounds[ROUNDS];
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t before = counters_get(&b->counters, COUNTER_TX_RTP), time = 0, begin = nsec();
        while (nsec() - begin < ROUND_NSEC)
            time += one_burst(b);
        uint64_t packets = counters_get(&b->counters, COUNTER_TX_RTP) - before;
        double t = (double)time / (double)(packets ? packets : 1);
        int at = r;
        for (; at > 0 && rounds[at - 1] > t; at--)
            rounds[at] = rounds[at - 1];
        rounds[at] = t;
    }
    return rounds[ROUNDS / 2];
}

int main(void)
{
    static const unsigned subscribers[] = {1, 8, 64, 1024};
    static const char *const engines[] = {"ipsec-mb", "evp"};
    printf("ns per packet sent (AEAD_AES_128_GCM), by number of subscribers\n%-20s", "engine");
    for (size_t i = 0; i < sizeof subscribers / sizeof subscribers[0]; i++)
        printf(" %8u", subscribers[i]);
    for (size_t e = 0; e < sizeof engines / sizeof engines[0]; e++) {
        for (int video = 1; video >= 0; video--) {
            printf("\n%-9s %s %5d", engines[e], video ? "video" : "audio", video ? 1200 : 160);
            for (size_t i = 0; i < sizeof subscribers / sizeof subscribers[0]; i++) {
                static struct bench b;
                memset(&b, 0, sizeof b);
                b.video = video;
                b.size = video ? 1200 : 160;
                b.burst = video ? BURST : 1;
                bench_open(&b, engines[e], subscribers[i]);
                printf(" %8.0f", median_nsec(&b));
                fflush(stdout);
                bench_close(&b);
            }
        }
    }
    printf("\n");
    return 0;
}
