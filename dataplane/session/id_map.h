/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control's 64-bit ids to handles: a hash table of fixed capacity, linear probing.
 */
#ifndef SLUICE_DATAPLANE_SESSION_ID_MAP_H
#define SLUICE_DATAPLANE_SESSION_ID_MAP_H

#include "common/handle.h"

#include <stdbool.h>
#include <stdint.h>

struct id_map {
    uint32_t mask;
    uint64_t seed;
    uint64_t *ids; /* 0: empty place */
    handle_t *handles;
};

/* Room for `capacity` ids. False if out of memory. */
bool id_map_init(struct id_map *m, uint32_t capacity);
void id_map_free(struct id_map *m);

/* HANDLE_NONE if there is no such id. */
handle_t id_map_get(const struct id_map *m, uint64_t id);

/* `id` is not 0 and not in the map; never more than `capacity` at once. */
void id_map_put(struct id_map *m, uint64_t id, handle_t h);
void id_map_remove(struct id_map *m, uint64_t id);

#endif
