/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms that were created for later: nobody has joined, so the dataplane does not know them and
 * cannot give them back to a new control process. They are kept as a livekit.ListRoomsResponse.
 */
#ifndef SLUICE_CONTROL_ROOM_WAITING_ROOMS_H
#define SLUICE_CONTROL_ROOM_WAITING_ROOMS_H

#include "control/room/state.h"

/* The waiting rooms of rs; the caller frees *data. Returns the size, 0 (and NULL) if there is none.
 */
size_t waiting_rooms_pack(const struct rooms *rs, uint8_t **data);

/* Makes those that rs does not have yet, with a whole empty_timeout ahead and without an event:
 * they began long ago. Returns how many; 0 if `data` is no such list. */
size_t waiting_rooms_restore(struct rooms *rs, const uint8_t *data, size_t size, usec_t now);

#endif
