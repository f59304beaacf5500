/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/line.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

json_t *line_new(const char *kind)
{
    json_t *o = json_object();
    line_text(o, "kind", kind);
    return o;
}

void line_put(json_t *o, const char *key, json_t *value)
{
    json_object_set_new(o, key, value);
}

void line_text(json_t *o, const char *key, const char *text)
{
    json_t *v = json_string(text ? text : "");
    line_put(o, key, v ? v : json_string("?"));
}

void line_name(json_t *o, const char *key, const char *text)
{
    if (text && *text)
        line_text(o, key, text);
}

void line_count(json_t *o, const char *key, uint64_t n)
{
    line_put(o, key, json_integer((json_int_t)n));
}

void line_number(json_t *o, const char *key, double n)
{
    line_put(o, key, json_real(n));
}

void line_flag(json_t *o, const char *key, bool flag)
{
    line_put(o, key, json_boolean(flag));
}

void line_time(json_t *o, const char *key, usec_t monotonic)
{
    if (monotonic != 0)
        line_count(o, key, clock_realtime() - (clock_monotonic() - monotonic));
}

static uint64_t resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (!f)
        return 0;
    if (fscanf(f, "%*s %lu", &pages) != 1)
        pages = 0;
    fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t usec_of(const struct timeval *t)
{
    return (uint64_t)t->tv_sec * USEC_PER_SEC + (uint64_t)t->tv_usec;
}

void line_resources(json_t *o)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    line_count(o, "memory_bytes", resident_bytes());
    line_count(o, "cpu_us", usec_of(&usage.ru_utime) + usec_of(&usage.ru_stime));
}
