/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/turn/allocation.h"

#include "common/random.h"

#include <stdlib.h>

#define FIRST_PORT  (65536 - ALLOCATIONS_MAX)
#define INDEX_BITS  14
#define SERIAL_BITS 17

_Static_assert(1u << INDEX_BITS == ALLOCATIONS_MAX, "the index fits");
_Static_assert(INDEX_BITS + SERIAL_BITS == 31, "NET_PATH_TURN is left");

bool allocations_init(struct allocations *p, uint32_t size)
{
    uint32_t buckets = 16;
    while (buckets < size)
        buckets *= 2;
    *p = (struct allocations){.size = size, .mask = buckets - 1, .seed = random_u64()};
    p->list = calloc(size, sizeof(*p->list));
    p->free = calloc(size, sizeof(*p->free));
    p->clients = calloc(buckets, sizeof(*p->clients));
    p->participants = calloc(buckets, sizeof(*p->participants));
    if (!p->list || !p->free || !p->clients || !p->participants)
        return false;
    for (uint32_t i = 0; i < size; i++)
        p->free[i] = size - 1 - i;
    return true;
}

void allocations_free(struct allocations *p)
{
    free(p->list);
    free(p->free);
    free(p->clients);
    free(p->participants);
}

static struct allocation_list *clients_of(const struct allocations *p, const struct turn_client *c)
{
    uint64_t seed = p->seed ^ net_addr_hash(&c->local, p->seed) ^ c->stream;
    return &p->clients[net_addr_hash(&c->remote, seed) & p->mask];
}

static struct allocation_list *allocations_of(const struct allocations *p, uint64_t participant)
{
    uint64_t h = (participant ^ p->seed) * 0x9e3779b97f4a7c15ULL;
    return &p->participants[h >> 32 & p->mask];
}

/* The place's serial number counts up, so that a path of its last holder is nobody's. */
static uint32_t next_id(const struct allocation *a, uint32_t index)
{
    uint32_t serial = (a->id >> INDEX_BITS) + 1;
    return NET_PATH_TURN | (serial & ((1u << SERIAL_BITS) - 1)) << INDEX_BITS | index;
}

struct allocation *allocation_open(struct allocations *p, const struct turn_client *client,
                                   const struct turn_user *user, const struct net_addr *address)
{
    if (p->used == p->size)
        return NULL;
    uint32_t i = p->free[p->size - ++p->used];
    struct allocation *a = &p->list[i];
    uint32_t id = next_id(a, i);
    p->reached = p->reached > i ? p->reached : i + 1;
    *a = (struct allocation){.used = true,
                             .id = id,
                             .client = *client,
                             .relayed = *address,
                             .participant = user->participant,
                             .user = user->name};
    a->relayed.port = (uint16_t)(FIRST_PORT + i);
    memcpy(a->key, user->key, sizeof(a->key));
    LIST_INSERT_HEAD(clients_of(p, client), a, by_client);
    LIST_INSERT_HEAD(allocations_of(p, user->participant), a, by_participant);
    return a;
}

void allocation_close(struct allocations *p, struct allocation *a)
{
    LIST_REMOVE(a, by_client);
    LIST_REMOVE(a, by_participant);
    a->used = false;
    p->free[p->size - p->used--] = (uint32_t)(a - p->list);
}

static bool same_client(const struct turn_client *a, const struct turn_client *b)
{
    return a->stream == b->stream && net_addr_equal(&a->remote, &b->remote) &&
           net_addr_equal(&a->local, &b->local);
}

struct allocation *allocation_of_client(const struct allocations *p, const struct turn_client *c)
{
    struct allocation *a;
    LIST_FOREACH(a, clients_of(p, c), by_client)
    if (same_client(&a->client, c))
        return a;
    return NULL;
}

struct allocation *allocation_by_id(const struct allocations *p, uint32_t id)
{
    uint32_t i = id & (ALLOCATIONS_MAX - 1);
    if (i >= p->size || !p->list[i].used || p->list[i].id != id)
        return NULL;
    return &p->list[i];
}

struct allocation *allocation_of_participant(const struct allocations *p, uint64_t participant)
{
    struct allocation *a;
    LIST_FOREACH(a, allocations_of(p, participant), by_participant)
    if (a->participant == participant)
        return a;
    return NULL;
}

unsigned allocation_count(const struct allocations *p, uint64_t participant)
{
    unsigned n = 0;
    const struct allocation *a;
    LIST_FOREACH(a, allocations_of(p, participant), by_participant)
    n += a->participant == participant;
    return n;
}

bool allocation_permit(struct allocation *a, const struct net_addr *ip, usec_t now)
{
    struct turn_permission *place = NULL;
    for (int i = 0; i < ALLOCATION_PERMISSIONS; i++) {
        struct turn_permission *p = &a->permissions[i];
        bool same = p->ip.family != 0 && net_addr_same_ip(&p->ip, ip);
        if (same || (!place && (p->ip.family == 0 || p->expires <= now)))
            place = p;
        if (same)
            break;
    }
    if (!place)
        return false;
    place->ip = *ip;
    place->ip.port = 0;
    place->expires = now + TURN_PERMISSION_LIFETIME;
    return true;
}

bool allocation_permits(const struct allocation *a, const struct net_addr *ip, usec_t now)
{
    for (int i = 0; i < ALLOCATION_PERMISSIONS; i++) {
        const struct turn_permission *p = &a->permissions[i];
        if (p->ip.family != 0 && p->expires > now && net_addr_same_ip(&p->ip, ip))
            return true;
    }
    return false;
}

/* Where the peer is; ALLOCATION_PEERS if nowhere. */
static unsigned peer_index(const struct allocation *a, const struct net_addr *addr)
{
    unsigned i = 0;
    while (i < ALLOCATION_PEERS && !net_addr_equal(&a->peers[i].addr, addr))
        i++;
    return i;
}

struct turn_peer *allocation_peer(struct allocation *a, const struct net_addr *addr)
{
    unsigned i = peer_index(a, addr);
    return i < ALLOCATION_PEERS ? &a->peers[i] : NULL;
}

struct turn_peer *allocation_peer_of_channel(struct allocation *a, uint16_t channel)
{
    for (int i = 0; i < ALLOCATION_PEERS; i++)
        if (a->peers[i].channel == channel)
            return &a->peers[i];
    return NULL;
}

struct turn_peer *allocation_add_peer(struct allocation *a, const struct net_addr *addr)
{
    static const struct net_addr none;
    unsigned i = peer_index(a, addr);
    if (i == ALLOCATION_PEERS)
        i = peer_index(a, &none);
    if (i == ALLOCATION_PEERS)
        return NULL;
    a->peers[i].addr = *addr;
    return &a->peers[i];
}

struct net_path allocation_path(const struct allocation *a, const struct net_addr *peer)
{
    return (struct net_path){.remote = a->relayed, .local = *peer, .tcp = a->id};
}
