/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/signal.h"

#include "bench/sluice-bench/websocket.h"

#include <stdlib.h>

struct signal {
    const struct signal_dialect *dialect;
    void *self;
    struct ws_client *ws;
    usec_t next_ping;
};

struct signal *signal_open(const struct signal_dialect *dialect, void *self, const char *host,
                           uint16_t port, const char *target)
{
    struct signal *g = calloc(1, sizeof *g);
    struct ws_client *ws =
        ws_client_create(host, port, target, dialect->protocol, dialect->message, self);
    if (!g || !ws) {
        dialect->destroy(self);
        ws_client_destroy(ws);
        free(g);
        return NULL;
    }
    *g = (struct signal){.dialect = dialect, .self = self, .ws = ws, .next_ping = USEC_NEVER};
    return g;
}

void signal_destroy(struct signal *g)
{
    if (!g)
        return;
    ws_client_destroy(g->ws);
    g->dialect->destroy(g->self);
    free(g);
}

void *signal_self(struct signal *g)
{
    return g->self;
}

void signal_write(struct signal *g, const uint8_t *data, size_t len)
{
    ws_client_send(g->ws, data, len);
}

bool signal_input(struct signal *g, const uint8_t *data, size_t len, usec_t now)
{
    if (g->next_ping == USEC_NEVER)
        g->next_ping = now + g->dialect->ping_interval;
    return ws_client_input(g->ws, data, len);
}

const uint8_t *signal_output(struct signal *g, size_t *len)
{
    return ws_client_output(g->ws, len);
}

void signal_written(struct signal *g, size_t n)
{
    ws_client_written(g->ws, n);
}

const char *signal_error(const struct signal *g)
{
    return ws_client_error(g->ws);
}

void signal_leave(struct signal *g)
{
    g->dialect->leave(g->self);
    ws_client_close(g->ws);
}

usec_t signal_deadline(const struct signal *g)
{
    return g->next_ping;
}

void signal_run(struct signal *g, usec_t now)
{
    if (now < g->next_ping)
        return;
    g->next_ping = now + g->dialect->ping_interval;
    g->dialect->ping(g->self);
}
