/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/description.h"

const struct sdp_section *sdp_section_by_mid(const struct sdp_description *d, struct sdp_text mid)
{
    for (uint32_t i = 0; i < d->section_count; i++)
        if (sdp_text_equal(d->sections[i].mid, mid))
            return &d->sections[i];
    return NULL;
}

const struct sdp_format *sdp_format_by_pt(const struct sdp_section *s, uint8_t pt)
{
    for (uint32_t i = 0; i < s->format_count; i++)
        if (s->formats[i].pt == pt)
            return &s->formats[i];
    return NULL;
}

bool sdp_section_sends(const struct sdp_section *s)
{
    return s->direction == SDP_SENDRECV || s->direction == SDP_SENDONLY;
}

bool sdp_section_receives(const struct sdp_section *s)
{
    return s->direction == SDP_SENDRECV || s->direction == SDP_RECVONLY;
}

bool sdp_section_lives(const struct sdp_section *s)
{
    return s->bundled && (s->port != 0 || s->bundle_only);
}
