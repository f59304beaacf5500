/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/tcp/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_PER_TURN 16

struct connection *connection_create(int fd, const struct net_addr *remote, uint32_t id, usec_t now)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        close(fd);
        return NULL;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct sockaddr_storage local;
    socklen_t len = sizeof(local);
    c->fd = fd;
    c->path.remote = *remote;
    c->path.tcp = id;
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        net_addr_from_sockaddr(&c->path.local, (struct sockaddr *)&local);
    c->last_packet = now;
    return c;
}

void connection_destroy(struct connection *c)
{
    close(c->fd);
    output_free(&c->out);
    free(c);
}

static bool take_packets(struct connection *c, usec_t now, const struct ice_tcp_handler *h)
{
    const uint8_t *packet;
    size_t len;
    for (;;) {
        switch (tcp_framer_next(&c->in, &packet, &len)) {
        case TCP_FRAME_OK:
            c->last_packet = now;
            h->packet(h->context, &c->path, packet, len);
            break;
        case TCP_FRAME_MORE:
            return true;
        case TCP_FRAME_TOO_LONG:
            return false;
        }
    }
}

bool connection_read(struct connection *c, usec_t now, const struct ice_tcp_handler *h)
{
    for (int i = 0; i < READS_PER_TURN; i++) {
        size_t room;
        uint8_t *to = tcp_framer_space(&c->in, &room);
        ssize_t n = recv(c->fd, to, room, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0) {
            c->broken = true;
            return true;
        }
        tcp_framer_filled(&c->in, (size_t)n);
        if (!take_packets(c, now, h))
            return false;
    }
    return true;
}

bool connection_flush(struct connection *c)
{
    while (output_waits(&c->out)) {
        ssize_t n =
            send(c->fd, c->out.data + c->out.begin, c->out.end - c->out.begin, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            c->broken = errno != EAGAIN;
            return false;
        }
        c->out.begin += (size_t)n;
    }
    output_clear(&c->out);
    return true;
}

bool connection_send(struct connection *c, const uint8_t *data, size_t len)
{
    uint8_t frame[TCP_FRAME_HEADER + TCP_FRAME_MAX];
    size_t n = tcp_frame_encode(frame, sizeof(frame), data, len);
    if (n == 0)
        return false;
    size_t sent = 0;
    if (!output_waits(&c->out)) {
        ssize_t r = send(c->fd, frame, n, MSG_NOSIGNAL);
        if (r < 0 && errno != EAGAIN && errno != EINTR) {
            c->broken = true;
            return true;
        }
        sent = r > 0 ? (size_t)r : 0;
    }
    return sent == n || output_put(&c->out, ICE_TCP_OUTPUT_MAX, frame + sent, n - sent);
}
