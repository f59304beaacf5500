/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TURN server's engine with what it says written down, and a client that asks it. Virtual time.
 */
#ifndef SLUICE_TESTS_UNIT_TURN_CLIENT_H
#define SLUICE_TESTS_UNIT_TURN_CLIENT_H

#include "dataplane/turn/engine.h"
#include "dataplane/turn/message.h"

#define TURN_WORLD_PORT 50000 /* the first of two media ports */

struct turn_datagram {
    struct turn_client to;
    struct net_path path;
    size_t len;
    uint8_t data[TURN_MESSAGE_MAX];
};

struct turn_world {
    struct turn_engine *engine;
    struct counters counters;
    usec_t now;
    unsigned sent_count, relayed_count, closed_count;
    struct turn_datagram sent, relayed, closed; /* the last of each */
};

/* Our addresses are 192.0.2.1 and 2001:db8::1. */
void turn_world_open(struct turn_world *w, uint32_t allocations, uint32_t quota);
void turn_world_close(struct turn_world *w);

/* Credentials "user<n>", "password" for participant n. */
void turn_world_user(struct turn_world *w, uint64_t n, usec_t lifetime);

struct turn_asker {
    struct turn_world *w;
    struct turn_client client;
    char name[32], password[32], nonce[128];
    size_t nonce_len;
    uint8_t transaction; /* counts up */
};

/* At 198.51.100.1:port, over UDP, as user<n>. */
void turn_asker_open(struct turn_asker *c, struct turn_world *w, uint64_t n, uint16_t port);

/* What a request has besides credentials. */
struct turn_wish {
    const struct net_addr *peers[TURN_PEER_ADDRESSES_MAX + 1]; /* up to the first NULL */
    int lifetime;                                              /* -1: not said */
    uint16_t channel;
    uint8_t transport, family; /* the attributes' values; 0: not said */
    uint16_t unknown;          /* an attribute of this type */
};

/* A request with credentials and the last nonce; returns the answer's error code, 0 for success and
 * -1 for none. The answer itself is in w->sent and *answer (may be NULL). */
int turn_ask(struct turn_asker *c, uint16_t method, const struct turn_wish *wish,
             struct turn_message *answer);
/* The same without credentials. */
int turn_ask_bare(struct turn_asker *c, uint16_t method, const struct turn_wish *wish);

/* Bare, then with credentials, for UDP. */
int turn_allocate(struct turn_asker *c);

void turn_send_indication(struct turn_asker *c, const struct net_addr *peer, const void *data,
                          size_t len);
void turn_channel_data(struct turn_asker *c, uint16_t channel, const void *data, size_t len);

struct net_addr turn_address(const char *ip, uint16_t port);

#endif
