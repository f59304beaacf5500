/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's network interfaces, as far as AF_XDP is concerned.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_INTERFACE_H
#define SLUICE_DATAPLANE_PKTIO_INTERFACE_H

#include "dataplane/pktio/pktio.h"

#include <net/if.h>

struct interface {
    char name[IF_NAMESIZE];
    uint32_t ifindex;
    uint32_t mtu;
    unsigned queues; /* that receive; at least 1 */
};

/* Looks an interface up by name; false with words if it cannot carry media: unknown, down, not
 * Ethernet, loopback. */
bool interface_find(const char *name, struct interface *out, char err[static PKTIO_ERROR_TEXT]);

/* All that could carry media and have an IP address of their own, at most `max`. */
size_t interface_list(struct interface *out, size_t max);

#endif
