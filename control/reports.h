/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What others are told about the rooms: webhooks, and metrics for Prometheus.
 */
#ifndef SLUICE_CONTROL_REPORTS_H
#define SLUICE_CONTROL_REPORTS_H

#include "common/config/config.h"
#include "control/metrics/exporter.h"

struct reports {
    struct history history;
    struct webhook *webhook;   /* NULL: no URLs are configured */
    struct exporter *exporter; /* NULL: no port is configured */
    bool settled;              /* what was there when this process began is known */
    char journal_path[CONFIG_TEXT + 32], ledger_path[CONFIG_TEXT + 32],
        stats_path[CONFIG_TEXT + 32];
};

/* Before anything can happen in rooms. False if memory is out. */
bool reports_start(struct reports *r, struct loop *l, const struct config *c,
                   const struct api_keys *keys);

/* Opens the port for Prometheus, if one is configured. False if it cannot be had. */
bool reports_listen(struct reports *r, struct loop *l, const struct config *c,
                    const struct metrics_sources *sources);

/* As room_output.event. */
void reports_event(struct reports *r, enum room_event e, const struct room *room,
                   const struct participant *p, const struct publication *t);

/* To be called when the dataplane has said something: the first time that its sessions are all
 * known, the end is told of those that are gone. */
void reports_settle(struct reports *r, const struct rooms *rs);

void reports_stop(struct reports *r);

#endif
