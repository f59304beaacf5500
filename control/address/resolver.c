/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/resolver.h"

#include <ares.h>
#include <stdlib.h>

#define SOCKETS_MAX   16
#define ADDRESSES_MAX 8
#define TRY_MS        1000
#define TRIES         2

struct resolver_socket {
    struct resolver *resolver;
    struct loop_watch watch;
    bool used;
};

struct resolver {
    struct loop *loop;
    resolver_done *done;
    void *arg;
    ares_channel channel;
    bool open;
    struct resolver_socket sockets[SOCKETS_MAX];
    struct loop_timer timer;
};

struct query {
    struct resolver *resolver;
    unsigned name;
    size_t count;
    struct net_addr list[ADDRESSES_MAX];
    struct loop_task task;
};

static void arm(struct resolver *r)
{
    struct timeval tv;
    if (ares_timeout(r->channel, NULL, &tv))
        loop_timer_after(r->loop, &r->timer,
                         (usec_t)tv.tv_sec * USEC_PER_SEC + (usec_t)tv.tv_usec + USEC_PER_MS);
    else
        loop_timer_cancel(r->loop, &r->timer);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    struct resolver *r = arg;
    ares_process_fd(r->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(r);
}

static void on_ready(void *arg, unsigned events)
{
    const struct resolver_socket *s = arg;
    struct resolver *r = s->resolver;
    int fd = s->watch.fd;
    ares_process_fd(r->channel, events & LOOP_READ ? fd : ARES_SOCKET_BAD,
                    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    arm(r);
}

static struct resolver_socket *socket_of(struct resolver *r, int fd)
{
    struct resolver_socket *free_one = NULL;
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (r->sockets[i].used && r->sockets[i].watch.fd == fd)
            return &r->sockets[i];
        if (!r->sockets[i].used)
            free_one = &r->sockets[i];
    }
    return free_one;
}

/* Without a free place the socket is not watched, and its query times out. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct resolver *r = arg;
    struct resolver_socket *s = socket_of(r, fd);
    unsigned events = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);
    if (!s)
        return;
    if (events == 0) {
        if (s->used)
            loop_unwatch(r->loop, &s->watch);
        s->used = false;
        return;
    }
    if (!s->used)
        *s = (struct resolver_socket){
            .resolver = r, .watch = {.ready = on_ready, .arg = s, .fd = fd}, .used = true};
    loop_watch(r->loop, &s->watch, events);
}

/* With the system's servers as they are now: the network may have brought others. */
static bool open_channel(struct resolver *r)
{
    struct ares_options o = {
        .timeout = TRY_MS, .tries = TRIES, .sock_state_cb = on_socket, .sock_state_cb_data = r};
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    r->open = ares_init_options(&r->channel, &o, mask) == ARES_SUCCESS;
    return r->open;
}

struct resolver *resolver_create(struct loop *l, resolver_done *done, void *arg)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct resolver){.loop = l, .done = done, .arg = arg};
    r->timer = (struct loop_timer){.fire = on_timer, .arg = r};
    if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS && open_channel(r))
        return r;
    free(r);
    return NULL;
}

void resolver_destroy(struct resolver *r)
{
    if (!r)
        return;
    if (r->open)
        ares_destroy(r->channel);
    loop_timer_cancel(r->loop, &r->timer);
    free(r);
}

static void tell(void *arg)
{
    struct query *q = arg;
    q->resolver->done(q->resolver->arg, q->name, q->list, q->count);
    free(q);
}

static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    (void)timeouts;
    struct query *q = arg;
    for (const struct ares_addrinfo_node *n = result ? result->nodes : NULL;
         n && q->count < ADDRESSES_MAX; n = n->ai_next)
        if (net_addr_from_sockaddr(&q->list[q->count], n->ai_addr))
            q->list[q->count++].port = 0;
    ares_freeaddrinfo(result);
    if (status == ARES_EDESTRUCTION)
        free(q);
    else
        loop_post(q->resolver->loop, &q->task);
}

static bool idle(const struct resolver *r)
{
    struct timeval tv;
    return ares_timeout(r->channel, NULL, &tv) == NULL;
}

void resolver_ask(struct resolver *r, unsigned name, const char *host)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    struct query *q = calloc(1, sizeof *q);
    if (!q)
        abort();
    *q = (struct query){.resolver = r, .name = name, .task = {.run = tell, .arg = q}};
    if (idle(r)) {
        ares_destroy(r->channel);
        if (!open_channel(r)) {
            loop_post(r->loop, &q->task);
            return;
        }
    }
    ares_getaddrinfo(r->channel, host, NULL, &hints, on_addresses, q);
    arm(r);
}
