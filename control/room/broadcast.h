/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is told of a participant, and when (livekit: immediately if it publishes, else in batches
 * every 3 s). Everyone hears of everyone's tracks before being subscribed to them: a join response
 * lists them, and publishing is told at once.
 */
#ifndef SLUICE_CONTROL_ROOM_BROADCAST_H
#define SLUICE_CONTROL_ROOM_BROADCAST_H

#include "control/room/arena.h"
#include "control/room/state.h"

#define BROADCAST_PERIOD (3 * USEC_PER_SEC)

/* p changed: tells everyone who may see it, p itself included. */
void broadcast_participant(struct participant *p, bool at_once, usec_t now);

/* p is gone (state DISCONNECTED, still in its room's list). */
void broadcast_departure(struct participant *p, Livekit__DisconnectReason reason, usec_t now);

/* The batch of a room is due. */
void broadcast_batch(struct room *r, usec_t now);

/* One update, in pieces of about config.update_size. */
void broadcast_send(struct participant *to, Livekit__ParticipantInfo **infos, size_t n);

/* Everyone, for a client that resumes. */
void broadcast_everyone_to(struct participant *to);

/* p itself and everyone whom it may see: an array in the arena. `with_self` puts p first. */
size_t broadcast_visible(struct arena *a, struct participant *p, bool with_self,
                         Livekit__ParticipantInfo ***infos);

void broadcast_room(struct room *r, usec_t now);
void broadcast_room_to(struct participant *to);

void departed_free(struct departed *d);

#endif
