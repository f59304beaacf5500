/* SPDX-License-Identifier: Apache-2.0 */
/* What clients ask for: Binding, Allocate, Refresh, CreatePermission, ChannelBind. */
#include "dataplane/turn/state.h"

static void answer_binding(struct turn_request *r)
{
    struct writer w = turn_answer(r, STUN_SUCCESS);
    stun_add_xor_address(&w, &r->from->remote);
    turn_answer_send(r, &w);
}

static uint32_t lifetime_of(const struct turn_message *m)
{
    if (!m->has_lifetime || m->lifetime < TURN_LIFETIME_DEFAULT)
        return TURN_LIFETIME_DEFAULT;
    return m->lifetime < TURN_LIFETIME_MAX ? m->lifetime : TURN_LIFETIME_MAX;
}

/* ---- Allocate (RFC 8656 section 7.2) ---- */

static void allocated(struct turn_request *r)
{
    const struct allocation *a = r->allocation;
    struct writer w = turn_answer(r, STUN_SUCCESS);
    stun_add_xor(&w, TURN_XOR_RELAYED_ADDRESS, &a->relayed);
    stun_add_u32(&w, TURN_LIFETIME, (uint32_t)((a->expires - r->now) / USEC_PER_SEC));
    stun_add_xor_address(&w, &r->from->remote);
    turn_answer_send(r, &w);
}

/* Our first address of the family; without a wish IPv4 before IPv6. NULL if there is none. */
static const struct net_addr *relayed_address(const struct turn_engine *t, uint8_t wish)
{
    const struct net_addr *other = NULL;
    for (size_t i = 0; i < t->n_own; i++) {
        if (t->own[i].family == (wish ? wish : 4))
            return &t->own[i];
        if (!other)
            other = &t->own[i];
    }
    return wish ? NULL : other;
}

static bool quota_is_used_up(const struct turn_request *r)
{
    uint32_t quota = r->t->config.quota;
    return quota > 0 && allocation_count(&r->t->allocations, r->user.participant) >= quota;
}

static void open_allocation(struct turn_request *r, const struct net_addr *address)
{
    struct allocation *a = allocation_open(&r->t->allocations, r->from, &r->user, address);
    if (!a) {
        turn_refuse(r, STUN_CAPACITY);
        return;
    }
    memcpy(a->transaction, r->m.stun.transaction, sizeof(a->transaction));
    a->expires = r->now + lifetime_of(&r->m) * USEC_PER_SEC;
    r->allocation = a;
    counters_add(r->t->counters, COUNTER_TURN_ALLOCATIONS, 1);
    allocated(r);
}

static void allocate(struct turn_request *r)
{
    const struct allocation *a = r->allocation;
    const struct net_addr *address = relayed_address(r->t, r->m.family);
    if (a && memcmp(a->transaction, r->m.stun.transaction, sizeof(a->transaction)) == 0)
        allocated(r); /* sent again, as the answer was lost */
    else if (a)
        turn_refuse(r, STUN_ALLOCATION_MISMATCH);
    else if (!r->m.has_transport)
        turn_refuse(r, STUN_BAD_REQUEST);
    else if (r->m.transport != TURN_PROTOCOL_UDP)
        turn_refuse(r, STUN_TRANSPORT_PROTOCOL);
    else if (r->t->n_own > 0 && !address)
        turn_refuse(r, STUN_ADDRESS_FAMILY);
    else if (quota_is_used_up(r))
        turn_refuse(r, STUN_QUOTA);
    else if (!address)
        turn_refuse(r, STUN_CAPACITY);
    else
        open_allocation(r, address);
}

/* ---- Refresh (RFC 8656 section 7.3) ---- */

static void refresh(struct turn_request *r)
{
    struct allocation *a = r->allocation;
    uint32_t lifetime = lifetime_of(&r->m);
    if (r->m.family != 0 && r->m.family != a->relayed.family) {
        turn_refuse(r, STUN_PEER_FAMILY);
        return;
    }
    if (r->m.has_lifetime && r->m.lifetime == 0) {
        lifetime = 0;
        turn_close(r->t, a);
    } else {
        a->expires = r->now + lifetime * USEC_PER_SEC;
    }
    struct writer w = turn_answer(r, STUN_SUCCESS);
    stun_add_u32(&w, TURN_LIFETIME, lifetime);
    turn_answer_send(r, &w);
}

