/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times in microseconds by size: exact up to 4 µs, then four buckets per octave, up to a second.
 * One thread adds, others read.
 */
#ifndef SLUICE_COMMON_STATS_HISTOGRAM_H
#define SLUICE_COMMON_STATS_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDED 76                      /* buckets with an upper bound */
#define HISTOGRAM_BUCKETS (HISTOGRAM_BOUNDED + 1) /* and the one above a second */
#define HISTOGRAM_TOP     (1u << 20)

struct histogram {
    _Atomic uint64_t sum, max; /* µs */
    _Atomic uint64_t in[HISTOGRAM_BUCKETS];
};

/* A plain copy. */
struct histogram_copy {
    uint64_t count, sum, max;
    uint64_t in[HISTOGRAM_BUCKETS];
};

/* The bucket of a time; bounds belong to the bucket below them. */
static inline unsigned histogram_bucket(uint64_t us)
{
    if (us > HISTOGRAM_TOP)
        return HISTOGRAM_BOUNDED;
    uint32_t x = us ? (uint32_t)us - 1 : 0;
    if (x < 4)
        return x;
    unsigned octave = 31u - (unsigned)__builtin_clz(x);
    return 4 + (octave - 2) * 4 + (x >> (octave - 2) & 3);
}

/* The largest time of a bucket below HISTOGRAM_BOUNDED. */
static inline uint32_t histogram_bound(unsigned bucket)
{
    if (bucket < 4)
        return bucket + 1;
    unsigned octave = (bucket - 4) / 4, part = (bucket - 4) % 4;
    return (5 + part) << octave;
}

/* `n` times of the same length. By the owning thread only. */
void histogram_add(struct histogram *h, uint64_t us, uint64_t n);

void histogram_read(const struct histogram *h, struct histogram_copy *out);
void histogram_merge(struct histogram_copy *to, const struct histogram_copy *from);

/* The bound of the bucket in which the part `p` (0 to 1) of all times is reached; the largest time
 * if that is beyond the bounds; 0 if there are none. */
uint64_t histogram_quantile(const struct histogram_copy *h, double p);

#endif
