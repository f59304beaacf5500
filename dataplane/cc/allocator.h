/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which layers of which tracks fit into a budget: the lowest layer of every track first; then, by
 * classes (screen shares, then tracks that are wanted in high layers, then the others), all of a
 * class a step at a time in turn, as long as steps fit. Audio is no part of this: what it takes is
 * taken off the budget before.
 */
#ifndef SLUICE_DATAPLANE_CC_ALLOCATOR_H
#define SLUICE_DATAPLANE_CC_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#define CC_SPATIAL    3
#define CC_TEMPORAL   4
#define CC_TRACKS_MAX 128 /* looked at; others are left as they are */

struct cc_choice {
    bool paused; /* nothing is sent, for want of budget */
    uint8_t spatial, temporal;
};

struct cc_track {
    /* bit/s of layer `spatial` up to `temporal`, with what it needs below it; 0: not to be had.
     * Rising in both. */
    double rates[CC_SPATIAL][CC_TEMPORAL];
    uint8_t max_spatial, max_temporal; /* wanted */
    bool screen_share;
    struct cc_choice choice; /* in: as it is now; out: what fits */
};

struct cc_allocation {
    double used;   /* bit/s of what was chosen */
    double wanted; /* of what would be chosen without a limit */
    double step;   /* what the smallest step up costs more; 0: everything is there */
    bool paused;   /* a track is left out altogether */
};

/* Tracks of which nothing can be had keep their choice. allow_pause false: each gets its lowest
 * layer, whether it fits or not. What is chosen now is not given up for less than a tenth too much.
 */
struct cc_allocation cc_allocate(struct cc_track *tracks, unsigned n, double budget,
                                 bool allow_pause);

#endif
