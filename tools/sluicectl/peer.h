/* SPDX-License-Identifier: Apache-2.0 */
/* The processes behind the sockets of the run directory, as the kernel knows them. */
#ifndef SLUICE_TOOLS_SLUICECTL_PEER_H
#define SLUICE_TOOLS_SLUICECTL_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Who listens at a socket: connects, also to a process that is stopped, and asks the kernel. 0, or
 * an errno (*pid is then 0). */
int peer_of(const char *run_dir, const char *socket, pid_t *pid);

/* The same of a connected socket. */
int peer_of_connection(int fd, pid_t *pid);

struct peer_usage {
    char state;      /* as in /proc/PID/stat: 'R', 'S', 'T' stopped, 'Z' */
    uint64_t cpu_us; /* used so far, all threads */
    uint64_t memory; /* resident bytes */
};

/* False if there is no such process. */
bool peer_usage(pid_t pid, struct peer_usage *u);

/* From the text of /proc/PID/stat. */
bool peer_usage_parse(const char *text, struct peer_usage *u);

/* Stopped by a signal or a debugger. */
bool peer_is_stopped(pid_t pid);

#endif
