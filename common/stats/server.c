/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/server.h"

#include "common/stats/conversation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16
#define BUSY    "{\"kind\":\"error\",\"v\":1,\"error\":\"busy\",\"text\":\"too many clients\"}\n"

struct client {
    int fd; /* -1: free */
    uint32_t events;
    struct conversation talk;
};

struct stats_server {
    struct stats_source source;
    struct stats_clients count;
    int listener, epoll;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct client client[STATS_SERVER_CLIENTS];
};

static int listen_at(const char *path)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    memcpy(sa.sun_path, path, strlen(path) + 1);
    unlink(path);
    mode_t before = umask(0117);
    bool ok =
        fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(fd, BACKLOG) == 0;
    int saved = errno;
    umask(before);
    if (!ok && fd >= 0)
        close(fd);
    errno = saved;
    return ok ? fd : -1;
}

/* The listener is NULL. */
static bool watch(const struct stats_server *s, int fd, int op, uint32_t events,
                  struct client *client)
{
    struct epoll_event e = {.events = events, .data.ptr = client};
    return epoll_ctl(s->epoll, op, fd, &e) == 0;
}

struct stats_server *stats_server_open(const char *path, const struct stats_source *source,
                                       char err[static STATS_SERVER_ERROR_TEXT])
{
    struct stats_server *s = calloc(1, sizeof(*s));
    if (!s || strlen(path) >= sizeof(s->path)) {
        snprintf(err, STATS_SERVER_ERROR_TEXT, "%s: %s", path,
                 s ? "path is too long" : "out of memory");
        free(s);
        return NULL;
    }
    strcpy(s->path, path);
    s->source = *source;
    for (int i = 0; i < STATS_SERVER_CLIENTS; i++)
        s->client[i].fd = -1;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener = listen_at(path);
    if (s->epoll >= 0 && s->listener >= 0 && watch(s, s->listener, EPOLL_CTL_ADD, EPOLLIN, NULL))
        return s;
    snprintf(err, STATS_SERVER_ERROR_TEXT, "%s: %s", path, strerror(errno));
    stats_server_close(s);
    return NULL;
}

static void hang_up(struct stats_server *s, struct client *c)
{
    conversation_close(&c->talk);
    close(c->fd);
    c->fd = -1;
    s->count.clients--;
}

void stats_server_close(struct stats_server *s)
{
    if (!s)
        return;
    for (int i = 0; i < STATS_SERVER_CLIENTS; i++)
        if (s->client[i].fd >= 0)
            hang_up(s, &s->client[i]);
    if (s->listener >= 0) {
        close(s->listener);
        unlink(s->path);
    }
    if (s->epoll >= 0)
        close(s->epoll);
    free(s);
}

static void refuse(struct stats_server *s, int fd)
{
    s->count.refused++;
    send(fd, BUSY, strlen(BUSY), MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

static void accept_one(struct stats_server *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct client *c = s->client;
    while (c < s->client + STATS_SERVER_CLIENTS && c->fd >= 0)
        c++;
    if (c == s->client + STATS_SERVER_CLIENTS || !watch(s, fd, EPOLL_CTL_ADD, EPOLLIN, c)) {
        refuse(s, fd);
        return;
    }
    c->fd = fd;
    c->events = EPOLLIN;
    conversation_open(&c->talk, &s->source, &s->count);
    s->count.clients++;
}

/* False if the connection is broken. */
static bool receive(struct client *c)
{
    char buf[QUERY_LINE_MAX];
    size_t room = conversation_room(&c->talk);
    if (room == 0)
        return true;
    ssize_t n = recv(c->fd, buf, room, MSG_DONTWAIT);
    if (n > 0)
        conversation_input(&c->talk, buf, (size_t)n);
    else if (n == 0)
        conversation_input_over(&c->talk);
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

/* Sends and goes on answering until there is nothing more, or the client takes no more. */
static bool transmit(struct client *c, usec_t now)
{
    const uint8_t *data;
    conversation_run(&c->talk, now);
    size_t len = conversation_output(&c->talk, &data);
    if (len == 0)
        return true;
    ssize_t n = send(c->fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0)
        conversation_sent(&c->talk, (size_t)n);
    return n >= 0 || errno == EAGAIN || errno == EINTR;
}

static void serve(struct stats_server *s, struct client *c, uint32_t events, usec_t now)
{
    const uint8_t *data;
    bool alive = !(events & (EPOLLERR | EPOLLHUP)) && (!(events & EPOLLIN) || receive(c)) &&
                 transmit(c, now);
    if (!alive || conversation_over(&c->talk, now)) {
        hang_up(s, c);
        return;
    }
    bool more = conversation_output(&c->talk, &data) > 0 || c->talk.held ||
                c->talk.state == CONVERSATION_ANSWERING;
    uint32_t wanted = (conversation_room(&c->talk) ? EPOLLIN : 0u) | (more ? EPOLLOUT : 0u);
    if (wanted != c->events && watch(s, c->fd, EPOLL_CTL_MOD, wanted, c))
        c->events = wanted;
}

int stats_server_fd(const struct stats_server *s)
{
    return s->epoll;
}

usec_t stats_server_deadline(const struct stats_server *s)
{
    usec_t at = USEC_NEVER;
    for (int i = 0; i < STATS_SERVER_CLIENTS; i++) {
        const struct client *c = &s->client[i];
        usec_t due = c->fd >= 0 ? conversation_deadline(&c->talk) : USEC_NEVER;
        at = due < at ? due : at;
    }
    return at;
}

void stats_server_run(struct stats_server *s, usec_t now)
{
    struct epoll_event ready[STATS_SERVER_CLIENTS + 1];
    int n = epoll_wait(s->epoll, ready, STATS_SERVER_CLIENTS + 1, 0);
    bool knocks = false;
    for (int i = 0; i < n; i++) {
        struct client *c = ready[i].data.ptr;
        if (c)
            serve(s, c, ready[i].events, now);
        else
            knocks = true;
    }
    if (knocks)
        accept_one(s);
    for (int i = 0; i < STATS_SERVER_CLIENTS; i++)
        if (s->client[i].fd >= 0 && conversation_deadline(&s->client[i].talk) <= now)
            serve(s, &s->client[i], 0, now);
}
