/* SPDX-License-Identifier: Apache-2.0 */
/* What `top` knows at one moment. */
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_SAMPLE_H
#define SLUICE_TOOLS_SLUICECTL_TOP_SAMPLE_H

#include <jansson.h>

#include "tools/sluicectl/peer.h"
#include "tools/sluicectl/stats_socket.h"

enum { PROCESS_DATAPLANE, PROCESS_CONTROL, PROCESS_AUTHZ, PROCESSES };

struct sample {
    json_t *process, *threads; /* the dataplane's line and array of lines; NULL: no answer */
    json_t *rooms;             /* view_objects(), by what is sent; an array */
    json_t *participants;      /* of the room that is looked at; an array */
    char room[300];            /* its name, or "" */
    char reason[PROCESSES][STATS_SOCKET_REASON]; /* why it does not answer, or "" */
    double mono_us, unix_us;
    struct {
        const char *name;
        pid_t pid; /* 0: does not run */
        struct peer_usage usage;
    } running[PROCESSES];
};

/* Asks everybody. `room`: whose participants; NULL: of the room to which most is sent. */
void sample_take(struct sample *s, const char *run_dir, const char *room);
void sample_free(struct sample *s);

/* Nobody answers. */
bool sample_is_empty(const struct sample *s);

/* Rates per second between two samples; `before` may have nothing: then 0, or what the server says
 * of its last second. */
double sample_counter_rate(const struct sample *before, const struct sample *now, const char *name);
double sample_cpu_percent(const struct sample *before, const struct sample *now, int process);

/* The same of one thread of the dataplane, by its place in `threads`. */
double sample_thread_cpu(const struct sample *before, const struct sample *now, size_t thread);
double sample_thread_rate(const struct sample *before, const struct sample *now, size_t thread,
                          const char *counter);

/* Where `share` (0 to 1) of the packets of a class were sent at most, in µs, between two samples;
 * all since the start if none were. -1: unknown. */
double sample_latency(const struct sample *before, const struct sample *now,
                      const char *packet_class, double share);

#endif
