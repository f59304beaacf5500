/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The xdp backend's packet path: one worker's functions.
 */
#include "dataplane/pktio/xdp.h"

#include "common/log.h"
#include "dataplane/pktio/frame.h"

#include <errno.h>
#include <string.h>

#define KERNEL_EVERY 50                 /* us, while frames come */
#define WATCH_EVERY  (10 * USEC_PER_MS) /* while frames come */
#define STATS_EVERY  (1 * USEC_PER_SEC)
#define KICK_AGAIN   100 /* us after a flush that left frames with the kernel */

static struct xdp_placing *place(struct xdp_worker *w, struct xdp_queue *q,
                                 const struct net_addr *local, uint16_t vlan)
{
    struct xdp_placing *p = &q->placing;
    if (p->valid && p->vlan == vlan && net_addr_same_ip(&p->local, local))
        return p;
    const struct net_table *t = w->watch.table;
    *p = (struct xdp_placing){.local = *local, .vlan = vlan, .valid = true};
    p->receiver = net_table_receiver(t, q->xsk.ifindex, vlan, local);
    if (p->receiver == 0)
        p->owner = net_table_owner(t, local);
    return p;
}

/* The way back over this link may be taken only if the interface has the address that the peer sent
 * to: else there is a bridge, a bond or a VLAN tag that hardware took off in between, and the
 * kernel's stack knows better. */
static void complete_path(struct xdp_worker *w, struct xdp_queue *q, struct net_path *path)
{
    struct frame_link link = frame_link_of(path);
    const struct xdp_placing *p = place(w, q, &path->local, link.vlan & 0xfff);
    path->ifindex = p->receiver ? p->receiver : p->owner;
    link.port = xdp_port_mark(w, q->port);
    link.queue = (uint8_t)q->xsk.queue;
    if (p->receiver == 0)
        memset(&link, 0, sizeof(link));
    frame_link_set(path, &link);
}

