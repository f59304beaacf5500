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
#include <unistd.h>

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
    while (x->spare_count > 0)
        close(x->spare[--x->spare_count]);
    pktio_close(x->kernel);
    pthread_mutex_destroy(&x->changing);
    free(x);
}

/* What an interface is attached with that comes later. */
static void make_spares(struct xdp_set *x)
{
    for (int fd; x->spare_count < XDP_SPARE_SOCKETS && (fd = xsk_socket_new()) >= 0;)
        x->spare[x->spare_count++] = fd;
    unsigned missing = 0, n = atomic_load(&x->port_count);
    for (unsigned i = 0; i < n; i++)
        missing += x->ports[i].ifindex == 0;
    if (!loader_prepare(x->loader, missing > XDP_SPARE_PROGRAMS ? missing : XDP_SPARE_PROGRAMS))
        log_warn("pktio", "interfaces that come later go through the kernel error=\"%s\"",
                 strerror(errno));
}

/* With sockets; without any the program is of no use. */
static bool open_port(struct xdp_set *x, unsigned port, usec_t busy_until,
                      char err[PKTIO_ERROR_TEXT])
{
    struct xdp_port *p = &x->ports[port];
    if (!xdp_port_attach(x, p, err))
        return false;
    p->queues = 0;
    for (unsigned i = 0; i < x->set.workers; i++)
        p->queues += xdp_port_follow(&x->workers[i], port, busy_until);
    for (unsigned i = 0; i < x->set.workers; i++)
        for (unsigned k = 0; k < x->workers[i].view[port].room; k++)
            p->zerocopy |= x->workers[i].queues[x->workers[i].view[port].first + k].xsk.zerocopy;
    if (p->queues > 0)
        return true;
    snprintf(err, PKTIO_ERROR_TEXT, "interface %.16s: none of its queues takes a socket", p->name);
    xdp_port_detach(x, p);
    return false;
}

/* Named interfaces may be served in generic mode; of all there are only those that can do better:
 * generic mode drops merged packets and is slower than the kernel's sockets. */
static void add_ports(struct xdp_set *x, const char *const *names)
{
    struct interface found[XDP_PORTS_MAX];
    size_t n = names ? 0 : interface_list(found, XDP_PORTS_MAX);
    for (size_t i = 0; i < n; i++)
        xdp_port_add(x, found[i].name, false);
    for (; names && *names; names++)
        if (!xdp_port_add(x, *names, true))
            log_warn("pktio",
                     "interface goes through the kernel interface=%s reason=\"%d at most\"", *names,
                     XDP_PORTS_MAX);
    x->scan = !names && n == 0;
}

/* True if one is attached. */
static bool open_ports(struct xdp_set *x, const struct pktio_config *config,
                       char err[PKTIO_ERROR_TEXT])
{
    unsigned attached = 0;
    usec_t busy_until = clock_monotonic() + BUSY_PATIENCE;
    snprintf(err, PKTIO_ERROR_TEXT, "no interface that is up and has an address");
    add_ports(x, config->interfaces);
    for (unsigned i = 0; i < atomic_load(&x->port_count); i++) {
        if (open_port(x, i, busy_until, err))
            attached++;
        else
            log_warn("pktio", "interface goes through the kernel interface=%s reason=\"%s\"",
                     x->ports[i].name, err);
    }
    return attached > 0;
}

static bool open_worker(struct xdp_set *x, const struct pktio_config *config, unsigned index,
                        char err[PKTIO_ERROR_TEXT])
{
    struct xdp_worker *w = &x->workers[index];
    *w = (struct xdp_worker){.io = {.ops = &xdp_ops, .counters = config->counters[index]},
                             .stats = config->queues[index],
                             .set = x,
                             .index = index,
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
    const char *separator = "";
    for (unsigned i = 0; i < atomic_load(&x->port_count) && at < size; i++) {
        const struct xdp_port *p = &x->ports[i];
        if (p->ifindex == 0)
            continue;
        at +=
            (size_t)snprintf(out + at, size - at, "%s %s %s %s (%u queue%s)", separator,
                             p->generic ? "generic" : "native", p->zerocopy ? "zero-copy" : "copy",
                             p->name, p->queues, p->queues == 1 ? "" : "s");
        separator = ",";
    }
    if (!*separator && at < size)
        snprintf(out + at, size - at, ", no interface yet");
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
    pthread_mutex_init(&x->changing, NULL);
    x->set = (struct pktio_set){.worker = xdp_worker_io, .close = xdp_close};
    raise_memlock();
    x->kernel = pktio_udp_open(config, err);
    bool open = x->kernel && open_workers(x, config, err) && open_loader(x, config, err);
    /* Where xdp is wanted and the network is not there yet, it is waited for. */
    if (!open || (!open_ports(x, config, err) && config->backend == PKTIO_AUTO)) {
        xdp_close(&x->set);
        return NULL;
    }
    make_spares(x);
    describe(x);
    return &x->set;
}
