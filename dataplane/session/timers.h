/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One deadline for each of N objects, and which is next: a binary heap over object indices.
 */
#ifndef SLUICE_DATAPLANE_SESSION_TIMERS_H
#define SLUICE_DATAPLANE_SESSION_TIMERS_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct timers {
    uint32_t capacity, count;
    usec_t *deadline; /* by object */
    uint32_t *place;  /* by object: index in heap + 1, 0: not in it */
    uint32_t *heap;   /* objects */
};

bool timers_init(struct timers *t, uint32_t capacity);
void timers_free(struct timers *t);

/* Sets object's deadline (index below capacity); USEC_NEVER takes it out. */
void timers_set(struct timers *t, uint32_t object, usec_t deadline);

/* The earliest deadline, USEC_NEVER if there is none. */
usec_t timers_next(const struct timers *t);

/* The object with the earliest deadline if that is due; it leaves the heap. */
bool timers_expire(struct timers *t, usec_t now, uint32_t *object);

#endif
