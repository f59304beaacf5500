/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/net/store.h"

#include <string.h>

struct link *store_link(struct net_table *t, uint32_t ifindex)
{
    for (unsigned i = 0; i < LINKS; i++) {
        if (t->links[i].ifindex == ifindex)
            return &t->links[i];
    }
    return NULL;
}

void store_link_add(struct net_table *t, const struct link *link)
{
    struct link *l = store_link(t, link->ifindex);
    if (!l)
        l = store_link(t, 0);
    if (l)
        *l = *link;
}

void store_link_remove(struct net_table *t, uint32_t ifindex)
{
    struct link *l = store_link(t, ifindex);
    if (l)
        *l = (struct link){0};
}

static struct address *find_address(struct net_table *t, uint32_t ifindex,
                                    const struct net_addr *ip)
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        struct address *a = &t->addresses[i];
        if (a->ifindex == ifindex && (ifindex == 0 || net_addr_same_ip(&a->ip, ip)))
            return a;
    }
    return NULL;
}

void store_address_add(struct net_table *t, uint32_t ifindex, const struct net_addr *ip)
{
    struct address *a = find_address(t, ifindex, ip);
    if (!a)
        a = find_address(t, 0, ip);
    if (a)
        *a = (struct address){.ifindex = ifindex, .ip = *ip};
}

void store_address_remove(struct net_table *t, uint32_t ifindex, const struct net_addr *ip)
{
    struct address *a = find_address(t, ifindex, ip);
    if (a)
        *a = (struct address){0};
}

static unsigned set_of(const struct net_table *t, const struct net_addr *ip, uint32_t ifindex)
{
    return (unsigned)(net_addr_hash(ip, t->hash_seed ^ ifindex) % SETS);
}

struct neighbour *store_neighbour(struct net_table *t, uint32_t ifindex, const struct net_addr *ip)
{
    struct neighbour *set = t->neighbours[set_of(t, ip, ifindex)];
    for (unsigned i = 0; i < WAYS; i++) {
        if (set[i].ifindex == ifindex && net_addr_same_ip(&set[i].ip, ip))
            return &set[i];
    }
    return NULL;
}

void store_neighbour_add(struct net_table *t, const struct neighbour *n)
{
    struct neighbour *set = t->neighbours[set_of(t, &n->ip, n->ifindex)];
    struct neighbour *at = store_neighbour(t, n->ifindex, &n->ip);
    usec_t nudged = at ? at->nudged : 0;
    for (unsigned i = 0; i < WAYS && !at; i++)
        at = set[i].ifindex == 0 ? &set[i] : NULL;
    if (!at)
        at = &set[t->victim++ % WAYS];
    *at = *n;
    at->nudged = nudged;
}

void store_neighbour_remove(struct net_table *t, uint32_t ifindex, const struct net_addr *ip)
{
    struct neighbour *n = store_neighbour(t, ifindex, ip);
    if (n)
        *n = (struct neighbour){0};
}

static bool route_live(const struct net_table *t, const struct route *r)
{
    return r->state != ROUTE_FREE && r->generation == t->route_generation;
}

static struct route *free_route(struct net_table *t, struct route *set)
{
    for (unsigned i = 0; i < WAYS; i++) {
        if (!route_live(t, &set[i]))
            return &set[i];
    }
    return &set[t->victim++ % WAYS];
}

struct route *store_route(struct net_table *t, const struct net_addr *local,
                          const struct net_addr *remote, uint32_t ifindex)
{
    struct net_addr to = *remote, from = *local;
    to.port = from.port = 0;
    struct route *set = t->routes[set_of(t, &to, ifindex)];
    for (unsigned i = 0; i < WAYS; i++) {
        struct route *r = &set[i];
        if (route_live(t, r) && r->ifindex == ifindex && net_addr_same_ip(&r->remote, &to) &&
            net_addr_same_ip(&r->local, &from))
            return r;
    }
    struct route *r = free_route(t, set);
    *r = (struct route){
        .remote = to, .local = from, .ifindex = ifindex, .generation = t->route_generation};
    return r;
}

void store_routes_forget(struct net_table *t)
{
    t->route_generation++;
    t->asked_count = 0;
}
