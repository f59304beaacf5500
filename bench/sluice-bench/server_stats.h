/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server says itself of its latency: the stats socket of sluice-dataplane
 * (docs/stats.md).
 */
#ifndef SLUICE_BENCH_SERVER_STATS_H
#define SLUICE_BENCH_SERVER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_BUCKETS_MAX 128

/* A histogram: buckets that hold something, upwards. The last one may be without bound: UINT64_MAX.
 */
struct server_histogram {
    size_t count;
    struct {
        uint64_t bound, n; /* at most so many microseconds */
    } buckets[SERVER_BUCKETS_MAX];
};

struct server_stats {
    bool known;
    struct server_histogram audio, video;
};

/* Asks the socket and waits for the answer, two seconds at most. `known` is false, and nothing else
 * is set, if there is none. */
void server_stats_ask(struct server_stats *s, const char *path);

/* One line of an answer. False if it is not the one about the process. */
bool server_stats_parse(struct server_stats *s, const char *line, size_t len);

/* Takes an earlier state off h. */
void server_histogram_subtract(struct server_histogram *h, const struct server_histogram *earlier);

uint64_t server_histogram_total(const struct server_histogram *h);

/* The bound that a share q (0..1) of all does not exceed; 0 if empty. */
uint64_t server_histogram_quantile(const struct server_histogram *h, double q);

#endif