static void add_to(_Atomic uint64_t *n, uint64_t more)
{
    atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

/* Once per burst. */
static void note_traffic(struct xdp_worker *w, const struct xdp_queue *q, uint64_t packets,
                         uint64_t bytes, bool received)
{
    struct stats_queue *s = w->stats ? &w->stats[q - w->queues] : NULL;
    if (!s)
        return;
    add_to(received ? &s->rx_packets : &s->tx_packets, packets);
    add_to(received ? &s->rx_bytes : &s->tx_bytes, bytes);
}

static size_t receive_queue(struct xdp_worker *w, struct xdp_queue *q, struct pktio_packet *out,
                            size_t room)
{
    size_t got = q->xsk.fd < 0 ? 0 : xsk_queue_receive(&q->xsk, out, room), kept = 0, bytes = 0;
    for (size_t i = 0; i < got; i++) {
        struct pktio_packet frame = out[i], *p = &out[kept];
        if (!frame_parse(frame.data, frame.len, p)) {
            counters_add(w->io.counters, COUNTER_DROP_FRAME, 1);
            continue;
        }
        bytes += p->len;
        if (p->len == 0) {
            counters_add(w->io.counters, COUNTER_DROP_EMPTY, 1);
            continue;
        }
        complete_path(w, q, &p->path);
        kept++;
    }
    if (got > 0) {
        counters_add(w->io.counters, COUNTER_RX_PACKETS, got);
        counters_add(w->io.counters, COUNTER_RX_XDP_PACKETS, got);
        counters_add(w->io.counters, COUNTER_RX_BYTES, bytes);
        note_traffic(w, q, got, bytes, true);
    }
    return kept;
}

/* The program's drops are the first worker's. */
static void count_program_drops(struct xdp_worker *w)
{
    static const struct {
        enum sluice_xdp_counter from;
        enum counter to;
    } drops[] = {
        {XDP_DROP_TRUNCATED, COUNTER_DROP_TRUNCATED},
        {XDP_DROP_EMPTY, COUNTER_DROP_EMPTY},
        {XDP_DROP_CLASS, COUNTER_DROP_CLASS},
        {XDP_DROP_RTP_UNKNOWN_PEER, COUNTER_DROP_RTP_UNKNOWN_PEER},
        {XDP_DROP_RTCP_UNKNOWN_PEER, COUNTER_DROP_RTCP_UNKNOWN_PEER},
        {XDP_DROP_STUN_RATE, COUNTER_DROP_STUN_RATE},
        {XDP_DROP_DTLS_RATE, COUNTER_DROP_DTLS_RATE},
    };
    uint64_t now[XDP_COUNTER_COUNT];
    loader_counters(w->set->loader, now);
    for (size_t i = 0; i < sizeof(drops) / sizeof(drops[0]); i++) {
        uint64_t *counted = &w->program_counted[drops[i].from];
        counters_add(w->io.counters, drops[i].to, now[drops[i].from] - *counted);
        *counted = now[drops[i].from];
    }
}

static void publish_queue(struct xdp_worker *w, unsigned i)
{
    const struct xsk_queue *x = &w->queues[i].xsk;
    struct stats_queue *s = w->stats ? &w->stats[i] : NULL;
    if (!s)
        return;
    atomic_store_explicit(&s->ifindex, x->ifindex, memory_order_relaxed);
    atomic_store_explicit(&s->queue, x->queue, memory_order_relaxed);
    atomic_store_explicit(&s->rx_dropped, x->overflow, memory_order_relaxed);
    atomic_store_explicit(&s->up, !x->dead, memory_order_relaxed);
    atomic_store_explicit(&s->mode, x->zerocopy ? STATS_QUEUE_ZEROCOPY : STATS_QUEUE_COPY,
                          memory_order_relaxed);
}

static void count_drops(struct xdp_worker *w)
{
    for (unsigned i = 0; i < w->queue_count; i++)
        if (w->queues[i].xsk.fd >= 0) {
            xsk_queue_count_overflow(&w->queues[i].xsk);
            publish_queue(w, i);
        }
    if (w == &w->set->workers[0])
        count_program_drops(w);
}

/* What is no packet: news of the network, the kernel's counts. */
static void look_around(struct xdp_worker *w, bool idle, usec_t now)
{
    if (idle || now >= w->watch_at) {
        net_watch_pump(&w->watch, now);
        xdp_ports_watch(w, now);
        w->watch_at = now + WATCH_EVERY;
        for (unsigned i = 0; i < w->queue_count; i++)
            w->queues[i].placing.valid = false;
    }
    if (now >= w->stats_at) {
        w->stats_at = now + STATS_EVERY;
        count_drops(w);
    }
}

static void xdp_receive_done(struct pktio *io)
{
    struct xdp_worker *w = (struct xdp_worker *)io;
    for (unsigned i = 0; i < w->queue_count; i++)
        xsk_queue_receive_done(&w->queues[i].xsk);
    w->kernel->ops->receive_done(w->kernel);
}

static size_t xdp_receive(struct pktio *io, struct pktio_packet *out, usec_t now)
{
    struct xdp_worker *w = (struct xdp_worker *)io;
    size_t n = 0;
    bool kernel_due = now >= w->kernel_at;
    w->now = now;
    xdp_receive_done(io); /* a burst may have held nothing but what was dropped */
    if (kernel_due)
        n += pktio_udp_receive(w->kernel, out, PKTIO_BURST / 2);
    w->first = w->first + 1 < w->queue_count ? w->first + 1 : 0;
    for (unsigned i = 0; i < w->queue_count && n < PKTIO_BURST; i++) {
        unsigned at = w->first + i < w->queue_count ? w->first + i : w->first + i - w->queue_count;
        n += receive_queue(w, &w->queues[at], out + n, PKTIO_BURST - n);
    }
    bool idle = n == 0;
    if (idle && !kernel_due)
        n += pktio_udp_receive(w->kernel, out, PKTIO_BURST);
    if (idle || kernel_due)
        w->kernel_at = now + KERNEL_EVERY;
    look_around(w, idle, now);
    return n;
}

/* This worker's queue of the port that the link names; the very queue that frames of this peer come
 * in at if that is ours. NULL: none, or the interface is gone. */
static struct xdp_queue *queue_of(struct xdp_worker *w, const struct frame_link *link)
{
    unsigned port;
    if (!xdp_port_marked(w, link->port, &port))
        return NULL;
    const struct xdp_view *v = &w->view[port];
    struct xdp_queue *q = &w->queues[v->first + link->queue / w->set->set.workers % v->room];
    return q->xsk.dead || q->xsk.fd < 0 ? NULL : q;
}

/* A path that was not learnt from a frame. */
static bool resolve(struct xdp_worker *w, const struct net_path *path, usec_t now,
                    struct frame_link *link)
{
    struct net_hop hop;
    if (w->queue_count == 0 || path->local.family == 0 ||
        !net_table_hop(w->watch.table, &path->local, &path->remote, path->ifindex, now, &hop))
        return false;
    for (unsigned i = 0; i < XDP_PORTS_MAX; i++) {
        if (w->view[i].ifindex != hop.ifindex)
            continue;
        *link = (struct frame_link){.port = xdp_port_mark(w, i)};
        link->vlan = hop.vlan ? hop.vlan | FRAME_VLAN_TAGGED : 0;
        memcpy(link->local_mac, hop.local_mac, 6);
        memcpy(link->remote_mac, hop.remote_mac, 6);
        return true;
    }
    return false;
}

static uint8_t *xdp_send(struct pktio *io, const struct net_path *path, size_t len)
{
    struct xdp_worker *w = (struct xdp_worker *)io;
    struct frame_link link = frame_link_of(path);
    struct xdp_queue *q = NULL;
    if (link.port != 0 || resolve(w, path, w->now, &link))
        q = queue_of(w, &link);
    size_t headers = frame_headers_size(path, &link);
    size_t packet = headers + len - frame_ethernet_size(&link);
    if (!q || packet > w->view[q->port].mtu)
        return w->kernel->ops->send(w->kernel, path, len);
    uint8_t *frame = xsk_queue_send(&q->xsk, headers + len);
    if (!frame && w->stats)
        add_to(&w->stats[q - w->queues].tx_full, 1);
    return frame ? frame_write_headers(frame, path, &link, len) : NULL;
}

static void flush_queue(struct xdp_worker *w, struct xdp_queue *q, usec_t now)
{
    struct xsk_queue *x = &q->xsk;
    size_t bytes = 0;
    unsigned n = x->tx_filled;
    for (unsigned i = 0; i < n; i++)
        bytes += frame_finish(xsk_queue_filled(x, i));
    xsk_queue_flush(x, now);
    counters_add(w->io.counters, COUNTER_TX_PACKETS, n);
    counters_add(w->io.counters, COUNTER_TX_XDP_PACKETS, n);
    counters_add(w->io.counters, COUNTER_TX_BYTES, bytes);
    if (n > 0)
        note_traffic(w, q, n, bytes, false);
}

static void xdp_flush(struct pktio *io, usec_t now)
{
    struct xdp_worker *w = (struct xdp_worker *)io;
    w->now = now;
    w->kick_at = USEC_NEVER;
    for (unsigned i = 0; i < w->queue_count; i++) {
        struct xsk_queue *x = &w->queues[i].xsk;
        if (x->fd < 0)
            continue;
        if (x->tx_filled > 0 || xsk_queue_outstanding(x))
            flush_queue(w, &w->queues[i], now);
        usec_t again = x->dead ? x->retry_at : now + KICK_AGAIN;
        if (xsk_queue_outstanding(x) && again < w->kick_at)
            w->kick_at = again;
    }
    w->kernel->ops->flush(w->kernel, now);
}

static size_t xdp_fds(struct pktio *io, struct pollfd *fds)
{
    struct xdp_worker *w = (struct xdp_worker *)io;
    size_t n = w->kernel->ops->fds(w->kernel, fds);
    fds[n++] = (struct pollfd){.fd = w->watch.fd, .events = POLLIN};
    for (unsigned i = 0; i < w->queue_count; i++)
        fds[n++] = (struct pollfd){.fd = w->queues[i].xsk.fd, .events = POLLIN};
    return n;
}

static usec_t xdp_deadline(const struct pktio *io)
{
    const struct xdp_worker *w = (const struct xdp_worker *)io;
    usec_t at = w->kernel->ops->deadline(w->kernel);
    at = w->kick_at < at ? w->kick_at : at;
    return w->ports_at < at ? w->ports_at : at;
}

static void xdp_allow(struct pktio *io, const struct net_path *path, bool allowed)
{
    struct loader *loader = ((struct xdp_worker *)io)->set->loader;
    char peer[NET_ADDR_TEXT];
    if (!allowed)
        loader_forbid(loader, &path->remote, &path->local);
    else if (!loader_allow(loader, &path->remote, &path->local))
        log_warn("pktio", "pair not let through peer=%s error=\"%s\"",
                 net_addr_format(&path->remote, peer), strerror(errno));
}

const struct pktio_ops xdp_ops = {
    .receive = xdp_receive,
    .receive_done = xdp_receive_done,
    .send = xdp_send,
    .flush = xdp_flush,
    .fds = xdp_fds,
    .deadline = xdp_deadline,
    .allow = xdp_allow,
};
