/* SPDX-License-Identifier: Apache-2.0 */
/* STUN servers, asked from the media ports on behalf of control. */
#include "dataplane/session/engine.h"

#include <stdlib.h>
#include <string.h>

/* "192.0.2.1:3478", "[2001:db8::1]:3478" */
static bool read_server(struct net_addr *a, const char *text)
{
    char ip[NET_ADDR_TEXT];
    const char *colon = strrchr(text, ':');
    bool brackets = text[0] == '[';
    size_t len = colon ? (size_t)(colon - text) : 0;
    if (len <= 2u * brackets || len >= sizeof(ip) || (brackets && colon[-1] != ']'))
        return false;
    memcpy(ip, text + brackets, len - 2u * brackets);
    ip[len - 2u * brackets] = '\0';
    char *end;
    unsigned long port = strtoul(colon + 1, &end, 10);
    return *end == '\0' && port > 0 && port <= UINT16_MAX && net_addr_parse(a, ip, (uint16_t)port);
}

static void tell(struct sessions *s, Sluice__Link__MappedAddress *m)
{
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_MAPPED_ADDRESS;
    e.mapped_address = m;
    s->out.event(s->out.context, &e);
}

static void tell_answer(struct sessions *s, const struct stun_answer *a,
                        Sluice__Link__StunOutcome outcome)
{
    char server[NET_ADDR_TEXT], local[NET_ADDR_TEXT], mapped[NET_ADDR_TEXT];
    Sluice__Link__MappedAddress m = SLUICE__LINK__MAPPED_ADDRESS__INIT;
    m.round = a->question.round;
    m.worker = a->question.worker;
    m.server = (char *)(uintptr_t)net_addr_format(&a->question.server, server);
    m.outcome = outcome;
    m.rtt_us = a->rtt < UINT32_MAX ? (uint32_t)a->rtt : UINT32_MAX;
    if (outcome == SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED) {
        m.local = (char *)(uintptr_t)net_addr_format(&a->local, local);
        m.mapped = (char *)(uintptr_t)net_addr_format(&a->mapped, mapped);
    }
    tell(s, &m);
}

static void ask_one(struct sessions *s, const Sluice__Link__AskStun *m,
                    const Sluice__Link__StunServer *server)
{
    unsigned times = m->transmissions;
    struct stun_question q = {
        .port = s->config.ports[m->worker],
        .worker = m->worker,
        .round = m->round,
        .transmissions = times < 1                        ? 1
                         : times > STUN_TRANSMISSIONS_MAX ? STUN_TRANSMISSIONS_MAX
                                                          : times,
        .bare = server->bare,
    };
    if (read_server(&q.server, server->address)) {
        stun_client_ask(&s->stun, &q, s->now);
        return;
    }
    Sluice__Link__MappedAddress bad = SLUICE__LINK__MAPPED_ADDRESS__INIT;
    bad.round = m->round;
    bad.worker = m->worker;
    bad.server = server->address;
    bad.outcome = SLUICE__LINK__STUN_OUTCOME__STUN_UNREADABLE;
    tell(s, &bad);
}

void stun_ask(struct sessions *s, const Sluice__Link__AskStun *m)
{
    if (m->worker >= s->config.workers)
        return;
    for (size_t i = 0; i < m->n_servers; i++)
        ask_one(s, m, m->servers[i]);
    stun_run(s);
}

static enum counter count_of(enum stun_verdict v)
{
    switch (v) {
    case STUN_TAKEN:
        return COUNTER_STUN_ANSWERED;
    case STUN_TAKEN_BARE:
        return COUNTER_DROP_STUN_BARE;
    default:
        return COUNTER_DROP_STUN_RESPONSE;
    }
}

void stun_response(struct sessions *s, const struct net_path *path, const uint8_t *data, size_t len)
{
    struct stun_message m;
    struct stun_answer a;
    if (!stun_parse(&m, data, len)) {
        counters_add(s->counters, COUNTER_DROP_STUN_MALFORMED, 1);
        return;
    }
    if (m.class == STUN_REQUEST || m.class == STUN_INDICATION) {
        counters_add(s->counters, COUNTER_DROP_STUN_OTHER, 1);
        return;
    }
    if (own_check_is(s, m.transaction)) {
        own_check_answered(s, path, &m);
        return;
    }
    enum stun_verdict v = stun_client_input(&s->stun, path, data, len, s->now, &a);
    counters_add(s->counters, count_of(v), 1);
    if (v == STUN_TAKEN_BARE)
        tell_answer(s, &a, SLUICE__LINK__STUN_OUTCOME__STUN_BARE);
    else if (v == STUN_TAKEN)
        tell_answer(s, &a,
                    a.outcome == STUN_OUTCOME_MAPPED ? SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED
                                                     : SLUICE__LINK__STUN_OUTCOME__STUN_REFUSED);
}

void stun_run(struct sessions *s)
{
    uint8_t request[STUN_QUERY_SIZE];
    size_t len;
    struct stun_answer a;
    enum stun_due due;
    while ((due = stun_client_due(&s->stun, s->now, &a, request, &len)) != STUN_DUE_NOTHING) {
        if (due == STUN_DUE_ANSWER) {
            tell_answer(s, &a, SLUICE__LINK__STUN_OUTCOME__STUN_TIMEOUT);
            continue;
        }
        /* No local address: the kernel's routes choose it, as they would for the peers. */
        struct net_path path = {.remote = a.question.server, .local = {.port = a.question.port}};
        counters_add(s->counters, COUNTER_STUN_ASKED, 1);
        s->out.packet(s->out.context, a.question.worker, &path, request, len);
    }
}
