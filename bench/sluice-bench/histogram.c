/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/histogram.h"

static uint64_t count_of(const struct histogram *h, size_t i)
{
    return atomic_load_explicit(&h->counts[i], memory_order_relaxed);
}

static void set_count(struct histogram *h, size_t i, uint64_t n)
{
    atomic_store_explicit(&h->counts[i], n, memory_order_relaxed);
}

static size_t bucket_of(uint64_t v)
{
    if (v < HISTOGRAM_STEPS)
        return (size_t)v;
    unsigned top = 63 - (unsigned)__builtin_clzll(v);
    unsigned shift = top - HISTOGRAM_STEP_BITS;
    size_t i = (size_t)(shift + 1) * HISTOGRAM_STEPS + (size_t)((v >> shift) - HISTOGRAM_STEPS);
    return i < HISTOGRAM_BUCKETS ? i : HISTOGRAM_BUCKETS - 1;
}

void histogram_range(size_t i, uint64_t *low, uint64_t *high)
{
    if (i < HISTOGRAM_STEPS) {
        *low = *high = i;
        return;
    }
    unsigned shift = (unsigned)(i / HISTOGRAM_STEPS) - 1;
    *low = (uint64_t)(HISTOGRAM_STEPS + i % HISTOGRAM_STEPS) << shift;
    *high = *low + (1ULL << shift) - 1;
}

void histogram_add(struct histogram *h, uint64_t usec)
{
    size_t i = bucket_of(usec);
    set_count(h, i, count_of(h, i) + 1);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        set_count(to, i, count_of(to, i) + count_of(from, i));
}

void histogram_subtract(struct histogram *h, const struct histogram *earlier)
{
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        set_count(h, i, count_of(h, i) - count_of(earlier, i));
}

uint64_t histogram_total(const struct histogram *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        n += count_of(h, i);
    return n;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
    uint64_t total = histogram_total(h), seen = 0, low = 0, high = 0;
    if (total == 0)
        return 0;
    uint64_t wanted = (uint64_t)(q * (double)total);
    if (wanted >= total)
        wanted = total - 1;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && seen <= wanted; i++) {
        seen += count_of(h, i);
        histogram_range(i, &low, &high);
    }
    return high;
}
