/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/payloads.h"

#include <stdbool.h>
#include <string.h>

/* The value of a parameter in fmtp, or what it is if left out. */
static struct sdp_text parameter(const struct sdp_payload *p, const char *key,
                                 const char *otherwise)
{
    struct sdp_text value;
    if (sdp_text_parameter(sdp_text_of(p->fmtp, strlen(p->fmtp)), key, &value))
        return value;
    return sdp_text_of(otherwise, strlen(otherwise));
}

static bool same_parameter(const struct sdp_payload *a, const struct sdp_payload *b,
                           const char *key, const char *otherwise)
{
    return sdp_text_equal(parameter(a, key, otherwise), parameter(b, key, otherwise));
}

/* profile_idc and profile-iop; the level (last two digits) may differ. */
static bool same_h264_profile(const struct sdp_payload *a, const struct sdp_payload *b)
{
    struct sdp_text x = parameter(a, "profile-level-id", "420010");
    struct sdp_text y = parameter(b, "profile-level-id", "420010");
    return x.len == 6 && y.len == 6 && strncasecmp(x.at, y.at, 4) == 0;
}

static bool fits(const struct sdp_payload *track, const struct sdp_payload *p, bool exact)
{
    if (track->codec != p->codec || track->clock != p->clock)
        return false;
    switch (track->codec) {
    case SDP_H264:
        return same_parameter(track, p, "packetization-mode", "0") &&
               (!exact || same_h264_profile(track, p));
    case SDP_VP9:
        return same_parameter(track, p, "profile-id", "0");
    case SDP_AV1:
        return same_parameter(track, p, "profile", "0");
    default:
        return true;
    }
}

static const struct sdp_payload *find(const struct sdp_payload *track,
                                      const struct sdp_negotiated *subscriber)
{
    for (int exact = 1; exact >= 0; exact--)
        for (uint32_t i = 0; i < subscriber->payload_count; i++)
            if (fits(track, &subscriber->payloads[i], exact))
                return &subscriber->payloads[i];
    return NULL;
}

static bool listed(const struct sdp_payload *out, uint32_t n, const struct sdp_payload *p)
{
    for (uint32_t i = 0; i < n; i++)
        if (out[i].pt == p->pt)
            return true;
    return false;
}

/* RED can be unpacked to what it carries. */
static bool essential(enum sdp_codec c)
{
    return c != SDP_RED;
}

uint32_t payloads_match(const struct sdp_negotiated *track, const struct sdp_negotiated *subscriber,
                        struct sdp_payload out[static SDP_PAYLOADS_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < track->payload_count; i++) {
        const struct sdp_payload *p = find(&track->payloads[i], subscriber);
        if (!p && n == 0 && essential(track->payloads[i].codec))
            return 0;
        if (p && !listed(out, n, p) && n < SDP_PAYLOADS_MAX)
            out[n++] = *p;
    }
    return n;
}
