/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICE-TCP, passive side (RFC 6544): one listener for all transports, framed packets (RFC 4571) in
 * both directions. Who a connection belongs to is settled by its first connectivity check, so an
 * unauthenticated one gets little: few per address, and not much time.
 *
 * Owned by the session thread; it has an epoll descriptor of its own to be polled.
 */
#ifndef SLUICE_DATAPLANE_TCP_ICE_TCP_H
#define SLUICE_DATAPLANE_TCP_ICE_TCP_H

#include "common/addr.h"
#include "common/clock.h"
#include "common/stats/counters.h"
#include "dataplane/pktio/pktio.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICE_TCP_CONNECTIONS_MAX 2048
#define ICE_TCP_PER_ADDRESS_MAX 64                  /* not counted on loopback */
#define ICE_TCP_OUTPUT_MAX      (256u * 1024)       /* bytes that wait for a slow peer */
#define ICE_TCP_SILENT_MAX      (30 * USEC_PER_SEC) /* without a packet: closed */
#define ICE_TCP_ERROR_TEXT      128

struct ice_tcp;

struct ice_tcp_handler {
    void *context;
    /* A packet; path->tcp names the connection. */
    void (*packet)(void *context, const struct net_path *path, const uint8_t *data, size_t len);
    /* It is gone, whoever closed it. */
    void (*closed)(void *context, const struct net_path *path);
};

/* Listens on `port` of all addresses, IPv4 and IPv6 as asked. NULL and the reason on failure. */
struct ice_tcp *ice_tcp_open(uint16_t port, bool ipv4, bool ipv6, const struct ice_tcp_handler *h,
                             struct counters *counters, char err[static ICE_TCP_ERROR_TEXT]);
void ice_tcp_close(struct ice_tcp *t);

/* Poll this for POLLIN, then call ice_tcp_run(). */
int ice_tcp_fd(const struct ice_tcp *t);
void ice_tcp_run(struct ice_tcp *t, usec_t now);

/* Sends one packet on the connection path->tcp; dropped and counted if its output is full. */
void ice_tcp_send(struct ice_tcp *t, const struct net_path *path, const uint8_t *data, size_t len);

/* When ice_tcp_run() wants to be called for silent connections. */
usec_t ice_tcp_deadline(const struct ice_tcp *t);

#endif
