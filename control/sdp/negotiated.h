/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an m-section agreed on, in the terms of sluice.link: Payload, Extensions and Encoding take
 * these structures field by field.
 */
#ifndef SLUICE_CONTROL_SDP_NEGOTIATED_H
#define SLUICE_CONTROL_SDP_NEGOTIATED_H

#include "control/sdp/codecs.h"

#define SDP_PAYLOADS_MAX  16
#define SDP_FMTP_MAX      160 /* with NUL; a longer one is left empty */
#define SDP_ENCODINGS_MAX 3

struct sdp_payload {
    enum sdp_codec codec;
    uint8_t pt;
    uint8_t rtx_pt; /* 0: none */
    uint32_t clock;
    char fmtp[SDP_FMTP_MAX];
};

/* Ids of RTP header extensions, 0 where not negotiated. */
struct sdp_extensions {
    uint8_t mid, rid, repaired_rid, audio_level, abs_send_time, transport_cc;
    uint8_t dependency_descriptor, abs_capture_time, playout_delay;
};

/* A simulcast layer by rid, or a single stream by SSRC. */
struct sdp_encoding {
    char rid[SDP_RID_MAX]; /* "": none */
    uint32_t ssrc;         /* 0: not signalled */
    uint32_t rtx_ssrc;
};

struct sdp_negotiated {
    char mid[SDP_MID_MAX];
    enum sdp_kind kind;
    bool rejected;
    bool nack;                    /* of the first payload */
    enum sdp_direction direction; /* of our side */
    uint32_t payload_count;
    struct sdp_payload payloads[SDP_PAYLOADS_MAX]; /* preferred first */
    struct sdp_extensions extensions;
    uint32_t encoding_count;                          /* publish sections: at least 1 */
    struct sdp_encoding encodings[SDP_ENCODINGS_MAX]; /* lowest layer first */
};

/* The first payload of this codec, or NULL. */
const struct sdp_payload *sdp_negotiated_payload(const struct sdp_negotiated *n, enum sdp_codec c);

/* Layers of a simulcast are told by name where the names are usual ("q,h,f" or "2,1,0"), else by
 * position. Returns 0..2. */
uint32_t sdp_encoding_layer(const struct sdp_negotiated *n, uint32_t encoding);

#endif
