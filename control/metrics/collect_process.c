/* SPDX-License-Identifier: Apache-2.0 */
/* This process, under the names that client libraries of Prometheus give it. */
#include "control/metrics/collect.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static double resident_bytes(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static uint64_t open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    uint64_t n = 0;
    if (!d)
        return 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    closedir(d);
    return n - 1; /* the directory itself */
}

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

void collect_process(struct metrics_text *t)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    metrics_family(t, "process_cpu_seconds_total", "counter", "User and system CPU time");
    metrics_value(t, NULL, seconds(&usage.ru_utime) + seconds(&usage.ru_stime));
    metrics_family(t, "process_resident_memory_bytes", "gauge", "Resident memory");
    metrics_value(t, NULL, resident_bytes());
    metrics_family(t, "process_open_fds", "gauge", "Open file descriptors");
    metrics_count(t, NULL, open_descriptors());
}
