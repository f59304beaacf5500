/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which numbers of a rising sequence were left out, so that the rest can be closed up and late
 * comers still find their place: number n goes out as n minus how many were left out before it.
 * The last DROP_MAP_SPAN numbers are remembered. Zero-initialise.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_DROP_MAP_H
#define SLUICE_DATAPLANE_FORWARD_DROP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#define DROP_MAP_SPAN 512

struct drop_map {
    uint64_t newest; /* highest number left out; 0: none */
    uint64_t bits[DROP_MAP_SPAN / 64];
};

/* n is left out; n > newest. */
void drop_map_add(struct drop_map *m, uint64_t n);

bool drop_map_has(const struct drop_map *m, uint64_t n);

/* How many numbers above n were left out; n may be newest - DROP_MAP_SPAN + 1 at least. */
unsigned drop_map_above(const struct drop_map *m, uint64_t n);

/* Whether n is too old to be told. */
static inline bool drop_map_forgot(const struct drop_map *m, uint64_t n)
{
    return m->newest >= DROP_MAP_SPAN && n <= m->newest - DROP_MAP_SPAN;
}

#endif
