/* SPDX-License-Identifier: Apache-2.0 */
#include "common/version.h"
#include "dataplane/stats/lines.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#define DROP     "drop_"
#define DROP_LEN (sizeof(DROP) - 1)

static uint64_t get(const _Atomic uint64_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

static uint32_t get32(const _Atomic uint32_t *v)
{
    return atomic_load_explicit(v, memory_order_relaxed);
}

/* "counters" and "drops"; `threads` blocks from `first` on. Zeros only if all of the process is
 * told: then a counter's name is to be had. */
static void put_counters(json_t *o, const struct stats_segment *s, uint32_t first, uint32_t threads,
                         bool zeros)
{
    json_t *counters = json_object(), *drops = json_object();
    for (int c = 0; c < COUNTER_COUNT; c++) {
        const char *name = counter_name((enum counter)c);
        uint64_t n = 0;
        for (uint32_t i = first; i < first + threads; i++)
            n += counters_get(&s->block[i], (enum counter)c);
        if (n == 0 && !zeros)
            continue;
        if (strncmp(name, DROP, DROP_LEN) == 0)
            line_count(drops, name + DROP_LEN, n);
        else
            line_count(counters, name, n);
    }
    line_put(o, "counters", counters);
    line_put(o, "drops", drops);
}

json_t *latency_json(const struct histogram_copy *h)
{
    json_t *o = json_object(), *buckets = json_array();
    line_count(o, "count", h->count);
    line_count(o, "sum_us", h->sum);
    line_count(o, "p50_us", histogram_quantile(h, 0.5));
    line_count(o, "p90_us", histogram_quantile(h, 0.9));
    line_count(o, "p99_us", histogram_quantile(h, 0.99));
    line_count(o, "p999_us", histogram_quantile(h, 0.999));
    line_count(o, "max_us", h->max);
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        json_t *bound = i < HISTOGRAM_BOUNDED ? json_integer(histogram_bound(i)) : json_null();
        if (h->in[i] > 0)
            json_array_append_new(buckets, json_pack("[o, I]", bound, (json_int_t)h->in[i]));
        else
            json_decref(bound);
    }
    line_put(o, "buckets", buckets);
    return o;
}

static void put_latency(json_t *o, const struct stats_segment *s, uint32_t first, uint32_t threads)
{
    static const char *const names[STATS_CLASSES] = {"audio", "video", "retransmission"};
    json_t *latency = json_object();
    for (int c = 0; c < STATS_CLASSES; c++) {
        struct histogram_copy sum = {0}, one;
        for (uint32_t i = first; i < first + threads; i++) {
            histogram_read(&stats_thread(s, i)->latency[c], &one);
            histogram_merge(&sum, &one);
        }
        line_put(latency, names[c], latency_json(&sum));
    }
    line_put(o, "latency", latency);
}

static void put_clients(json_t *o, const struct stats_clients *c)
{
    line_count(o, "clients", c->clients);
    line_count(o, "clients_refused", c->refused);
    line_count(o, "clients_dropped", c->dropped);
    line_count(o, "snapshots_skipped", c->skipped);
}

json_t *line_process(const struct stats_segment *s, const struct totals *t,
                     const struct stats_clients *clients)
{
    const struct stats_header *h = s->header;
    json_t *o = line_new("process");
    line_text(o, "program", "sluice-dataplane");
    line_text(o, "version", SLUICE_VERSION);
    line_count(o, "pid", h->pid);
    line_count(o, "started_unix_us", h->started_unix_us);
    line_count(o, "uptime_us", clock_realtime() - h->started_unix_us);
    line_text(o, "backend", h->backend);
    line_name(o, "backend_reason", h->backend_reason);
    line_count(o, "workers", h->blocks - 1);
    line_flag(o, "control", get32(&h->control) != 0);
    line_resources(o);
    line_count(o, "rooms", t->rooms);
    line_count(o, "participants", t->all.participants);
    line_count(o, "transports", t->all.transports);
    line_count(o, "tracks", t->all.tracks);
    line_count(o, "subscriptions", t->all.subscriptions);
    line_put(o, "in", flow_json(&t->all.in));
    line_put(o, "out", flow_json(&t->all.out));
    put_counters(o, s, 0, h->blocks, true);
    put_latency(o, s, 0, h->blocks - 1);
    put_clients(o, clients);
    return o;
}

/* ---- threads ---- */

#define THREAD_NAME 24

static void thread_name(const struct stats_segment *s, uint32_t thread,
                        char name[static THREAD_NAME])
{
    if (thread + 1 == s->header->blocks)
        strcpy(name, "session");
    else
        snprintf(name, THREAD_NAME, "worker %u", thread);
}

/* Of a thread of this process, as the kernel tells (proc(5), /proc/pid/stat): fields 14 and 15 are
 * clock ticks in user and kernel mode, 39 the core. */
static void put_running(json_t *o, uint32_t tid)
{
    char path[64], text[1024];
    unsigned long long user, kernel;
    int core;
    snprintf(path, sizeof(path), "/proc/self/task/%u/stat", tid);
    FILE *f = fopen(path, "re");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    const char *rest = strrchr(text, ')'); /* the name before it may hold anything */
    if (!rest ||
        sscanf(rest + 1,
               " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d %*d "
               "%*u %*u %*d %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*u %*d %d",
               &user, &kernel, &core) != 3)
        return;
    line_count(o, "core", (uint64_t)core);
    line_count(o, "cpu_us", (user + kernel) * 10000); /* USER_HZ is 100 */
}

