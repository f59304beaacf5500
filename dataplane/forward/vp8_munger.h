/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Picture id, TL0PICIDX and KEYIDX of a VP8 payload descriptor, kept continuous over switches of
 * the source and over pictures left out for their temporal layer (RFC 7741 section 4.2). Fields
 * that the source does not send stay away; picture ids go out in the 15-bit form. Zero-initialise.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_VP8_MUNGER_H
#define SLUICE_DATAPLANE_FORWARD_VP8_MUNGER_H

#include "dataplane/forward/recent_set.h"
#include "dataplane/rtp/vp8.h"

#include <stdbool.h>
#include <stdint.h>

struct vp8_munger {
    uint64_t highest; /* newest picture of the source, unwrapped */
    uint64_t offset;  /* sent = source - offset, at `highest` */
    uint64_t kept;    /* a picture of a higher temporal layer that is sent whole all the same */
    uint16_t sent;    /* highest sent, 15 bits */
    uint8_t sent_tl0, sent_key;
    uint8_t tl0_offset, key_offset;
    bool started;
    struct recent_set drops;
};

/* The packet of `d` is the first of another source. */
void vp8_munger_switch(struct vp8_munger *m, const struct vp8_descriptor *d);

/* The packet of `d` is of a temporal layer that is not wanted. True: it is left out. False: it has
 * to go, as other packets of its picture went or (`gap`: packets before it are missing) may go. */
bool vp8_munger_drop(struct vp8_munger *m, const struct vp8_descriptor *d, bool gap);

/* Rewrites *d for sending. False if its picture was left out. */
bool vp8_munger_forward(struct vp8_munger *m, struct vp8_descriptor *d);

/* Makes *d that of a key frame of our own, behind what was sent, in the source's form. */
void vp8_munger_insert(struct vp8_munger *m, struct vp8_descriptor *d);

/* Whether *d needs rewriting at all. */
static inline bool vp8_munger_concerns(const struct vp8_descriptor *d)
{
    return d->has_picture_id || d->has_tl0_picture_index || d->has_key_index;
}

#endif
