/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What benchmarks of the media engine play on: one worker on the sim backend in virtual time, one
 * publisher with one track, N subscribers with SRTP keys. Nothing is random: two stages of the same
 * making see the same packets.
 */
#ifndef SLUICE_BENCH_MICRO_STAGE_H
#define SLUICE_BENCH_MICRO_STAGE_H

#include "dataplane/media/media.h"

#define STAGE_SUBSCRIBERS_MAX 1024
#define STAGE_PORT            7000 /* of the worker */

struct stage_config {
    const char *engine; /* of SRTP; NULL: the best */
    enum media_codec codec;
    unsigned subscribers;
    size_t size;     /* bytes of a packet with its RTP header, before SRTP */
    unsigned burst;  /* packets of a frame, and of a turn */
    usec_t interval; /* between turns */
};

struct stage;

/* Aborts if memory is out or there is no such engine: what runs it has nothing else to do. */
struct stage *stage_open(const struct stage_config *config);
void stage_close(struct stage *s);

/* Lets `interval` pass and puts the publisher's next frame before the worker. */
void stage_inject(struct stage *s);

/* A datagram from an address that is the publisher's, or nobody's. */
void stage_inject_raw(struct stage *s, bool known, const void *data, size_t len);

/* One turn of the worker. */
void stage_turn(struct stage *s);

/* Takes off what the worker has told the session thread. */
void stage_drain(struct stage *s);

/* RTP packets that the worker has sent. */
uint64_t stage_sent(const struct stage *s);
uint64_t stage_count(const struct stage *s, enum counter which);

#endif