json_t *line_thread(const struct stats_segment *s, uint32_t thread)
{
    const struct stats_thread *t = stats_thread(s, thread);
    char name[THREAD_NAME];
    if (!t)
        return NULL;
    thread_name(s, thread, name);
    json_t *o = line_new("thread");
    line_text(o, "thread", name);
    line_count(o, "tid", get32(&t->tid));
    if (get32(&t->tid) != 0)
        put_running(o, get32(&t->tid));
    line_count(o, "turns", get(&t->turns));
    line_count(o, "sleeps", get(&t->sleeps));
    put_counters(o, s, thread, 1, false);
    if (thread + 1 < s->header->blocks)
        put_latency(o, s, thread, 1);
    return o;
}

/* ---- queues ---- */

static json_t *queue_line(const char *interface, uint32_t queue, uint32_t worker, const char *mode,
                          bool up)
{
    json_t *o = line_new("queue");
    line_text(o, "interface", interface);
    line_count(o, "queue", queue);
    line_count(o, "worker", worker);
    line_text(o, "mode", mode);
    line_flag(o, "up", up);
    return o;
}

static json_t *socket_line(const struct stats_segment *s, uint32_t index)
{
    const struct stats_queue *q = stats_at(s, STATS_QUEUES, index);
    char name[IF_NAMESIZE] = "?";
    uint32_t mode = get32(&q->mode);
    if (mode == STATS_QUEUE_NONE)
        return NULL;
    if_indextoname(get32(&q->ifindex), name);
    json_t *o = queue_line(name, get32(&q->queue), index / STATS_QUEUES_PER_WORKER,
                           mode == STATS_QUEUE_ZEROCOPY ? "zero-copy" : "copy", get32(&q->up) != 0);
    line_count(o, "rx_packets", get(&q->rx_packets));
    line_count(o, "rx_bytes", get(&q->rx_bytes));
    line_count(o, "tx_packets", get(&q->tx_packets));
    line_count(o, "tx_bytes", get(&q->tx_bytes));
    line_count(o, "rx_dropped", get(&q->rx_dropped));
    line_count(o, "tx_full", get(&q->tx_full));
    return o;
}

/* The kernel's stack has what is left of a worker's counts. */
static uint64_t rest(uint64_t all, uint64_t of_queues)
{
    return all > of_queues ? all - of_queues : 0;
}

static json_t *kernel_line(const struct stats_segment *s, uint32_t worker)
{
    const struct counters *c = &s->block[worker];
    uint64_t rx = 0, tx = 0, dropped = 0;
    for (uint32_t i = 0; i < STATS_QUEUES_PER_WORKER; i++) {
        const struct stats_queue *q =
            stats_at(s, STATS_QUEUES, worker * STATS_QUEUES_PER_WORKER + i);
        rx += get(&q->rx_bytes);
        tx += get(&q->tx_bytes);
        dropped += get(&q->rx_dropped);
    }
    json_t *o = queue_line("", 0, worker, "socket", true);
    line_count(o, "rx_packets",
               rest(counters_get(c, COUNTER_RX_PACKETS), counters_get(c, COUNTER_RX_XDP_PACKETS)));
    line_count(o, "rx_bytes", rest(counters_get(c, COUNTER_RX_BYTES), rx));
    line_count(o, "tx_packets",
               rest(counters_get(c, COUNTER_TX_PACKETS), counters_get(c, COUNTER_TX_XDP_PACKETS)));
    line_count(o, "tx_bytes", rest(counters_get(c, COUNTER_TX_BYTES), tx));
    line_count(o, "rx_dropped", rest(counters_get(c, COUNTER_DROP_RX_OVERFLOW), dropped));
    line_count(o, "tx_full", counters_get(c, COUNTER_DROP_TX_FULL));
    return o;
}

uint32_t line_queue_count(const struct stats_segment *s)
{
    return stats_count(s, STATS_QUEUES) + s->header->blocks - 1;
}

json_t *line_queue(const struct stats_segment *s, uint32_t index)
{
    uint32_t sockets = stats_count(s, STATS_QUEUES);
    return index < sockets ? socket_line(s, index) : kernel_line(s, index - sockets);
}

/* ---- pools ---- */

uint32_t line_pool_count(const struct stats_segment *s)
{
    return s->header->blocks * STATS_POOLS;
}

json_t *line_pool(const struct stats_segment *s, uint32_t index)
{
    uint32_t thread = index / STATS_POOLS;
    const struct stats_pool *p = &stats_thread(s, thread)->pool[index % STATS_POOLS];
    char name[THREAD_NAME];
    if (get(&p->size) == 0)
        return NULL;
    thread_name(s, thread, name);
    json_t *o = line_new("pool");
    line_text(o, "pool", stats_pool_name((enum stats_pool_id)(index % STATS_POOLS)));
    line_text(o, "thread", name);
    line_count(o, "size", get(&p->size));
    line_count(o, "used", get(&p->used));
    line_count(o, "high_water", get(&p->high_water));
    line_count(o, "refused", get(&p->refused));
    return o;
}
