/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From what is known of our addresses to what is offered as candidates. Pure.
 *
 * How the outside reaches us is taken from the first of these that says something:
 *   1. sluice.advertise, then rtc.node_ip (addresses, or names that resolve)
 *   2. with rtc.use_external_ip, STUN servers
 *   3. sluice.dns_name
 *   4. the last known address
 * Without any, or if none is wanted, the addresses of the interfaces are offered.
 */
#ifndef SLUICE_CONTROL_ADDRESS_PLAN_H
#define SLUICE_CONTROL_ADDRESS_PLAN_H

#include "common/config/config.h"
#include "control/room/candidates.h"

enum address_source {
    SOURCE_NONE, /* of the outside: the interfaces' addresses are all there is */
    SOURCE_ADVERTISE,
    SOURCE_NODE_IP,
    SOURCE_STUN,
    SOURCE_DNS,
    SOURCE_LAST_KNOWN,
};
const char *address_source_name(enum address_source s);

enum { FAMILY_4, FAMILY_6, FAMILIES };

struct address_facts {
    struct net_addr interfaces[CANDIDATE_ADDRESSES_MAX]; /* filtered, without loopback */
    size_t interface_count;
    struct net_addr loopback; /* unset: not to be offered */
    struct net_addr node_ip[CANDIDATE_ADDRESSES_MAX];
    size_t node_ip_count;
    /* unset: not known; ports are not looked at */
    struct net_addr stun[FAMILIES], stun_local[FAMILIES], dns[FAMILIES], last_known[FAMILIES];
};

struct address_plan {
    struct candidate_address list[CANDIDATE_ADDRESSES_MAX];
    size_t count;
    enum address_source source[FAMILIES];
    struct net_addr external[FAMILIES]; /* of the sources STUN, DNS and LAST_KNOWN */
    bool degraded; /* an address of the outside is wanted and not known, or only from memory */
};

/* True if the outside's view is to be found out at all. */
bool address_wants_external(const struct config *c);

void address_plan_make(struct address_plan *p, const struct config *c,
                       const struct address_facts *f);

bool address_plan_equal(const struct address_plan *a, const struct address_plan *b);

#define ADDRESS_PLAN_TEXT 1024
/* "203.0.113.5 192.168.1.2 198.51.100.1:443/tcp". Returns buf. */
const char *address_plan_text(const struct address_plan *p, char buf[static ADDRESS_PLAN_TEXT]);

#endif
