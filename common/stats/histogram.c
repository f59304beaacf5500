/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/histogram.h"

static uint64_t get(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

static void set(_Atomic uint64_t *v, uint64_t to)
{
    atomic_store_explicit(v, to, memory_order_relaxed);
}

void histogram_add(struct histogram *h, uint64_t us, uint64_t n)
{
    _Atomic uint64_t *in = &h->in[histogram_bucket(us)];
    set(in, get(in) + n);
    set(&h->sum, get(&h->sum) + us * n);
    if (us > get(&h->max))
        set(&h->max, us);
}

void histogram_read(const struct histogram *h, struct histogram_copy *out)
{
    out->count = 0;
    out->sum = get(&h->sum);
    out->max = get(&h->max);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        out->count += out->in[i] = get(&h->in[i]);
}

void histogram_merge(struct histogram_copy *to, const struct histogram_copy *from)
{
    to->count += from->count;
    to->sum += from->sum;
    to->max = from->max > to->max ? from->max : to->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        to->in[i] += from->in[i];
}

uint64_t histogram_quantile(const struct histogram_copy *h, double p)
{
    double wanted = p * (double)h->count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDED; i++) {
        seen += h->in[i];
        if (seen > 0 && (double)seen >= wanted)
            return histogram_bound(i) < h->max ? histogram_bound(i) : h->max;
    }
    return h->max;
}
