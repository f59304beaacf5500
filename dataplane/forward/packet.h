/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of a received packet after it was parsed once: everything that forwarding looks at.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_PACKET_H
#define SLUICE_DATAPLANE_FORWARD_PACKET_H

#include "common/clock.h"
#include "dataplane/rtp/dependency_descriptor.h"
#include "dataplane/rtp/vp8.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYER_NONE 255

/* Of a VP9 payload descriptor (RFC 9628 section 4.2), what selecting layers needs. */
struct vp9_layer {
    bool start, end; /* B, E */
    bool inter_predicted, switching_up, inter_layer;
};

struct packet_info {
    uint64_t seq; /* 64 bits wide */
    usec_t arrival;
    uint32_t ssrc, ts;
    uint16_t payload_offset, payload_len;
    uint16_t dd_offset; /* of the dependency descriptor in the packet */
    uint8_t dd_len;     /* 0: none */
    uint8_t pt, codec, variant;
    uint8_t layer;             /* which encoding of the track */
    uint8_t spatial, temporal; /* within the encoding */
    bool marker;
    bool key_frame;   /* a key frame starts here */
    bool frame_start; /* a frame starts here */
    bool recovered;   /* came by RTX */
    union {
        struct vp8_descriptor vp8;
        struct vp9_layer vp9;
        uint16_t red_primary; /* where in the payload the newest block begins; 0: unknown */
    };
};

/* What decode targets of a dependency descriptor's structure are. */
struct svc_targets {
    uint8_t n, n_chains;
    uint8_t spatial[DD_DECODE_TARGETS_MAX];
    uint8_t temporal[DD_DECODE_TARGETS_MAX];
    uint8_t protected_by[DD_DECODE_TARGETS_MAX];
};

/* The dependency descriptor of an SVC packet, resolved. */
struct svc_info {
    uint64_t frame; /* 64 bits wide */
    struct dependency_descriptor dd;
    struct svc_targets targets;
};

#endif
