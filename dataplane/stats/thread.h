/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that serves the dataplane's stats socket, at a lower priority than those of packets.
 */
#ifndef SLUICE_DATAPLANE_STATS_THREAD_H
#define SLUICE_DATAPLANE_STATS_THREAD_H

#include "common/stats/segment.h"
#include "common/stats/server.h"

struct stats_thread_server;

/* Listens at `path`; answers once it is started. NULL and the reason on failure. `s` outlives it.
 */
struct stats_thread_server *stats_thread_open(const char *path, const struct stats_segment *s,
                                              char err[static STATS_SERVER_ERROR_TEXT]);
/* False if the kernel gives no thread. */
bool stats_thread_start(struct stats_thread_server *t);
/* Joins it; NULL is fine. */
void stats_thread_close(struct stats_thread_server *t);

#endif
