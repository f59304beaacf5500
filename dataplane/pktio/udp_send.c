/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sendmmsg() with UDP_SEGMENT: packets are collected in one buffer as runs, a run is one message.
 */
#include "dataplane/pktio/udp.h"

#include "common/log.h"

#include <errno.h>
#include <netinet/udp.h>
#include <string.h>

/* What of a path matters to a kernel socket. */
static bool same_way(const struct net_path *a, const struct net_path *b)
{
    return memcmp(a, b, offsetof(struct net_path, tcp)) == 0;
}

static bool run_takes(const struct udp_run *r, const struct net_path *path, size_t len)
{
    return len <= r->segment && r->count < UDP_TX_SEGMENTS && r->bytes + len <= UDP_TX_RUN_BYTES &&
           r->bytes == (uint32_t)r->count * r->segment && same_way(&r->path, path);
}

/* The run that a packet joins, or a new one; NULL if there is no room for one. */
static struct udp_run *run_for(struct udp_tx *tx, const struct net_path *path, size_t len)
{
    if (tx->count > 0 && tx->gso && run_takes(&tx->runs[tx->count - 1], path, len))
        return &tx->runs[tx->count - 1];
    if (tx->count == UDP_TX_RUNS)
        return NULL;
    struct udp_run *r = &tx->runs[tx->count++];
    *r = (struct udp_run){.path = *path, .offset = tx->used, .segment = (uint16_t)len};
    return r;
}

uint8_t *udp_socket_send(struct udp_socket *s, const struct net_path *path, size_t len)
{
    struct udp_tx *tx = &s->tx;
    struct udp_run *r = len <= UDP_TX_BUFFER - tx->used ? run_for(tx, path, len) : NULL;
    if (!r)
        return NULL;
    uint8_t *p = tx->buffer + tx->used;
    tx->used += (uint32_t)len;
    r->bytes += (uint32_t)len;
    r->count++;
    return p;
}

static void add_control(struct msghdr *h, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)h->msg_control + h->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    h->msg_controllen += CMSG_SPACE(len);
}

