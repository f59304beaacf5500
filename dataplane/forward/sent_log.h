/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one downtrack sent, eight bytes a packet: enough to build the packet again from the layer's
 * history. What is common to many packets is kept once, in eras: the timestamp offset and the
 * codec's offsets change only where the source is switched.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_SENT_LOG_H
#define SLUICE_DATAPLANE_FORWARD_SENT_LOG_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define SENT_LOG_ERAS    8
#define SENT_RESENDS_MAX 3                   /* a packet is sent again this often at most */
#define SENT_HOLD_MAX    (100 * USEC_PER_MS) /* and not within the smaller of this and 2 RTT */

struct sent_entry {
    uint16_t sent;   /* low bits of the number it went out with */
    uint16_t source; /* low bits of its number in the source */
    uint16_t at_ms;  /* when it was sent last, modulo 2^16 */
    uint8_t step;    /* codec's offset since the era began: left-out pictures, modulo 2^8 */
    uint8_t layer : 2, resends : 2, era : 3, marker : 1;
};

struct sent_era {
    uint64_t first; /* sent number that it begins with */
    uint32_t ssrc;  /* of the source */
    uint32_t ts_offset;
    uint32_t dd_mask;        /* active decode targets written */
    uint32_t picture_offset; /* of picture ids at its begin, modulo 2^15; DD: of frame numbers */
    uint8_t tl0_offset, key_offset;
};

struct sent_log {
    struct sent_entry *slots; /* the owner's memory; [size] */
    uint32_t size;            /* a power of two; 0: nothing is kept */
    uint8_t era;              /* the current one */
    uint64_t newest;          /* sent number; 0: none */
    struct sent_era eras[SENT_LOG_ERAS];
};

void sent_log_init(struct sent_log *l, struct sent_entry *slots, uint32_t size);

/* From `era.first` on packets are of this era. */
void sent_log_begin_era(struct sent_log *l, struct sent_era era);

static inline const struct sent_era *sent_log_current_era(const struct sent_log *l)
{
    return &l->eras[l->era];
}

/* Where the next packet will be noted, to be fetched ahead; any address if nothing is kept. */
static inline const struct sent_entry *sent_log_next_slot(const struct sent_log *l)
{
    return l->slots + (l->size ? (l->newest + 1) & (l->size - 1) : 0);
}

/* Packet `sent` went out at `now`. */
void sent_log_put(struct sent_log *l, uint64_t sent, uint64_t source, uint8_t layer, bool marker,
                  uint8_t step, usec_t now);

/* What is asked for again by the low bits of its sent number, and may be sent now: its try is
 * counted. NULL if unknown, sent too often or too lately (rtt 0: not known). *era is its era. */
struct sent_entry *sent_log_resend(struct sent_log *l, uint16_t sent, usec_t rtt, usec_t now,
                                   const struct sent_era **era);

/* The nth newest packet (0: the newest), if it is known: *sent is its number. */
const struct sent_entry *sent_log_recent(const struct sent_log *l, unsigned nth, uint64_t *sent,
                                         const struct sent_era **era);

#endif
