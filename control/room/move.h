/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session that goes on in another room (RoomService.MoveParticipant): the same sid, transports
 * and published tracks. Those of the old room see it leave, those of the new one see it join.
 */
#ifndef SLUICE_CONTROL_ROOM_MOVE_H
#define SLUICE_CONTROL_ROOM_MOVE_H

#include "control/room/state.h"

enum move_result {
    MOVE_DONE,
    MOVE_NO_SIGNAL, /* the client is not there to hear of it */
    MOVE_FULL,      /* the room is */
    MOVE_IS_SHOWN,  /* what is shown from another room has no session */
};

/* A session of the same identity in `to` ends first. */
enum move_result participant_move(struct participant *p, struct room *to, usec_t now);

#endif
