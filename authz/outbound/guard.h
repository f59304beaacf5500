/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which addresses a stranger may make us connect to: those that are global (IANA special-purpose
 * address registries, RFC 6890), never those of our own network.
 */
#ifndef SLUICE_AUTHZ_OUTBOUND_GUARD_H
#define SLUICE_AUTHZ_OUTBOUND_GUARD_H

#include "common/addr.h"

/* True if the address is globally reachable unicast. IPv4 within IPv6 (mapped, NAT64, 6to4, Teredo)
 * is judged as IPv4 or refused. */
bool guard_global(const struct net_addr *a);

struct guard_network {
    struct net_addr base;
    uint8_t bits;
};

/* "10.0.0.0/8", "fd00::/8", or an address alone. */
bool guard_network_parse(struct guard_network *n, const char *text);
bool guard_network_has(const struct guard_network *n, const struct net_addr *a);

#endif
