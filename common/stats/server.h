/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stats socket: the Unix socket around conversations. It belongs to one thread, which polls its
 * descriptor for input, or runs it at its deadline.
 */
#ifndef SLUICE_COMMON_STATS_SERVER_H
#define SLUICE_COMMON_STATS_SERVER_H

#include "common/stats/source.h"

#define STATS_SERVER_CLIENTS    16
#define STATS_SERVER_ERROR_TEXT 256

struct stats_server;

/* Listens at `path` (mode 0660), in place of what is there. NULL and the reason on failure.
 * `source` is copied; its context outlives the server. */
struct stats_server *stats_server_open(const char *path, const struct stats_source *source,
                                       char err[static STATS_SERVER_ERROR_TEXT]);
/* Closes all; the socket's name is removed. */
void stats_server_close(struct stats_server *s);

/* Poll it for POLLIN, then run. */
int stats_server_fd(const struct stats_server *s);
usec_t stats_server_deadline(const struct stats_server *s); /* USEC_NEVER: none */
void stats_server_run(struct stats_server *s, usec_t now);

#endif
