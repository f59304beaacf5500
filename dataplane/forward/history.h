/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last packets of one published layer, for retransmission: a ring of frames by sequence number.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_HISTORY_H
#define SLUICE_DATAPLANE_FORWARD_HISTORY_H

#include "dataplane/forward/frame.h"

#include <stdint.h>

#define HISTORY_RESERVE 16 /* the last 1/16 of the pool */

struct history {
    struct frame **slots; /* the owner's memory; [size] */
    uint32_t size;        /* a power of two, or 0: nothing is kept */
    uint32_t used;
    uint64_t newest;
};

static inline void history_init(struct history *h, struct frame **slots, uint32_t size)
{
    *h = (struct history){.slots = slots, .size = size};
    for (uint32_t i = 0; i < size; i++)
        slots[i] = NULL;
}

/* Keeps f (takes a reference) under f->info.seq; what was in its place is released. Packets older
 * than the ring are not kept. While the last part of the pool is in use, what is kept does not
 * grow: packets on their way need the rest. */
void history_put(struct history *h, struct frame_pool *p, struct frame *f);

/* The packet of that number, or NULL. */
struct frame *history_get(const struct history *h, uint64_t seq);

/* The packet whose number ends in these 16 bits, nearest to the newest. */
struct frame *history_get16(const struct history *h, uint16_t seq);

/* Releases the oldest packets until one frame is free or none is left. */
void history_shed(struct history *h, struct frame_pool *p);

void history_clear(struct history *h, struct frame_pool *p);

#endif
