/* SPDX-License-Identifier: Apache-2.0 */
/* Ports: who listens, and whether we could. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/config/file.h"
#include "tools/sluicectl/doctor/network.h"

#define TCP_LISTENING 0x0a
#define UDP_OPEN      0x07

/* --- the kernel's tables --- */

unsigned long socket_table_find(const char *text, uint16_t port, unsigned state)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        unsigned local, st;
        unsigned long inode;
        line += *line == '\n';
        if (sscanf(line,
                   " %*d: %*32[0-9A-Fa-f]:%x %*32[0-9A-Fa-f]:%*x %x %*x:%*x %*x:%*x %*x %*d "
                   "%*d %lu",
                   &local, &st, &inode) == 3 &&
            local == port && st == state)
            return inode;
    }
    return 0;
}

/* /proc files have no size: as much as there is. */
static char *read_all(const char *path)
{
    FILE *f = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;
    if (!f)
        return NULL;
    if (getdelim(&text, &size, 0, f) < 0) {
        free(text);
        text = NULL;
    }
    fclose(f);
    return text;
}

static unsigned long find_in(const char *path, uint16_t port, unsigned state)
{
    char *text = read_all(path);
    unsigned long inode = text ? socket_table_find(text, port, state) : 0;
    free(text);
    return inode;
}

static unsigned long holder_inode(bool tcp, uint16_t port)
{
    unsigned state = tcp ? TCP_LISTENING : UDP_OPEN;
    unsigned long inode = find_in(tcp ? "/proc/net/tcp" : "/proc/net/udp", port, state);
    return inode ? inode : find_in(tcp ? "/proc/net/tcp6" : "/proc/net/udp6", port, state);
}

/* --- whose a socket is --- */

static bool has_descriptor(const char *pid, unsigned long inode)
{
    char dir[64], path[384], link[64], want[64];
    bool found = false;
    snprintf(dir, sizeof(dir), "/proc/%.20s/fd", pid);
    snprintf(want, sizeof(want), "socket:[%lu]", inode);
    DIR *d = opendir(dir);
    for (struct dirent *e; d && !found && (e = readdir(d));) {
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        ssize_t len = readlink(path, link, sizeof(link) - 1);
        link[len > 0 ? len : 0] = 0;
        found = strcmp(link, want) == 0;
    }
    if (d)
        closedir(d);
    return found;
}

/* 0 if it cannot be told. */
static pid_t holder_pid(unsigned long inode)
{
    pid_t pid = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && pid == 0 && (e = readdir(d));) {
        if (strspn(e->d_name, "0123456789") == strlen(e->d_name) &&
            has_descriptor(e->d_name, inode))
            pid = (pid_t)strtol(e->d_name, NULL, 10);
    }
    if (d)
        closedir(d);
    return pid;
}

static const char *name_of(pid_t pid, char buf[static 96])
{
    char path[64], comm[32] = "";
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    FILE *f = pid ? fopen(path, "re") : NULL;
    if (f && fgets(comm, sizeof(comm), f))
        comm[strcspn(comm, "\n")] = 0;
    if (f)
        fclose(f);
    if (*comm)
        snprintf(buf, 96, "%s (process %d)", comm, (int)pid);
    else
        snprintf(buf, 96, "another program (root can see which: ss -lntup)");
    return buf;
}

/* --- trying --- */

static int try_bind(bool tcp, uint16_t port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    int one = 1, fd = socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    if (tcp) /* connections of a server that has just ended are no hindrance to it either */
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    int error = bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? 0 : errno;
    close(fd);
    return error;
}

struct port_use {
    const char *what, *key; /* "signalling", the configuration's key */
    bool tcp;
    pid_t owner; /* who should hold it; 0: it does not run */
};

static void check_held(struct network *n, const struct port_use *u, uint16_t port,
                       unsigned long inode)
{
    char name[96];
    pid_t pid = holder_pid(inode);
    if (u->owner == 0 || (pid != 0 && pid != u->owner))
        report_bad(n->report, "stop that program, or choose another port in the configuration",
                   "%s: %s port %u (%s) is taken by %s", u->what, u->tcp ? "TCP" : "UDP", port,
                   u->key, name_of(pid, name));
    else
        report_good(n->report, "%s: %s port %u is open", u->what, u->tcp ? "TCP" : "UDP", port);
}

static void check_port(struct network *n, const struct port_use *u, uint16_t port)
{
    unsigned long inode = holder_inode(u->tcp, port);
    if (inode != 0) {
        check_held(n, u, port, inode);
        return;
    }
    if (u->owner != 0) {
        report_bad(n->report,
                   "was it started with another configuration, or in another network namespace?",
                   "%s: sluice runs, but nobody listens on %s port %u (%s)", u->what,
                   u->tcp ? "TCP" : "UDP", port, u->key);
        return;
    }
    int error = try_bind(u->tcp, port);
    if (error == 0)
        report_good(n->report, "%s: %s port %u is free", u->what, u->tcp ? "TCP" : "UDP", port);
    else
        report_bad(n->report,
                   error == EACCES ? "ports below 1024 need CAP_NET_BIND_SERVICE"
                                   : "see the error, and ss -lntup",
                   "%s: %s port %u (%s) cannot be opened: %s", u->what, u->tcp ? "TCP" : "UDP",
                   port, u->key, strerror(error));
}

void check_ports(struct network *n)
{
    const struct config *c = n->config;
    const struct port_use signalling = {"signalling", "port", true, n->control},
                          media = {"media", "rtc.udp_port", false, n->dataplane},
                          media_tcp = {"media over TCP", "rtc.tcp_port", true, n->dataplane},
                          turn = {"TURN", "turn.udp_port", false, n->dataplane},
                          turn_tls = {"TURN over TLS", "turn.tls_port", true, n->dataplane};
    report_heading(n->report, "ports", "");
    check_port(n, &signalling, c->port);
    for (unsigned i = 0; i < network_media_ports(c); i++)
        check_port(n, &media, (uint16_t)(c->rtc.udp_port_first + i));
    if (c->rtc.tcp_port)
        check_port(n, &media_tcp, c->rtc.tcp_port);
    if (c->turn.enabled && c->turn.udp_port)
        check_port(n, &turn, c->turn.udp_port);
    if (c->turn.enabled && c->turn.tls_port)
        check_port(n, &turn_tls, c->turn.tls_port);
}
