/* SPDX-License-Identifier: Apache-2.0 */
#include "control/link/client.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST (50 * USEC_PER_MS)
#define RETRY_MAX   (1 * USEC_PER_SEC)

/* Records read in one turn, so that a flood of events does not starve the clients. */
#define RECORDS_PER_TURN 256

struct link_client {
    struct loop *loop;
    char *path;
    struct link_client_events events;
    struct link link;
    struct loop_watch watch;
    struct loop_timer retry;
    usec_t wait;
    uint64_t seq;
    bool broken; /* by a command; not told yet, so that nobody is called from within a call */
};

bool link_client_connected(const struct link_client *c)
{
    return c->link.fd >= 0;
}

static void disconnect(struct link_client *c)
{
    loop_unwatch(c->loop, &c->watch);
    link_close(&c->link);
    c->link.fd = -1;
}

static void tell_lost(struct link_client *c)
{
    log_warn("link", "connection to the dataplane lost");
    c->wait = RETRY_FIRST;
    c->events.lost(c->events.ctx);
}

static void watch(struct link_client *c)
{
    unsigned events = LOOP_READ | (link_wants_write(&c->link) ? LOOP_WRITE : 0u);
    loop_watch(c->loop, &c->watch, events);
}

/* False if the link broke. */
static bool receive(struct link_client *c)
{
    for (int i = 0; i < RECORDS_PER_TURN; i++) {
        long size = link_receive(&c->link);
        if (size <= 0)
            return size == 0;
        Sluice__Link__Event *e = sluice__link__event__unpack(NULL, (size_t)size, c->link.buffer);
        if (!e) {
            log_error("link", "malformed event size=%ld", size);
            return false;
        }
        c->events.event(c->events.ctx, e, clock_monotonic());
        if (c->link.fd < 0)
            return true; /* broken by a command of the callee's */
    }
    return true;
}

static void ready(void *arg, unsigned events)
{
    struct link_client *c = arg;
    bool good = true;
    if (events & LOOP_WRITE)
        good = link_flush(&c->link);
    if (good && (events & LOOP_READ))
        good = receive(c);
    if (good && c->link.fd >= 0) {
        watch(c);
    } else if (!good) {
        disconnect(c);
        tell_lost(c);
        loop_timer_after(c->loop, &c->retry, c->wait);
    }
}

static void say_hello(struct link_client *c)
{
    Sluice__Link__Hello body = SLUICE__LINK__HELLO__INIT;
    body.version = LINK_VERSION;
    body.program = (char *)(uintptr_t) "sluice-control";
    Sluice__Link__Command m = SLUICE__LINK__COMMAND__INIT;
    m.body_case = SLUICE__LINK__COMMAND__BODY_HELLO;
    m.hello = &body;
    link_client_send(c, &m);
}

static void try_connect(void *arg, usec_t now)
{
    (void)now;
    struct link_client *c = arg;
    if (c->broken)
        tell_lost(c);
    c->broken = false;
    int fd = link_connect(c->path);
    if (fd < 0 || !link_open(&c->link, fd)) {
        if (c->wait >= RETRY_MAX)
            log_debug("link", "no dataplane at %s", c->path);
        loop_timer_after(c->loop, &c->retry, c->wait);
        c->wait = c->wait * 2 < RETRY_MAX ? c->wait * 2 : RETRY_MAX;
        return;
    }
    c->watch.fd = c->link.fd;
    say_hello(c);
    if (c->link.fd >= 0)
        watch(c);
}

struct link_client *link_client_create(struct loop *l, const char *path,
                                       const struct link_client_events *events)
{
    struct link_client *c = calloc(1, sizeof *c);
    char *copy = strdup(path);
    if (!c || !copy) {
        free(c);
        free(copy);
        return NULL;
    }
    c->loop = l;
    c->path = copy;
    c->events = *events;
    c->link.fd = -1;
    c->watch.ready = ready;
    c->watch.arg = c;
    c->retry.fire = try_connect;
    c->retry.arg = c;
    c->wait = RETRY_FIRST;
    loop_timer_after(l, &c->retry, 0);
    return c;
}

void link_client_destroy(struct link_client *c)
{
    if (!c)
        return;
    loop_timer_cancel(c->loop, &c->retry);
    if (c->link.fd >= 0)
        disconnect(c);
    free(c->path);
    free(c);
}

void link_client_send(struct link_client *c, Sluice__Link__Command *command)
{
    if (c->link.fd < 0)
        return;
    command->seq = ++c->seq;
    if (link_send(&c->link, &command->base)) {
        watch(c);
        return;
    }
    disconnect(c);
    c->broken = true;
    loop_timer_after(c->loop, &c->retry, 0);
}
