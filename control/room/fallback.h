/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections that fail over UDP are tried over TCP, and then over TURN with TLS: the next try of
 * the client, an ICE restart or a new session, finds only candidates of that kind
 * (rtc.allow_tcp_fallback; LiveKit's rules). One step per session; the choice stays with the
 * identity in its room (preference.h).
 */
#ifndef SLUICE_CONTROL_ROOM_FALLBACK_H
#define SLUICE_CONTROL_ROOM_FALLBACK_H

#include "control/room/state.h"

/* The client said something: it is there, whatever its media does. */
void fallback_signal_seen(struct participant *p, usec_t now);

/* The client's round-trip time on the signalling connection, ms. */
void fallback_signal_rtt(struct participant *p, int64_t rtt, usec_t now);

/* A transport of p has a new state, or begins to wait for its client's checks: says when it has
 * waited long enough. */
void fallback_transport_changed(struct transport *t, usec_t now);

/* The client comes back and says why (its PeerConnection failed, or only signalling). */
void fallback_client_reconnects(struct participant *p, int32_t reason, usec_t now);

#endif
