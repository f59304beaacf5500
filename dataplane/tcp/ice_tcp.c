/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/tcp/ice_tcp.h"

#include "dataplane/tcp/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_TURN 64
#define SWEEP_INTERVAL  (5 * USEC_PER_SEC)

struct ice_tcp {
    int epoll, listeners[2];
    struct ice_tcp_handler handler;
    struct counters *counters;
    uint32_t next_id, count;
    usec_t next_sweep;
    struct connection *by_id[ICE_TCP_CONNECTIONS_MAX]; /* id modulo size */
    LIST_HEAD(, connection) all;
};

static int listen_on(uint16_t port, int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    const struct sockaddr *sa =
        family == AF_INET ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6;
    socklen_t len = family == AF_INET ? sizeof(v4) : sizeof(v6);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
    if (bind(fd, sa, len) == 0 && listen(fd, 128) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static bool watch(struct ice_tcp *t, int op, int fd, uint32_t events, void *what)
{
    struct epoll_event e = {.events = events, .data.ptr = what};
    return epoll_ctl(t->epoll, op, fd, &e) == 0;
}

static bool add_listener(struct ice_tcp *t, int i, uint16_t port, int family)
{
    t->listeners[i] = listen_on(port, family);
    return t->listeners[i] >= 0 &&
           watch(t, EPOLL_CTL_ADD, t->listeners[i], EPOLLIN, &t->listeners[i]);
}

struct ice_tcp *ice_tcp_open(uint16_t port, bool ipv4, bool ipv6, const struct ice_tcp_handler *h,
                             struct counters *counters, char err[static ICE_TCP_ERROR_TEXT])
{
    struct ice_tcp *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->listeners[0] = t->listeners[1] = -1;
    t->handler = *h;
    t->counters = counters;
    t->next_sweep = USEC_NEVER;
    LIST_INIT(&t->all);
    t->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (t->epoll >= 0 && (!ipv4 || add_listener(t, 0, port, AF_INET)) &&
        (!ipv6 || add_listener(t, 1, port, AF_INET6)))
        return t;
    snprintf(err, ICE_TCP_ERROR_TEXT, "TCP port %u: %s", port, strerror(errno));
    ice_tcp_close(t);
    return NULL;
}

static struct connection **place_of(struct ice_tcp *t, uint32_t id)
{
    return &t->by_id[id % ICE_TCP_CONNECTIONS_MAX];
}

static void drop(struct ice_tcp *t, struct connection *c)
{
    *place_of(t, c->path.tcp) = NULL;
    LIST_REMOVE(c, link);
    t->count--;
    t->handler.closed(t->handler.context, &c->path);
    connection_destroy(c);
}

void ice_tcp_close(struct ice_tcp *t)
{
    if (!t)
        return;
    while (!LIST_EMPTY(&t->all)) {
        struct connection *c = LIST_FIRST(&t->all);
        LIST_REMOVE(c, link);
        connection_destroy(c);
    }
    for (int i = 0; i < 2; i++)
        if (t->listeners[i] >= 0)
            close(t->listeners[i]);
    if (t->epoll >= 0)
        close(t->epoll);
    free(t);
}

int ice_tcp_fd(const struct ice_tcp *t)
{
    return t->epoll;
}

static bool is_crowded(const struct ice_tcp *t, const struct net_addr *remote)
{
    const struct connection *c;
    unsigned same = 0;
    if (t->count >= ICE_TCP_CONNECTIONS_MAX)
        return true;
    if (net_addr_is_loopback(remote))
        return false;
    LIST_FOREACH(c, &t->all, link)
    same += net_addr_same_ip(&c->path.remote, remote);
    return same >= ICE_TCP_PER_ADDRESS_MAX;
}

static uint32_t free_id(struct ice_tcp *t)
{
    do
        t->next_id = t->next_id == NET_PATH_TURN - 1 ? 1 : t->next_id + 1;
    while (*place_of(t, t->next_id));
    return t->next_id;
}

static void accept_all(struct ice_tcp *t, int listener, usec_t now)
{
    struct sockaddr_storage ss;
    socklen_t len = sizeof(ss);
    int fd;
    while ((fd = accept4(listener, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
           0) {
        struct net_addr remote;
        if (!net_addr_from_sockaddr(&remote, (struct sockaddr *)&ss) || is_crowded(t, &remote)) {
            counters_add(t->counters, COUNTER_DROP_TCP_FULL, 1);
            close(fd);
            continue;
        }
        struct connection *c = connection_create(fd, &remote, free_id(t), now);
        if (!c)
            return;
        *place_of(t, c->path.tcp) = c;
        LIST_INSERT_HEAD(&t->all, c, link);
        t->count++;
        watch(t, EPOLL_CTL_ADD, fd, EPOLLIN, c);
        if (t->next_sweep == USEC_NEVER)
            t->next_sweep = now + SWEEP_INTERVAL;
        len = sizeof(ss);
    }
}

static void set_write_interest(struct ice_tcp *t, struct connection *c, bool want)
{
    if (c->wants_write == want)
        return;
    c->wants_write = want;
    watch(t, EPOLL_CTL_MOD, c->fd, want ? EPOLLIN | EPOLLOUT : EPOLLIN, c);
}

static void serve(struct ice_tcp *t, struct connection *c, uint32_t events, usec_t now)
{
    if (events & EPOLLOUT)
        set_write_interest(t, c, !connection_flush(c));
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !connection_read(c, now, &t->handler)) {
        counters_add(t->counters, COUNTER_DROP_TCP_FRAMING, 1);
        c->broken = true;
    }
    if (c->broken)
        drop(t, c);
}

static void sweep(struct ice_tcp *t, usec_t now)
{
    struct connection *c = LIST_FIRST(&t->all);
    while (c) {
        struct connection *next = LIST_NEXT(c, link);
        if (c->broken || now - c->last_packet >= ICE_TCP_SILENT_MAX)
            drop(t, c);
        c = next;
    }
    t->next_sweep = LIST_EMPTY(&t->all) ? USEC_NEVER : now + SWEEP_INTERVAL;
}

void ice_tcp_run(struct ice_tcp *t, usec_t now)
{
    struct epoll_event e[EVENTS_PER_TURN];
    int n = epoll_wait(t->epoll, e, EVENTS_PER_TURN, 0);
    for (int i = 0; i < n; i++) {
        if (e[i].data.ptr == &t->listeners[0] || e[i].data.ptr == &t->listeners[1])
            accept_all(t, *(int *)e[i].data.ptr, now);
        else
            serve(t, e[i].data.ptr, e[i].events, now);
    }
    if (t->next_sweep <= now)
        sweep(t, now);
}

void ice_tcp_send(struct ice_tcp *t, const struct net_path *path, const uint8_t *data, size_t len)
{
    struct connection *c = *place_of(t, path->tcp);
    if (!c || c->path.tcp != path->tcp)
        return;
    if (!connection_send(c, data, len))
        counters_add(t->counters, COUNTER_DROP_TCP_FULL, 1);
    set_write_interest(t, c, output_waits(&c->out));
}

usec_t ice_tcp_deadline(const struct ice_tcp *t)
{
    return t->next_sweep;
}
