/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The STUN and TURN servers that a client is told, with credentials made for it.
 */
#ifndef SLUICE_CONTROL_ROOM_ICE_SERVERS_H
#define SLUICE_CONTROL_ROOM_ICE_SERVERS_H

#include "control/room/arena.h"
#include "control/room/state.h"

/* Our own TURN server first, then others, then STUN servers; of a client that is to come by TLS
 * only, those. Sets *list, in the arena; returns how many. The dataplane is told the credentials.
 */
size_t ice_servers_for(struct arena *a, const struct participant *p, Livekit__ICEServer ***list);

/* Whether any server is known that clients reach by TLS. */
bool ice_servers_have_tls(const struct rooms *rs);

/* True if p is to come by TURN over TLS, and a server for that is known. */
bool ice_servers_over_tls(const struct participant *p);

#endif
