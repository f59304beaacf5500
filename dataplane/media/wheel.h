/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Timers of a worker: a wheel of millisecond slots, so that setting and firing cost the same
 * however many there are. A timer fires up to a millisecond late, never early.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_WHEEL_H
#define SLUICE_DATAPLANE_MEDIA_WHEEL_H

#include "common/clock.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define WHEEL_SLOTS 1024

struct timer {
    LIST_ENTRY(timer) link;
    usec_t due; /* USEC_NEVER or 0: not set */
    uint8_t kind;
};

struct wheel {
    uint64_t tick; /* millisecond to look at next */
    uint64_t occupied[WHEEL_SLOTS / 64];
    LIST_HEAD(, timer) slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *w);

/* Sets, moves or (USEC_NEVER) takes out. */
void wheel_set(struct wheel *w, struct timer *t, usec_t due);

/* Sets it if that is earlier than it was set to. */
void wheel_advance(struct wheel *w, struct timer *t, usec_t due);

/* A timer that is due, taken out; NULL if there is none. */
struct timer *wheel_expire(struct wheel *w, usec_t now);

/* When to look again: the time of the first timer, or earlier. USEC_NEVER if none is set. */
usec_t wheel_next(const struct wheel *w);

#endif