static void add_source(struct msghdr *h, const struct net_path *path)
{
    if (path->local.family == 4) {
        struct in_pktinfo info = {.ipi_ifindex = (int)path->ifindex};
        memcpy(&info.ipi_spec_dst, path->local.ip, 4);
        add_control(h, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    } else if (path->local.family == 6) {
        struct in6_pktinfo info = {.ipi6_ifindex = path->ifindex};
        memcpy(&info.ipi6_addr, path->local.ip, 16);
        add_control(h, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    }
}

static void build_message(struct udp_tx *tx, unsigned i)
{
    const struct udp_run *r = &tx->runs[i];
    struct msghdr *h = &tx->messages[i].msg_hdr;
    tx->iov[i] = (struct iovec){.iov_base = tx->buffer + r->offset, .iov_len = r->bytes};
    *h = (struct msghdr){
        .msg_name = &tx->names[i],
        .msg_namelen = net_addr_to_sockaddr(&r->path.remote, &tx->names[i]),
        .msg_iov = &tx->iov[i],
        .msg_iovlen = 1,
        .msg_control = tx->control + (size_t)i * UDP_TX_CONTROL,
    };
    if (net_addr_is_link_local(&r->path.remote) && r->path.remote.family == 6)
        ((struct sockaddr_in6 *)&tx->names[i])->sin6_scope_id = r->path.ifindex;
    add_source(h, &r->path);
    if (r->count > 1)
        add_control(h, IPPROTO_UDP, UDP_SEGMENT, &r->segment, sizeof(r->segment));
}

static void count_sent(struct udp_socket *s, uint32_t packets, uint32_t bytes)
{
    counters_add(s->counters, COUNTER_TX_PACKETS, packets);
    counters_add(s->counters, COUNTER_TX_BYTES, bytes);
}

static enum counter drop_reason(int error)
{
    switch (error) {
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
        return COUNTER_DROP_TX_FULL;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
    case EADDRNOTAVAIL:
    case ENODEV:
        return COUNTER_DROP_TX_UNREACHABLE;
    default:
        return COUNTER_DROP_TX_ERROR;
    }
}

/* The packets of a run one by one, where the kernel refuses it as a whole: longer than the path's
 * MTU (it would rather fragment), or a device without checksum offload. */
static void send_singly(struct udp_socket *s, unsigned i)
{
    const struct udp_run *r = &s->tx.runs[i];
    struct msghdr *h = &s->tx.messages[i].msg_hdr;
    h->msg_controllen -= CMSG_SPACE(sizeof(r->segment));
    for (uint32_t at = 0; at < r->bytes; at += r->segment) {
        uint32_t left = r->bytes - at;
        h->msg_iov->iov_base = s->tx.buffer + r->offset + at;
        h->msg_iov->iov_len = left < r->segment ? left : r->segment;
        if (sendmsg(s->fd, h, MSG_DONTWAIT) >= 0)
            count_sent(s, 1, (uint32_t)h->msg_iov->iov_len);
        else
            counters_add(s->counters, drop_reason(errno), 1);
    }
}

/* The address or the interface that the peer used is gone: let the kernel's routes decide. A peer
 * that hears us from elsewhere learns the new way by it. True if the run has left. */
static bool send_by_routes(struct udp_socket *s, unsigned i, int error)
{
    struct udp_run *r = &s->tx.runs[i];
    if (r->path.local.family == 0 ||
        (error != EINVAL && drop_reason(error) != COUNTER_DROP_TX_UNREACHABLE))
        return false;
    struct net_path pinned = r->path;
    r->path.local = (struct net_addr){0};
    r->path.ifindex = 0;
    build_message(&s->tx, i);
    if (sendmsg(s->fd, &s->tx.messages[i].msg_hdr, MSG_DONTWAIT) >= 0) {
        count_sent(s, r->count, r->bytes);
        return true;
    }
    r->path = pinned;
    build_message(&s->tx, i);
    return false;
}

static void run_refused(struct udp_socket *s, unsigned i, int error)
{
    const struct udp_run *r = &s->tx.runs[i];
    if (send_by_routes(s, i, error))
        return;
    if (r->count == 1 || (error != EINVAL && error != EMSGSIZE && error != EIO)) {
        counters_add(s->counters, drop_reason(error), r->count);
        return;
    }
    if (error == EIO && s->tx.gso) {
        s->tx.gso = false;
        log_warn("pktio", "GSO off: the interface has no checksum offload family=ipv%u", s->family);
    }
    send_singly(s, i);
}

/* Moves runs from `first` on to the buffer's front, so that there is room behind them. */
static void keep_from(struct udp_tx *tx, unsigned first)
{
    uint32_t start = first < tx->count ? tx->runs[first].offset : tx->used;
    memmove(tx->buffer, tx->buffer + start, tx->used - start);
    memmove(tx->runs, tx->runs + first, (tx->count - first) * sizeof(tx->runs[0]));
    tx->used -= start;
    tx->count -= first;
    for (unsigned i = 0; i < tx->count; i++)
        tx->runs[i].offset -= start;
}

void udp_socket_flush(struct udp_socket *s, usec_t now)
{
    struct udp_tx *tx = &s->tx;
    for (unsigned i = 0; i < tx->count; i++)
        build_message(tx, i);
    unsigned done = 0;
    tx->retry_at = USEC_NEVER;
    while (done < tx->count && tx->retry_at == USEC_NEVER) {
        int n = sendmmsg(s->fd, tx->messages + done, tx->count - done, MSG_DONTWAIT);
        for (int i = 0; i < n; i++, done++)
            count_sent(s, tx->runs[done].count, tx->runs[done].bytes);
        if (n >= 0 || errno == EINTR)
            continue;
        if (errno == EAGAIN)
            tx->retry_at = now + UDP_TX_RETRY;
        else
            run_refused(s, done++, errno);
    }
    keep_from(tx, done);
}
