/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The codecs of a track. A client announces them with the track (simulcast_codecs), sends the first
 * one at once, and a backup once subscribed_quality_update says that somebody wants it: it then
 * repeats AddTrack with the track's sid and the cid of that codec.
 */
#ifndef SLUICE_CONTROL_ROOM_SOURCE_H
#define SLUICE_CONTROL_ROOM_SOURCE_H

#include "control/room/state.h"

/* As many as info has codecs; none is sent. */
void sources_init(struct publication *t);
void sources_free(struct publication *t);

uint32_t source_number(const struct source *s); /* its place in TrackInfo.codecs */
enum sdp_codec source_codec(const struct source *s);

/* It is sent in this section from now on, or its parameters are new; `id` on the link is given if
 * it has none. */
void source_set_facts(struct source *s, const struct sdp_negotiated *facts);

/* It is not sent any more. */
void source_clear(struct source *s);

/* The first one that is sent; NULL if none is. */
struct source *source_sent(struct publication *t);

/* What a subscriber with these formats gets of t: what is sent, or (*count is 0) what the publisher
 * has to be asked for. NULL if it can decode none of it. `out`: the subscriber's formats, those of
 * the source first; if there are other codecs theirs follow, so that a change needs no negotiation.
 */
struct source *source_for(struct publication *t, const struct sdp_negotiated *facts,
                          struct sdp_payload out[static SDP_PAYLOADS_MAX], uint32_t *count);

/* The first backup is there: whether everyone who can is to get it (BackupCodecPolicy). */
bool source_regresses(const struct publication *t);

#endif
