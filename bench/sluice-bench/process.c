/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/process.h"

#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool read_file(const char *path, char *buf, size_t cap)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    size_t n = fread(buf, 1, cap - 1, f);
    buf[n] = '\0';
    fclose(f);
    return n > 0;
}

static bool read_of(pid_t pid, const char *name, char *buf, size_t cap)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return read_file(path, buf, cap);
}

/* --- parsing --- */

/* The name in parentheses may hold anything: fields are counted behind the last ')'. */
bool process_parse_stat(const char *text, uint64_t *ticks)
{
    uint64_t user, system;
    const char *at = strrchr(text, ')');
    if (!at || sscanf(at + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64,
                      &user, &system) != 2)
        return false;
    *ticks = user + system;
    return true;
}

bool process_parse_status(const char *text, uint64_t *resident)
{
    uint64_t kib;
    const char *at = strstr(text, "\nVmRSS:");
    if (!at || sscanf(at, "\nVmRSS: %" SCNu64, &kib) != 1)
        return false;
    *resident = kib * 1024;
    return true;
}

bool machine_parse_stat(const char *text, struct machine_usage *u)
{
    uint64_t t[8];
    if (sscanf(text,
               "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64,
               &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
        return false;
    *u = (struct machine_usage){.idle = t[3] + t[4], .softirq = t[6]};
    for (size_t i = 0; i < 8; i++)
        u->total += t[i];
    return true;
}

/* --- looking --- */

/* The name of the program as it was called; kernel threads have none. */
static bool read_name(pid_t pid, char *name, size_t cap)
{
    char command[4096];
    if (!read_of(pid, "cmdline", command, sizeof command))
        return false;
    const char *slash = strrchr(command, '/');
    snprintf(name, cap, "%.*s", (int)cap - 1, slash ? slash + 1 : command);
    return true;
}

static void add(struct process_list *l, pid_t pid)
{
    struct process p = {.pid = pid};
    for (size_t i = 0; i < l->count; i++) {
        if (l->list[i].pid == pid)
            return;
    }
    if (l->count < PROCESS_MAX && read_name(pid, p.name, sizeof p.name))
        l->list[l->count++] = p;
}

static void add_named(struct process_list *l, const char *name)
{
    char found[PROCESS_NAME];
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d));) {
        pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
        if (isdigit((unsigned char)e->d_name[0]) && read_name(pid, found, sizeof found) &&
            strcmp(found, name) == 0)
            add(l, pid);
    }
    if (d)
        closedir(d);
}

void process_find(struct process_list *l, const char *text)
{
    char *copy = strdup(text), *rest = NULL;
    *l = (struct process_list){0};
    for (char *word = copy ? strtok_r(copy, ",", &rest) : NULL; word;
         word = strtok_r(NULL, ",", &rest)) {
        if (isdigit((unsigned char)word[0]))
            add(l, (pid_t)strtol(word, NULL, 10));
        else
            add_named(l, word);
    }
    free(copy);
}

struct process_usage process_usage(pid_t pid)
{
    char text[8192];
    struct process_usage u = {0};
    uint64_t ticks;
    if (read_of(pid, "stat", text, sizeof text) && process_parse_stat(text, &ticks))
        u.cpu = ticks * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK);
    if (read_of(pid, "status", text, sizeof text))
        process_parse_status(text, &u.resident);
    return u;
}

struct machine_usage machine_usage(void)
{
    char text[1024];
    struct machine_usage u = {0};
    if (read_file("/proc/stat", text, sizeof text))
        machine_parse_stat(text, &u);
    return u;
}
