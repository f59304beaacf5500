/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sluice-authz under test: a process with a directory of its own.
 */
#ifndef SLUICE_BENCH_TOKENS_PROGRAM_H
#define SLUICE_BENCH_TOKENS_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct program {
    pid_t pid;
    uint16_t port;
    char directory[64]; /* removed at the end */
};

/* Makes the directory. */
bool program_prepare(struct program *p);

/* Starts it and waits until it listens; `ca_file` is trusted. */
bool program_start(struct program *p, const char *path, const char *ca_file);
void program_stop(struct program *p);

/* Processor time so far in ms, and resident memory in KiB. */
double program_cpu_ms(const struct program *p);
long program_memory_kib(const struct program *p);

/* A connected blocking socket, or -1. */
int program_connect(const struct program *p);

#endif
