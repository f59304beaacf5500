/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Participants shown in other rooms (RoomService.ForwardParticipant). In the other room stands a
 * participant of the same identity, name, metadata and attributes, of kind detail FORWARDED, with
 * the same tracks under sids of their own. It has neither signalling nor transports: whoever
 * subscribes to its tracks gets those of the participant that it shows, whose changes it follows.
 * It ends with that participant, when it is removed, or when somebody of its identity joins.
 */
#ifndef SLUICE_CONTROL_ROOM_FORWARD_H
#define SLUICE_CONTROL_ROOM_FORWARD_H

#include "control/room/record.pb-c.h"
#include "control/room/state.h"

enum forward_result {
    FORWARD_DONE,
    FORWARD_TAKEN,    /* the identity is in that room */
    FORWARD_IS_SHOWN, /* what is shown from elsewhere is not shown on */
};

/* Shows p in `to`; nothing changes if it is shown there. */
enum forward_result forward_start(struct participant *p, struct room *to, usec_t now);

/* Whose sources a publication has: its own, or of the one that it shows. */
static inline struct publication *publication_origin(const struct publication *t)
{
    return t->origin ? t->origin : (struct publication *)(uintptr_t)t;
}

/* Calls `each` for t itself and for whatever shows it. */
void forwards_of_track(struct publication *t, void (*each)(void *arg, struct publication *t),
                       void *arg);

/* What p publishes, or is called, has changed: so does what shows it. */
void forwards_changed(struct participant *p, usec_t now);

/* t begins and ends. */
void forwards_track_published(struct publication *t, usec_t now);
void forwards_track_ended(struct publication *t, usec_t now);

/* Ends all that shows p. */
void forwards_end(struct participant *p, Livekit__DisconnectReason reason, usec_t now);

/* p, which is about to be freed, shows its origin no more. */
void forward_unlink(struct participant *p);

/* For and from p's record. */
struct arena;
void forwards_record(struct arena *a, const struct participant *p,
                     Sluice__Record__ParticipantRecord *m);
struct participant *forward_rebuild(struct participant *p, struct room *to,
                                    const Sluice__Record__ForwardRecord *m, usec_t now);

#endif
