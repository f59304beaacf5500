/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets of a scalable stream a downtrack gets, by their dependency descriptors (AV1 RTP
 * payload format, appendix A): those of the best decode target within the wanted layers whose chain
 * is whole. A frame that refers to a frame that was left out is left out too. What is lost on the
 * way to us counts as sent, as it may still come.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_SVC_SELECTOR_H
#define SLUICE_DATAPLANE_FORWARD_SVC_SELECTOR_H

#include "dataplane/forward/recent_set.h"
#include "dataplane/forward/simulcast_selector.h"

struct svc_selector {
    uint8_t max_spatial, max_temporal; /* wanted */
    uint8_t spatial, temporal;         /* of the decode target in use; LAYER_NONE: none */
    bool started;
    uint64_t newest;         /* highest frame seen */
    struct recent_set drops; /* frames left out */
};

void svc_selector_init(struct svc_selector *s);

/* What to do with the packet. With SELECT_FORWARD or SELECT_SWITCH (the first one) *marker is the
 * RTP marker to send, *mask the active decode targets to write. */
enum selection svc_select(struct svc_selector *s, const struct packet_info *p,
                          const struct svc_info *svc, bool *marker, uint32_t *mask);

/* Whether a key frame is needed to get to what is wanted: `top` is the highest spatial layer that
 * the stream has. */
bool svc_selector_wants_key_frame(const struct svc_selector *s, uint8_t top);

#endif
