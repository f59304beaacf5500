/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The udp backend: per worker one kernel socket per address family.
 */
#include "dataplane/pktio/udp.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct udp_worker {
    _Alignas(64) struct pktio io; /* workers share no cache line */
    struct udp_socket sockets[2]; /* IPv4, IPv6 */
    unsigned first;               /* whose turn it is to be read first */
    uint8_t nowhere[PKTIO_PAYLOAD_MAX];
};

struct udp_set {
    struct pktio_set set;
    struct udp_worker workers[PKTIO_WORKERS_MAX];
};

size_t pktio_udp_receive(struct pktio *io, struct pktio_packet *out, size_t room)
{
    struct udp_worker *w = (struct udp_worker *)io;
    size_t n = 0;
    w->first ^= 1;
    for (unsigned i = 0; i < 2 && n < room; i++) {
        struct udp_socket *s = &w->sockets[i ^ w->first];
        if (s->fd >= 0)
            n += udp_socket_receive(s, out + n, room - n);
    }
    return n;
}

static size_t udp_receive(struct pktio *io, struct pktio_packet *out, usec_t now)
{
    (void)now;
    return pktio_udp_receive(io, out, PKTIO_BURST);
}

static void udp_receive_done(struct pktio *io)
{
    (void)io; /* buffers are written to again by the next receive only */
}

/* Of both sockets' the older one. */
static usec_t udp_received(const struct pktio *io)
{
    const struct udp_worker *w = (const struct udp_worker *)io;
    usec_t a = w->sockets[0].rx.oldest, b = w->sockets[1].rx.oldest;
    return a && (a < b || !b) ? a : b;
}

static uint8_t *udp_send(struct pktio *io, const struct net_path *path, size_t len)
{
    struct udp_worker *w = (struct udp_worker *)io;
    struct udp_socket *s = &w->sockets[path->remote.family == 6];
    if (s->fd >= 0)
        return udp_socket_send(s, path, len);
    counters_add(io->counters, COUNTER_DROP_TX_UNREACHABLE, 1);
    return w->nowhere;
}

static void udp_flush(struct pktio *io, usec_t now)
{
    struct udp_worker *w = (struct udp_worker *)io;
    for (unsigned i = 0; i < 2; i++) {
        if (w->sockets[i].fd >= 0 && w->sockets[i].tx.count > 0)
            udp_socket_flush(&w->sockets[i], now);
    }
}

static size_t udp_fds(struct pktio *io, struct pollfd *fds)
{
    const struct udp_worker *w = (const struct udp_worker *)io;
    size_t n = 0;
    for (unsigned i = 0; i < 2; i++) {
        if (w->sockets[i].fd >= 0)
            fds[n++] = (struct pollfd){.fd = w->sockets[i].fd, .events = POLLIN};
    }
    return n;
}

static usec_t udp_deadline(const struct pktio *io)
{
    const struct udp_worker *w = (const struct udp_worker *)io;
    usec_t at = USEC_NEVER;
    for (unsigned i = 0; i < 2; i++) {
        const struct udp_socket *s = &w->sockets[i];
        if (s->fd < 0)
            continue;
        if (s->rx.next < s->rx.count)
            return 1; /* left over from the last burst: at once */
        if (s->tx.retry_at < at)
            at = s->tx.retry_at;
    }
    return at;
}

static const struct pktio_ops udp_ops = {
    .receive = udp_receive,
    .receive_done = udp_receive_done,
    .received = udp_received,
    .send = udp_send,
    .flush = udp_flush,
    .fds = udp_fds,
    .deadline = udp_deadline,
};

static struct pktio *udp_worker(struct pktio_set *set, unsigned worker)
{
    return &((struct udp_set *)set)->workers[worker].io;
}

static void udp_close(struct pktio_set *set)
{
    struct udp_set *u = (struct udp_set *)set;
    for (unsigned i = 0; i < PKTIO_WORKERS_MAX; i++) {
        udp_socket_close(&u->workers[i].sockets[0]);
        udp_socket_close(&u->workers[i].sockets[1]);
    }
    free(u);
}

/* A kernel without one of the families (IPv6 disabled) leaves the other one to do. */
static bool may_go_without(const struct pktio_config *config, int error)
{
    return config->ipv4 && config->ipv6 && (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

static bool worker_open(struct udp_worker *w, const struct pktio_config *config, unsigned index,
                        char err[PKTIO_ERROR_TEXT])
{
    const bool wanted[2] = {config->ipv4, config->ipv6};
    w->io = (struct pktio){.ops = &udp_ops, .counters = config->counters[index]};
    for (unsigned i = 0; i < 2; i++) {
        struct udp_socket *s = &w->sockets[i];
        if (!wanted[i])
            continue;
        int error = udp_socket_open(s, i == 1 ? 6 : 4, config->ports[index], config->socket_buffer,
                                    w->io.counters, err);
        if (error == 0)
            continue;
        if (!may_go_without(config, error))
            return false;
        log_warn("pktio", "going without an address family reason=\"%s\"", err);
        udp_socket_close(s);
    }
    return w->sockets[0].fd >= 0 || w->sockets[1].fd >= 0;
}

struct pktio_set *pktio_udp_open(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT])
{
    struct udp_set *u = aligned_alloc(64, sizeof(*u));
    if (!u) {
        snprintf(err, PKTIO_ERROR_TEXT, "out of memory");
        return NULL;
    }
    memset(u, 0, sizeof(*u));
    u->set =
        (struct pktio_set){.worker = udp_worker, .close = udp_close, .workers = config->workers};
    snprintf(u->set.description, sizeof(u->set.description), "udp");
    for (unsigned i = 0; i < PKTIO_WORKERS_MAX; i++)
        u->workers[i].sockets[0].fd = u->workers[i].sockets[1].fd = -1;
    for (unsigned i = 0; i < config->workers; i++) {
        if (worker_open(&u->workers[i], config, i, err))
            continue;
        udp_close(&u->set);
        return NULL;
    }
    return &u->set;
}
