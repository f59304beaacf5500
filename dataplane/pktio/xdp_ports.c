/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that come and go. What is needed for that was made while we had the rights: programs
 * that are loaded already, sockets that are not bound yet. An interface that cannot be had goes
 * through the kernel's sockets, as everything does that the program does not catch.
 */
#include "dataplane/pktio/xdp.h"

#include "common/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PORTS_EVERY USEC_PER_SEC /* while one is missing */
#define MARK_TIMES  ((UINT8_MAX - 1) / XDP_PORTS_MAX)

/* A port's state: interface, number of its queues, and a count that tells apart two times of the
 * same. Interface 0: none. */
static uint64_t state_of(uint64_t before, uint32_t ifindex, unsigned queues)
{
    uint64_t count = (before >> 48) + 1;
    return count << 48 | (uint64_t)(queues & UINT16_MAX) << 32 | ifindex;
}

static uint32_t state_ifindex(uint64_t state)
{
    return (uint32_t)state;
}

static unsigned state_queues(uint64_t state)
{
    return (unsigned)(state >> 32) & UINT16_MAX;
}

static void publish(struct xdp_port *p, uint32_t ifindex, unsigned queues)
{
    uint64_t before = atomic_load_explicit(&p->state, memory_order_relaxed);
    p->ifindex = ifindex;
    atomic_fetch_add_explicit(&p->times, 1, memory_order_relaxed);
    atomic_store_explicit(&p->state, state_of(before, ifindex, queues), memory_order_release);
}

/* ---- attaching ---- */

struct xdp_port *xdp_port_add(struct xdp_set *x, const char *name, bool may_be_generic)
{
    unsigned n = atomic_load_explicit(&x->port_count, memory_order_relaxed);
    if (n == XDP_PORTS_MAX)
        return NULL;
    struct xdp_port *p = &x->ports[n];
    snprintf(p->name, sizeof(p->name), "%.*s", IF_NAMESIZE - 1, name);
    p->may_be_generic = may_be_generic;
    atomic_store_explicit(&x->port_count, n + 1, memory_order_release);
    return p;
}

static bool attach_program(struct xdp_set *x, struct xdp_port *p, uint32_t ifindex,
                           char err[PKTIO_ERROR_TEXT])
{
    pthread_mutex_lock(&x->changing);
    bool ok = loader_attach(x->loader, ifindex, err);
    p->generic = ok && !loader_is_native(x->loader, ifindex);
    if (p->generic && !p->may_be_generic) {
        snprintf(err, PKTIO_ERROR_TEXT,
                 "its driver has no native XDP; name the interface to use generic mode");
        loader_detach(x->loader, ifindex);
        ok = false;
    }
    pthread_mutex_unlock(&x->changing);
    return ok;
}

bool xdp_port_attach(struct xdp_set *x, struct xdp_port *p, char err[PKTIO_ERROR_TEXT])
{
    struct interface i;
    if (!interface_find(p->name, &i, err)) {
        p->refused = 0;
        return false;
    }
    if (p->refused == i.ifindex)
        return false;
    if (!attach_program(x, p, i.ifindex, err)) {
        p->refused = i.ifindex;
        return false;
    }
    p->complaint[0] = '\0';
    publish(p, i.ifindex, i.queues);
    return true;
}

void xdp_port_detach(struct xdp_set *x, struct xdp_port *p)
{
    pthread_mutex_lock(&x->changing);
    loader_detach(x->loader, p->ifindex);
    pthread_mutex_unlock(&x->changing);
    publish(p, 0, 0);
}

/* ---- a worker's sockets ---- */

static int take_socket(struct xdp_set *x)
{
    pthread_mutex_lock(&x->changing);
    int fd = x->spare_count > 0 ? x->spare[--x->spare_count] : xsk_socket_new();
    pthread_mutex_unlock(&x->changing);
    return fd;
}

