/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG       128
#define SOCKET_BUFFER (4 << 20)

static bool set_flag(int fd, int level, int option)
{
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof(one)) == 0;
}

static int open_bound(const struct net_addr *at, int type)
{
    struct sockaddr_storage ss;
    socklen_t len = net_addr_to_sockaddr(at, &ss);
    int fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        set_flag(fd, SOL_SOCKET, SO_REUSEADDR);
    if (at->family == 6)
        set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    if (bind(fd, (const struct sockaddr *)&ss, len) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

int socket_open_udp(const struct net_addr *at)
{
    int fd = open_bound(at, SOCK_DGRAM), size = SOCKET_BUFFER;
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    if (at->family == 6)
        set_flag(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
    else
        set_flag(fd, IPPROTO_IP, IP_PKTINFO);
    return fd;
}

int socket_open_listener(const struct net_addr *at)
{
    int fd = open_bound(at, SOCK_STREAM);
    if (fd < 0 || listen(fd, BACKLOG) == 0)
        return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

union control {
    struct cmsghdr align;
    char space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void read_local(struct msghdr *m, struct turn_client *c, uint16_t port)
{
    for (struct cmsghdr *h = CMSG_FIRSTHDR(m); h; h = CMSG_NXTHDR(m, h)) {
        if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof(info));
            c->local = (struct net_addr){.family = 4, .port = port};
            memcpy(c->local.ip, &info.ipi_addr, 4);
            c->ifindex = (uint32_t)info.ipi_ifindex;
        } else if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(h), sizeof(info));
            c->local = (struct net_addr){.family = 6, .port = port};
            memcpy(c->local.ip, &info.ipi6_addr, 16);
            c->ifindex = info.ipi6_ifindex;
        }
    }
}

ssize_t socket_receive(int fd, struct turn_client *from, uint16_t port, uint8_t *data, size_t cap)
{
    struct sockaddr_storage name;
    union control control;
    struct iovec iov = {.iov_base = data, .iov_len = cap};
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = sizeof(name),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof(control.space)};
    *from = (struct turn_client){0};
    ssize_t n = recvmsg(fd, &m, 0);
    if (n < 0)
        return -1;
    net_addr_from_sockaddr(&from->remote, (struct sockaddr *)&name);
    read_local(&m, from, port);
    return n;
}

/* Answers leave from where the client sent to; its interface matters for link-local ones alone. */
static void write_local(struct msghdr *m, const struct turn_client *c)
{
    struct cmsghdr *h = CMSG_FIRSTHDR(m);
    if (c->local.family == 4) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, c->local.ip, 4);
        *h = (struct cmsghdr){
            .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO, .cmsg_len = CMSG_LEN(sizeof(info))};
        memcpy(CMSG_DATA(h), &info, sizeof(info));
        m->msg_controllen = CMSG_SPACE(sizeof(info));
    } else {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, c->local.ip, 16);
        if (net_addr_is_link_local(&c->local))
            info.ipi6_ifindex = c->ifindex;
        *h = (struct cmsghdr){.cmsg_level = IPPROTO_IPV6,
                              .cmsg_type = IPV6_PKTINFO,
                              .cmsg_len = CMSG_LEN(sizeof(info))};
        memcpy(CMSG_DATA(h), &info, sizeof(info));
        m->msg_controllen = CMSG_SPACE(sizeof(info));
    }
}

bool socket_send(int fd, const struct turn_client *to, const uint8_t *data, size_t len)
{
    struct sockaddr_storage name;
    union control control = {0};
    struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
    struct msghdr m = {.msg_name = &name,
                       .msg_namelen = net_addr_to_sockaddr(&to->remote, &name),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof(control.space)};
    if (to->local.family != 0)
        write_local(&m, to);
    else
        m.msg_control = NULL, m.msg_controllen = 0;
    return sendmsg(fd, &m, MSG_NOSIGNAL) == (ssize_t)len;
}
