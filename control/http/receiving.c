/* SPDX-License-Identifier: Apache-2.0 */
/* h2o collects a body before any handler can ask who sends it: strangers could fill the memory
 * with large ones on many connections. So all that is being received shares one limit. And each
 * request has its time, which idle connections between two requests do not share. */
#include "control/http/server.h"

#define SWEEP_TIME   (250 * USEC_PER_MS)
#define SWEEP_HURRY  (20 * USEC_PER_MS) /* while there is something to speak of */
#define SWEEP_NOTICE (1u << 20)

static size_t received(const struct connection *c)
{
    return c->websocket || c->broken ? 0 : c->sock->input->size;
}

static uint64_t sum_received(const struct http_server *s, struct connection **largest)
{
    uint64_t total = 0;
    *largest = NULL;
    for (struct connection *c = s->connections; c; c = c->next) {
        size_t n = received(c);
        total += n;
        if (n > 0 && (!*largest || n > received(*largest)))
            *largest = c;
    }
    return total;
}

/* A new connection owes its first request at once; a kept one owes the next from its first byte. */
static void judge_time(struct connection *c, usec_t now)
{
    struct http_server *s = c->server;
    if (c->websocket || c->request || c->broken)
        return;
    if (c->kept && !c->receiving) {
        c->receiving = c->sock->input->size > 0;
        if (c->receiving)
            c->since = now;
        return;
    }
    if (now - c->since < s->cfg.request_timeout_ms * USEC_PER_MS)
        return;
    s->counters.request_timeouts++;
    connection_break(c);
}

void receiving_sweep(void *server, usec_t now)
{
    struct http_server *s = server;
    struct connection *largest;
    for (struct connection *c = s->connections; c; c = c->next)
        judge_time(c, now);
    uint64_t total = sum_received(s, &largest);
    while (total > s->cfg.receive_max && largest) {
        s->counters.refused_for_memory++;
        connection_break(largest);
        total = sum_received(s, &largest);
    }
    if (s->counters.connections > s->counters.websockets)
        loop_timer_at(s->loop, &s->sweep, now + (total > SWEEP_NOTICE ? SWEEP_HURRY : SWEEP_TIME));
}

void receiving_watch(struct http_server *s)
{
    if (!s->sweep.armed)
        loop_timer_after(s->loop, &s->sweep, SWEEP_TIME);
}
