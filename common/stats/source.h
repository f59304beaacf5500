/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a stats socket asks: the dataplane's statistics, or control.
 */
#ifndef SLUICE_COMMON_STATS_SOURCE_H
#define SLUICE_COMMON_STATS_SOURCE_H

#include "common/stats/query.h"

/* What a socket counts of itself. */
struct stats_clients {
    uint64_t clients; /* connected now */
    uint64_t refused; /* as there were too many */
    uint64_t dropped; /* as they did not read */
    uint64_t skipped; /* answers to subscriptions */
};

struct stats_source {
    void *context;
    const char *name; /* "dataplane" */

    /* Begins an answer; NULL if memory is out. `clients` is the socket's own count. */
    void *(*open)(void *context, const struct query *q, const struct stats_clients *clients);
    /* The next line, a new reference; NULL after the last. */
    json_t *(*next)(void *context, void *answer);
    void (*close)(void *context, void *answer);

    /* The number of the newest event, 0 if there was none. */
    uint64_t (*newest)(void *context);
    /* The first event after number *after that q selects, a new reference; *after becomes its
     * number. NULL, and *after as far as was looked, if there is none. */
    json_t *(*event)(void *context, const struct query *q, uint64_t *after);
};

#endif
