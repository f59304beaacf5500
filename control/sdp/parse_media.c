/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8866 5.14 (m=), RFC 5888 (mid), RFC 8841 (SCTP). */
#include "control/sdp/parse.h"

#include <string.h>

#define DEFAULT_MAX_MESSAGE_SIZE 65536

static enum sdp_kind kind_of(struct sdp_text media, struct sdp_text protocol)
{
    bool rtp =
        sdp_text_is(protocol, "UDP/TLS/RTP/SAVPF") || sdp_text_is(protocol, "TCP/TLS/RTP/SAVPF");
    if (sdp_text_is(media, "audio"))
        return rtp ? SDP_AUDIO : SDP_OTHER;
    if (sdp_text_is(media, "video"))
        return rtp ? SDP_VIDEO : SDP_OTHER;
    bool sctp = sdp_text_is(protocol, "UDP/DTLS/SCTP") || sdp_text_is(protocol, "TCP/DTLS/SCTP");
    return sdp_text_is(media, "application") && sctp ? SDP_DATA : SDP_OTHER;
}

static bool add_format(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_section *s = p->section;
    uint64_t pt;
    if (!sdp_text_number(value, 127, &pt))
        return sdp_parse_fail(p, "m-line: payload type is not 0 to 127");
    if (sdp_format_by_pt(s, (uint8_t)pt))
        return sdp_parse_fail(p, "m-line: payload type twice");
    if (s->format_count == SDP_CODECS_MAX)
        return sdp_parse_fail(p, "m-line: too many payload types");
    struct sdp_format *f = &s->formats[s->format_count++];
    *f = (struct sdp_format){.pt = (uint8_t)pt, .channels = 1};
    if (s->kind == SDP_AUDIO && (pt == 0 || pt == 8)) { /* RFC 3551: no rtpmap needed */
        f->name = pt == 0 ? sdp_text_of("PCMU", 4) : sdp_text_of("PCMA", 4);
        f->clock = 8000;
    }
    return true;
}

static bool formats(struct sdp_parser *p, struct sdp_text list)
{
    if (list.len == 0)
        return sdp_parse_fail(p, "m-line: no format");
    struct sdp_text first = list;
    p->section->first_format = sdp_text_cut(&first, ' ');
    if (p->section->kind != SDP_AUDIO && p->section->kind != SDP_VIDEO)
        return true;
    while (list.len)
        if (!add_format(p, sdp_text_cut(&list, ' ')))
            return false;
    return true;
}

/* Everything up to the arrays, whose members are set when they are added. */
static void section_clear(struct sdp_section *s)
{
    memset(s, 0, offsetof(struct sdp_section, formats));
}

bool sdp_parse_section(struct sdp_parser *p, struct sdp_text value)
{
    if (p->d->section_count == SDP_SECTIONS_MAX)
        return sdp_parse_fail(p, "too many sections");
    struct sdp_section *s = &p->d->sections[p->d->section_count++];
    section_clear(s);
    p->section = s;
    p->any_feedback = 0;
    p->simulcast = (struct sdp_text){0};
    s->transport = p->session;
    s->direction = p->direction;
    s->max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
    s->media = sdp_text_cut(&value, ' ');
    uint64_t port;
    if (!sdp_text_number(sdp_text_cut(&value, ' '), UINT16_MAX, &port))
        return sdp_parse_fail(p, "m-line: port is not a number");
    s->port = (uint16_t)port;
    s->protocol = sdp_text_cut(&value, ' ');
    s->kind = kind_of(s->media, s->protocol);
    return formats(p, sdp_text_trim(value));
}

static bool is_token(struct sdp_text t)
{
    for (uint32_t i = 0; i < t.len; i++)
        if (t.at[i] <= ' ' || t.at[i] >= 0x7f)
            return false;
    return t.len > 0;
}

static bool mid(struct sdp_parser *p, struct sdp_text value)
{
    if (value.len >= SDP_MID_MAX || !is_token(value))
        return sdp_parse_fail(p, "mid: not a token of 1 to 15 characters");
    const struct sdp_section *other = sdp_section_by_mid(p->d, value);
    if (other && other != p->section)
        return sdp_parse_fail(p, "mid: used twice");
    p->section->mid = value;
    return true;
}

static bool sctp_port(struct sdp_parser *p, struct sdp_text value)
{
    uint64_t port;
    if (!sdp_text_number(value, UINT16_MAX, &port))
        return sdp_parse_fail(p, "sctp-port: not a port");
    p->section->sctp_port = (uint16_t)port;
    return true;
}

static bool max_message_size(struct sdp_parser *p, struct sdp_text value)
{
    uint64_t size;
    if (!sdp_text_number(value, UINT64_MAX, &size))
        return sdp_parse_fail(p, "max-message-size: not a number");
    p->section->max_message_size = size > UINT32_MAX ? UINT32_MAX : (uint32_t)size;
    return true;
}

static bool sendrecv(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->direction = SDP_SENDRECV;
    return true;
}

static bool sendonly(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->direction = SDP_SENDONLY;
    return true;
}

static bool recvonly(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->direction = SDP_RECVONLY;
    return true;
}

static bool inactive(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->direction = SDP_INACTIVE;
    return true;
}

static bool rtcp_mux(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->rtcp_mux = true;
    return true;
}

static bool bundle_only(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->bundle_only = true;
    return true;
}

static bool allow_mixed(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    p->section->extmap_allow_mixed = true;
    return true;
}

bool sdp_parse_media(struct sdp_parser *p, struct sdp_text name, struct sdp_text value, bool *known)
{
    static const struct sdp_attribute table[] = {
        {"mid", mid},
        {"sctp-port", sctp_port},
        {"max-message-size", max_message_size},
        {"sendrecv", sendrecv},
        {"sendonly", sendonly},
        {"recvonly", recvonly},
        {"inactive", inactive},
        {"rtcp-mux", rtcp_mux},
        {"bundle-only", bundle_only},
        {"extmap-allow-mixed", allow_mixed},
    };
    return sdp_parse_attribute(p, table, sizeof table / sizeof *table, name, value, known);
}
