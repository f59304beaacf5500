/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The RTP header extensions that this server reads or writes.
 */
#ifndef SLUICE_CONTROL_SDP_EXTENSIONS_H
#define SLUICE_CONTROL_SDP_EXTENSIONS_H

#include "control/sdp/negotiated.h"

enum sdp_extension {
    SDP_EXT_MID,
    SDP_EXT_RID,
    SDP_EXT_REPAIRED_RID,
    SDP_EXT_AUDIO_LEVEL,
    SDP_EXT_ABS_SEND_TIME,
    SDP_EXT_TRANSPORT_CC,
    SDP_EXT_DEPENDENCY_DESCRIPTOR,
    SDP_EXT_ABS_CAPTURE_TIME,
    SDP_EXT_PLAYOUT_DELAY,
    SDP_EXT_COUNT, /* any other */
};

/* A set: bit 1 << extension. */
typedef uint32_t sdp_extension_set;

enum sdp_extension sdp_extension_by_uri(struct sdp_text uri);
const char *sdp_extension_uri(enum sdp_extension ext);

/* The field of ext. */
void sdp_extensions_put(struct sdp_extensions *x, enum sdp_extension ext, uint8_t id);
uint8_t sdp_extensions_get(const struct sdp_extensions *x, enum sdp_extension ext);

#endif
