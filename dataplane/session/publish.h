/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What there is and what happened, written into the statistics that other processes read
 * (common/stats/segment.h): who and what objects are, how full their pools are, and events. Nothing
 * is written if the engine was given no statistics.
 */
#ifndef SLUICE_DATAPLANE_SESSION_PUBLISH_H
#define SLUICE_DATAPLANE_SESSION_PUBLISH_H

#include "dataplane/session/objects.h"

struct sessions;

/* `m`: a participant of it, which brings the room's names. */
void session_publish_room(struct sessions *s, const struct room *r,
                          const Sluice__Link__Participant *m);
void session_publish_room_gone(struct sessions *s, const struct room *r);
void session_publish_participant(struct sessions *s, const struct participant *p);
void session_publish_participant_gone(struct sessions *s, const struct participant *p);
void session_publish_transport(struct sessions *s, const struct transport *t);
void session_publish_transport_gone(struct sessions *s, const struct transport *t);
void session_publish_track(struct sessions *s, const struct track *t);
void session_publish_track_gone(struct sessions *s, const struct track *t);
void session_publish_subscription(struct sessions *s, const struct subscription *sub);
void session_publish_subscription_gone(struct sessions *s, const struct subscription *sub);

/* An object was refused for want of room. */
void session_publish_refusal(struct sessions *s, enum stats_pool_id pool);

/* ---- publish_events.c ---- */

void event_participant(struct sessions *s, const char *kind, const struct participant *p);
void event_track(struct sessions *s, const char *kind, const struct track *t);
void event_subscription(struct sessions *s, const char *kind, const struct subscription *sub);
/* The connection of t has changed, or (moved) its selected pair. */
void event_connection(struct sessions *s, const struct transport *t, bool moved);
void event_plain(struct sessions *s, const char *kind, const char *text);

#endif