static bool hand_to_program(struct xdp_set *x, const struct xsk_queue *q)
{
    pthread_mutex_lock(&x->changing);
    bool ok = loader_set_socket(x->loader, q->ifindex, q->queue, q->fd);
    pthread_mutex_unlock(&x->changing);
    return ok;
}

static bool open_queue(struct xdp_worker *w, struct xdp_queue *q, uint32_t ifindex, uint32_t queue,
                       usec_t busy_until, char err[PKTIO_ERROR_TEXT])
{
    int fd = take_socket(w->set);
    if (fd < 0) {
        snprintf(err, PKTIO_ERROR_TEXT, "no AF_XDP socket is left: %s", strerror(errno));
        return false;
    }
    if (!xsk_queue_open(&q->xsk, fd, ifindex, queue, busy_until, w->io.counters, err))
        return false;
    if (hand_to_program(w->set, &q->xsk))
        return true;
    snprintf(err, PKTIO_ERROR_TEXT, "the program does not take the socket: %s", strerror(errno));
    xsk_queue_close(&q->xsk);
    return false;
}

/* Places for this worker's share of the queues, once and for all. */
static void reserve(struct xdp_worker *w, unsigned port, unsigned queues)
{
    struct xdp_view *v = &w->view[port];
    unsigned workers = w->set->set.workers;
    unsigned share = queues > w->index ? (queues - w->index + workers - 1) / workers : 0;
    if (v->room > 0)
        return;
    v->first = w->queue_count;
    v->room = share < XDP_QUEUES_MAX - w->queue_count ? share : XDP_QUEUES_MAX - w->queue_count;
    for (unsigned i = 0; i < v->room; i++)
        w->queues[w->queue_count++] = (struct xdp_queue){.port = port, .xsk = {.fd = -1}};
}

static void close_queues(struct xdp_worker *w, struct xdp_view *v)
{
    for (unsigned i = 0; i < v->room; i++) {
        xsk_queue_close(&w->queues[v->first + i].xsk);
        if (w->stats)
            atomic_store_explicit(&w->stats[v->first + i].up, 0, memory_order_relaxed);
    }
    v->ifindex = 0;
}

/* Queues without a socket are no harm: the program passes what comes there to the kernel. */
static unsigned open_queues(struct xdp_worker *w, unsigned port, usec_t busy_until)
{
    struct xdp_view *v = &w->view[port];
    struct xdp_port *p = &w->set->ports[port];
    char err[PKTIO_ERROR_TEXT] = "a worker has too many queues";
    unsigned queues = state_queues(v->state), opened = 0, nth = 0;
    for (uint32_t i = w->index; i < queues; i += w->set->set.workers, nth++) {
        struct xdp_queue *q = &w->queues[v->first + nth];
        if (nth < v->room && open_queue(w, q, state_ifindex(v->state), i, busy_until, err))
            opened++;
        else
            log_warn("pktio", "queue goes through the kernel interface=%s queue=%u reason=\"%s\"",
                     p->name, i, err);
    }
    return opened;
}

static void read_mtu(struct xdp_worker *w, struct xdp_view *v)
{
    uint32_t mtu = net_table_mtu(w->watch.table, v->ifindex);
    v->mtu = mtu ? mtu : v->mtu;
}

uint8_t xdp_port_mark(const struct xdp_worker *w, unsigned port)
{
    unsigned times = atomic_load_explicit(&w->set->ports[port].times, memory_order_relaxed);
    return (uint8_t)(1 + times % MARK_TIMES * XDP_PORTS_MAX + port);
}

bool xdp_port_marked(const struct xdp_worker *w, uint8_t mark, unsigned *port)
{
    *port = (mark - 1u) % XDP_PORTS_MAX;
    return mark != 0 && w->view[*port].ifindex != 0 && xdp_port_mark(w, *port) == mark;
}

