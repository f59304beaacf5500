/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PeerConnections as the dataplane serves them.
 */
#ifndef SLUICE_CONTROL_ROOM_TRANSPORT_H
#define SLUICE_CONTROL_ROOM_TRANSPORT_H

#include "control/room/state.h"

/* A new transport on the least loaded worker, opened on the dataplane. NULL if there is no worker.
 */
struct transport *transport_open(struct participant *p, Sluice__Link__TransportKind kind);

/* One that the dataplane has already. */
struct transport *transport_adopt(struct participant *p, const Sluice__Link__Transport *t);

/* Frees it; `tell` closes it on the dataplane. */
void transport_close(struct transport *t, bool tell);

/* What the client's description says; told to the dataplane if it is new. */
void transport_set_remote(struct transport *t, const struct sdp_remote *remote);

/* New credentials of ours; candidates have to be told again. */
void transport_restart_ice(struct transport *t);

/* Our candidates: for every address UDP on the worker's port, then passive TCP. */
#define TRANSPORT_CANDIDATES_MAX (2 * CANDIDATE_ADDRESSES_MAX)
size_t transport_candidates(const struct transport *t,
                            struct sdp_candidate list[static TRANSPORT_CANDIDATES_MAX]);

/* The section of `owner` is given back with the next description. */
void transport_end_slot(struct transport *t, uint64_t owner);
bool transport_slot_ending(const struct transport *t, uint64_t owner);

/* The transport that sends to p / that p publishes on. NULL if there is none. */
struct transport *transport_towards(const struct participant *p);
struct transport *transport_from(const struct participant *p);

/* The dataplane reports. The participant may be gone after. */
void transport_state_changed(struct transport *t, const Sluice__Link__TransportState *m,
                             usec_t now);

void unclaimed_free(struct unclaimed_section *u);

#endif
