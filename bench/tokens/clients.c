/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/tokens/clients.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUND_TIME (30 * USEC_PER_SEC)

bool clients_open(struct clients *c, const struct program *p, size_t count)
{
    c->all = calloc(count, sizeof(*c->all));
    c->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (; c->all && c->count < count; c->count++) {
        struct client *one = &c->all[c->count];
        struct epoll_event e = {.events = EPOLLIN, .data.ptr = one};
        int on = 1;
        one->fd = program_connect(p);
        if (one->fd < 0 || fcntl(one->fd, F_SETFL, O_NONBLOCK) != 0 ||
            setsockopt(one->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
            epoll_ctl(c->epoll, EPOLL_CTL_ADD, one->fd, &e) != 0)
            return false;
    }
    return c->all != NULL;
}

void clients_close(struct clients *c)
{
    for (size_t i = 0; i < c->count; i++)
        close(c->all[i].fd);
    close(c->epoll);
    free(c->all);
}

static void prepare(struct client *c, size_t token, uint16_t port)
{
    char body[256];
    int n = snprintf(body, sizeof(body),
                     "{\"room\":\"!r:x\",\"device_id\":\"D\",\"openid_token\":{\"access_token\":"
                     "\"t%zu\",\"matrix_server_name\":\"127.0.0.1:%u\"}}",
                     token, port);
    n = snprintf(c->out, sizeof(c->out),
                 "POST /sfu/get HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                 "Content-Length: %d\r\n\r\n%s",
                 n, body);
    c->out_length = (size_t)n;
    c->in_length = 0;
    c->status = 0;
}

static bool write_request(struct client *c)
{
    ssize_t n = send(c->fd, c->out, c->out_length, MSG_NOSIGNAL);
    return n == (ssize_t)c->out_length;
}

/* True if the answer is complete, or the connection has ended. */
static bool read_answer(struct client *c)
{
    static const char length_name[] = "\r\nContent-Length: ";
    ssize_t n = recv(c->fd, c->in + c->in_length, sizeof(c->in) - 1 - c->in_length, 0);
    if (n < 0 && errno == EAGAIN)
        return false;
    if (n <= 0)
        return true;
    c->in_length += (size_t)n;
    c->in[c->in_length] = 0;
    const char *end = strstr(c->in, "\r\n\r\n"), *at = strcasestr(c->in, length_name);
    if (!end || !at || at > end)
        return false;
    size_t body = strtoul(at + sizeof(length_name) - 1, NULL, 10);
    if (c->in_length < (size_t)(end - c->in) + 4 + body)
        return false;
    c->status = (int)strtol(c->in + strlen("HTTP/1.1 "), NULL, 10);
    return true;
}

static size_t collect(struct clients *c, usec_t begin)
{
    struct epoll_event events[256];
    size_t done = 0;
    int n = epoll_wait(c->epoll, events, 256, 1000);
    usec_t now = clock_monotonic();
    for (int i = 0; i < n; i++) {
        struct client *one = events[i].data.ptr;
        if (one->status == 0 && read_answer(one)) {
            one->took = now - begin;
            done++;
        }
    }
    return done;
}

bool clients_ask(struct clients *c, const struct homeservers *h, size_t first_token)
{
    for (size_t i = 0; i < c->count; i++)
        prepare(&c->all[i], first_token + i, h->ports[i % HOMESERVERS]);
    usec_t begin = clock_monotonic();
    for (size_t i = 0; i < c->count; i++) {
        if (!write_request(&c->all[i]))
            return false;
    }
    for (size_t done = 0; done < c->count;) {
        if (clock_monotonic() > begin + ROUND_TIME)
            return false;
        done += collect(c, begin);
    }
    return true;
}
