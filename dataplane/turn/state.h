/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's state and what its files share. Private to this directory. */
#ifndef SLUICE_DATAPLANE_TURN_STATE_H
#define SLUICE_DATAPLANE_TURN_STATE_H

#include "dataplane/turn/engine.h"
#include "dataplane/turn/message.h"
#include "dataplane/turn/nonce.h"

struct turn_engine {
    struct turn_engine_config config;
    struct turn_output out;
    struct counters *counters;
    uint8_t secret[NONCE_SECRET];
    struct turn_users users;
    struct allocations allocations;
    size_t n_own;
    struct net_addr own[TURN_OWN_ADDRESSES_MAX];
    usec_t next_sweep;
    uint8_t buffer[TURN_MESSAGE_MAX];
};

/* A request that is worked on. */
struct turn_request {
    struct turn_engine *t;
    const struct turn_client *from;
    struct turn_message m;
    usec_t now;
    struct allocation *allocation; /* of the client; NULL: none */
    struct turn_user user;         /* who asks, once authenticated */
};

/* The client's allocation, closed first if it has expired. */
struct allocation *turn_allocation(struct turn_engine *t, const struct turn_client *client,
                                   usec_t now);
void turn_close(struct turn_engine *t, struct allocation *a);

/* Whether it is one of our addresses; and also one of our media ports. */
bool turn_is_own_ip(const struct turn_engine *t, const struct net_addr *a);
bool turn_is_own(const struct turn_engine *t, const struct net_addr *a);

/* answer.c: begins the answer in the engine's buffer, and sends it: with integrity if the request
 * was authenticated. */
struct writer turn_answer(struct turn_request *r, enum stun_class class);
void turn_answer_send(struct turn_request *r, struct writer *w);
void turn_refuse(struct turn_request *r, enum stun_error code);

/* authenticate.c: false if the request was answered by a refusal. */
bool turn_authenticate(struct turn_request *r);

/* requests.c: a request that stun_parse() and turn_parse() took. */
void turn_serve(struct turn_request *r);

/* relay.c */
void turn_relay_channel(struct turn_engine *t, const struct turn_client *from, const uint8_t *data,
                        size_t len, usec_t now);
void turn_relay_send(struct turn_request *r);

#endif
