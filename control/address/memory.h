/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last known external addresses, on disk: `DIR/address`, one address per line.
 */
#ifndef SLUICE_CONTROL_ADDRESS_MEMORY_H
#define SLUICE_CONTROL_ADDRESS_MEMORY_H

#include "common/addr.h"

/* Reads at most one address per family; out[0] IPv4, out[1] IPv6, unset if there is none. */
void memory_read(const char *dir, struct net_addr out[static 2]);

/* Writes them into the directory, whole or not at all. False with errno set. */
bool memory_write(const char *dir, const struct net_addr addresses[static 2]);

#endif
