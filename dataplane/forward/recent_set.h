/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of numbers of a rising sequence, of which the last RECENT_SET_SPAN are remembered: what was
 * left out on purpose, so that the rest can be closed up (n goes out as n minus how many were left
 * out before it); what is missing and may still come. Zero-initialise.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_RECENT_SET_H
#define SLUICE_DATAPLANE_FORWARD_RECENT_SET_H

#include <stdbool.h>
#include <stdint.h>

#define RECENT_SET_SPAN 512

struct recent_set {
    uint64_t newest; /* highest number that was added; 0: none */
    uint64_t bits[RECENT_SET_SPAN / 64];
};

/* n > newest. */
void recent_set_add(struct recent_set *s, uint64_t n);

/* All of [from, end), of which the last RECENT_SET_SPAN stay; from > newest. */
void recent_set_add_range(struct recent_set *s, uint64_t from, uint64_t end);

bool recent_set_has(const struct recent_set *s, uint64_t n);

/* Takes n out; false if it was not there. */
bool recent_set_remove(struct recent_set *s, uint64_t n);

/* How many numbers above n are in it; n may be newest - RECENT_SET_SPAN + 1 at least. */
unsigned recent_set_above(const struct recent_set *s, uint64_t n);

/* Whether n is too old to be told. */
static inline bool recent_set_forgot(const struct recent_set *s, uint64_t n)
{
    return s->newest >= RECENT_SET_SPAN && n <= s->newest - RECENT_SET_SPAN;
}

#endif
