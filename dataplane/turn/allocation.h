/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocations (RFC 8656 section 7): a fixed pool, found by the client's 5-tuple, by the number in
 * net_path.tcp and by participant. Times are checked where they are used; the pool's sweep only
 * gives places back.
 */
#ifndef SLUICE_DATAPLANE_TURN_ALLOCATION_H
#define SLUICE_DATAPLANE_TURN_ALLOCATION_H

#include "common/handle.h"
#include "dataplane/ice/stun.h"
#include "dataplane/pktio/pktio.h"
#include "dataplane/turn/users.h"

#include <sys/queue.h>

#define ALLOCATIONS_MAX        16384 /* that many relayed ports are told apart */
#define ALLOCATION_PERMISSIONS 16
#define ALLOCATION_PEERS       16

#define TURN_PERMISSION_LIFETIME (300 * USEC_PER_SEC) /* RFC 8656 section 9 */
#define TURN_CHANNEL_LIFETIME    (600 * USEC_PER_SEC) /* RFC 8656 section 12 */

/* Where a client is: its side of the 5-tuple and ours. */
struct turn_client {
    struct net_addr remote, local;
    uint32_t ifindex; /* not compared */
    uint32_t stream;  /* the connection; 0: UDP */
};

struct turn_permission {
    struct net_addr ip; /* port 0; family 0: free place */
    usec_t expires;
};

/* One of our media addresses that the client talks to. */
struct turn_peer {
    struct net_addr addr; /* family 0: free place */
    uint16_t channel;     /* 0: none bound */
    usec_t channel_expires;
};

struct allocation {
    bool used;
    uint32_t id; /* net_path.tcp of what is relayed; NET_PATH_TURN is set */
    struct turn_client client;
    struct net_addr relayed;
    uint64_t participant, user; /* user: hash of its name */
    uint8_t key[TURN_KEY];
    uint8_t transaction[STUN_TRANSACTION]; /* of the request that made it */
    usec_t expires;
    struct turn_permission permissions[ALLOCATION_PERMISSIONS];
    struct turn_peer peers[ALLOCATION_PEERS];
    LIST_ENTRY(allocation) by_client, by_participant;
};

LIST_HEAD(allocation_list, allocation);

struct allocations {
    uint32_t size, used, mask;
    uint32_t reached; /* no place from here on was ever used */
    uint64_t seed;
    struct allocation *list;
    uint32_t *free; /* stack of places; [size - used] */
    struct allocation_list *clients, *participants;
};

/* False if out of memory; size is 1..ALLOCATIONS_MAX. */
bool allocations_init(struct allocations *p, uint32_t size);
void allocations_free(struct allocations *p);

/* A new one at `address` with a port of its own; NULL if the pool is used up. */
struct allocation *allocation_open(struct allocations *p, const struct turn_client *client,
                                   const struct turn_user *user, const struct net_addr *address);
void allocation_close(struct allocations *p, struct allocation *a);

struct allocation *allocation_of_client(const struct allocations *p, const struct turn_client *c);
struct allocation *allocation_by_id(const struct allocations *p, uint32_t id);

/* One of the participant's, NULL if it has none; and how many it has. */
struct allocation *allocation_of_participant(const struct allocations *p, uint64_t participant);
unsigned allocation_count(const struct allocations *p, uint64_t participant);

/* ---- of one allocation ---- */

/* False if there is no room for another address. */
bool allocation_permit(struct allocation *a, const struct net_addr *ip, usec_t now);
bool allocation_permits(const struct allocation *a, const struct net_addr *ip, usec_t now);

/* NULL if unknown. */
struct turn_peer *allocation_peer(struct allocation *a, const struct net_addr *addr);
struct turn_peer *allocation_peer_of_channel(struct allocation *a, uint16_t channel);
/* Finds or takes a place; NULL if there is none. */
struct turn_peer *allocation_add_peer(struct allocation *a, const struct net_addr *addr);

/* The way of a datagram between the client and that peer, as the session engine sees it. */
struct net_path allocation_path(const struct allocation *a, const struct net_addr *peer);

#endif
