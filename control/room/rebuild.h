/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After the link came up: the dataplane has listed what it holds, and both sides are brought
 * together. What a new control process does not know it takes from the records; sessions that the
 * dataplane lost start over; objects that control has given up are closed.
 */
#ifndef SLUICE_CONTROL_ROOM_REBUILD_H
#define SLUICE_CONTROL_ROOM_REBUILD_H

#include "control/room/record.h"
#include "control/room/state.h"

/* Keeps a Dump* event until the end of the dump. */
void rebuild_keep(struct rooms *rs, Sluice__Link__Event *e);
void rebuild_forget(struct rooms *rs);

/* The dump is complete. */
void rebuild(struct rooms *rs, usec_t now);

/* A participant of the record, with those of its transports and tracks that are in the dump. NULL
 * if there is nothing to go on with. */
struct participant *rebuild_participant(struct rooms *rs, const Sluice__Link__Participant *m,
                                        const Sluice__Record__ParticipantRecord *record,
                                        usec_t now);

/* Where else it is shown, once everyone of that room is there. */
void rebuild_forwards(struct participant *p, const Sluice__Record__ParticipantRecord *record,
                      usec_t now);

/* What it subscribed to, once everyone's tracks are there. */
void rebuild_subscriptions(struct participant *p, const Sluice__Record__ParticipantRecord *record,
                           usec_t now);

/* What the dump says of a track or a subscription; NULL if it is not there. */
const Sluice__Link__Track *dumped_track(const struct rooms *rs, uint64_t id);
const Sluice__Link__Subscription *dumped_subscription(const struct rooms *rs, uint64_t id);

/* The participant's transports, one after the other: the one after `last`, the first for NULL. */
const Sluice__Link__DumpTransport *next_dumped_transport(const struct rooms *rs,
                                                         uint64_t participant,
                                                         const Sluice__Link__DumpTransport *last);

#endif
