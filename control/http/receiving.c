/* SPDX-License-Identifier: Apache-2.0 */
/* h2o collects a body before any handler can ask who sends it: strangers could fill the memory
 * with large ones on many connections. So all that is being received shares one limit. */
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

void receiving_sweep(void *server, usec_t now)
{
    struct http_server *s = server;
    struct connection *largest;
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