unsigned xdp_port_follow(struct xdp_worker *w, unsigned port, usec_t busy_until)
{
    struct xdp_view *v = &w->view[port];
    uint64_t state = atomic_load_explicit(&w->set->ports[port].state, memory_order_acquire);
    if (state == v->state)
        return 0;
    close_queues(w, v);
    v->state = state;
    v->mtu = 0;
    if (state_ifindex(state) == 0)
        return 0;
    reserve(w, port, state_queues(state));
    unsigned opened = open_queues(w, port, busy_until);
    v->ifindex = opened > 0 ? state_ifindex(state) : 0;
    read_mtu(w, v);
    return opened;
}

/* ---- watching ---- */

/* Once for each reason. */
static void complain(struct xdp_port *p, const char *reason)
{
    if (strcmp(p->complaint, reason) == 0)
        return;
    log_warn("pktio", "interface goes through the kernel interface=%s reason=\"%s\"", p->name,
             reason);
    snprintf(p->complaint, sizeof(p->complaint), "%s", reason);
}

static void look_after(struct xdp_set *x, struct xdp_port *p)
{
    char err[PKTIO_ERROR_TEXT] = "";
    if (p->ifindex && if_nametoindex(p->name) != p->ifindex)
        xdp_port_detach(x, p);
    if (p->ifindex)
        return;
    if (xdp_port_attach(x, p, err))
        log_info("pktio", "interface attached name=%s ifindex=%u mode=%s", p->name, p->ifindex,
                 p->generic ? "generic" : "native");
    else if (*err)
        complain(p, err);
}

/* Nothing was named, and nothing was there at the start. */
static void scan(struct xdp_set *x)
{
    struct interface found[XDP_PORTS_MAX];
    size_t n = interface_list(found, XDP_PORTS_MAX);
    for (size_t i = 0; i < n; i++)
        xdp_port_add(x, found[i].name, false);
    x->scan = n == 0;
}

/* Nothing is to be waited for: its sockets are open, or it can do no XDP. */
static bool settled(const struct xdp_worker *w, unsigned port)
{
    struct xdp_port *p = &w->set->ports[port];
    uint64_t state = atomic_load_explicit(&p->state, memory_order_acquire);
    return (state_ifindex(state) != 0 && w->view[port].state == state) ||
           atomic_load_explicit(&p->refused, memory_order_relaxed) != 0;
}

static void link_changed(struct xdp_worker *w)
{
    for (unsigned i = 0; i < XDP_PORTS_MAX; i++)
        read_mtu(w, &w->view[i]);
    for (unsigned i = 0; i < w->queue_count; i++)
        w->queues[i].xsk.retry_at = 0; /* it may be up again */
}

/* Frames with a lost address as their source would still leave. */
static void watch_addresses(struct xdp_worker *w)
{
    uint32_t lost = net_table_lost_addresses(w->watch.table);
    if (w->index != 0 || lost == w->lost_addresses)
        return;
    w->lost_addresses = lost;
    for (unsigned i = 0; i < XDP_PORTS_MAX; i++)
        atomic_fetch_add_explicit(&w->set->ports[i].times, 1, memory_order_relaxed);
}

void xdp_ports_watch(struct xdp_worker *w, usec_t now)
{
    struct xdp_set *x = w->set;
    uint32_t news = net_table_link_news(w->watch.table);
    watch_addresses(w);
    if (news == w->link_news && now < w->ports_at)
        return;
    if (news != w->link_news)
        link_changed(w);
    w->link_news = news;
    if (w->index == 0 && x->scan)
        scan(x);
    unsigned n = atomic_load_explicit(&x->port_count, memory_order_acquire);
    bool all = n > 0;
    for (unsigned i = 0; i < n; i++) {
        if (w->index == 0)
            look_after(x, &x->ports[i]);
        xdp_port_follow(w, i, 0);
        all = all && settled(w, i);
    }
    w->ports_at = all ? USEC_NEVER : now + PORTS_EVERY;
}
