/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/tokens/homeservers.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX 4096
#define BACKLOG     2048

struct peer {
    int fd;
    unsigned server;
    SSL *ssl; /* NULL at the dead one */
    char request[REQUEST_MAX];
    size_t length;
    size_t token; /* of the request that waits for its answer */
    usec_t since;
    bool waiting, gone;
    struct peer *next; /* in the order of answers */
};

struct loop {
    const struct homeservers *h;
    SSL_CTX *ctx;
    int epoll;
    struct peer *first[HOMESERVERS], *last[HOMESERVERS];
};

static const usec_t delays[HOMESERVERS] = HOMESERVER_DELAYS;

static void end(struct peer *p)
{
    close(p->fd);
    SSL_free(p->ssl);
    p->ssl = NULL;
    p->gone = true;
    if (!p->waiting)
        free(p);
}

static void take_on(struct loop *l, unsigned server)
{
    int fd = accept4(l->h->listeners[server], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    struct peer *p = fd >= 0 ? calloc(1, sizeof(*p)) : NULL;
    if (!p)
        return;
    p->fd = fd;
    p->server = server;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    if (server != HOMESERVER_DEAD) {
        p->ssl = SSL_new(l->ctx);
        SSL_set_fd(p->ssl, fd);
        SSL_set_accept_state(p->ssl);
    }
    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
        return; /* NOLINT(clang-analyzer-unix.Malloc): epoll keeps it */
    close(fd);
    SSL_free(p->ssl);
    free(p);
}

static void queue_answer(struct loop *l, struct peer *p)
{
    static const char name[] = "access_token=t";
    const char *at = strstr(p->request, name);
    p->token = at ? strtoul(at + sizeof(name) - 1, NULL, 10) : SIZE_MAX;
    if (p->token >= l->h->tokens) {
        end(p);
        return;
    }
    p->since = clock_monotonic();
    p->waiting = true;
    p->next = NULL;
    *(l->first[p->server] ? &l->last[p->server]->next : &l->first[p->server]) = p;
    l->last[p->server] = p;
}

static void answer(struct loop *l, struct peer *p)
{
    char body[128], text[256];
    int n = snprintf(body, sizeof(body), "{\"sub\":\"@t%zu:127.0.0.1:%u\"}", p->token,
                     l->h->ports[p->server]);
    n = snprintf(
        text, sizeof(text),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", n,
        body);
    p->length = 0;
    SSL_write(p->ssl, text, n);
    l->h->times[p->token] = clock_monotonic() - p->since;
}

/* Answers that are due; returns when the next one is. */
static usec_t answer_due(struct loop *l)
{
    usec_t now = clock_monotonic(), next = now + USEC_PER_SEC;
    for (unsigned i = 0; i < HOMESERVERS; i++) {
        struct peer *p;
        while ((p = l->first[i]) && p->since + delays[i] * USEC_PER_MS <= now) {
            l->first[i] = p->next;
            p->waiting = false;
            if (p->gone)
                free(p);
            else
                answer(l, p);
        }
        if (p && p->since + delays[i] * USEC_PER_MS < next)
            next = p->since + delays[i] * USEC_PER_MS;
    }
    return next - now;
}

static void read_dead(struct peer *p)
{
    ssize_t n = recv(p->fd, p->request, sizeof(p->request), 0);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        end(p);
}

static void read_request(struct loop *l, struct peer *p)
{
    if (!p->ssl) {
        read_dead(p);
        return;
    }
    int n = SSL_read(p->ssl, p->request + p->length, (int)(REQUEST_MAX - 1 - p->length));
    if (n <= 0) {
        int why = SSL_get_error(p->ssl, n);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
            end(p);
        return;
    }
    p->length += (size_t)n;
    p->request[p->length] = 0;
    if (strstr(p->request, "\r\n\r\n"))
        queue_answer(l, p);
}

static void serve(struct loop *l)
{
    struct epoll_event events[256];
    for (;;) {
        usec_t wait = answer_due(l);
        int n = epoll_wait(l->epoll, events, 256, (int)((wait + USEC_PER_MS - 1) / USEC_PER_MS));
        for (int i = 0; i < n; i++) {
            if (events[i].data.u64 < HOMESERVERS)
                take_on(l, (unsigned)events[i].data.u64);
            else
                read_request(l, events[i].data.ptr);
        }
    }
}

static bool open_listener(struct homeservers *h, unsigned i)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    h->listeners[i] = fd;
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, size) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) != 0)
        return false;
    h->ports[i] = ntohs(at.sin_port);
    return true;
}

bool homeservers_start(struct homeservers *h, SSL_CTX *ctx, size_t tokens)
{
    h->tokens = tokens;
    h->times = mmap(NULL, tokens * sizeof(*h->times), PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (h->times == MAP_FAILED)
        return false;
    for (unsigned i = 0; i < HOMESERVERS; i++) {
        if (!open_listener(h, i))
            return false;
    }
    h->pid = fork();
    if (h->pid != 0)
        return h->pid > 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct loop l = {.h = h, .ctx = ctx, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    for (unsigned i = 0; i < HOMESERVERS; i++) {
        struct epoll_event e = {.events = EPOLLIN, .data.u64 = i};
        epoll_ctl(l.epoll, EPOLL_CTL_ADD, h->listeners[i], &e);
    }
    serve(&l);
    _exit(0);
}

void homeservers_stop(struct homeservers *h)
{
    if (h->pid > 0 && kill(h->pid, SIGTERM) == 0)
        waitpid(h->pid, NULL, 0);
}
