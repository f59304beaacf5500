/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which layers of a track flow. A layer flows from its first packet on; it has stopped when nothing
 * came for a while though others went on. When everything has stopped (a muted or still source)
 * nothing changes. A layer that comes back flows again with its next key frame, or after a second
 * of packets.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_LAYER_TRACKER_H
#define SLUICE_DATAPLANE_FORWARD_LAYER_TRACKER_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYER_TRACKER_LAYERS 3
#define LAYER_STOPPED_CAMERA (700 * USEC_PER_MS)
#define LAYER_STOPPED_SCREEN (3 * USEC_PER_SEC)
#define LAYER_RETURN         (1 * USEC_PER_SEC)

struct layer_tracker {
    usec_t last[LAYER_TRACKER_LAYERS];  /* newest packet; 0: none ever */
    usec_t since[LAYER_TRACKER_LAYERS]; /* begin of the present run of packets */
    bool flows[LAYER_TRACKER_LAYERS];
    bool screen_share;
};

void layer_tracker_init(struct layer_tracker *t, bool screen_share);

/* A packet of `layer` came. Returns true if it changed which layers flow. */
bool layer_tracker_packet(struct layer_tracker *t, uint8_t layer, bool key_frame, usec_t now);

/* Notes layers that have stopped; true if that changed anything. */
bool layer_tracker_check(struct layer_tracker *t, usec_t now);

/* The highest layer that flows and is not above `max`; else the lowest that flows; LAYER_NONE if
 * none does. */
uint8_t layer_tracker_best(const struct layer_tracker *t, uint8_t max);

#endif
