/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A priority queue of struct loop_timer: an intrusive pairing heap, so that arming cannot fail.
 */
#ifndef SLUICE_CONTROL_HTTP_TIMERS_H
#define SLUICE_CONTROL_HTTP_TIMERS_H

#include "control/http/loop.h"

struct timers {
    struct loop_timer *root;
    usec_t firing; /* the `now` of a timers_run() under way, else 0 */
};

/* t must not be armed. */
void timers_insert(struct timers *h, struct loop_timer *t, usec_t at);

/* t must be armed. */
void timers_remove(struct timers *h, struct loop_timer *t);

/* When the earliest timer is due; USEC_NEVER if there is none. */
usec_t timers_next(const struct timers *h);

/* Fires, one after another, what is due at `now`; timers armed meanwhile for `now` or earlier wait
 * for the next call. */
void timers_run(struct timers *h, usec_t now);

#endif
