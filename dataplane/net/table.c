/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/net/table.h"

#include "common/random.h"
#include "dataplane/net/store.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#define ASK_AGAIN_AFTER (1 * USEC_PER_SEC)
#define FAILED_FOR      (5 * USEC_PER_SEC)
#define NUDGE_EVERY     (5 * USEC_PER_SEC)
#define GROUP(g)        (1u << ((g)-1))
#define IP_BYTES(addr)  ((addr)->family == 6 ? 16u : 4u)
#define IP_FAMILY(addr) ((addr)->family == 6 ? AF_INET6 : AF_INET)

const uint32_t net_table_groups = GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_NEIGH) |
                                  GROUP(RTNLGRP_IPV4_IFADDR) | GROUP(RTNLGRP_IPV6_IFADDR) |
                                  GROUP(RTNLGRP_IPV4_ROUTE) | GROUP(RTNLGRP_IPV6_ROUTE) |
                                  GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_RULE);

struct net_table *net_table_create(uint32_t port)
{
    struct net_table *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->port = port;
    t->hash_seed = random_u64();
    return t;
}

void net_table_destroy(struct net_table *t)
{
    free(t);
}

void net_table_restart(struct net_table *t)
{
    uint32_t port = t->port, seq = t->seq, news = t->link_news, lost = t->lost_addresses;
    uint64_t seed = t->hash_seed;
    memset(t, 0, sizeof(*t));
    t->port = port;
    t->seq = seq;
    t->hash_seed = seed;
    t->link_news = news + 1;
    t->lost_addresses = lost + 1;
}

uint32_t net_table_link_news(const struct net_table *t)
{
    return t->link_news;
}

uint32_t net_table_mtu(const struct net_table *t, uint32_t ifindex)
{
    const struct link *l = ifindex ? store_link((struct net_table *)(uintptr_t)t, ifindex) : NULL;
    return l ? l->mtu : 0;
}

uint32_t net_table_lost_addresses(const struct net_table *t)
{
    return t->lost_addresses;
}

bool net_table_ready(const struct net_table *t)
{
    return t->dump == DUMP_DONE;
}

/* Appends an attribute to a request of *len bytes. */
static void add_attribute(uint8_t *out, size_t *len, uint16_t type, const void *data, uint16_t size)
{
    struct rtattr attribute = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(size)};
    memcpy(out + *len, &attribute, sizeof(attribute));
    memcpy(out + *len + RTA_LENGTH(0), data, size);
    *len += RTA_ALIGN(attribute.rta_len);
}

static size_t dump_request(struct net_table *t, uint8_t *out)
{
    static const uint16_t types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETNEIGH};
    struct {
        struct nlmsghdr header;
        /* The longest of ifinfomsg, ifaddrmsg and ndmsg: all zero asks for all. */
        struct ifinfomsg any;
    } request = {.header = {.nlmsg_len = sizeof(request),
                            .nlmsg_type = types[t->dump],
                            .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
                            .nlmsg_seq = ++t->seq}};
    t->dump_asked = true;
    t->dump_interrupted = false;
    t->dump_seq = t->seq;
    memcpy(out, &request, sizeof(request));
    return sizeof(request);
}

static size_t route_request(struct net_table *t, struct route *r, uint8_t *out, usec_t now)
{
    struct nlmsghdr header = {
        .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST, .nlmsg_seq = ++t->seq};
    struct rtmsg body = {.rtm_family = IP_FAMILY(&r->remote),
                         .rtm_dst_len = (uint8_t)(IP_BYTES(&r->remote) * 8)};
    size_t len = NLMSG_LENGTH(sizeof(body));
    memset(out, 0, NET_REQUEST_MAX);
    add_attribute(out, &len, RTA_DST, r->remote.ip, IP_BYTES(&r->remote));
    if (r->local.family == r->remote.family) {
        body.rtm_src_len = (uint8_t)(IP_BYTES(&r->local) * 8);
        add_attribute(out, &len, RTA_SRC, r->local.ip, IP_BYTES(&r->local));
    }
    if (r->ifindex != 0)
        add_attribute(out, &len, RTA_OIF, &r->ifindex, sizeof(r->ifindex));
    header.nlmsg_len = (uint32_t)len;
    memcpy(out, &header, sizeof(header));
    memcpy(out + NLMSG_HDRLEN, &body, sizeof(body));
    r->state = ROUTE_ASKED;
    r->seq = t->seq;
    r->since = now;
    return len;
}

