/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets of one received stream to ask for again (RFC 4585 generic NACK). At most 100 are
 * missed at a time, the oldest giving way. First asked for 20 ms after the gap showed, then after
 * RTT * 1.25^(tries - 1), within 20..400 ms, at most 5 times in 2 minutes.
 */
#ifndef SLUICE_DATAPLANE_RTCP_NACK_GENERATOR_H
#define SLUICE_DATAPLANE_RTCP_NACK_GENERATOR_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NACK_MISSING_MAX  100
#define NACK_TRIES_MAX    5
#define NACK_FIRST_DELAY  (20 * USEC_PER_MS)
#define NACK_INTERVAL_MIN (20 * USEC_PER_MS)
#define NACK_INTERVAL_MAX (400 * USEC_PER_MS)
#define NACK_LIFETIME     (120 * USEC_PER_SEC)
#define NACK_RTT_DEFAULT  (70 * USEC_PER_MS)
#define NACK_JUMP_MAX     3000 /* a longer gap is a restart of the stream, not loss */

struct nack_missing {
    uint64_t seq;
    usec_t since, next;
    uint8_t tries;
};

struct nack_generator {
    uint64_t highest; /* 0: none yet */
    usec_t rtt;
    usec_t deadline; /* earliest `next`; USEC_NEVER */
    uint8_t n;
    struct nack_missing missing[NACK_MISSING_MAX]; /* ascending */
};

void nack_generator_init(struct nack_generator *g);

/* Smooths a new measurement in: 3/4 new. */
void nack_generator_set_rtt(struct nack_generator *g, usec_t rtt);

/* For nack_generator_received() only. */
void nack_generator_gap(struct nack_generator *g, uint64_t seq, usec_t now);
void nack_generator_found(struct nack_generator *g, uint64_t seq);

/* Every packet that came, by RTX too; seq from sequence_extend(). */
static inline void nack_generator_received(struct nack_generator *g, uint64_t seq, usec_t now)
{
    if (seq == g->highest + 1 || g->highest == 0)
        g->highest = seq;
    else if (seq > g->highest)
        nack_generator_gap(g, seq, now);
    else if (g->n)
        nack_generator_found(g, seq);
}

/* When nack_generator_due() has something; USEC_NEVER if nothing is missing. */
static inline usec_t nack_generator_deadline(const struct nack_generator *g)
{
    return g->deadline;
}

/* Fills `seqs` (room for NACK_MISSING_MAX) with what is to be asked for now, ascending, and counts
 * the try. Drops what is given up. Returns how many. */
size_t nack_generator_due(struct nack_generator *g, usec_t now, uint16_t *seqs);

#endif
