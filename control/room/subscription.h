/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tracks as other participants get them: who wants which, who may, and what the dataplane forwards.
 *
 * A subscription that is wanted and allowed waits until negotiation has given it a section
 * (control/signal calls subscription_bind()); the dataplane forwards from then on.
 */
#ifndef SLUICE_CONTROL_ROOM_SUBSCRIPTION_H
#define SLUICE_CONTROL_ROOM_SUBSCRIPTION_H

#include "control/room/state.h"

#define SUBSCRIPTION_STREAM_MAX 80 /* of subscription_stream(), with NUL */

/* Looks at every published track of others / every participant that may want t. Idempotent. */
void subscriptions_of_participant(struct participant *p, usec_t now);
void subscriptions_of_track(struct publication *t, usec_t now);

/* The client asks for a track, or says that it does not want it. Unknown tracks are remembered for
 * a while. */
void subscription_request(struct participant *p, const char *track_sid, bool wanted, usec_t now);

/* UpdateTrackSettings: applied after a short pause, enabling at once. */
void subscription_settings(struct participant *p, const char *track_sid,
                           const struct track_settings *s, usec_t now);

/* What was asked for again after the rules changed. */
void subscription_reconsider(struct subscription *s, usec_t now);

/* The section is negotiated; the dataplane starts, once the publisher sends the codec. False if it
 * has no codec for the track: then the client has been told, and the section must be given back. */
bool subscription_bind(struct subscription *s, const struct sdp_negotiated *facts, usec_t now);

/* The codecs that t is sent in have changed: everybody gets the best for it. */
void subscriptions_choose_again(struct publication *t, usec_t now);

/* Whether a section of the client's offer can take the track at all. */
bool subscription_fits(const struct subscription *s, const struct sdp_negotiated *facts);

/* It cannot be had: the client is told, and it is not tried again until asked for. */
void subscription_refuse(struct subscription *s, Livekit__SubscriptionError why, usec_t now);

/* Stops it, gives the section back, and frees it. */
void subscription_end(struct subscription *s, usec_t now);

/* Frees it without a word. */
void subscription_free(struct subscription *s);

struct subscription *subscription_find(const struct participant *p, const struct publication *t);

/* A subscription in state OFF, linked in. */
struct subscription *subscription_new(struct participant *p, struct publication *t, uint64_t id);

/* The MediaStream that it is part of, and its CNAME: of each track its own, or (sync_streams) of
 * all tracks that the publisher put into one stream. */
void subscription_stream(const struct subscription *s, char *id, size_t size);

/* How it appears in a description. */
void subscription_sending(const struct subscription *s, struct sdp_sending *out);

/* True if p gets any track of `other`. */
bool subscription_to_participant(const struct participant *p, const struct participant *other);

/* Tells the subscriber if it does not know yet whether the track is paused for want of bandwidth.
 */
void subscription_tell_paused(struct subscription *s);

#endif
