/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms and participants as messages. The result lies in the arena and points into the objects: use
 * it before anything changes.
 */
#ifndef SLUICE_CONTROL_ROOM_INFO_H
#define SLUICE_CONTROL_ROOM_INFO_H

#include "control/room/arena.h"
#include "control/room/state.h"

/* Counts the version up if p changed since the last call. Tracks are left out once p is
 * disconnected. */
Livekit__ParticipantInfo *info_of_participant(struct arena *a, struct participant *p,
                                              Livekit__DisconnectReason reason);
Livekit__Room *info_of_room(struct arena *a, const struct room *r);
Livekit__ParticipantPermission *info_of_permission(struct arena *a, const struct claims *c);
Livekit__ServerInfo *info_of_server(struct arena *a, const struct rooms *rs);

/* Video first, VP8 before all, as clients take the first. Without RTX. */
size_t info_publish_codecs(struct arena *a, const struct rooms *rs, Livekit__Codec ***list);

/* What this client is told to do differently; NULL if nothing. */
Livekit__ClientConfiguration *info_client_configuration(struct arena *a,
                                                        const struct participant *p);

/* Codecs that this browser is not to send or get, whatever it offers. */
sdp_codec_set info_disabled_codecs(const struct client *c);

#endif
