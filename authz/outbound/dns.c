/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/dns.h"

#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKETS_MAX 64
#define TRY_MS      1500
#define TRIES       2
#define CLASS_IN    1
#define TYPE_SRV    33

struct dns_socket {
    struct dns *dns;
    struct loop_watch watch;
    bool used;
};

struct dns {
    struct loop *loop;
    ares_channel channel;
    struct dns_socket sockets[SOCKETS_MAX];
    struct loop_timer timer;
};

struct dns_query {
    struct dns *dns;
    dns_done *done; /* NULL: cancelled */
    void *arg;
    uint16_t port;
    struct loop_task task;
    struct dns_answer answer;
};

static void arm(struct dns *d)
{
    struct timeval tv;
    if (ares_timeout(d->channel, NULL, &tv))
        loop_timer_after(d->loop, &d->timer,
                         (usec_t)tv.tv_sec * USEC_PER_SEC + (usec_t)tv.tv_usec + USEC_PER_MS);
    else
        loop_timer_cancel(d->loop, &d->timer);
}

static void on_timer(void *arg, usec_t now)
{
    struct dns *d = arg;
    (void)now;
    ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    arm(d);
}

static void on_ready(void *arg, unsigned events)
{
    const struct dns_socket *s = arg;
    struct dns *d = s->dns;
    int fd = s->watch.fd;
    ares_process_fd(d->channel, events & LOOP_READ ? fd : ARES_SOCKET_BAD,
                    events & LOOP_WRITE ? fd : ARES_SOCKET_BAD);
    arm(d);
}

static struct dns_socket *socket_of(struct dns *d, int fd)
{
    struct dns_socket *free_one = NULL;
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        struct dns_socket *s = &d->sockets[i];
        if (s->used && s->watch.fd == fd)
            return s;
        if (!s->used && !free_one)
            free_one = s;
    }
    return free_one;
}

/* Without a free place the socket is not watched, and its query times out. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns *d = arg;
    struct dns_socket *s = socket_of(d, fd);
    unsigned events = (readable ? LOOP_READ : 0u) | (writable ? LOOP_WRITE : 0u);
    if (!s)
        return;
    if (!events) {
        if (s->used)
            loop_unwatch(d->loop, &s->watch);
        s->used = false;
        return;
    }
    if (!s->used)
        *s = (struct dns_socket){
            .dns = d, .watch = {.ready = on_ready, .arg = s, .fd = fd}, .used = true};
    loop_watch(d->loop, &s->watch, events);
}

static bool open_channel(struct dns *d, const char *servers)
{
    struct ares_options o = {
        .timeout = TRY_MS, .tries = TRIES, .sock_state_cb = on_socket, .sock_state_cb_data = d};
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&d->channel, &o, mask) != ARES_SUCCESS)
        return false;
    return !servers || ares_set_servers_ports_csv(d->channel, servers) == ARES_SUCCESS;
}

struct dns *dns_create(struct loop *l, const char *servers)
{
    struct dns *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->loop = l;
    d->timer = (struct loop_timer){.fire = on_timer, .arg = d};
    if (open_channel(d, servers))
        return d;
    dns_destroy(d);
    return NULL;
}

void dns_destroy(struct dns *d)
{
    if (!d)
        return;
    if (d->channel)
        ares_destroy(d->channel);
    loop_timer_cancel(d->loop, &d->timer);
    free(d);
}

static enum cause cause_of(int status)
{
    switch (status) {
    case ARES_SUCCESS:
        return CAUSE_NONE;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME:
        return CAUSE_DNS;
    default:
        return CAUSE_DNS_TIMEOUT;
    }
}

static void tell(void *arg)
{
    struct dns_query *q = arg;
    if (q->done)
        q->done(q->arg, &q->answer);
    free(q);
}

static void finish(struct dns_query *q, int status)
{
    q->answer.cause = cause_of(status);
    if (status == ARES_EDESTRUCTION)
        free(q);
    else
        loop_post(q->dns->loop, &q->task);
}

static void on_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    struct dns_query *q = arg;
    struct dns_answer *a = &q->answer;
    (void)timeouts;
    for (const struct ares_addrinfo_node *n = result ? result->nodes : NULL;
         n && a->count < DNS_ADDRESSES_MAX; n = n->ai_next) {
        struct net_addr *to = &a->addresses[a->count];
        if (!net_addr_from_sockaddr(to, n->ai_addr))
            continue;
        to->port = q->port;
        a->count++;
    }
    if (status == ARES_SUCCESS && a->count == 0)
        status = ARES_ENODATA;
    ares_freeaddrinfo(result);
    finish(q, status);
}

static void on_services(void *arg, int status, int timeouts, unsigned char *bytes, int length)
{
    struct dns_query *q = arg;
    struct dns_answer *a = &q->answer;
    struct ares_srv_reply *list = NULL;
    (void)timeouts;
    if (status == ARES_SUCCESS)
        status = ares_parse_srv_reply(bytes, length, &list);
    for (const struct ares_srv_reply *s = list; s && a->count < SRV_RECORDS_MAX; s = s->next) {
        struct srv_record *to = &a->records[a->count++];
        *to = (struct srv_record){.priority = s->priority, .weight = s->weight, .port = s->port};
        snprintf(to->target, sizeof(to->target), "%s", s->host);
    }
    ares_free_data(list);
    finish(q, status);
}

static struct dns_query *query_new(struct dns *d, dns_done *done, void *arg)
{
    struct dns_query *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    q->dns = d;
    q->done = done;
    q->arg = arg;
    q->task = (struct loop_task){.run = tell, .arg = q};
    return q;
}

struct dns_query *dns_addresses(struct dns *d, const char *host, uint16_t port, dns_done *done,
                                void *arg)
{
    struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    struct dns_query *q = query_new(d, done, arg);
    if (!q)
        return NULL;
    q->port = port;
    if (net_addr_parse(&q->answer.addresses[0], host, port)) {
        q->answer.count = 1;
        finish(q, ARES_SUCCESS);
        return q;
    }
    ares_getaddrinfo(d->channel, host, NULL, &hints, on_addresses, q);
    arm(d);
    return q;
}

struct dns_query *dns_services(struct dns *d, const char *name, dns_done *done, void *arg)
{
    struct dns_query *q = query_new(d, done, arg);
    if (!q)
        return NULL;
    ares_query(d->channel, name, CLASS_IN, TYPE_SRV, on_services, q);
    arm(d);
    return q;
}

void dns_cancel(struct dns_query *q)
{
    q->done = NULL;
}
