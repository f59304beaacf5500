/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data tracks: streams of packets over a data channel that others subscribe to. The publisher
 * chooses a handle for its packets, we choose one for each subscriber; the dataplane exchanges
 * them. Both go to it with the participant.
 */
#ifndef SLUICE_CONTROL_ROOM_DATA_TRACK_H
#define SLUICE_CONTROL_ROOM_DATA_TRACK_H

#include "control/room/arena.h"
#include "control/room/record.pb-c.h"
#include "control/room/state.h"

/* Answers with publish_data_track_response or request_response. */
void data_track_publish(struct participant *p, Livekit__PublishDataTrackRequest *req, usec_t now);
void data_track_unpublish(struct participant *p, Livekit__UnpublishDataTrackRequest *req,
                          usec_t now);

/* Answers with all handles that p has then. What is not there or not allowed is passed over. */
void data_subscriptions_update(struct participant *p, const Livekit__UpdateDataSubscription *m);

/* p publishes a track of that sid and handle. `info` may be NULL. */
bool data_track_is(const struct participant *p, const Livekit__DataTrackInfo *info);

/* p leaves: its tracks end for others, its subscriptions without a word. */
/* Its owner leaves the room, and takes them along: nobody here has them any more, nor p others'. */
void data_tracks_part(struct participant *p);

void data_tracks_end(struct participant *p);

/* Frees the lists without a word to anyone. */
void data_tracks_free(struct participant *p);

/* Its grants changed: ends what it may not have any more. */
void data_tracks_permission_changed(struct participant *p, usec_t now);

/* Its rules of who may subscribe changed: ends what others may not have any more. */
void data_tracks_rules_changed(struct participant *p);

/* data_track_state.c: as others see it, as the dataplane is told, and as it is written down */
void data_tracks_info(struct arena *a, const struct participant *p, Livekit__ParticipantInfo *m);
void data_tracks_command(struct arena *a, const struct participant *p,
                         Sluice__Link__Participant *m);
void data_tracks_record(struct arena *a, const struct participant *p,
                        Sluice__Record__ParticipantRecord *m);
void data_tracks_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m);
/* Once everyone's tracks are there. */
void data_subscriptions_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m);

/* Linked in at the end; `info` is taken over. */
struct data_track *data_track_new(struct participant *p, uint64_t id, Livekit__DataTrackInfo *info);
struct data_track *data_track_find(const struct room *r, const char *sid);
struct data_subscription *data_subscription_new(struct participant *p, struct data_track *t,
                                                uint16_t handle);

/* Kind of participant or grant. */
bool claims_is_agent(const struct claims *c);

#endif
