/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The xdp backend's beginning and end: program, interfaces, sockets.
 */
#include "dataplane/pktio/xdp.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define BUSY_PATIENCE (2 * USEC_PER_SEC)

/* UMEM counts against it unless we have CAP_IPC_LOCK, and some containers forbid raising it. */
static void raise_memlock(void)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    if (setrlimit(RLIMIT_MEMLOCK, &all) != 0)
        log_warn("pktio", "cannot raise RLIMIT_MEMLOCK error=\"%s\"", strerror(errno));
}

static struct pktio *xdp_worker_io(struct pktio_set *set, unsigned worker)
{
    return &((struct xdp_set *)set)->workers[worker].io;
}

static void close_worker(struct xdp_worker *w)
{
    for (unsigned i = 0; i < w->queue_count; i++)
        xsk_queue_close(&w->queues[i].xsk);
    free(w->queues);
    net_watch_close(&w->watch);
}

static void xdp_close(struct pktio_set *set)
{
    struct xdp_set *x = (struct xdp_set *)set;
    loader_close(x->loader); /* first: nothing is to be redirected to sockets that go */
    for (unsigned i = 0; i < set->workers; i++)
        close_worker(&x->workers[i]);
    pktio_close(x->kernel);
    free(x);
}

/* Opens the socket of one queue and lets the program use it. */
static bool open_queue(struct xdp_set *x, unsigned port, uint32_t queue, char err[PKTIO_ERROR_TEXT])
{
    struct xdp_port *p = &x->ports[port];
    struct xdp_worker *w = &x->workers[queue % x->set.workers];
    if (w->queue_count == XDP_QUEUES_MAX) {
        snprintf(err, PKTIO_ERROR_TEXT, "a worker has %d queues at most", XDP_QUEUES_MAX);
        return false;
    }
    struct xdp_queue *q = &w->queues[w->queue_count];
    *q = (struct xdp_queue){.port = port};
    if (!xsk_queue_open(&q->xsk, p->interface.name, p->interface.ifindex, queue, x->busy_until,
                        w->io.counters, err))
        return false;
    if (!loader_set_socket(x->loader, p->interface.ifindex, queue, q->xsk.fd)) {
        snprintf(err, PKTIO_ERROR_TEXT, "the program does not take the socket: %s",
                 strerror(errno));
        xsk_queue_close(&q->xsk);
        return false;
    }
    if (w->port_count[port]++ == 0)
        w->port_first[port] = w->queue_count;
    w->queue_count++;
    p->zerocopy = q->xsk.zerocopy;
    return true;
}

/* Queues without a socket are no harm: the program passes what comes there to the kernel. False if
 * there is no socket at all. */
static bool open_queues(struct xdp_set *x, unsigned port, char err[PKTIO_ERROR_TEXT])
{
    struct xdp_port *p = &x->ports[port];
    for (uint32_t i = 0; i < p->interface.queues; i++) {
        if (open_queue(x, port, i, err))
            p->queues++;
        else
            log_warn("pktio", "queue goes through the kernel interface=%s queue=%u reason=\"%s\"",
                     p->interface.name, i, err);
    }
    return p->queues > 0;
}

static bool open_port(struct xdp_set *x, const struct interface *interface, bool may_be_generic,
                      char err[PKTIO_ERROR_TEXT])
{
    struct xdp_port *p = &x->ports[x->port_count];
    if (x->port_count == XDP_PORTS_MAX) {
        snprintf(err, PKTIO_ERROR_TEXT, "%d interfaces at most", XDP_PORTS_MAX);
        return false;
    }
    *p = (struct xdp_port){.interface = *interface};
    if (!loader_attach(x->loader, interface->ifindex, err))
        return false;
    p->generic = !loader_is_native(x->loader, interface->ifindex);
    if (p->generic && !may_be_generic)
        snprintf(err, PKTIO_ERROR_TEXT,
                 "its driver has no native XDP; name the interface to use "
                 "generic mode");
    if ((p->generic && !may_be_generic) || !open_queues(x, x->port_count, err)) {
        loader_detach(x->loader, interface->ifindex);
        return false;
    }
    x->port_count++;
    return true;
}

