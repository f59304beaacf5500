/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream socket has not taken yet: a bounded first-in first-out buffer. Its memory is
 * allocated when something first has to wait. Zero-initialise.
 */
#ifndef SLUICE_COMMON_OUTPUT_H
#define SLUICE_COMMON_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
    uint8_t *data;
    size_t begin, end; /* what waits */
};

/* Appends all of data, so that at most `max` bytes wait; false, and nothing is taken, if there is
 * no room or no memory. `max` is the same in every call. */
bool output_put(struct output *o, size_t max, const uint8_t *data, size_t len);
void output_free(struct output *o);

static inline bool output_waits(const struct output *o)
{
    return o->begin < o->end;
}

static inline void output_clear(struct output *o)
{
    o->begin = o->end = 0;
}

#endif
