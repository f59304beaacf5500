/* SPDX-License-Identifier: Apache-2.0 */
#include "common/random.h"
#include "dataplane/turn/state.h"

#include <stdlib.h>

#define SWEEP_INTERVAL (5 * USEC_PER_SEC)

struct turn_engine *turn_engine_create(const struct turn_engine_config *config,
                                       const struct turn_output *output, struct counters *counters)
{
    struct turn_engine *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->config = *config;
    t->out = *output;
    t->counters = counters;
    t->next_sweep = USEC_NEVER;
    random_bytes(t->secret, sizeof(t->secret));
    if (users_init(&t->users, config->users) &&
        allocations_init(&t->allocations, config->allocations))
        return t;
    turn_engine_destroy(t);
    return NULL;
}

void turn_engine_destroy(struct turn_engine *t)
{
    if (!t)
        return;
    users_free(&t->users);
    allocations_free(&t->allocations);
    free(t);
}

void turn_set_own(struct turn_engine *t, const struct net_addr *list, size_t n)
{
    t->n_own = n < TURN_OWN_ADDRESSES_MAX ? n : TURN_OWN_ADDRESSES_MAX;
    for (size_t i = 0; i < t->n_own; i++)
        t->own[i] = list[i];
}

bool turn_is_own_ip(const struct turn_engine *t, const struct net_addr *a)
{
    for (size_t i = 0; i < t->n_own; i++)
        if (net_addr_same_ip(&t->own[i], a))
            return true;
    return false;
}

static bool is_port_of(const struct turn_engine *t, const struct net_addr *own, uint16_t port)
{
    unsigned shift = own->port ? (unsigned)own->port - t->config.ports[0] : 0;
    for (unsigned i = 0; i < t->config.workers; i++)
        if ((uint16_t)(t->config.ports[i] + shift) == port)
            return true;
    return false;
}

bool turn_is_own(const struct turn_engine *t, const struct net_addr *a)
{
    for (size_t i = 0; i < t->n_own; i++)
        if (net_addr_same_ip(&t->own[i], a) && is_port_of(t, &t->own[i], a->port))
            return true;
    return false;
}

void turn_add_user(struct turn_engine *t, uint64_t participant, const char *name,
                   const uint8_t key[static TURN_KEY], usec_t lifetime, usec_t now)
{
    struct turn_user user = {.name = users_hash(&t->users, name, strlen(name)),
                             .participant = participant,
                             .expires = now + lifetime};
    memcpy(user.key, key, sizeof(user.key));
    if (!users_add(&t->users, &user, now))
        counters_add(t->counters, COUNTER_TURN_USERS_FULL, 1);
}

void turn_close(struct turn_engine *t, struct allocation *a)
{
    for (int i = 0; i < ALLOCATION_PEERS; i++)
        if (a->peers[i].addr.family != 0) {
            struct net_path path = allocation_path(a, &a->peers[i].addr);
            t->out.closed(t->out.context, &path);
        }
    allocation_close(&t->allocations, a);
}

void turn_forget(struct turn_engine *t, uint64_t participant)
{
    struct allocation *a;
    users_forget(&t->users, participant);
    while ((a = allocation_of_participant(&t->allocations, participant)))
        turn_close(t, a);
}

struct allocation *turn_allocation(struct turn_engine *t, const struct turn_client *client,
                                   usec_t now)
{
    struct allocation *a = allocation_of_client(&t->allocations, client);
    if (!a || a->expires > now)
        return a;
    turn_close(t, a);
    return NULL;
}

bool turn_has_allocation(const struct turn_engine *t, const struct turn_client *client)
{
    return allocation_of_client(&t->allocations, client) != NULL;
}

void turn_stream_closed(struct turn_engine *t, const struct turn_client *client)
{
    struct allocation *a = allocation_of_client(&t->allocations, client);
    if (a)
        turn_close(t, a);
}

static void malformed(struct turn_engine *t)
{
    counters_add(t->counters, COUNTER_DROP_TURN_MALFORMED, 1);
}

static void message(struct turn_engine *t, const struct turn_client *from, const uint8_t *data,
                    size_t len, usec_t now)
{
    struct turn_request r = {.t = t, .from = from, .now = now};
    if (!turn_parse(&r.m, data, len)) {
        malformed(t);
        return;
    }
    r.allocation = turn_allocation(t, from, now);
    if (r.m.stun.class == STUN_REQUEST)
        turn_serve(&r);
    else if (r.m.stun.class == STUN_INDICATION && r.m.stun.method == TURN_SEND)
        turn_relay_send(&r);
    else if (r.m.stun.class != STUN_INDICATION || r.m.stun.method != STUN_BINDING)
        malformed(t); /* Binding indications are keepalives */
    if (t->next_sweep == USEC_NEVER && t->allocations.used > 0)
        t->next_sweep = now + SWEEP_INTERVAL;
}

void turn_input(struct turn_engine *t, const struct turn_client *from, const uint8_t *data,
                size_t len, usec_t now)
{
    if (len > 0 && data[0] >> 6 == 1)
        turn_relay_channel(t, from, data, len, now);
    else
        message(t, from, data, len, now);
}

void turn_tick(struct turn_engine *t, usec_t now)
{
    if (now < t->next_sweep)
        return;
    for (uint32_t i = 0; i < t->allocations.reached; i++) {
        struct allocation *a = &t->allocations.list[i];
        if (a->used && a->expires <= now)
            turn_close(t, a);
    }
    t->next_sweep = t->allocations.used > 0 ? now + SWEEP_INTERVAL : USEC_NEVER;
}

usec_t turn_deadline(const struct turn_engine *t)
{
    return t->next_sweep;
}
