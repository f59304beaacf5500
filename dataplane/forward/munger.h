/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence numbers and timestamps of one sent stream, made of those of the sources that it is
 * switched between. Numbers of packets that are left out on purpose are closed up; gaps of the
 * source stay gaps, so that the receiver sees and asks for what is lost; jumps become gaps of one.
 *
 * Numbers are 64 bits wide (dataplane/rtp/sequence.h); the sent one's upper part is the SRTP
 * roll-over counter. The first one sent is below 2^15, so that no receiver has to guess whether the
 * counter has rolled over (RFC 3711 section 3.3.1). No number is given out twice, whatever a source
 * sends: with the same key it would be the same nonce. Zero-initialise.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_MUNGER_H
#define SLUICE_DATAPLANE_FORWARD_MUNGER_H

#include "dataplane/forward/recent_set.h"

#include <stdbool.h>
#include <stdint.h>

#define MUNGER_JUMP_MAX 3000 /* a longer gap is no loss but a restart of the source */

struct munger {
    uint64_t highest; /* newest number of the source that was seen */
    uint64_t offset;  /* sent = source - offset, at `highest` (modulo 2^64) */
    uint64_t sent;    /* highest sent, or kept for what is missing */
    uint32_t ts_offset;
    uint32_t last_ts; /* sent with the highest */
    bool started;
    struct recent_set drops;   /* source numbers left out */
    struct recent_set missing; /* source numbers that may still come */
};

/* The packet `seq`, `ts` of another source (or the first) is to come next, as sent timestamp
 * `sent_ts`. It still has to be forwarded. */
void munger_switch(struct munger *m, uint64_t seq, uint32_t ts, uint32_t sent_ts);

/* The number that packet `seq` goes out with. False if it is not to be sent: from before a switch,
 * too old, sent already, or its number was closed up. */
bool munger_forward(struct munger *m, uint64_t seq, uint32_t ts, uint64_t *sent);

/* Packet `seq` is left out: closes its number up, if newer ones have not gone yet. */
void munger_drop(struct munger *m, uint64_t seq);

/* The number for a packet of our own, put in behind the highest. */
uint64_t munger_insert(struct munger *m, uint32_t sent_ts);

/* Keys have changed: the roll-over counter starts again at 0 (RFC 3711 section 3.3.1). */
void munger_rekey(struct munger *m);

static inline uint32_t munger_ts(const struct munger *m, uint32_t ts)
{
    return ts - m->ts_offset;
}

#endif
