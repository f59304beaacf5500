/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8839 (ICE), RFC 8122 (fingerprint), RFC 4145 (setup), RFC 9143 (BUNDLE). */
#include "control/sdp/parse.h"

static struct sdp_transport *transport(struct sdp_parser *p)
{
    return p->section ? &p->section->transport : &p->session;
}

/* ice-char and a few more that are seen; never a space or a character with a meaning in STUN. */
static bool ice_characters(struct sdp_text t, uint32_t min)
{
    if (t.len < min || t.len >= SDP_ICE_MAX)
        return false;
    for (uint32_t i = 0; i < t.len; i++)
        if (t.at[i] <= ' ' || t.at[i] >= 0x7f || t.at[i] == ':')
            return false;
    return true;
}

static bool ice_ufrag(struct sdp_parser *p, struct sdp_text value)
{
    if (!ice_characters(value, 4))
        return sdp_parse_fail(p, "ice-ufrag: not 4 to 256 characters");
    transport(p)->ufrag = value;
    return true;
}

static bool ice_pwd(struct sdp_parser *p, struct sdp_text value)
{
    if (!ice_characters(value, 22))
        return sdp_parse_fail(p, "ice-pwd: not 22 to 256 characters");
    transport(p)->pwd = value;
    return true;
}

static bool ice_lite(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    transport(p)->ice_lite = true;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool fingerprint_bytes(struct sdp_text hex, uint8_t out[static SDP_FINGERPRINT_SIZE])
{
    if (hex.len != SDP_FINGERPRINT_SIZE * 3 - 1)
        return false;
    for (uint32_t i = 0; i < SDP_FINGERPRINT_SIZE; i++) {
        int high = hex_digit(hex.at[i * 3]), low = hex_digit(hex.at[i * 3 + 1]);
        if (high < 0 || low < 0 || (i + 1 < SDP_FINGERPRINT_SIZE && hex.at[i * 3 + 2] != ':'))
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* There may be several, of different hashes (RFC 8122 5): ours is the one that counts. */
static bool fingerprint(struct sdp_parser *p, struct sdp_text value)
{
    struct sdp_text hash = sdp_text_cut(&value, ' ');
    if (!sdp_text_is_nocase(hash, "sha-256")) {
        p->foreign_hash = p->line;
        return true;
    }
    if (!fingerprint_bytes(sdp_text_trim(value), transport(p)->fingerprint))
        return sdp_parse_fail(p, "fingerprint: malformed");
    transport(p)->has_fingerprint = true;
    return true;
}

static bool setup(struct sdp_parser *p, struct sdp_text value)
{
    static const char *const names[] = {[SDP_SETUP_ACTPASS] = "actpass",
                                        [SDP_SETUP_ACTIVE] = "active",
                                        [SDP_SETUP_PASSIVE] = "passive"};
    for (size_t i = SDP_SETUP_ACTPASS; i <= SDP_SETUP_PASSIVE; i++) {
        if (sdp_text_is(value, names[i])) {
            transport(p)->setup = (enum sdp_setup)i;
            return true;
        }
    }
    return sdp_parse_fail(p, "setup: not actpass, active or passive");
}

static bool candidate(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    if (p->section)
        p->section->candidates++;
    return true;
}

static bool end_of_candidates(struct sdp_parser *p, struct sdp_text value)
{
    (void)value;
    if (p->section)
        p->section->end_of_candidates = true;
    return true;
}

static bool group(struct sdp_parser *p, struct sdp_text value)
{
    if (p->section || !sdp_text_skip(&value, "BUNDLE"))
        return true;
    if (p->has_bundle)
        return sdp_parse_fail(p, "group: more than one BUNDLE");
    p->has_bundle = true;
    p->bundle = sdp_text_trim(value);
    return true;
}

bool sdp_parse_transport(struct sdp_parser *p, struct sdp_text name, struct sdp_text value,
                         bool *known)
{
    static const struct sdp_attribute table[] = {
        {"ice-ufrag", ice_ufrag}, {"ice-pwd", ice_pwd},
        {"ice-lite", ice_lite},   {"fingerprint", fingerprint},
        {"setup", setup},         {"candidate", candidate},
        {"group", group},         {"end-of-candidates", end_of_candidates},
    };
    return sdp_parse_attribute(p, table, sizeof table / sizeof *table, name, value, known);
}
