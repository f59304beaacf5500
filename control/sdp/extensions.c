/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/extensions.h"

static const char *const uris[SDP_EXT_COUNT] = {
    [SDP_EXT_MID] = "urn:ietf:params:rtp-hdrext:sdes:mid",
    [SDP_EXT_RID] = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    [SDP_EXT_REPAIRED_RID] = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    [SDP_EXT_AUDIO_LEVEL] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    [SDP_EXT_ABS_SEND_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    [SDP_EXT_TRANSPORT_CC] =
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    [SDP_EXT_DEPENDENCY_DESCRIPTOR] =
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    [SDP_EXT_ABS_CAPTURE_TIME] = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    [SDP_EXT_PLAYOUT_DELAY] = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay",
};

enum sdp_extension sdp_extension_by_uri(struct sdp_text uri)
{
    for (int i = 0; i < SDP_EXT_COUNT; i++)
        if (sdp_text_is(uri, uris[i]))
            return (enum sdp_extension)i;
    return SDP_EXT_COUNT;
}

const char *sdp_extension_uri(enum sdp_extension ext)
{
    return ext < SDP_EXT_COUNT ? uris[ext] : "";
}

/* Where the field of each extension is. */
static const uint8_t offsets[SDP_EXT_COUNT] = {
    [SDP_EXT_MID] = offsetof(struct sdp_extensions, mid),
    [SDP_EXT_RID] = offsetof(struct sdp_extensions, rid),
    [SDP_EXT_REPAIRED_RID] = offsetof(struct sdp_extensions, repaired_rid),
    [SDP_EXT_AUDIO_LEVEL] = offsetof(struct sdp_extensions, audio_level),
    [SDP_EXT_ABS_SEND_TIME] = offsetof(struct sdp_extensions, abs_send_time),
    [SDP_EXT_TRANSPORT_CC] = offsetof(struct sdp_extensions, transport_cc),
    [SDP_EXT_DEPENDENCY_DESCRIPTOR] = offsetof(struct sdp_extensions, dependency_descriptor),
    [SDP_EXT_ABS_CAPTURE_TIME] = offsetof(struct sdp_extensions, abs_capture_time),
    [SDP_EXT_PLAYOUT_DELAY] = offsetof(struct sdp_extensions, playout_delay),
};

void sdp_extensions_put(struct sdp_extensions *x, enum sdp_extension ext, uint8_t id)
{
    if (ext < SDP_EXT_COUNT)
        ((uint8_t *)x)[offsets[ext]] = id;
}

uint8_t sdp_extensions_get(const struct sdp_extensions *x, enum sdp_extension ext)
{
    return ext < SDP_EXT_COUNT ? ((const uint8_t *)x)[offsets[ext]] : 0;
}
