/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets of a scalable VP9 stream a downtrack gets where there is no dependency descriptor,
 * by the payload descriptor alone (RFC 9628 section 4.2).
 */
#ifndef SLUICE_DATAPLANE_FORWARD_VP9_SELECTOR_H
#define SLUICE_DATAPLANE_FORWARD_VP9_SELECTOR_H

#include "dataplane/forward/simulcast_selector.h"

struct vp9_selector {
    uint8_t max_spatial, max_temporal; /* wanted */
    uint8_t spatial, temporal;         /* current; LAYER_NONE: nothing yet */
};

void vp9_selector_init(struct vp9_selector *s);

/* With SELECT_FORWARD or SELECT_SWITCH *marker is the RTP marker to send. */
enum selection vp9_select(struct vp9_selector *s, const struct packet_info *p, bool *marker);

static inline bool vp9_selector_wants_key_frame(const struct vp9_selector *s, uint8_t top)
{
    uint8_t reachable = s->max_spatial < top ? s->max_spatial : top;
    return s->spatial == LAYER_NONE || s->spatial < reachable;
}

#endif
