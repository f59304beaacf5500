/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/socket.h"

#include "common/clock.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#define RECEIVE_BUFFER (4 << 20)
#define SEND_BUFFER    (1 << 20)

static void set_option(int fd, int level, int name, int value)
{
    (void)setsockopt(fd, level, name, &value, sizeof value);
}

/* Beyond the system's limit where we may, up to it where not. */
static void set_buffer(int fd, int forced, int plain, int bytes)
{
    if (setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
        set_option(fd, SOL_SOCKET, plain, bytes);
}

int socket_connect_tcp(const struct net_addr *server)
{
    struct sockaddr_storage to;
    socklen_t len = net_addr_to_sockaddr(server, &to);
    int fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (connect(fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

int socket_open_udp(uint8_t family)
{
    int fd = socket(family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BUFFER);
    set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BUFFER);
    set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set_option(fd, IPPROTO_UDP, UDP_GRO, 1);
    return fd;
}

bool socket_connect_udp(int fd, const struct net_addr *server)
{
    struct sockaddr_storage to;
    socklen_t len = net_addr_to_sockaddr(server, &to);
    return connect(fd, (struct sockaddr *)&to, len) == 0;
}

uint32_t socket_drops(int fd)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) != 0)
        return 0;
    return info[SK_MEMINFO_DROPS];
}

/* --- receiving --- */

static void prepare(struct socket_batch *b)
{
    for (unsigned i = 0; i < SOCKET_BATCH; i++) {
        b->vectors[i] = (struct iovec){.iov_base = b->data[i], .iov_len = SOCKET_DATA};
        b->headers[i].msg_hdr = (struct msghdr){.msg_name = &b->names[i],
                                                .msg_namelen = sizeof b->names[i],
                                                .msg_iov = &b->vectors[i],
                                                .msg_iovlen = 1,
                                                .msg_control = b->controls[i],
                                                .msg_controllen = SOCKET_CONTROL};
    }
}

static void read_controls(struct msghdr *m, struct socket_run *r)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec ts;
            memcpy(&ts, CMSG_DATA(c), sizeof ts);
            r->wall = (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
        } else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            int segment;
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
            if (segment > 0)
                r->segment = (size_t)segment;
        }
    }
}

unsigned socket_receive(int fd, struct socket_batch *b, struct socket_run runs[SOCKET_BATCH])
{
    prepare(b);
    int n = recvmmsg(fd, b->headers, SOCKET_BATCH, 0, NULL);
    for (int i = 0; i < n; i++) {
        size_t len = b->headers[i].msg_len;
        runs[i] = (struct socket_run){.data = b->data[i], .len = len, .segment = len};
        net_addr_from_sockaddr(&runs[i].from, (struct sockaddr *)&b->names[i]);
        read_controls(&b->headers[i].msg_hdr, &runs[i]);
        if (runs[i].wall == 0)
            runs[i].wall = clock_realtime() * 1000;
    }
    return n > 0 ? (unsigned)n : 0;
}

/* --- sending --- */

size_t socket_send(int fd, struct outbox *out)
{
    struct mmsghdr headers[OUTBOX_MAX];
    struct iovec vectors[OUTBOX_MAX];
    struct sockaddr_storage names[OUTBOX_MAX];
    size_t count = out->count, sent = 0;
    memset(headers, 0, count * sizeof *headers);
    for (size_t i = 0; i < count; i++) {
        struct outbox_datagram *d = &out->datagrams[i];
        vectors[i] = (struct iovec){.iov_base = d->data, .iov_len = d->len};
        headers[i].msg_hdr.msg_iov = &vectors[i];
        headers[i].msg_hdr.msg_iovlen = 1;
        if (d->to.family == 0)
            continue;
        headers[i].msg_hdr.msg_namelen = net_addr_to_sockaddr(&d->to, &names[i]);
        headers[i].msg_hdr.msg_name = &names[i];
    }
    out->count = 0;
    while (sent < count) {
        int n = sendmmsg(fd, headers + sent, (unsigned)(count - sent), 0);
        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    return count - sent;
}
