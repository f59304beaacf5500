/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run came to: snapshots are taken from outside, the report is their differences.
 */
#ifndef SLUICE_BENCH_REPORT_H
#define SLUICE_BENCH_REPORT_H

#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/process.h"
#include "bench/sluice-bench/server_stats.h"
#include "bench/sluice-bench/settings.h"
#include "common/clock.h"

#include <jansson.h>
#include <stdio.h>

/* Everything at one moment. */
struct snapshot {
    usec_t at;
    struct counters counters;                  /* of all workers */
    uint64_t thread_cpu[SETTINGS_THREADS];     /* microseconds */
    struct process_usage servers[PROCESS_MAX]; /* in the order of the list */
    struct machine_usage machine;
};

/* One line of the run. */
struct report_second {
    double at; /* seconds since the run began */
    bool measured;
    uint64_t connected, streams;
    double sent_pps, sent_mbps, received_pps, received_mbps;
    double loss;         /* share of what was expected */
    uint64_t p50, p99;   /* latency of all media, microseconds */
    double server_cpu;   /* of one core */
    double own_cpu;      /* the busiest thread */
    double softirq;      /* of the machine */
    uint64_t server_rss; /* bytes */
};

#define REPORT_WARNINGS 5

struct report {
    const struct settings *settings;
    struct process_list servers;
    size_t participants, publishers, expected_streams;
    struct snapshot before;                       /* nobody has joined */
    struct snapshot begin, end;                   /* of measuring; equal if it was never begun */
    struct server_stats server_begin, server_end; /* of measuring; the end is the difference after
                                                     report_finish() */
    struct report_second *seconds;                /* owned */
    size_t second_count, second_capacity;
    bool interrupted;

    /* From report_finish() on: */
    double duration;        /* measured seconds */
    struct counters window; /* end - begin */
    double loss;            /* share */
    double server_cpu;      /* microseconds of all server processes in the window */
    double per_packet;      /* microseconds of server CPU per packet that it sent; 0: none */
    double own_cpu;         /* of one core, the busiest thread */
    double softirq;         /* share of the machine */
    const char *warnings[REPORT_WARNINGS]; /* why the figures may not be the server's */
    size_t warning_count;
};

void report_init(struct report *r, const struct settings *s);
void report_free(struct report *r);

/* The line between two snapshots; it is kept. */
const struct report_second *report_second(struct report *r, usec_t began, const struct snapshot *a,
                                          const struct snapshot *b, bool measured);

/* Works the figures out of begin and end. */
void report_finish(struct report *r);

void report_print_heading(FILE *f);
void report_print_second(FILE *f, const struct report_second *s);
void report_print(FILE *f, const struct report *r);

/* A new object; NULL if memory is out. */
json_t *report_json(const struct report *r);

#endif
