/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the console shows, over HTTP: requests to the stats sockets of the run directory
 * (docs/stats.md), one answer each.
 *
 *   GET /console/stats?from=dataplane|control&get=...[&room=...][&participant=...]
 *
 * answers 200 with the lines of that socket (application/x-ndjson). It takes a token with the
 * grants roomList and roomCreate: 401 without one, 403 if it has less. 400: from or get is missing;
 * 502: nobody answers at the socket, or says too much; 503: too many ask at once; 504: no whole
 * answer in time.
 */
#ifndef SLUICE_CONTROL_CONSOLE_STATS_RELAY_H
#define SLUICE_CONTROL_CONSOLE_STATS_RELAY_H

#include "control/http/http.h"

#define STATS_RELAY_MAX        8u /* requests at once: the sockets serve other clients too */
#define STATS_RELAY_ANSWER_MAX (8u << 20) /* bytes */

struct stats_relay;

/* Adds the route. NULL if out of memory or the routes are full. The relay outlives the server's
 * last request: destroy it after the server. */
struct stats_relay *stats_relay_create(struct loop *l, struct http_server *s, const char *run_dir);
void stats_relay_destroy(struct stats_relay *r);

#endif
