/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections there may be, in all and from one address.
 */
#ifndef SLUICE_CONTROL_HTTP_ADMISSION_H
#define SLUICE_CONTROL_HTTP_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

#define ADMISSION_REFUSED UINT32_MAX

struct admission {
    uint32_t size, per_address;
    uint64_t seed;
    uint32_t taken;
    uint64_t *places; /* [size]: FREE, EXEMPT, or the hash of the address that holds it */
};

/* False if out of memory. */
bool admission_init(struct admission *a, uint32_t size, uint32_t per_address, uint64_t seed);
void admission_free(struct admission *a);

/* Takes a place for a connection from `peer`. IPv6 addresses count by their /64; loopback, private,
 * link-local and unset ones (proxies in front, Unix sockets) are not counted by address. */
uint32_t admission_take(struct admission *a, const struct net_addr *peer);
/* What the places of connections from `peer` have in common. Never 0. */
uint64_t admission_key(const struct admission *a, const struct net_addr *peer);
bool admission_is_full(const struct admission *a);
void admission_give(struct admission *a, uint32_t place);

#endif
