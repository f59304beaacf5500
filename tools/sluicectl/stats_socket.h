/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking the processes' stats sockets (docs/stats.md). Nothing waits longer than
 * STATS_SOCKET_PATIENCE for an answer; a process that is stopped is not waited for at all.
 */
#ifndef SLUICE_TOOLS_SLUICECTL_STATS_SOCKET_H
#define SLUICE_TOOLS_SLUICECTL_STATS_SOCKET_H

#include <jansson.h>
#include <stdbool.h>

#include "common/clock.h"

#define STATS_DATAPLANE        "stats.sock"
#define STATS_CONTROL          "control-stats.sock"
#define STATS_SOCKET_PATIENCE  (2 * USEC_PER_SEC)
#define STATS_SOCKET_LINE_MAX  (8u << 20)
#define STATS_SOCKET_LINES_MAX (1u << 20)
#define STATS_SOCKET_REASON    160

struct stats_connection {
    int fd;
    char *text; /* what came and was not a whole line yet */
    size_t length, capacity, looked;
};

/* 0, or an errno. */
int stats_socket_connect(struct stats_connection *c, const char *run_dir, const char *socket);
void stats_socket_disconnect(struct stats_connection *c);

/* Sends a request; takes it over. False if the other side is gone. */
bool stats_socket_send(struct stats_connection *c, json_t *request);

enum stats_outcome { STATS_READ_LINE, STATS_READ_TIMEOUT, STATS_READ_CLOSED };

/* The next line as an object: a new reference, the caller's. What is no object closes. */
enum stats_outcome stats_socket_read(struct stats_connection *c, usec_t deadline, json_t **line);

struct stats_answer {
    json_t *begin, *lines; /* an object; an array of objects */
    size_t count;          /* of lines */
    char reason[STATS_SOCKET_REASON];
};

/* Connects, asks for `get` (of that room and participant, or NULL), reads the whole answer. False
 * with a reason, and nothing to free. */
bool stats_socket_ask(const char *run_dir, const char *socket, const char *get, const char *room,
                      const char *participant, struct stats_answer *a);
void stats_answer_free(struct stats_answer *a);

#endif
