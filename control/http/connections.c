/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control/http/server.h"

#define ACCEPTS_PER_TURN 16
#define USER_TIMEOUT_MS  60000 /* a peer that acknowledges nothing this long is gone */

void connections_pause(struct http_server *s, bool pause)
{
    if (s->paused == pause)
        return;
    s->paused = pause;
    for (size_t i = 0; i < s->listener_count; i++) {
        if (pause)
            h2o_socket_read_stop(s->listeners[i]);
        else
            h2o_socket_read_start(s->listeners[i], connections_accept);
    }
}

void connection_break(struct connection *c)
{
    c->broken = true;
    shutdown(h2o_socket_get_fd(c->sock), SHUT_RDWR);
}

struct connection *connection_of(h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

static void on_close(void *data)
{
    struct connection *c = data;
    struct http_server *s = c->server;
    if (c->place != ADMISSION_REFUSED)
        admission_give(&s->admission, c->place);
    s->counters.connections--;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->connections = c->next;
    if (c->next)
        c->next->prev = c->prev;
    free(c);
    if (!s->resume.armed)
        connections_pause(s, false);
}

static struct connection *add_connection(struct http_server *s, h2o_socket_t *sock, uint32_t place)
{
    struct connection *c = calloc(1, sizeof(*c));
    if (!c) {
        admission_give(&s->admission, place);
        return NULL;
    }
    *c = (struct connection){.server = s,
                             .sock = sock,
                             .place = place,
                             .since = clock_monotonic(),
                             .next = s->connections};
    if (c->next)
        c->next->prev = c;
    s->connections = c;
    s->counters.connections++;
    s->counters.accepted++;
    sock->on_close.cb = on_close;
    sock->on_close.data = c;
    return c;
}

static uint32_t take_place(struct http_server *s, const struct net_addr *peer)
{
    struct admission *a = &s->admission;
    uint32_t place = admission_take(a, peer);
    if (place != ADMISSION_REFUSED)
        return place;
    struct connection *idle = idle_longest(s, admission_is_full(a) ? 0 : admission_key(a, peer));
    if (!idle)
        return ADMISSION_REFUSED;
    idle_end(idle);
    return admission_take(a, peer);
}

static void admit(struct http_server *s, h2o_socket_t *sock)
{
    struct sockaddr_storage ss = {0};
    struct net_addr peer = {0};
    if (h2o_socket_getpeername(sock, (struct sockaddr *)&ss) > 0)
        net_addr_from_sockaddr(&peer, (struct sockaddr *)&ss);
    uint32_t place = take_place(s, &peer);
    if (place == ADMISSION_REFUSED || !add_connection(s, sock, place)) {
        s->counters.refused_per_address++;
        h2o_socket_close(sock);
        return;
    }
    receiving_watch(s);
    unsigned timeout = USER_TIMEOUT_MS;
    setsockopt(h2o_socket_get_fd(sock), IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof(timeout));
    h2o_http1_accept(&s->accept, sock, *h2o_get_timestamp(&s->context, NULL, NULL));
}

void connections_accept(h2o_socket_t *listener, const char *err)
{
    struct http_server *s = listener->data;
    if (err)
        return;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        if (admission_is_full(&s->admission) && !idle_longest(s, 0)) {
            connections_pause(s, true);
            return;
        }
        h2o_socket_t *sock = h2o_evloop_socket_accept(listener);
        if (sock) {
            admit(s, sock);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE) { /* the listener stays readable: do not spin */
            connections_pause(s, true);
            loop_timer_after(s->loop, &s->resume, 100 * USEC_PER_MS);
        }
        return;
    }
}
