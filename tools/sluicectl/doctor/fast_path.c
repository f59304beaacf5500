/* SPDX-License-Identifier: Apache-2.0 */
/* Which way media packets go, and why not by AF_XDP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tools/sluicectl/doctor/network.h"

#define MTU_NATIVE 3498 /* of one page, what drivers leave for a frame in native mode */

/* The soft limit of a process by its name in /proc/PID/limits; false if it cannot be read. */
static bool limit_of(pid_t pid, const char *name, unsigned long long *value)
{
    char path[64], line[256], text[32];
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/limits", (int)pid);
    FILE *f = fopen(path, "re");
    while (f && !found && fgets(line, sizeof(line), f)) {
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        found = sscanf(line + strlen(name), " %31s", text) == 1;
        *value = strcmp(text, "unlimited") == 0 ? ~0ULL : strtoull(text, NULL, 10);
    }
    if (f)
        fclose(f);
    return found;
}

static bool kernel_is_older(int major, int minor)
{
    struct utsname u;
    int have_major = 0, have_minor = 0;
    return uname(&u) == 0 && sscanf(u.release, "%d.%d", &have_major, &have_minor) == 2 &&
           (have_major < major || (have_major == major && have_minor < minor));
}

/* What stands in the way, each in words; the number of them. */
static unsigned obstacles(struct network *n)
{
    unsigned count = 0;
    unsigned long long memlock;
    if (kernel_is_older(5, 10) && ++count)
        report_note(n->report, "the kernel is older than 5.10");
    if (access("/sys/fs/bpf", F_OK) != 0 && ++count)
        report_note(n->report, "there is no BPF file system (mount -t bpf bpf /sys/fs/bpf)");
    if (n->dataplane && limit_of(n->dataplane, "Max locked memory", &memlock) &&
        memlock < 256ULL << 20 && ++count)
        report_note(n->report,
                    "the dataplane may lock %llu KiB of memory only, and was not allowed to raise "
                    "that (LimitMEMLOCK=infinity in its unit)",
                    memlock >> 10);
    for (size_t i = 0; i < n->interface_count; i++) {
        if (n->interfaces[i].mtu > MTU_NATIVE && ++count)
            report_note(n->report,
                        "%s has an MTU of %u: drivers do native XDP up to about %d (jumbo frames "
                        "are no use to media)",
                        n->interfaces[i].name, n->interfaces[i].mtu, MTU_NATIVE);
    }
    return count;
}

static void explain_udp(struct network *n, const char *backend)
{
    const char *why = json_string_value(json_object_get(n->process, "backend_reason"));
    if (n->config->sluice.backend == CONFIG_BACKEND_UDP) {
        report_good(n->report, "%s, as configured (sluice.backend: udp)", backend);
        return;
    }
    report_note(n->report, "%s: kernel sockets, which work, but cost more CPU than AF_XDP (%s)",
                backend, why ? why : "its log says why");
    obstacles(n);
}

static void check_running(struct network *n)
{
    const char *backend = json_string_value(json_object_get(n->process, "backend"));
    if (!backend)
        backend = "?";
    if (strncmp(backend, "udp", 3) == 0)
        explain_udp(n, backend);
    else if (strstr(backend, "generic"))
        report_note(n->report,
                    "%s: generic mode is slower than kernel sockets are; for interfaces whose "
                    "driver has no native XDP sluice.backend: udp is better",
                    backend);
    else
        report_good(n->report, "%s", backend);
}

void check_backend(struct network *n)
{
    report_heading(n->report, "fast path", "");
    if (n->process)
        check_running(n);
    else if (n->config->sluice.backend == CONFIG_BACKEND_UDP)
        report_note(n->report, "sluice.backend: udp: kernel sockets");
    else if (obstacles(n) == 0)
        report_note(n->report, "nothing found that stands in the way of AF_XDP; the dataplane "
                               "tries it when it starts");
}
