/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long packets stay here: from their reception until what became of them has been given to the
 * kernel or the NIC, in one of 64 turns that have work. Other turns pay for a comparison.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_LATENCY_H
#define SLUICE_DATAPLANE_MEDIA_LATENCY_H

#include "common/clock.h"
#include "common/stats/layout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LATENCY_WAIT_MAX USEC_PER_SEC /* a longer one tells of a clock that was set */
#define LATENCY_EVERY    64           /* turns with work, on average */
#define LATENCY_ENTRIES                                                                            \
    32 /* different receptions and classes within a turn; further ones are left out */

struct latency_sampler {
    bool on;            /* this turn is looked at */
    uint8_t turns_left; /* with work, before it is turned on */
    uint32_t random;    /* so that no rhythm of the traffic's is always met at the same point */
    usec_t waited; /* how long this turn's packets had been in the kernel, as far as it is known */
    unsigned n;
    struct latency_entry {
        usec_t received;
        uint32_t packets;
        enum stats_class class;
    } entries[LATENCY_ENTRIES];
};

/* `packets` that were received at that time are about to leave; only while `on`. */
void latency_note(struct latency_sampler *s, enum stats_class class, usec_t received,
                  uint64_t packets);

/* The turn is over, and what it wrote was sent at `sent`; histograms of the thread. */
void latency_settle(struct latency_sampler *s, struct histogram *histograms, usec_t sent);

/* A turn with (or without) work is over: decides about the next one. */
static inline void latency_next(struct latency_sampler *s, bool work)
{
    if (!work)
        return;
    if (s->on || s->turns_left == 0) {
        s->random = s->random * 1664525 + 1013904223;
        s->turns_left = (uint8_t)(LATENCY_EVERY / 2 + (s->random >> 26));
    }
    s->on = --s->turns_left == 0;
}

#endif