size_t net_table_output(struct net_table *t, uint8_t out[static NET_REQUEST_MAX], usec_t now)
{
    if (t->dump != DUMP_DONE)
        return t->dump_asked ? 0 : dump_request(t, out);
    for (unsigned i = 0; i < t->asked_count; i++) {
        if (t->asked[i]->state == ROUTE_WANTED)
            return route_request(t, t->asked[i], out, now);
    }
    return 0;
}

uint32_t net_table_owner(const struct net_table *t, const struct net_addr *local)
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        const struct address *a = &t->addresses[i];
        if (a->ifindex != 0 && net_addr_same_ip(&a->ip, local))
            return a->ifindex;
    }
    return 0;
}

static bool receives(const struct link *l, uint32_t ifindex, uint16_t vlan)
{
    if (vlan == 0)
        return l->ifindex == ifindex;
    return l->lower == ifindex && l->vlan == vlan;
}

uint32_t net_table_receiver(const struct net_table *t, uint32_t ifindex, uint16_t vlan,
                            const struct net_addr *local)
{
    for (unsigned i = 0; i < LINKS && ifindex != 0; i++) {
        const struct link *l = &t->links[i];
        if (!receives(l, ifindex, vlan))
            continue;
        for (unsigned k = 0; k < ADDRESSES; k++) {
            const struct address *a = &t->addresses[k];
            if (a->ifindex == l->ifindex && net_addr_same_ip(&a->ip, local))
                return l->ifindex;
        }
    }
    return 0;
}

/* A request whose answer never came makes room. */
static void forget_lost_questions(struct net_table *t, usec_t now)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < t->asked_count; i++) {
        struct route *r = t->asked[i];
        if (r->state == ROUTE_WANTED ||
            (r->state == ROUTE_ASKED && now - r->since < ASK_AGAIN_AFTER))
            t->asked[kept++] = r;
    }
    t->asked_count = kept;
}

static void want(struct net_table *t, struct route *r, usec_t now)
{
    if (t->asked_count == ASKED_MAX)
        forget_lost_questions(t, now);
    if (t->asked_count == ASKED_MAX)
        return;
    for (unsigned i = 0; i < t->asked_count; i++) {
        if (t->asked[i] == r) {
            r->state = ROUTE_WANTED;
            return;
        }
    }
    t->asked[t->asked_count++] = r;
    r->state = ROUTE_WANTED;
    r->since = now;
}

/* A known route, or NULL with a request on its way if one is due. */
static struct route *known_route(struct net_table *t, const struct net_addr *local,
                                 const struct net_addr *remote, uint32_t ifindex, usec_t now)
{
    struct route *r = store_route(t, local, remote, ifindex);
    if (r->state == ROUTE_KNOWN)
        return r;
    usec_t age = now - r->since;
    if (r->state == ROUTE_FREE || (r->state == ROUTE_ASKED && age > ASK_AGAIN_AFTER) ||
        (r->state == ROUTE_FAILED && age > FAILED_FOR))
        want(t, r, now);
    return NULL;
}

/* The kernel only checks neighbours that it sends to itself: for one in doubt, a packet now and
 * then is left to it. */
static bool needs_nudge(struct neighbour *n, usec_t now)
{
    if (!n->doubtful || now - n->nudged < NUDGE_EVERY)
        return false;
    n->nudged = now;
    return true;
}

bool net_table_hop(struct net_table *t, const struct net_addr *local, const struct net_addr *remote,
                   uint32_t ifindex, usec_t now, struct net_hop *hop)
{
    const struct route *r =
        t->dump == DUMP_DONE ? known_route(t, local, remote, ifindex, now) : NULL;
    const struct link *out = r ? store_link(t, r->out) : NULL;
    struct neighbour *n = r ? store_neighbour(t, r->out, &r->next) : NULL;
    if (!out || !out->usable || !n || needs_nudge(n, now))
        return false;
    *hop = (struct net_hop){
        .ifindex = out->lower ? out->lower : out->ifindex, .mtu = out->mtu, .vlan = out->vlan};
    memcpy(hop->local_mac, out->mac, 6);
    memcpy(hop->remote_mac, n->mac, 6);
    return true;
}
