/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/server.h"

#include "dataplane/turn/sockets.h"
#include "dataplane/turn/stream.h"
#include "dataplane/turn/tls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_PER_TURN    64
#define DATAGRAMS_PER_TURN 64
#define ACCEPTS_PER_TURN   16 /* handshakes are expensive, and others wait */
#define DATAGRAM_MAX       2048
#define SWEEP_INTERVAL     (5 * USEC_PER_SEC)
#define SOURCES_MAX        (2 * TURN_SERVER_BINDS_MAX)

struct turn_server {
    struct turn_engine *engine;
    struct turn_server_handler handler;
    struct counters *counters;
    uint16_t udp_port;
    bool plain;
    struct turn_tls tls;
    int epoll;
    size_t n_sources;
    struct source sources[SOURCES_MAX];
    usec_t now; /* of the call that runs */
    usec_t next_sweep;
    uint32_t next_id, count;
    struct stream *by_id[TURN_SERVER_STREAMS_MAX]; /* id modulo size */
    LIST_HEAD(, stream) all;
};

static bool watch(struct turn_server *s, int op, struct source *source, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = source};
    return epoll_ctl(s->epoll, op, source->fd, &e) == 0;
}

/* ---- sending ---- */

static struct stream **place_of(struct turn_server *s, uint32_t id)
{
    return &s->by_id[id % TURN_SERVER_STREAMS_MAX];
}

