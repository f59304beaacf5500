/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracks that a participant publishes: announced by AddTrack, published when its description has a
 * section for it, gone when that section stops sending.
 */
#ifndef SLUICE_CONTROL_ROOM_PUBLICATION_H
#define SLUICE_CONTROL_ROOM_PUBLICATION_H

#include "control/room/state.h"

/* Answers with track_published or request_response. */
void publication_add(struct participant *p, Livekit__AddTrackRequest *req, usec_t now);

/* Pending or published; NULL if there is none. */
struct publication *publication_find(const struct participant *p, const char *sid);

/* The one whose section has this mid; NULL if there is none. */
struct source *publication_by_mid(const struct participant *p, const char *mid);

/* The pending one that a section is for: by the track id of its msid, else the first of its kind.
 * Those for which `taken` is true are passed over. */
struct source *publication_match(const struct participant *p, enum sdp_kind kind,
                                 struct sdp_text track_id,
                                 bool (*taken)(void *arg, const struct source *s), void *arg);

/* The section is negotiated: the track is published (in one more codec), or its parameters are
 * new. */
void publication_negotiated(struct source *s, struct transport *transport,
                            const struct sdp_negotiated *facts, const char *track_id, usec_t now);

/* The section of a source has stopped, while the track is sent in another codec. */
void publication_section_ended(struct source *s, usec_t now);

/* What shows a track of another room (forward.h) is new: tells everyone. */
void publication_shown(struct publication *t, usec_t now);

/* Its owner leaves the room, and takes it along: ended for everyone who is here. */
void publication_unshare(struct publication *t, usec_t now);

/* Ends it for everyone and frees it. */
void publication_end(struct publication *t, usec_t now);

/* The same, and the client is told that the server did it (track_unpublished). */
void publication_reject(struct publication *t, usec_t now);

/* Frees it without a word; it has no subscribers left that matter. */
void publication_free(struct publication *t);

void publication_set_muted(struct publication *t, bool muted, usec_t now);

/* TrackInfo was changed in place: tells everyone, and the record. */
void publication_changed(struct publication *t, usec_t now);

void publication_layer_seen(struct source *s, uint32_t layer, const char *rid, uint32_t ssrc,
                            uint32_t rtx_ssrc, usec_t now);

/* A publication of p, linked in; `info` is taken over. */
struct publication *publication_new(struct participant *p, Livekit__TrackInfo *info,
                                    const char *cid);

#endif
