/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/net/watch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECEIVE_BUFFER (1 << 20)
#define READ_SIZE      32768
#define READS_PER_PUMP 64 /* the rest waits for the next time */
#define FIRST_READ_MS  1000
#define FIRST_POLL_MS  50

static int open_socket(uint32_t *port)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = net_table_groups};
    socklen_t len = sizeof(address);
    int bytes = RECEIVE_BUFFER;
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *port = address.nl_pid;
    return fd;
}

static void send_requests(struct net_watch *w, usec_t now)
{
    uint8_t request[NET_REQUEST_MAX];
    for (;;) {
        size_t len = net_table_output(w->table, request, now);
        /* A request that fails to leave is asked again: the table notices that no answer came. */
        if (len == 0 || send(w->fd, request, len, MSG_DONTWAIT) < 0)
            return;
    }
}

/* One datagram; false if there is none. Only the kernel's (port 0) count. */
static bool read_one(struct net_watch *w, usec_t now)
{
    static _Thread_local uint8_t buffer[READ_SIZE];
    struct sockaddr_nl from = {0};
    socklen_t from_len = sizeof(from);
    ssize_t n = recvfrom(w->fd, buffer, sizeof(buffer), MSG_DONTWAIT | MSG_TRUNC,
                         (struct sockaddr *)&from, &from_len);
    if (n < 0 && errno == ENOBUFS)
        net_table_restart(w->table);
    else if (n < 0)
        return false;
    else if (n > READ_SIZE)
        net_table_restart(w->table);
    else if (from.nl_pid == 0)
        net_table_input(w->table, buffer, (size_t)n, now);
    return true;
}

void net_watch_pump(struct net_watch *w, usec_t now)
{
    send_requests(w, now);
    for (int i = 0; i < READS_PER_PUMP && read_one(w, now); i++)
        send_requests(w, now);
}

int net_watch_open(struct net_watch *w)
{
    uint32_t port = 0;
    *w = (struct net_watch){.fd = open_socket(&port)};
    if (w->fd < 0)
        return errno;
    w->table = net_table_create(port);
    if (!w->table) {
        net_watch_close(w);
        return ENOMEM;
    }
    usec_t now = clock_monotonic(), until = now + FIRST_READ_MS * USEC_PER_MS;
    struct pollfd readable = {.fd = w->fd, .events = POLLIN};
    net_watch_pump(w, now);
    while (!net_table_ready(w->table) && now < until) {
        poll(&readable, 1, FIRST_POLL_MS);
        now = clock_monotonic();
        net_watch_pump(w, now);
    }
    return 0;
}

void net_watch_close(struct net_watch *w)
{
    if (w->fd >= 0)
        close(w->fd);
    net_table_destroy(w->table);
    *w = (struct net_watch){.fd = -1};
}
