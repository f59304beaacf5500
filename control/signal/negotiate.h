/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offers and answers of the transports.
 *
 * Single mode: the client offers, we answer; if a track lacks a section, or one is to be given
 * back, the client is asked to offer again (media_sections_requirement). Dual mode: the client
 * offers for what it publishes, we offer for what it gets.
 */
#ifndef SLUICE_CONTROL_SIGNAL_NEGOTIATE_H
#define SLUICE_CONTROL_SIGNAL_NEGOTIATE_H

#include "control/signal/session.h"

/* The client's offer for t (SINGLE or PUBLISHER). The participant may be gone after. */
void negotiate_offer(struct signalling *g, struct transport *t,
                     const Livekit__SessionDescription *offer, usec_t now);

/* The client's answer to our offer on t (SUBSCRIBER). The participant may be gone after. */
void negotiate_answer(struct signalling *g, struct transport *t,
                      const Livekit__SessionDescription *answer, usec_t now);

/* Subscriptions of p changed: negotiates soon. */
void negotiate_soon(struct participant *p, usec_t now);

/* SUBSCRIBER: offers now; with `restart` under new ICE credentials. */
void negotiate_offer_now(struct signalling *g, struct transport *t, bool restart, usec_t now);

/* SINGLE: asks for another offer if one is needed. */
void negotiate_ask(struct transport *t, usec_t now);

/* The parts that both kinds use. */
void negotiate_policy(const struct participant *p, struct sdp_policy *policy);
void negotiate_local(struct transport *t, struct sdp_local *local,
                     struct sdp_candidate list[static 2 * CANDIDATE_ADDRESSES_MAX]);
void negotiate_trickle(struct transport *t, const char *mid);

/* mid_to_track_id */
struct negotiate_map {
    struct arena *arena;
    Livekit__SessionDescription *description;
};
void negotiate_map_add(void *map, const char *mid, const char *track_sid);

/* The description cannot be worked with: the client starts over. */
void negotiate_failed(struct participant *p, const char *what, const struct sdp_error *e,
                      usec_t now);

#endif
