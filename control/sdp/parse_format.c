/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8866 6.6 (rtpmap), 6.15 (fmtp), RFC 4585 4.2 (rtcp-fb), RFC 8285 (extmap). */
#include "control/sdp/parse.h"

/* The format that "<pt> …" names; NULL for one that is not in the m-line. */
static struct sdp_format *format_of(struct sdp_parser *p, struct sdp_text *value)
{
    uint64_t pt;
    if (!sdp_text_number(sdp_text_cut(value, ' '), 127, &pt))
        return NULL;
    for (uint32_t i = 0; i < p->section->format_count; i++)
        if (p->section->formats[i].pt == pt)
            return &p->section->formats[i];
    return NULL;
}

static bool rtpmap(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_format *f = format_of(p, &value);
    if (!f)
        return true;
    struct sdp_text name = sdp_text_cut(&value, '/');
    uint64_t clock, channels = 1;
    if (name.len == 0 || !sdp_text_number(sdp_text_cut(&value, '/'), UINT32_MAX, &clock))
        return sdp_parse_fail(p, "rtpmap: not name/clock");
    if (value.len && !sdp_text_number(value, 255, &channels))
        return sdp_parse_fail(p, "rtpmap: channels are not a number");
    f->name = name;
    f->clock = (uint32_t)clock;
    f->channels = (uint8_t)channels;
    return true;
}

static bool fmtp(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_format *f = format_of(p, &value);
    if (f && f->fmtp.len == 0)
        f->fmtp = sdp_text_trim(value);
    return true;
}

static uint8_t feedback_of(struct sdp_text value)
{
    static const struct {
        const char *text;
        uint8_t bit;
    } known[] = {{"nack", SDP_FB_NACK},
                 {"nack pli", SDP_FB_PLI},
                 {"ccm fir", SDP_FB_FIR},
                 {"goog-remb", SDP_FB_REMB},
                 {"transport-cc", SDP_FB_TRANSPORT_CC}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (sdp_text_is(value, known[i].text))
            return known[i].bit;
    return 0;
}

static bool rtcp_fb(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_text any = value;
    if (sdp_text_skip(&any, "* ")) {
        p->any_feedback |= feedback_of(sdp_text_trim(any));
        return true;
    }
    struct sdp_format *f = format_of(p, &value);
    if (f)
        f->feedback |= feedback_of(sdp_text_trim(value));
    return true;
}

static enum sdp_direction direction_of(struct sdp_text t)
{
    if (sdp_text_is(t, "sendonly"))
        return SDP_SENDONLY;
    if (sdp_text_is(t, "recvonly"))
        return SDP_RECVONLY;
    return sdp_text_is(t, "inactive") ? SDP_INACTIVE : SDP_SENDRECV;
}

static bool extmap(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_section *s = p->section;
    struct sdp_text direction = sdp_text_cut(&value, ' ');
    uint64_t id;
    if (!sdp_text_number(sdp_text_cut(&direction, '/'), UINT32_MAX, &id) || id == 0)
        return sdp_parse_fail(p, "extmap: id is not a number");
    if (id > UINT8_MAX) /* cannot be sent in a packet as it is, RFC 8285 6 */
        return true;
    if (s->extmap_count == SDP_EXTMAPS_MAX)
        return sdp_parse_fail(p, "extmap: too many");
    s->extmaps[s->extmap_count++] =
        (struct sdp_extmap){.id = (uint8_t)id,
                            .direction = (uint8_t)direction_of(direction),
                            .uri = sdp_text_cut(&value, ' ')};
    return true;
}

bool sdp_parse_format(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                      bool *known)
{
    static const struct sdp_attribute table[] = {
        {"rtpmap", rtpmap}, {"fmtp", fmtp}, {"rtcp-fb", rtcp_fb}, {"extmap", extmap}};
    return sdp_parse_attribute(p, table, sizeof table / sizeof *table, name, value, known);
}

void sdp_finish_formats(struct sdp_parser *p)
{
    for (uint32_t i = 0; i < p->section->format_count; i++)
        p->section->formats[i].feedback |= p->any_feedback;
}
