/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long packets stand in queues: one-way delay above the least of the last seconds. Of each
 * feedback the least delay counts, as jitter and a busy receiver only ever add to single packets.
 * Both clocks may drift: the base is forgotten after two spans.
 */
#ifndef SLUICE_DATAPLANE_CC_STANDING_QUEUE_H
#define SLUICE_DATAPLANE_CC_STANDING_QUEUE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct standing_queue {
    bool known;
    int64_t base, next_base; /* least one-way delay, us of two clocks, of the last and this span */
    usec_t span;             /* when this one began */
    int64_t least;           /* of this feedback */
    bool any;
    usec_t delay; /* as of the last feedback */
};

/* A packet that was received. */
void standing_queue_packet(struct standing_queue *q, usec_t sent, int64_t arrived);

/* The feedback ends. */
void standing_queue_feedback(struct standing_queue *q, usec_t now);

#endif