static void open_or_warn(struct xdp_set *x, const struct interface *interface, bool may_be_generic,
                         char err[PKTIO_ERROR_TEXT])
{
    if (!open_port(x, interface, may_be_generic, err))
        log_warn("pktio", "interface goes through the kernel interface=%s reason=\"%s\"",
                 interface->name, err);
}

/* Named interfaces may be served in generic mode; of all there are only those that can do better:
 * generic mode drops merged packets and is slower than the kernel's sockets. */
static bool open_ports(struct xdp_set *x, const char *const *names, char err[PKTIO_ERROR_TEXT])
{
    struct interface found[XDP_PORTS_MAX];
    snprintf(err, PKTIO_ERROR_TEXT, "no interface that is up and has an address");
    if (!names) {
        size_t n = interface_list(found, XDP_PORTS_MAX);
        for (size_t i = 0; i < n; i++)
            open_or_warn(x, &found[i], false, err);
    }
    for (; names && *names; names++) {
        if (interface_find(*names, &found[0], err))
            open_or_warn(x, &found[0], true, err);
        else
            log_warn("pktio", "interface goes through the kernel reason=\"%s\"", err);
    }
    return x->port_count > 0;
}

static bool open_worker(struct xdp_set *x, const struct pktio_config *config, unsigned index,
                        char err[PKTIO_ERROR_TEXT])
{
    struct xdp_worker *w = &x->workers[index];
    *w = (struct xdp_worker){.io = {.ops = &xdp_ops, .counters = config->counters[index]},
                             .set = x,
                             .kernel = pktio_worker(x->kernel, index),
                             .kick_at = USEC_NEVER,
                             .watch = {.fd = -1}};
    w->queues = calloc(XDP_QUEUES_MAX, sizeof(*w->queues));
    int error = w->queues ? net_watch_open(&w->watch) : ENOMEM;
    if (error != 0)
        snprintf(err, PKTIO_ERROR_TEXT, "watching the network: %s", strerror(error));
    return error == 0;
}

static bool open_workers(struct xdp_set *x, const struct pktio_config *config,
                         char err[PKTIO_ERROR_TEXT])
{
    while (x->set.workers < config->workers) {
        unsigned index = x->set.workers++;
        if (!open_worker(x, config, index, err))
            return false;
    }
    return true;
}

static void describe(struct xdp_set *x)
{
    char *out = x->set.description;
    size_t size = sizeof(x->set.description), at = (size_t)snprintf(out, size, "xdp");
    for (unsigned i = 0; i < x->port_count && at < size; i++) {
        const struct xdp_port *p = &x->ports[i];
        at +=
            (size_t)snprintf(out + at, size - at, "%s %s %s %s (%u queue%s)", i > 0 ? "," : "",
                             p->generic ? "generic" : "native", p->zerocopy ? "zero-copy" : "copy",
                             p->interface.name, p->queues, p->queues == 1 ? "" : "s");
    }
}

/* The program drops what it does not know on its ports: all of them have to be ours. */
static bool open_loader(struct xdp_set *x, const struct pktio_config *config,
                        char err[PKTIO_ERROR_TEXT])
{
    struct loader_config l = {.port_first = UINT16_MAX};
    for (unsigned i = 0; i < config->workers; i++) {
        uint16_t port = config->ports[i];
        l.port_first = port < l.port_first ? port : l.port_first;
        l.port_last = port > l.port_last ? port : l.port_last;
    }
    if (l.port_last - l.port_first + 1u != config->workers) {
        snprintf(err, PKTIO_ERROR_TEXT, "the workers' ports are not consecutive");
        return false;
    }
    x->loader = loader_open(&l, err);
    return x->loader != NULL;
}

struct pktio_set *pktio_xdp_open(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT])
{
    struct xdp_set *x = aligned_alloc(64, sizeof(*x));
    if (!x) {
        snprintf(err, PKTIO_ERROR_TEXT, "out of memory");
        return NULL;
    }
    memset(x, 0, sizeof(*x));
    x->busy_until = clock_monotonic() + BUSY_PATIENCE;
    x->set = (struct pktio_set){.worker = xdp_worker_io, .close = xdp_close};
    raise_memlock();
    x->kernel = pktio_udp_open(config, err);
    if (!x->kernel || !open_workers(x, config, err) || !open_loader(x, config, err) ||
        !open_ports(x, config->interfaces, err)) {
        xdp_close(&x->set);
        return NULL;
    }
    describe(x);
    return &x->set;
}
