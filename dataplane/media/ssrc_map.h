/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which stream an SSRC is, within a session: open addressing, fixed size, nothing allocated after
 * init. SSRCs are the peer's choice, so the hash is seeded.
 */
#ifndef SLUICE_DATAPLANE_MEDIA_SSRC_MAP_H
#define SLUICE_DATAPLANE_MEDIA_SSRC_MAP_H

#include <stdbool.h>
#include <stdint.h>

struct ssrc_slot {
    uint32_t session, ssrc;
    uint32_t index; /* of the track or downtrack */
    uint8_t layer;
    bool rtx, used;
};

struct ssrc_map {
    uint32_t mask, count, limit; /* limit: most entries */
    uint64_t seed;
    struct ssrc_slot *slots;
};

bool ssrc_map_init(struct ssrc_map *m, uint32_t limit);
void ssrc_map_free(struct ssrc_map *m);

/* NULL if there is none; valid until the map changes. */
const struct ssrc_slot *ssrc_map_find(const struct ssrc_map *m, uint32_t session, uint32_t ssrc);

/* Adds or replaces. False if the map is full. */
bool ssrc_map_put(struct ssrc_map *m, struct ssrc_slot slot);

/* Takes it out, if it still stands for `index`. */
void ssrc_map_remove(struct ssrc_map *m, uint32_t session, uint32_t ssrc, uint32_t index);

#endif
