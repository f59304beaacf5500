/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which session a remote address is (all arrive at one local port): open addressing, fixed size,
 * seeded.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_ADDR_MAP_H
#define SLUICE_DATAPLANE_MEDIA_ADDR_MAP_H

#include "common/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define ADDR_MAP_NONE UINT32_MAX

struct addr_slot {
    struct net_addr addr; /* family 0: free */
    uint32_t session;
};

struct addr_map {
    uint32_t mask, count, limit;
    uint64_t seed;
    struct addr_slot *slots;
};

bool addr_map_init(struct addr_map *m, uint32_t limit);
void addr_map_free(struct addr_map *m);

/* The session's index, or ADDR_MAP_NONE. */
uint32_t addr_map_find(const struct addr_map *m, const struct net_addr *a);

/* Adds or replaces. False if the map is full or the address unset. */
bool addr_map_put(struct addr_map *m, const struct net_addr *a, uint32_t session);

/* Takes it out, if it still stands for `session`. */
void addr_map_remove(struct addr_map *m, const struct net_addr *a, uint32_t session);

#endif
