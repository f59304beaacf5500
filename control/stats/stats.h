/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control's stats socket, `control-stats.sock` in the run directory (docs/stats.md): signalling,
 * addresses, webhooks, rooms as clients see them, and what happens in them.
 */
#ifndef SLUICE_CONTROL_STATS_STATS_H
#define SLUICE_CONTROL_STATS_STATS_H

#include "control/address/service.h"
#include "control/http/http.h"
#include "control/http/loop.h"
#include "control/metrics/history.h"
#include "control/webhook/webhook.h"

/* Where lines come from; all is read only, and outlives the socket. */
struct stats_sources {
    const struct rooms *rooms;
    const struct history *history;
    const struct http_server *http;
    const struct webhook *webhook;         /* NULL: none */
    const struct address_service *address; /* NULL: left out */
    usec_t started;
};

struct control_stats;

/* NULL, with a line in the log, if it cannot listen. */
struct control_stats *control_stats_open(struct loop *l, const char *run_dir,
                                         const struct stats_sources *sources);
void control_stats_close(struct control_stats *s);

/* As room_output.event. */
void control_stats_event(struct control_stats *s, enum room_event e, const struct room *r,
                         const struct participant *p, const struct publication *t);
/* What concerns the server as a whole. */
void control_stats_note(struct control_stats *s, const char *kind, const char *text);

#endif