/* ---- CreatePermission (RFC 8656 section 10) ---- */

/* 0 if the peer may be talked to. */
static enum stun_error peer_error(const struct turn_request *r, const struct net_addr *peer)
{
    if (peer->family != r->allocation->relayed.family)
        return STUN_PEER_FAMILY;
    return turn_is_own_ip(r->t, peer) ? (enum stun_error)0 : STUN_FORBIDDEN;
}

static void create_permission(struct turn_request *r)
{
    enum stun_error error = r->m.n_peers == 0 ? STUN_BAD_REQUEST : (enum stun_error)0;
    for (size_t i = 0; i < r->m.n_peers && !error; i++)
        error = peer_error(r, &r->m.peers[i]);
    for (size_t i = 0; i < r->m.n_peers && !error; i++)
        if (!allocation_permit(r->allocation, &r->m.peers[i], r->now))
            error = STUN_CAPACITY;
    if (error) {
        turn_refuse(r, error);
        return;
    }
    struct writer w = turn_answer(r, STUN_SUCCESS);
    turn_answer_send(r, &w);
}

/* ---- ChannelBind (RFC 8656 section 12) ---- */

/* A channel and a peer belong to each other as long as either is bound. */
static enum stun_error channel_error(const struct turn_request *r)
{
    const struct turn_message *m = &r->m;
    if (m->n_peers != 1 || !m->has_channel || m->channel < TURN_CHANNEL_MIN ||
        m->channel > TURN_CHANNEL_MAX)
        return STUN_BAD_REQUEST;
    const struct turn_peer *holder = allocation_peer_of_channel(r->allocation, m->channel);
    const struct turn_peer *peer = allocation_peer(r->allocation, &m->peers[0]);
    if (holder && holder != peer && holder->channel_expires > r->now)
        return STUN_BAD_REQUEST;
    if (peer && peer->channel != 0 && peer->channel != m->channel && peer->channel_expires > r->now)
        return STUN_BAD_REQUEST;
    enum stun_error error = peer_error(r, &m->peers[0]);
    return error || turn_is_own(r->t, &m->peers[0]) ? error : STUN_FORBIDDEN;
}

static void channel_bind(struct turn_request *r)
{
    enum stun_error error = channel_error(r);
    struct turn_peer *peer = NULL;
    if (!error) {
        struct turn_peer *holder = allocation_peer_of_channel(r->allocation, r->m.channel);
        peer = allocation_add_peer(r->allocation, &r->m.peers[0]);
        if (holder && holder != peer)
            holder->channel = 0;
        if (!peer || !allocation_permit(r->allocation, &r->m.peers[0], r->now))
            error = STUN_CAPACITY;
    }
    if (error) {
        turn_refuse(r, error);
        return;
    }
    peer->channel = r->m.channel;
    peer->channel_expires = r->now + TURN_CHANNEL_LIFETIME;
    struct writer w = turn_answer(r, STUN_SUCCESS);
    turn_answer_send(r, &w);
}

/* ---- all ---- */

static void serve_authentic(struct turn_request *r)
{
    if (r->m.n_unknown > 0) {
        turn_refuse(r, STUN_UNKNOWN_ATTRIBUTE);
        return;
    }
    if (r->m.stun.method == TURN_ALLOCATE) {
        allocate(r);
        return;
    }
    if (!r->allocation || r->allocation->user != r->user.name) {
        turn_refuse(r, r->allocation ? STUN_WRONG_CREDENTIALS : STUN_ALLOCATION_MISMATCH);
        return;
    }
    switch (r->m.stun.method) {
    case TURN_REFRESH:
        refresh(r);
        break;
    case TURN_CREATE_PERMISSION:
        create_permission(r);
        break;
    default:
        channel_bind(r);
        break;
    }
}

void turn_serve(struct turn_request *r)
{
    switch (r->m.stun.method) {
    case STUN_BINDING:
        if (r->m.n_unknown > 0)
            turn_refuse(r, STUN_UNKNOWN_ATTRIBUTE);
        else
            answer_binding(r);
        break;
    case TURN_ALLOCATE:
    case TURN_REFRESH:
    case TURN_CREATE_PERMISSION:
    case TURN_CHANNEL_BIND:
        if (turn_authenticate(r))
            serve_authentic(r);
        break;
    default:
        turn_refuse(r, STUN_BAD_REQUEST);
        break;
    }
}
