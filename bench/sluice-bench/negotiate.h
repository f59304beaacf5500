/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offers and answers of a participant: one offer is outstanding at a time, further wishes go into
 * the next one.
 */
#ifndef SLUICE_BENCH_NEGOTIATE_H
#define SLUICE_BENCH_NEGOTIATE_H

#include "bench/sluice-bench/janus.h"
#include "bench/sluice-bench/peer.h"

/* Announces and offers the tracks that the member publishes. */
void negotiate_tracks(struct peer *p);

/* The server wants so many more sections to send in, or just another offer. */
void negotiate_sections(struct peer *p, unsigned audios, unsigned videos);

void negotiate_answer(struct peer *p, const Livekit__SessionDescription *m);

/* RTCIceCandidateInit of the server. */
void negotiate_candidate(struct peer *p, const char *json);

/* The same with Janus, of which there is one offer and one answer. */
void negotiate_janus(struct peer *p, enum janus_event event, const char *text);

#endif
