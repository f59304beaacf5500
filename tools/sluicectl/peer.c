/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int peer_of_connection(int fd, pid_t *pid)
{
    struct ucred who;
    socklen_t size = sizeof(who);
    *pid = 0;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0)
        return errno;
    *pid = who.pid;
    return 0;
}

int peer_of(const char *run_dir, const char *socket_name, pid_t *pid)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    *pid = 0;
    int n = snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", run_dir, socket_name);
    if (n < 0 || (size_t)n >= sizeof(at.sun_path))
        return ENAMETOOLONG;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return errno;
    int error =
        connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? peer_of_connection(fd, pid) : errno;
    close(fd);
    return error;
}

bool peer_usage_parse(const char *text, struct peer_usage *u)
{
    const char *after = strrchr(text, ')'); /* the name before may hold anything */
    unsigned long user, kernel;
    long pages;
    if (!after || sscanf(after + 1,
                         " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d "
                         "%*d %*u %*u %ld",
                         &u->state, &user, &kernel, &pages) != 4)
        return false;
    long hz = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
    u->cpu_us = (uint64_t)(user + kernel) * 1000000u / (uint64_t)(hz > 0 ? hz : 100);
    u->memory = pages > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    return true;
}

bool peer_usage(pid_t pid, struct peer_usage *u)
{
    char path[64], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *f = pid > 0 ? fopen(path, "re") : NULL;
    if (!f)
        return false;
    size_t n = fread(text, 1, sizeof(text) - 1, f);
    fclose(f);
    text[n] = 0;
    return peer_usage_parse(text, u);
}

bool peer_is_stopped(pid_t pid)
{
    struct peer_usage u;
    return peer_usage(pid, &u) && (u.state == 'T' || u.state == 't');
}
