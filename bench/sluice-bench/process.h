/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of other processes and of the machine: proc(5).
 */
#ifndef SLUICE_BENCH_PROCESS_H
#define SLUICE_BENCH_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PROCESS_MAX  16
#define PROCESS_NAME 32

struct process {
    pid_t pid;
    char name[PROCESS_NAME];
};

struct process_list {
    size_t count;
    struct process list[PROCESS_MAX];
};

/* Reads "123,name,...": pids as they are, names as all processes called so. */
void process_find(struct process_list *l, const char *text);

struct process_usage {
    uint64_t cpu;      /* user and system, microseconds; the kernel counts in ticks */
    uint64_t resident; /* bytes: VmRSS */
};

/* Zeroes if the process is gone. */
struct process_usage process_usage(pid_t pid);

/* CPU time of the whole machine in ticks. */
struct machine_usage {
    uint64_t total, idle, softirq;
};

struct machine_usage machine_usage(void);

/* The parsers, for tests: lines of /proc/PID/stat, /proc/PID/status and /proc/stat. */
bool process_parse_stat(const char *text, uint64_t *ticks);
bool process_parse_status(const char *text, uint64_t *resident);
bool machine_parse_stat(const char *text, struct machine_usage *u);

#endif
