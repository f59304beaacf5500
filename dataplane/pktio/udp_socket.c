/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/pktio/udp.h"

#include "common/log.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool set_flag(int fd, int level, int option)
{
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof(one)) == 0;
}

/* CAP_NET_ADMIN may pass the limit of net.core.*mem_max; others get what the limit allows. */
static void ask_buffer(int fd, int force, int option, uint32_t want, const char *limit)
{
    if (want == 0)
        return;
    int value = want > INT32_MAX / 2 ? INT32_MAX / 2 : (int)want;
    if (setsockopt(fd, SOL_SOCKET, force, &value, sizeof(value)) != 0)
        setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
    int got = 0;
    socklen_t len = sizeof(got);
    getsockopt(fd, SOL_SOCKET, option, &got, &len);
    if (got / 2 < value) /* the kernel reports double, for its overhead */
        log_warn("pktio", "small socket buffer asked=%d got=%d raise=%s", value, got / 2, limit);
}

static bool bind_port(int fd, uint8_t family, uint16_t port)
{
    struct net_addr any = {.family = family, .port = port};
    struct sockaddr_storage ss;
    socklen_t len = net_addr_to_sockaddr(&any, &ss);
    return bind(fd, (const struct sockaddr *)&ss, len) == 0;
}

static bool set_family_options(int fd, uint8_t family)
{
    if (family == 4)
        return set_flag(fd, IPPROTO_IP, IP_PKTINFO);
    return set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY) && set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
}

/* What the kernel can do, or the plain way with a word about it. */
static void probe_offloads(struct udp_socket *s)
{
    int zero = 0;
    s->tx.gso = setsockopt(s->fd, IPPROTO_UDP, UDP_SEGMENT, &zero, sizeof(zero)) == 0;
    bool gro = set_flag(s->fd, IPPROTO_UDP, UDP_GRO);
    if (!s->tx.gso || !gro)
        log_warn("pktio", "kernel without UDP offload family=ipv%u gso=%s gro=%s", s->family,
                 s->tx.gso ? "yes" : "no", gro ? "yes" : "no");
    set_flag(s->fd, SOL_SOCKET, SO_RXQ_OVFL);
    set_flag(s->fd, SOL_SOCKET, SO_TIMESTAMPNS);
}

static bool rx_allocate(struct udp_rx *rx)
{
    rx->messages = calloc(UDP_RX_MESSAGES, sizeof(*rx->messages));
    rx->iov = calloc(UDP_RX_MESSAGES, sizeof(*rx->iov));
    rx->names = calloc(UDP_RX_MESSAGES, sizeof(*rx->names));
    rx->control = calloc(UDP_RX_MESSAGES, UDP_RX_CONTROL);
    /* Mapped, not allocated: pages that no datagram reaches cost nothing. */
    void *map = mmap(NULL, (size_t)UDP_RX_MESSAGES * UDP_RX_BUFFER, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    rx->buffers = map == MAP_FAILED ? NULL : map;
    return rx->messages && rx->iov && rx->names && rx->control && rx->buffers;
}

static bool tx_allocate(struct udp_tx *tx)
{
    tx->buffer = malloc(UDP_TX_BUFFER);
    tx->runs = calloc(UDP_TX_RUNS, sizeof(*tx->runs));
    tx->messages = calloc(UDP_TX_RUNS, sizeof(*tx->messages));
    tx->iov = calloc(UDP_TX_RUNS, sizeof(*tx->iov));
    tx->names = calloc(UDP_TX_RUNS, sizeof(*tx->names));
    tx->control = calloc(UDP_TX_RUNS, UDP_TX_CONTROL);
    return tx->buffer && tx->runs && tx->messages && tx->iov && tx->names && tx->control;
}

int udp_socket_open(struct udp_socket *s, uint8_t family, uint16_t port, uint32_t buffer,
                    struct counters *counters, char err[PKTIO_ERROR_TEXT])
{
    *s = (struct udp_socket){.family = family, .port = port, .counters = counters};
    s->rx.stale = UDP_RX_MESSAGES;
    s->tx.retry_at = USEC_NEVER;
    s->fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   IPPROTO_UDP);
    if (s->fd < 0 || !set_family_options(s->fd, family) || !bind_port(s->fd, family, port)) {
        int error = errno;
        snprintf(err, PKTIO_ERROR_TEXT, "UDP port %u on IPv%u: %s", port, family, strerror(error));
        return error;
    }
    ask_buffer(s->fd, SO_RCVBUFFORCE, SO_RCVBUF, buffer, "net.core.rmem_max");
    ask_buffer(s->fd, SO_SNDBUFFORCE, SO_SNDBUF, buffer, "net.core.wmem_max");
    probe_offloads(s);
    if (!rx_allocate(&s->rx) || !tx_allocate(&s->tx)) {
        snprintf(err, PKTIO_ERROR_TEXT, "out of memory");
        return ENOMEM;
    }
    return 0;
}

void udp_socket_close(struct udp_socket *s)
{
    if (s->fd >= 0)
        close(s->fd);
    free(s->rx.messages);
    free(s->rx.iov);
    free(s->rx.names);
    free(s->rx.control);
    if (s->rx.buffers)
        munmap(s->rx.buffers, (size_t)UDP_RX_MESSAGES * UDP_RX_BUFFER);
    free(s->tx.buffer);
    free(s->tx.runs);
    free(s->tx.messages);
    free(s->tx.iov);
    free(s->tx.names);
    free(s->tx.control);
    *s = (struct udp_socket){.fd = -1};
}
