/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet indices and replay windows (RFC 3711 sections 3.3.1, 3.3.2 and appendix A).
 */
#ifndef SLUICE_DATAPLANE_SRTP_REPLAY_H
#define SLUICE_DATAPLANE_SRTP_REPLAY_H

#include "dataplane/srtp/srtp.h"

/* A window of the last `bits` indices as a ring: index i is bit i % bits. bits: a multiple of 64.
 */
struct replay_window {
    uint64_t *words;
    unsigned bits;
};

/* Whether `index` was seen, or is too old to tell, when `highest` is the newest. */
bool replay_seen(struct replay_window w, uint64_t highest, uint64_t index);

/* Marks `index` as seen and returns the new highest. */
uint64_t replay_mark(struct replay_window w, uint64_t highest, uint64_t index);

/* The likely 48-bit index of a packet with this sequence number. */
uint64_t replay_estimate(const struct srtp_stream *s, uint16_t seq);

#endif
