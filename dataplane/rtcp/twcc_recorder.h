/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrival times of one publisher's packets by transport-wide sequence number, and the feedback made
 * of them. One per publishing session, shared by all of its video and RTX streams.
 *
 * Feedback is due when more than 20 packets are held and 100 ms have passed since the last one, or
 * 50 ms and a frame has ended, or more than 100 are held; and 100 ms after the first packet that is
 * held, however few there are.
 */
#ifndef SLUICE_DATAPLANE_RTCP_TWCC_RECORDER_H
#define SLUICE_DATAPLANE_RTCP_TWCC_RECORDER_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWCC_WINDOW       1024 /* sequence numbers remembered, a power of two */
#define TWCC_FEEDBACK_MIN 512  /* bytes of buffer that any run of losses in the window fits */

struct twcc_recorder {
    uint64_t highest; /* 64-bit sequence number; 0: none yet */
    uint64_t next;    /* first one that the next feedback tells about */
    usec_t last_feedback, due;
    uint32_t sender_ssrc, media_ssrc;
    uint16_t held; /* recorded since the last feedback */
    uint8_t feedback_count;
    uint32_t arrival[TWCC_WINDOW]; /* units of 250 us, never 0; 0: not received */
};

/* sender_ssrc: random. */
void twcc_recorder_init(struct twcc_recorder *r, uint32_t sender_ssrc);

/* Every packet that carries the extension, padding and RTX too. Duplicates keep the first arrival.
 * A jump beyond the window starts over. */
void twcc_recorder_record(struct twcc_recorder *r, uint16_t seq, uint32_t media_ssrc, bool marker,
                          usec_t now);

/* When twcc_recorder_feedback() has something to say; USEC_NEVER if nothing is held. In the past:
 * at once. */
static inline usec_t twcc_recorder_deadline(const struct twcc_recorder *r)
{
    return r->held ? r->due : USEC_NEVER;
}

/* Writes one feedback packet if it is due; call until it returns 0, as deltas that are out of range
 * or a full buffer start a new packet. Returns the length. A `cap` below
 * TWCC_FEEDBACK_MIN gives nothing. */
size_t twcc_recorder_feedback(struct twcc_recorder *r, usec_t now, uint8_t *out, size_t cap);

#endif
