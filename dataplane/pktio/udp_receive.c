/* SPDX-License-Identifier: Apache-2.0 */
/*
 * recvmmsg() with UDP_GRO: a merged message is handed out segment by segment, over several bursts
 * if need be.
 */
#include "dataplane/pktio/udp.h"

#include <netinet/udp.h>
#include <string.h>

/* The kernel writes to the headers of the messages it fills: those are set up again. */
static void prepare(struct udp_rx *rx)
{
    for (unsigned i = 0; i < rx->stale; i++) {
        rx->iov[i] = (struct iovec){
            .iov_base = rx->buffers + (size_t)i * UDP_RX_BUFFER,
            .iov_len = UDP_RX_BUFFER,
        };
        rx->messages[i].msg_hdr = (struct msghdr){
            .msg_name = &rx->names[i],
            .msg_namelen = sizeof(rx->names[i]),
            .msg_iov = &rx->iov[i],
            .msg_iovlen = 1,
            .msg_control = rx->control + (size_t)i * UDP_RX_CONTROL,
            .msg_controllen = UDP_RX_CONTROL,
        };
    }
}

static void refill(struct udp_socket *s)
{
    struct udp_rx *rx = &s->rx;
    rx->next = rx->count = 0;
    rx->offset = rx->segment = 0;
    prepare(rx);
    int n = recvmmsg(s->fd, rx->messages, UDP_RX_MESSAGES, MSG_DONTWAIT, NULL);
    rx->count = rx->stale = n > 0 ? (unsigned)n : 0;
}

static void count_overflow(struct udp_socket *s, uint32_t total)
{
    counters_add(s->counters, COUNTER_DROP_RX_OVERFLOW, (uint32_t)(total - s->rx.overflow));
    s->rx.overflow = total;
}

static void take_ipv4_info(struct net_path *path, const struct cmsghdr *c)
{
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof(info));
    path->local.family = 4;
    memcpy(path->local.ip, &info.ipi_addr, 4);
    path->ifindex = (uint32_t)info.ipi_ifindex;
}

static void take_ipv6_info(struct net_path *path, const struct cmsghdr *c)
{
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof(info));
    path->local.family = 6;
    memcpy(path->local.ip, &info.ipi6_addr, 16);
    path->ifindex = info.ipi6_ifindex;
}

static void take_time(struct udp_rx *rx, const struct cmsghdr *c)
{
    struct timespec ts;
    memcpy(&ts, CMSG_DATA(c), sizeof(ts));
    rx->received = (usec_t)ts.tv_sec * USEC_PER_SEC + (usec_t)ts.tv_nsec / 1000;
}

/* Reads the control messages into rx->path; returns the GRO segment size, 0 if not merged. */
static uint32_t read_control(struct udp_socket *s, struct msghdr *h)
{
    uint32_t segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        int value;
        memcpy(&value, CMSG_DATA(c), sizeof(value));
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
            take_ipv4_info(&s->rx.path, c);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
            take_ipv6_info(&s->rx.path, c);
        else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
            segment = value > 0 ? (uint32_t)value : 0;
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS)
            take_time(&s->rx, c);
        else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL)
            count_overflow(s, (uint32_t)value);
    }
    return segment;
}

/* Prepares the next message for handing out. False if it was dropped as a whole. */
static bool open_message(struct udp_socket *s)
{
    struct udp_rx *rx = &s->rx;
    struct mmsghdr *m = &rx->messages[rx->next];
    rx->path = (struct net_path){.local.port = s->port};
    rx->received = 0;
    uint32_t segment = read_control(s, &m->msg_hdr);
    rx->segment = segment && segment < m->msg_len ? segment : m->msg_len;
    rx->offset = 0;
    enum counter drop;
    if (m->msg_len == 0)
        drop = COUNTER_DROP_EMPTY;
    else if (m->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC) || rx->path.local.family == 0 ||
             !net_addr_from_sockaddr(&rx->path.remote, (struct sockaddr *)m->msg_hdr.msg_name))
        drop = COUNTER_DROP_TRUNCATED;
    else
        return true;
    counters_add(s->counters, COUNTER_RX_PACKETS, 1);
    counters_add(s->counters, COUNTER_RX_BYTES, m->msg_len);
    counters_add(s->counters, drop, 1);
    return false;
}

static void close_message(struct udp_rx *rx)
{
    rx->next++;
    rx->segment = 0;
}

/* Hands out segments of the open message; closes it when it is used up. */
static size_t hand_out(struct udp_socket *s, struct pktio_packet *out, size_t room)
{
    struct udp_rx *rx = &s->rx;
    uint32_t len = rx->messages[rx->next].msg_len, start = rx->offset;
    uint8_t *data = rx->iov[rx->next].iov_base;
    size_t n = 0, packets = 0;
    for (; n < room && rx->offset < len; rx->offset += rx->segment, packets++) {
        uint32_t left = len - rx->offset;
        uint32_t size = left < rx->segment ? left : rx->segment;
        if (size > PKTIO_RECEIVE_MAX)
            counters_add(s->counters, COUNTER_DROP_TRUNCATED, 1);
        else
            out[n++] =
                (struct pktio_packet){.data = data + rx->offset, .len = size, .path = rx->path};
    }
    uint32_t end = rx->offset < len ? rx->offset : len;
    counters_add(s->counters, COUNTER_RX_PACKETS, packets);
    counters_add(s->counters, COUNTER_RX_BYTES, end - start);
    if (rx->offset >= len)
        close_message(rx);
    return n;
}

/* The burst's first message tells its age. */
static size_t first_out(struct udp_socket *s, struct pktio_packet *out, size_t room)
{
    s->rx.oldest = s->rx.received;
    return hand_out(s, out, room);
}

size_t udp_socket_receive(struct udp_socket *s, struct pktio_packet *out, size_t room)
{
    struct udp_rx *rx = &s->rx;
    if (rx->next == rx->count)
        refill(s);
    size_t n = 0;
    rx->oldest = 0;
    while (n < room && rx->next < rx->count) {
        if (rx->segment == 0 && !open_message(s))
            close_message(rx);
        else if (n > 0)
            n += hand_out(s, out + n, room - n);
        else
            n = first_out(s, out, room);
    }
    return n;
}
