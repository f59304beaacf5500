/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TURN server (RFC 8656) whose only peer is the server itself. A client behind a firewall reaches
 * it over UDP or TLS; what it relays goes to our own media addresses, so it is handed to the
 * session engine inside of the process, as datagrams of a path whose net_path.tcp names the
 * allocation. No relay port is opened, and nothing is ever sent to a third party: other peers are
 * refused (403).
 *
 * Sans-I/O: messages and `now` in, calls of struct turn_output and a deadline out. One thread owns
 * it. Authentication: long-term credentials (RFC 8489 section 9.2), realm TURN_REALM, with
 * HMAC-SHA1 as clients do it.
 */
#ifndef SLUICE_DATAPLANE_TURN_ENGINE_H
#define SLUICE_DATAPLANE_TURN_ENGINE_H

#include "common/stats/counters.h"
#include "dataplane/turn/allocation.h"

#define TURN_REALM             "livekit"
#define TURN_LIFETIME_DEFAULT  600  /* s */
#define TURN_LIFETIME_MAX      3600 /* s */
#define TURN_OWN_ADDRESSES_MAX 16
#define TURN_MESSAGE_MAX       2048 /* of what we send */

struct turn_engine;

struct turn_output {
    void *context;
    /* A message to a client. */
    void (*send)(void *context, const struct turn_client *to, const uint8_t *data, size_t len);
    /* A datagram for the media port path->local, from the relayed address path->remote. */
    void (*relay)(void *context, const struct net_path *path, const uint8_t *data, size_t len);
    /* This path is no more. */
    void (*closed)(void *context, const struct net_path *path);
};

struct turn_engine_config {
    uint32_t allocations, users; /* pool sizes */
    uint32_t quota;              /* allocations per participant; more are refused (486); 0: any */
    unsigned workers;
    uint16_t ports[PKTIO_WORKERS_MAX]; /* our media ports: of peers, these alone are served */
};

/* NULL if out of memory. `counters` outlives it. */
struct turn_engine *turn_engine_create(const struct turn_engine_config *config,
                                       const struct turn_output *output, struct counters *counters);
/* Says nothing of open paths. */
void turn_engine_destroy(struct turn_engine *t);

/* The addresses under which clients know our media ports; at most TURN_OWN_ADDRESSES_MAX are kept.
 * With a port that of worker 0 there, and the others at the same distance; with port 0 the media
 * ports themselves. Relayed addresses are the first one of each family. Without any, nothing
 * can be allocated (508). */
void turn_set_own(struct turn_engine *t, const struct net_addr *list, size_t n);

/* Credentials for a participant; they allow new allocations for `lifetime`, and those last as long
 * as they are refreshed. */
void turn_add_user(struct turn_engine *t, uint64_t participant, const char *name,
                   const uint8_t key[static TURN_KEY], usec_t lifetime, usec_t now);

/* The participant is gone, and with it credentials and allocations. */
void turn_forget(struct turn_engine *t, uint64_t participant);

/* One datagram, or one message of a stream. */
void turn_input(struct turn_engine *t, const struct turn_client *from, const uint8_t *data,
                size_t len, usec_t now);

/* The other way: a datagram from path->local for the client of the allocation path->tcp. */
void turn_send(struct turn_engine *t, const struct net_path *path, const uint8_t *data, size_t len,
               usec_t now);

/* A client's connection is gone, and with it its allocation. */
void turn_stream_closed(struct turn_engine *t, const struct turn_client *client);

/* True if the client has an allocation. */
bool turn_has_allocation(const struct turn_engine *t, const struct turn_client *client);

/* Closes what has expired. */
void turn_tick(struct turn_engine *t, usec_t now);
usec_t turn_deadline(const struct turn_engine *t);

#endif
