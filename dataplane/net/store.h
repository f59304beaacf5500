/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the table: fixed arrays. What finds no place is left to the kernel's stack.
 */
#ifndef SLUICE_DATAPLANE_NET_STORE_H
#define SLUICE_DATAPLANE_NET_STORE_H

#include "dataplane/net/table.h"

#define LINKS     256
#define ADDRESSES 512
#define SETS      512 /* of WAYS entries each, for neighbours and for routes */
#define WAYS      4
#define ASKED_MAX 64 /* route requests without an answer */

struct link {
    uint32_t ifindex; /* 0: free */
    uint32_t lower;   /* of a VLAN; 0: no VLAN interface */
    uint32_t mtu;
    uint16_t vlan;
    bool usable; /* up, and Ethernet */
    uint8_t mac[6];
};

struct address {
    uint32_t ifindex; /* 0: free */
    struct net_addr ip;
};

struct neighbour {
    uint32_t ifindex; /* 0: free */
    bool doubtful;    /* the kernel would check before it relies on it */
    uint8_t mac[6];
    struct net_addr ip;
    usec_t nudged; /* when a packet was last left to the kernel so that it checks */
};

enum route_state { ROUTE_FREE, ROUTE_WANTED, ROUTE_ASKED, ROUTE_KNOWN, ROUTE_FAILED };

struct route {
    struct net_addr remote, local; /* ports zero */
    uint32_t ifindex;              /* asked for; 0: any */
    enum route_state state;
    uint32_t generation; /* older than the table's: free */
    uint32_t seq;        /* of the request */
    usec_t since;        /* of the state */
    uint32_t out;        /* interface */
    struct net_addr next;
};

enum dump { DUMP_LINKS, DUMP_ADDRESSES, DUMP_NEIGHBOURS, DUMP_DONE };

struct net_table {
    uint32_t port, seq;
    enum dump dump;
    bool dump_asked, dump_interrupted;
    uint32_t dump_seq;
    uint32_t route_generation, link_news, lost_addresses;
    uint64_t hash_seed;
    struct link links[LINKS];
    struct address addresses[ADDRESSES];
    struct neighbour neighbours[SETS][WAYS];
    struct route routes[SETS][WAYS];
    uint32_t victim; /* which way of a full set goes next */
    struct route *asked[ASKED_MAX];
    unsigned asked_count;
};

struct link *store_link(struct net_table *t, uint32_t ifindex);
void store_link_add(struct net_table *t, const struct link *link);
void store_link_remove(struct net_table *t, uint32_t ifindex);
void store_address_add(struct net_table *t, uint32_t ifindex, const struct net_addr *ip);
void store_address_remove(struct net_table *t, uint32_t ifindex, const struct net_addr *ip);
struct neighbour *store_neighbour(struct net_table *t, uint32_t ifindex, const struct net_addr *ip);
void store_neighbour_add(struct net_table *t, const struct neighbour *n);
void store_neighbour_remove(struct net_table *t, uint32_t ifindex, const struct net_addr *ip);

/* The entry of this key, or a free one with the key set. */
struct route *store_route(struct net_table *t, const struct net_addr *local,
                          const struct net_addr *remote, uint32_t ifindex);

/* All routes have to be asked for again. */
void store_routes_forget(struct net_table *t);

#endif
