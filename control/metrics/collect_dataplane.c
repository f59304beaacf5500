/* SPDX-License-Identifier: Apache-2.0 */
/* Of the dataplane's statistics besides counters: how long packets stay, pools, queues, threads,
 * and how peers are connected. */
#include "control/metrics/collect.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

static uint64_t get(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

static uint32_t get32(const _Atomic uint32_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

/* ---- latency ---- */

/* 5 µs, 10 µs, ... 0.16 s: bounds of the histogram's own buckets, so nothing is split. */
static void fill_bounds(double bounds[static METRICS_BUCKETS_MAX])
{
    for (unsigned i = 0; i < METRICS_BUCKETS_MAX; i++)
        bounds[i] = (double)(5u << i) / 1e6;
}

static void coarsen(const struct histogram_copy *from, struct metrics_histogram *to)
{
    unsigned k = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        while (k < METRICS_BUCKETS_MAX && (i == HISTOGRAM_BOUNDED || histogram_bound(i) > 5u << k))
            k++;
        to->in[k] += from->in[i];
    }
    to->sum = (double)from->sum / 1e6;
}

static struct histogram_copy latency_of(const struct stats_segment *s, enum stats_class class)
{
    struct histogram_copy sum = {0}, one;
    for (uint32_t i = 0; i < s->header->blocks; i++) {
        histogram_read(&stats_thread(s, i)->latency[class], &one);
        histogram_merge(&sum, &one);
    }
    return sum;
}

static void latency(const struct stats_segment *s, struct metrics_text *t)
{
    static const char *const classes[STATS_CLASSES] = {"audio", "video", "retransmission"};
    double bounds[METRICS_BUCKETS_MAX];
    struct histogram_copy forwarded = {0};
    fill_bounds(bounds);
    metrics_family(t, "sluice_forward_latency_seconds", "histogram",
                   "From reception to sending, of one turn in 64");
    for (int c = 0; c < STATS_CLASSES; c++) {
        struct histogram_copy h = latency_of(s, (enum stats_class)c);
        struct metrics_histogram m = {.bounds = bounds, .count = METRICS_BUCKETS_MAX};
        coarsen(&h, &m);
        metrics_buckets(t, METRICS_LABELS({"class", classes[c]}), &m);
        if (c != STATS_RETRANSMISSION)
            histogram_merge(&forwarded, &h);
    }
    metrics_family(t, "livekit_forward_latency_ns", "gauge",
                   "From reception to sending: what nine of ten packets stay below");
    metrics_count(t, NULL, histogram_quantile(&forwarded, 0.9) * 1000);
}

/* ---- pools ---- */

static void thread_name(const struct stats_segment *s, uint32_t thread, char name[static 16])
{
    if (thread + 1 == s->header->blocks)
        strcpy(name, "session");
    else
        snprintf(name, 16, "%u", thread);
}

static void pool_family(const struct stats_segment *s, struct metrics_text *t, const char *name,
                        const char *type, const char *help, size_t member)
{
    metrics_family(t, name, type, help);
    for (uint32_t i = 0; i < s->header->blocks * STATS_POOLS; i++) {
        const struct stats_pool *p = &stats_thread(s, i / STATS_POOLS)->pool[i % STATS_POOLS];
        char thread[16];
        if (get(&p->size) == 0)
            continue;
        thread_name(s, i / STATS_POOLS, thread);
        metrics_count(
            t, METRICS_LABELS({"pool", stats_pool_name(i % STATS_POOLS)}, {"thread", thread}),
            get((const _Atomic uint64_t *)((const char *)p + member)));
    }
}

static void pools(const struct stats_segment *s, struct metrics_text *t)
{
    pool_family(s, t, "sluice_pool_size", "gauge", "What a pool has room for",
                offsetof(struct stats_pool, size));
    pool_family(s, t, "sluice_pool_used", "gauge", "In use", offsetof(struct stats_pool, used));
    pool_family(s, t, "sluice_pool_high_water", "gauge", "In use at most so far",
                offsetof(struct stats_pool, high_water));
    pool_family(s, t, "sluice_pool_refused_total", "counter", "Wanted while it was used up",
                offsetof(struct stats_pool, refused));
}

/* ---- queues and threads ---- */

static void queue_family(const struct stats_segment *s, struct metrics_text *t, const char *name,
                         const char *help, size_t member)
{
    metrics_family(t, name, "counter", help);
    for (uint32_t i = 0; i < stats_count(s, STATS_QUEUES); i++) {
        const struct stats_queue *q = stats_at(s, STATS_QUEUES, i);
        char interface[IF_NAMESIZE] = "?", queue[16], worker[16];
        if (get32(&q->mode) == STATS_QUEUE_NONE)
            continue;
        if_indextoname(get32(&q->ifindex), interface);
        snprintf(queue, sizeof queue, "%u", get32(&q->queue));
        snprintf(worker, sizeof worker, "%u", i / STATS_QUEUES_PER_WORKER);
        metrics_count(
            t, METRICS_LABELS({"interface", interface}, {"queue", queue}, {"worker", worker}),
            get((const _Atomic uint64_t *)((const char *)q + member)));
    }
}

static void queues(const struct stats_segment *s, struct metrics_text *t)
{
    queue_family(s, t, "sluice_queue_rx_packets_total", "Received through an AF_XDP socket",
                 offsetof(struct stats_queue, rx_packets));
    queue_family(s, t, "sluice_queue_rx_bytes_total", "Received through an AF_XDP socket",
                 offsetof(struct stats_queue, rx_bytes));
    queue_family(s, t, "sluice_queue_tx_packets_total", "Sent through an AF_XDP socket",
                 offsetof(struct stats_queue, tx_packets));
    queue_family(s, t, "sluice_queue_tx_bytes_total", "Sent through an AF_XDP socket",
                 offsetof(struct stats_queue, tx_bytes));
    queue_family(s, t, "sluice_queue_rx_dropped_total", "The kernel had no room for",
                 offsetof(struct stats_queue, rx_dropped));
    queue_family(s, t, "sluice_queue_tx_full_total", "There was no room to send",
                 offsetof(struct stats_queue, tx_full));
}

static void threads(const struct stats_segment *s, struct metrics_text *t)
{
    static const char *const names[] = {"sluice_thread_turns_total", "sluice_thread_sleeps_total"};
    for (int k = 0; k < 2; k++) {
        metrics_family(t, names[k], "counter", "Of the dataplane's threads");
        for (uint32_t i = 0; i < s->header->blocks; i++) {
            const struct stats_thread *x = stats_thread(s, i);
            char thread[16];
            thread_name(s, i, thread);
            metrics_count(t, METRICS_LABELS({"thread", thread}),
                          get(k == 0 ? &x->turns : &x->sleeps));
        }
    }
}

/* ---- transports ---- */

static void transports(const struct stats_segment *s, struct metrics_text *t)
{
    static const char *const protocols[] = {"udp", "tcp", "turn"};
    uint64_t n[3] = {0};
    struct stats_transport x;
    for (uint32_t i = 0; i < stats_count(s, STATS_TRANSPORTS); i++)
        if (stats_get(s, STATS_TRANSPORTS, i, &x, sizeof x) && x.handle && x.n_pairs > 0 &&
            x.pairs[0].selected && x.pairs[0].protocol < 3)
            n[x.pairs[0].protocol]++;
    metrics_family(t, "sluice_transports", "gauge",
                   "Transports with a selected pair, by how their packets travel");
    for (int i = 0; i < 3; i++)
        metrics_count(t, METRICS_LABELS({"protocol", protocols[i]}), n[i]);
}

void collect_dataplane(const struct metrics_sources *s, struct metrics_text *t)
{
    if (!s->stats)
        return;
    latency(s->stats, t);
    pools(s->stats, t);
    queues(s->stats, t);
    threads(s->stats, t);
    transports(s->stats, t);
}
