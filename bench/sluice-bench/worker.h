/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that runs its share of the participants: sockets, clocks, and nothing that thinks.
 */
#ifndef SLUICE_BENCH_WORKER_H
#define SLUICE_BENCH_WORKER_H

#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/settings.h"
#include "common/addr.h"
#include "common/clock.h"
#include "dataplane/dtls/dtls.h"

/* What the main thread tells all workers. */
struct worker_orders {
    usec_t begin;              /* when the first participant joins */
    _Atomic usec_t late_begin; /* when the first of the late ones does; USEC_NEVER: not yet */
    _Atomic bool measuring;    /* collect packets for a while instead of one by one */
    _Atomic bool leave;        /* say goodbye and end */
};

struct worker;

/* Worker `index` of `count` gets every count-th participant. NULL and a text on failure. */
struct worker *worker_create(const struct settings *s, const struct dtls_context *dtls,
                             const struct net_addr *server, struct worker_orders *orders,
                             unsigned index, unsigned count, const char **error);

bool worker_start(struct worker *w);
void worker_join(struct worker *w); /* after orders->leave */
void worker_destroy(struct worker *w);

/* May be read at any time. */
const struct counters *worker_counters(const struct worker *w);

/* CPU time that its thread has used, in microseconds. */
uint64_t worker_cpu(const struct worker *w);

#endif
