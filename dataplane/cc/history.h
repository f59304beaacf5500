/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went to one receiver, by transport-wide sequence number
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): eight bytes a packet, until feedback tells
 * its fate. Putting a packet in is all that congestion control does per packet.
 */
#ifndef SLUICE_DATAPLANE_CC_HISTORY_H
#define SLUICE_DATAPLANE_CC_HISTORY_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define CC_HISTORY_SIZE 4096 /* packets; a power of two, at most half of the number space */

struct cc_sent {
    uint32_t at;   /* us, low bits */
    uint16_t size; /* bytes on the way, headers below RTP included; 0: its fate is known */
    uint8_t probe; /* cluster; 0: none */
    bool lost;     /* told to be missing; it may still be told to have come */
};

struct cc_history {
    struct cc_sent *slots; /* the owner's, [CC_HISTORY_SIZE]; NULL: packets carry no numbers */
    uint64_t bytes;        /* sent in all */
    uint32_t kept;         /* packets in the ring */
    uint16_t next;         /* number of the next packet */
    uint8_t probe;         /* cluster that packets belong to now; 0: none */
};

static inline void cc_history_init(struct cc_history *h, struct cc_sent *slots)
{
    *h = (struct cc_history){.slots = slots};
}

/* The packet numbered h->next went out. */
static inline void cc_history_put(struct cc_history *h, uint16_t size, usec_t now)
{
    h->slots[h->next % CC_HISTORY_SIZE] =
        (struct cc_sent){.at = (uint32_t)now, .size = size, .probe = h->probe};
    h->next++;
    h->kept += h->kept < CC_HISTORY_SIZE;
    h->bytes += size;
}

enum cc_fate {
    CC_FATE_UNKNOWN,  /* not in the ring, or told before */
    CC_FATE_RECEIVED, /* for the first time */
    CC_FATE_LOST,     /* for the first time */
    CC_FATE_LATE,     /* received, after it was told to be lost */
};

/* What feedback says of packet `seq`, when that is news. Fills in *sent and when it went, *at,
 * unless it is CC_FATE_UNKNOWN. */
enum cc_fate cc_history_report(struct cc_history *h, uint16_t seq, bool received, usec_t now,
                               struct cc_sent *sent, usec_t *at);

#endif
