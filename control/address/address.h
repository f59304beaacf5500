/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Under which addresses clients are told to reach the media ports.
 */
#ifndef SLUICE_CONTROL_ADDRESS_ADDRESS_H
#define SLUICE_CONTROL_ADDRESS_ADDRESS_H

#include "common/addr.h"
#include "common/config/config.h"

/* rtc.node_ip if it is set; else the addresses of the interfaces that are up, IPv4 first, without
 * loopback (unless enable_loopback_candidate or --dev, or nothing else is there) and link-local
 * ones. Interfaces and addresses are filtered as configured. Ports are 0. Returns how many, at most
 * cap. */
size_t address_candidates(const struct config *c, struct net_addr *out, size_t cap);

/* True if `ip` lies in `cidr` ("10.0.0.0/8", "2001:db8::1"). */
bool address_in_cidr(const struct net_addr *ip, const char *cidr);

#endif
