/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many token requests may come from one source: a token bucket per address (IPv6: per /64).
 * Clients take a refusal for the last word, so who comes too fast waits a little before anybody is
 * refused.
 */
#ifndef SLUICE_AUTHZ_HTTP_RATE_H
#define SLUICE_AUTHZ_HTTP_RATE_H

#include <stdbool.h>
#include <stddef.h>

#include "authz/outbound/guard.h"
#include "common/clock.h"

#define RATE_SOURCES  4096 /* remembered; the one heard of longest ago is forgotten first */
#define RATE_WAIT_MAX (5 * USEC_PER_SEC)
#define RATE_REFUSED  USEC_NEVER

struct rate_source {
    uint64_t key;   /* 0: free */
    usec_t paid_to; /* when all that was asked for is paid: at most now when the bucket is full */
};

struct rate {
    usec_t cost;  /* of one request: its share of a second; 0: no limit */
    usec_t burst; /* what may be owed before somebody waits */
    uint64_t seed;
    struct rate_source *sources; /* [RATE_SOURCES] */
};

/* `per_second` 0: no limit. False if memory is out. */
bool rate_init(struct rate *r, uint32_t per_second, uint32_t burst, uint64_t seed);
void rate_free(struct rate *r);

/* One request: how long it must wait (0: not at all), or RATE_REFUSED. An unset address has no
 * limit. */
usec_t rate_ask(struct rate *r, const struct net_addr *source, usec_t now);

/* Who asks: `peer`, unless it is a trusted proxy; then the last address of X-Forwarded-For
 * (`forwarded`, may be NULL) that is none. Unset if only proxies are known. Loopback and Unix
 * sockets (an unset peer) are trusted. */
struct net_addr rate_source(const struct net_addr *peer, const char *forwarded,
                            const struct guard_network *trusted, size_t trusted_count);

#endif
