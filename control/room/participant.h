/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A participant: one session of one identity in a room, from its join to its end.
 */
#ifndef SLUICE_CONTROL_ROOM_PARTICIPANT_H
#define SLUICE_CONTROL_ROOM_PARTICIPANT_H

#include "control/room/state.h"

struct participant_options {
    const Livekit__ClientInfo *client; /* may be NULL */
    bool single;                       /* one PeerConnection */
    bool auto_subscribe, auto_subscribe_data_tracks, adaptive_stream, disable_lite;
    bool allow_pause; /* of videos that do not fit the line */
};

/* A new session in state JOINING, with its transports; claims are copied. An old session of the
 * same identity is ended first. NULL if the room is full or no media worker is there. */
struct participant *participant_join(struct room *r, const struct claims *claims,
                                     const struct participant_options *o, void *session,
                                     usec_t now);

/* The join response went out: others are told, tracks are subscribed to. */
void participant_joined(struct participant *p, usec_t now);

/* The PeerConnection that counts is connected. */
void participant_active(struct participant *p, usec_t now);

/* Ends the session: p is freed. With `say_goodbye` the client gets leave{DISCONNECT}. */
void participant_close(struct participant *p, Livekit__DisconnectReason reason, bool say_goodbye,
                       usec_t now);

/* Ends the session in a way that the client joins anew. */
void participant_start_over(struct participant *p, Livekit__DisconnectReason reason, usec_t now);

/* The WebSocket went without a leave. p may be freed. */
void participant_signal_lost(struct participant *p, usec_t now);

/* p's media is lost: the client is told to resume, or if that cannot help, to join anew. */
void participant_media_lost(struct participant *p, bool restartable, usec_t now);

/* The client is told to resume: a new WebSocket, and ICE restarts. Nobody else notices. It closes
 * the old WebSocket itself: native clients start over if that happens before they have read the
 * leave. */
void participant_resume(struct participant *p);

/* Sends a fresh token, now and every 5 min. */
void participant_refresh_token(struct participant *p, usec_t now);

/* Changes of what everyone sees; NULL leaves as it is. An empty attribute value removes it. */
void participant_set_metadata(struct participant *p, const char *name, const char *metadata,
                              const struct claims_attribute *attributes, size_t attribute_count,
                              usec_t now);

/* What p's attributes would come to with these, in bytes of keys and values. */
size_t participant_attributes_size(const struct participant *p,
                                   const struct claims_attribute *attributes, size_t count);

/* False if p may not set this: over the limits of the configuration. */
bool participant_metadata_fits(const struct participant *p, const char *name, const char *metadata,
                               const struct claims_attribute *attributes, size_t count);

/* What p may do from now on (RoomService UpdateParticipant). Publications and subscriptions that it
 * may no longer have are ended. */
void participant_set_permission(struct participant *p, const Livekit__ParticipantPermission *grant,
                                usec_t now);

/* RoomService and simulated scenarios: what the dataplane keeps as p's record must be written. */
void participant_record_changed(struct participant *p);

/* Reads ClientInfo into c (zeroed); client_free() it. */
void client_read(struct client *c, const Livekit__ClientInfo *info);
void client_free(struct client *c);

/* The PeerConnection whose state is p's: the subscriber's if the client takes that as primary. */
struct transport *participant_primary(const struct participant *p);
bool participant_subscriber_primary(const struct participant *p);

/* It is in its room's list no more. */
void participant_unlist(struct participant *p);

/* At the end of its room's list. */
void participant_list(struct participant *p, struct room *r);

/* PARTICIPANT_JOINED and TRACK_PUBLISHED, PARTICIPANT_LEFT, for webhooks. */
void participant_tell_joined(struct participant *p);
void participant_tell_left(struct participant *p);

/* A fresh token, as it is sent to the client; from malloc. NULL without keys. */
char *participant_token(const struct participant *p);

/* Frees p without telling anyone; it must be in no list. */
void participant_free(struct participant *p);

/* An empty participant of the room, listed and indexed under `id`. */
struct participant *participant_new(struct room *r, uint64_t id, const char *sid, usec_t now);

#endif
