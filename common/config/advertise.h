/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of sluice.advertise: where a NAT that maps ports is reached from outside.
 */
#ifndef SLUICE_COMMON_CONFIG_ADVERTISE_H
#define SLUICE_COMMON_CONFIG_ADVERTISE_H

#include "common/addr.h"

#include <stdbool.h>

struct config_advertise {
    struct net_addr at; /* UDP: of worker 0; worker i is reached at port + i */
    bool udp, tcp;
};

/* "203.0.113.5:40000/udp", "[2001:db8::1]:443/tcp"; without "/..." both. */
bool config_advertise_parse(struct config_advertise *a, const char *text);

/* A DNS name that can be told from an address: its last label begins with a letter. */
bool config_is_host_name(const char *text);

#endif
