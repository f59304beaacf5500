/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/server.h"

void idle_begin(struct connection *c)
{
    struct http_server *s = c->server;
    c->kept = true;
    c->receiving = false;
    c->since = clock_monotonic();
    if (!s->resume.armed)
        connections_pause(s, false);
}

static bool is_idle(const struct connection *c)
{
    return c->kept && !c->request && !c->websocket && !c->broken && c->sock->input->size == 0;
}

struct connection *idle_longest(const struct http_server *s, uint64_t key)
{
    struct connection *longest = NULL;
    for (struct connection *c = s->connections; c; c = c->next) {
        if (is_idle(c) && (key == 0 || s->admission.places[c->place] == key) &&
            (!longest || c->since < longest->since))
            longest = c;
    }
    return longest;
}

void idle_end(struct connection *c)
{
    struct http_server *s = c->server;
    s->counters.idle_closed++;
    admission_give(&s->admission, c->place);
    c->place = ADMISSION_REFUSED;
    connection_break(c);
}
