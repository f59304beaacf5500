/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A histogram of durations in microseconds: exact to 32, then 32 steps per power of two (3 %). One
 * thread adds while others read.
 */
#ifndef SLUICE_BENCH_HISTOGRAM_H
#define SLUICE_BENCH_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_STEP_BITS 5
#define HISTOGRAM_STEPS     (1u << HISTOGRAM_STEP_BITS)
#define HISTOGRAM_OCTAVES   32 /* up to 2^36 us: 19 hours */
#define HISTOGRAM_BUCKETS   (HISTOGRAM_OCTAVES * HISTOGRAM_STEPS)

struct histogram {
    _Atomic uint64_t counts[HISTOGRAM_BUCKETS];
};

/* Only the owner adds. Larger values count in the last bucket. */
void histogram_add(struct histogram *h, uint64_t usec);

/* Adds all of `from` to `to`, which nobody else uses. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/* Takes an earlier state of h off it. */
void histogram_subtract(struct histogram *h, const struct histogram *earlier);

uint64_t histogram_total(const struct histogram *h);

/* The value that a share q (0..1) of all does not exceed: the upper end of its bucket. 0 if empty.
 */
uint64_t histogram_quantile(const struct histogram *h, double q);

/* The range of bucket i, for those who print it: values from low to high, both included. */
void histogram_range(size_t i, uint64_t *low, uint64_t *high);

#endif
