/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What benchmarks of the media engine play on: workers on the sim backend in virtual time, one
 * publisher with one track at worker 0, N subscribers with SRTP keys at all workers in turn.
 * Nothing is random: two stages of the same making see the same packets.
 */
#ifndef SLUICE_BENCH_MICRO_STAGE_H
#define SLUICE_BENCH_MICRO_STAGE_H

#include "dataplane/media/media.h"

#define STAGE_SUBSCRIBERS_MAX 1024
#define STAGE_PORT            7000 /* of worker 0; the others have the next ones */
#define STAGE_WORKERS_MAX     4

struct stage_config {
    const char *engine; /* of SRTP; NULL: the best */
    enum media_codec codec;
    unsigned subscribers;
    unsigned workers; /* 0: one */
    size_t size;      /* bytes of a packet with its RTP header, before SRTP */
    unsigned burst;   /* packets of a frame, and of a turn */
    usec_t interval;  /* between turns */
};

struct stage;

/* Aborts if memory is out or there is no such engine: what runs it has nothing else to do. */
struct stage *stage_open(const struct stage_config *config);
void stage_close(struct stage *s);

/* Lets `interval` pass and puts the publisher's next frame before the worker. */
void stage_inject(struct stage *s);

/* A datagram from an address that is the publisher's, or nobody's. */
void stage_inject_raw(struct stage *s, bool known, const void *data, size_t len);

/* One turn of worker 0, or of another: each of them may have a thread of its own, and
 * stage_inject() belongs to that of worker 0. */
void stage_turn(struct stage *s);
void stage_turn_of(struct stage *s, unsigned worker);

/* Takes off what the worker has told the session thread. */
void stage_drain(struct stage *s);
void stage_drain_of(struct stage *s, unsigned worker);

/* RTP packets that worker 0 has sent, or another. */
uint64_t stage_sent(const struct stage *s);
uint64_t stage_sent_of(const struct stage *s, unsigned worker);
uint64_t stage_count(const struct stage *s, enum counter which);

#endif
