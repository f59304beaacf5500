/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deadlines of many objects, in virtual time: a binary heap of timers that live in their objects.
 */
#ifndef SLUICE_CONTROL_ROOM_DEADLINES_H
#define SLUICE_CONTROL_ROOM_DEADLINES_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* Zero at first. `fire` may start, stop and free any timer, its own included. */
struct timer {
    void (*fire)(void *arg, usec_t now);
    void *arg;
    usec_t at;
    size_t place; /* in the heap, from 1; 0: not started */
};

struct deadlines {
    struct timer **heap; /* from 1 */
    size_t count, room;
};

void deadlines_free(struct deadlines *ts);

/* Starts t, or moves it. */
void timer_start(struct deadlines *ts, struct timer *t, usec_t at);

/* Starts t unless it is due earlier already. */
void timer_start_before(struct deadlines *ts, struct timer *t, usec_t at);
void timer_stop(struct deadlines *ts, struct timer *t);
bool timer_running(const struct timer *t);

/* USEC_NEVER if none runs. */
usec_t deadlines_next(const struct deadlines *ts);

/* Fires what is due, in order. */
void deadlines_run(struct deadlines *ts, usec_t now);

#endif
