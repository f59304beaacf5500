/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TURN server's sockets around its engine: UDP, and TCP with TLS or behind somebody else's. A
 * stranger's connection gets little: few per address, and not much time to allocate something.
 *
 * Owned by the session thread; it has an epoll descriptor of its own to be polled.
 */
#ifndef SLUICE_DATAPLANE_TURN_SERVER_H
#define SLUICE_DATAPLANE_TURN_SERVER_H

#include "common/addr.h"
#include "common/clock.h"
#include "common/stats/counters.h"
#include "dataplane/pktio/pktio.h"
#include "dataplane/turn/engine.h"

#define TURN_SERVER_STREAMS_MAX     2048
#define TURN_SERVER_PER_ADDRESS_MAX 64                  /* not counted on loopback or with plain */
#define TURN_SERVER_OUTPUT_MAX      (256u * 1024)       /* bytes that wait for a slow client */
#define TURN_SERVER_IDLE_MAX        (15 * USEC_PER_SEC) /* of a connection without allocation */
#define TURN_SERVER_BINDS_MAX       16
#define TURN_SERVER_ERROR_TEXT      256

struct turn_server;

struct turn_server_config {
    struct turn_engine_config engine;
    uint16_t udp_port, tls_port; /* 0: off */
    bool plain;                  /* tls_port gets plain TCP: TLS ends before us */
    bool ipv4, ipv6;             /* without binds: listen on all addresses of these */
    size_t n_binds;
    struct net_addr binds[TURN_SERVER_BINDS_MAX]; /* ports are not looked at */
    const char *cert_file, *key_file;             /* PEM; for TLS; outlive the server */
};

struct turn_server_handler {
    void *context;
    /* A datagram for path->local, one of our media ports; path->tcp names the allocation. */
    void (*packet)(void *context, const struct net_path *path, const uint8_t *data, size_t len);
    /* The path is no more. */
    void (*closed)(void *context, const struct net_path *path);
};

/* Reads the certificate and opens the sockets: may need rights. NULL and the reason on failure. */
struct turn_server *turn_server_open(const struct turn_server_config *config,
                                     const struct turn_server_handler *handler,
                                     struct counters *counters,
                                     char err[static TURN_SERVER_ERROR_TEXT]);
void turn_server_close(struct turn_server *s);

/* Credentials and addresses go straight to the engine. */
struct turn_engine *turn_server_engine(struct turn_server *s);

/* Poll this for POLLIN, then call turn_server_run(). */
int turn_server_fd(const struct turn_server *s);
void turn_server_run(struct turn_server *s, usec_t now);
usec_t turn_server_deadline(const struct turn_server *s);

/* A datagram from our media port path->local to the client of the allocation path->tcp. */
void turn_server_send(struct turn_server *s, const struct net_path *path, const uint8_t *data,
                      size_t len, usec_t now);

#endif