static void update_interest(struct turn_server *s, struct stream *st)
{
    bool want = stream_is_waiting(st);
    if (st->wants_write == want)
        return;
    st->wants_write = want;
    watch(s, EPOLL_CTL_MOD, &st->source, want ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void send_stream(struct turn_server *s, uint32_t id, const uint8_t *data, size_t len)
{
    struct stream *st = *place_of(s, id);
    if (!st || st->client.stream != id)
        return;
    if (!stream_send(st, data, len))
        counters_add(s->counters, COUNTER_DROP_TURN_FULL, 1);
    update_interest(s, st);
    if (st->broken && s->next_sweep > s->now)
        s->next_sweep = s->now; /* nothing else may wake us for it */
}

static bool is_any(const struct net_addr *a)
{
    static const uint8_t zero[sizeof(a->ip)];
    return memcmp(a->ip, zero, sizeof(zero)) == 0;
}

/* The socket that the client's datagrams come in at. */
static const struct source *socket_of(const struct turn_server *s, const struct turn_client *c)
{
    for (size_t i = 0; i < s->n_sources; i++) {
        const struct source *at = &s->sources[i];
        if (at->kind == SOURCE_UDP && at->bound.family == c->remote.family &&
            (is_any(&at->bound) || net_addr_same_ip(&at->bound, &c->local)))
            return at;
    }
    return NULL;
}

static void send_datagram(struct turn_server *s, const struct turn_client *to, const uint8_t *data,
                          size_t len)
{
    const struct source *at = socket_of(s, to);
    if (!at || !socket_send(at->fd, to, data, len))
        counters_add(s->counters, COUNTER_DROP_TX_ERROR, 1);
}

static void engine_send(void *context, const struct turn_client *to, const uint8_t *data,
                        size_t len)
{
    struct turn_server *s = context;
    if (to->stream != 0)
        send_stream(s, to->stream, data, len);
    else
        send_datagram(s, to, data, len);
}

static void engine_relay(void *context, const struct net_path *path, const uint8_t *data,
                         size_t len)
{
    struct turn_server *s = context;
    if (len > 0)
        s->handler.packet(s->handler.context, path, data, len);
}

static void engine_closed(void *context, const struct net_path *path)
{
    struct turn_server *s = context;
    s->handler.closed(s->handler.context, path);
}

void turn_server_send(struct turn_server *s, const struct net_path *path, const uint8_t *data,
                      size_t len, usec_t now)
{
    s->now = now;
    turn_send(s->engine, path, data, len, now);
}

/* ---- connections ---- */

static void drop(struct turn_server *s, struct stream *st)
{
    *place_of(s, st->client.stream) = NULL;
    LIST_REMOVE(st, link);
    s->count--;
    if (st->bad)
        counters_add(s->counters, COUNTER_DROP_TURN_MALFORMED, 1);
    if (!stream_is_established(st))
        counters_add(s->counters, COUNTER_TURN_TLS_FAILED, 1);
    turn_stream_closed(s->engine, &st->client);
    stream_destroy(st);
}

static bool is_crowded(const struct turn_server *s, const struct net_addr *remote)
{
    const struct stream *st;
    unsigned same = 0;
    if (s->count >= TURN_SERVER_STREAMS_MAX)
        return true;
    if (s->plain || net_addr_is_loopback(remote))
        return false;
    LIST_FOREACH(st, &s->all, link)
    same += net_addr_same_ip(&st->client.remote, remote);
    return same >= TURN_SERVER_PER_ADDRESS_MAX;
}

static uint32_t free_id(struct turn_server *s)
{
    do
        s->next_id = s->next_id == UINT32_MAX ? 1 : s->next_id + 1;
    while (*place_of(s, s->next_id));
    return s->next_id;
}

static void add_stream(struct turn_server *s, int fd, const struct net_addr *remote)
{
    turn_tls_refresh(&s->tls);
    struct stream *st = stream_create(fd, remote, free_id(s), s->tls.ctx, s->now);
    if (!st)
        return;
    *place_of(s, st->client.stream) = st;
    LIST_INSERT_HEAD(&s->all, st, link);
    s->count++;
    counters_add(s->counters, COUNTER_TURN_CONNECTIONS, 1);
    watch(s, EPOLL_CTL_ADD, &st->source, EPOLLIN);
    if (s->next_sweep == USEC_NEVER)
        s->next_sweep = s->now + SWEEP_INTERVAL;
}

static void accept_some(struct turn_server *s, const struct source *listener)
{
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage ss;
        socklen_t len = sizeof(ss);
        struct net_addr remote;
        int fd = accept4(listener->fd, (struct sockaddr *)&ss, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (net_addr_from_sockaddr(&remote, (struct sockaddr *)&ss) && !is_crowded(s, &remote)) {
            add_stream(s, fd, &remote);
            continue;
        }
        counters_add(s->counters, COUNTER_DROP_TURN_FULL, 1);
        close(fd);
    }
}

static void stream_input(void *context, struct stream *st, const uint8_t *data, size_t len)
{
    struct turn_server *s = context;
    turn_input(s->engine, &st->client, data, len, s->now);
}

static void serve_stream(struct turn_server *s, struct stream *st, uint32_t events)
{
    if (events & EPOLLOUT)
        stream_flush(st);
    stream_read(st, s->now, stream_input, s);
    if (st->broken)
        drop(s, st);
    else
        update_interest(s, st);
}

static void sweep(struct turn_server *s)
{
    struct stream *st = LIST_FIRST(&s->all);
    while (st) {
        struct stream *next = LIST_NEXT(st, link);
        bool idle = s->now - st->last_message >= TURN_SERVER_IDLE_MAX &&
                    !turn_has_allocation(s->engine, &st->client);
        if (st->broken || idle)
            drop(s, st);
        st = next;
    }
    s->next_sweep = LIST_EMPTY(&s->all) ? USEC_NEVER : s->now + SWEEP_INTERVAL;
}

/* ---- all ---- */

static void receive_some(struct turn_server *s, const struct source *source)
{
    uint8_t data[DATAGRAM_MAX];
    struct turn_client from;
    for (int i = 0; i < DATAGRAMS_PER_TURN; i++) {
        ssize_t n = socket_receive(source->fd, &from, s->udp_port, data, sizeof(data));
        if (n < 0)
            return;
        if (n > 0)
            turn_input(s->engine, &from, data, (size_t)n, s->now);
    }
}

void turn_server_run(struct turn_server *s, usec_t now)
{
    struct epoll_event e[EVENTS_PER_TURN];
    s->now = now;
    int n = epoll_wait(s->epoll, e, EVENTS_PER_TURN, 0);
    for (int i = 0; i < n; i++) {
        struct source *source = e[i].data.ptr;
        if (source->kind == SOURCE_UDP)
            receive_some(s, source);
        else if (source->kind == SOURCE_LISTENER)
            accept_some(s, source);
        else
            serve_stream(s, (struct stream *)source, e[i].events);
    }
    turn_tick(s->engine, now);
    if (s->next_sweep <= now)
        sweep(s);
}

usec_t turn_server_deadline(const struct turn_server *s)
{
    usec_t engine = turn_deadline(s->engine);
    return engine < s->next_sweep ? engine : s->next_sweep;
}

int turn_server_fd(const struct turn_server *s)
{
    return s->epoll;
}

struct turn_engine *turn_server_engine(struct turn_server *s)
{
    return s->engine;
}

/* ---- opening ---- */

static bool add_source(struct turn_server *s, enum source_kind kind, const struct net_addr *ip,
                       uint16_t port, char *err)
{
    struct net_addr at = *ip;
    char text[NET_ADDR_TEXT];
    at.port = port;
    struct source *source = &s->sources[s->n_sources];
    source->kind = kind;
    source->bound = at;
    source->fd = kind == SOURCE_UDP ? socket_open_udp(&at) : socket_open_listener(&at);
    if (source->fd >= 0) {
        s->n_sources++;
        if (watch(s, EPOLL_CTL_ADD, source, EPOLLIN))
            return true;
    }
    snprintf(err, TURN_SERVER_ERROR_TEXT, "TURN %s %s: %s", kind == SOURCE_UDP ? "UDP" : "TCP",
             net_addr_format(&at, text), strerror(errno));
    return false;
}

static bool open_at(struct turn_server *s, const struct turn_server_config *c,
                    const struct net_addr *ip, char *err)
{
    return (c->udp_port == 0 || add_source(s, SOURCE_UDP, ip, c->udp_port, err)) &&
           (c->tls_port == 0 || add_source(s, SOURCE_LISTENER, ip, c->tls_port, err));
}

static bool open_sources(struct turn_server *s, const struct turn_server_config *c, char *err)
{
    static const struct net_addr any4 = {.family = 4}, any6 = {.family = 6};
    for (size_t i = 0; i < c->n_binds && i < TURN_SERVER_BINDS_MAX; i++)
        if (!open_at(s, c, &c->binds[i], err))
            return false;
    if (c->n_binds > 0)
        return true;
    return (!c->ipv4 || open_at(s, c, &any4, err)) && (!c->ipv6 || open_at(s, c, &any6, err));
}

static bool open_all(struct turn_server *s, const struct turn_server_config *c, char *err)
{
    const struct turn_output out = {
        .context = s, .send = engine_send, .relay = engine_relay, .closed = engine_closed};
    s->engine = turn_engine_create(&c->engine, &out, s->counters);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!s->engine || s->epoll < 0)
        return false;
    if (c->tls_port != 0 && !c->plain &&
        !turn_tls_open(&s->tls, c->cert_file, c->key_file, err, TURN_SERVER_ERROR_TEXT))
        return false;
    return open_sources(s, c, err);
}

struct turn_server *turn_server_open(const struct turn_server_config *config,
                                     const struct turn_server_handler *handler,
                                     struct counters *counters,
                                     char err[static TURN_SERVER_ERROR_TEXT])
{
    struct turn_server *s = calloc(1, sizeof(*s));
    snprintf(err, TURN_SERVER_ERROR_TEXT, "out of memory");
    if (!s)
        return NULL;
    s->handler = *handler;
    s->counters = counters;
    s->udp_port = config->udp_port;
    s->plain = config->plain;
    s->epoll = -1;
    s->next_sweep = USEC_NEVER;
    LIST_INIT(&s->all);
    if (open_all(s, config, err))
        return s;
    turn_server_close(s);
    return NULL;
}

void turn_server_close(struct turn_server *s)
{
    if (!s)
        return;
    while (!LIST_EMPTY(&s->all)) {
        struct stream *st = LIST_FIRST(&s->all);
        LIST_REMOVE(st, link);
        stream_destroy(st);
    }
    for (size_t i = 0; i < s->n_sources; i++)
        close(s->sources[i].fd);
    if (s->epoll >= 0)
        close(s->epoll);
    turn_tls_close(&s->tls);
    turn_engine_destroy(s->engine);
    free(s);
}
