/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/candidate.h"

#include "control/sdp/text.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* CRC-32 of IEEE 802.3: any function of type, base address and protocol would do (RFC 8445
 * 5.1.1.3); this one gives the numbers that LiveKit's clients have seen so far. */
static uint32_t crc32(const char *text)
{
    uint32_t crc = UINT32_MAX;
    for (; *text; text++) {
        crc ^= (uint8_t)*text;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static uint32_t foundation(const struct sdp_candidate *c, const char *ip)
{
    char text[NET_ADDR_TEXT + 16];
    snprintf(text, sizeof text, "host%s%s%d", ip, c->tcp ? "tcp" : "udp", c->addr.family);
    return crc32(text);
}

#define TYPE_HOST       126
#define TYPE_HOST_TCP   99 /* as LiveKit's: behind whatever goes over UDP, relayed or not */
#define COMPONENT_BASE  255
#define TCP_PASSIVE     4u /* direction preference of RFC 6544 section 4.2 */
#define TCP_OTHER_BITS  13
#define PREFERENCE_BITS 16

uint32_t sdp_candidate_priority(const struct sdp_candidate *c)
{
    uint32_t type = c->tcp ? TYPE_HOST_TCP : TYPE_HOST, local = c->preference;
    if (c->tcp)
        local = TCP_PASSIVE << TCP_OTHER_BITS | local >> (PREFERENCE_BITS - TCP_OTHER_BITS);
    return type << 24 | local << 8 | COMPONENT_BASE;
}

size_t sdp_candidate_format(char *buf, size_t cap, const struct sdp_candidate *c, const char *ufrag)
{
    char ip[NET_ADDR_TEXT];
    net_addr_format_ip(&c->addr, ip);
    int n = snprintf(buf, cap, "candidate:%u 1 %s %u %s %u typ host%s%s%s", foundation(c, ip),
                     c->tcp ? "tcp" : "udp", sdp_candidate_priority(c), ip, c->addr.port,
                     c->tcp ? " tcptype passive" : "", ufrag ? " ufrag " : "", ufrag ? ufrag : "");
    return n > 0 && (size_t)n < cap ? (size_t)n : 0;
}

size_t sdp_candidate_init(char *buf, size_t cap, const struct sdp_candidate *c, const char *mid,
                          uint32_t mline, const char *ufrag)
{
    char text[SDP_CANDIDATE_TEXT];
    if (cap == 0 || sdp_candidate_format(text, sizeof text, c, ufrag) == 0)
        return 0;
    json_t *init = json_pack("{s:s, s:s, s:i, s:s?}", "candidate", text, "sdpMid", mid,
                             "sdpMLineIndex", (int)mline, "usernameFragment", ufrag);
    if (!init)
        return 0;
    size_t n = json_dumpb(init, buf, cap - 1, JSON_COMPACT);
    json_decref(init);
    if (n == 0 || n > cap - 1)
        return 0;
    buf[n] = '\0';
    return n;
}

/* "typ" and what follows: pairs of name and value. */
static bool read_pairs(struct sdp_text rest, struct sdp_trickled_candidate *c)
{
    while (rest.len) {
        struct sdp_text name = sdp_text_cut(&rest, ' ');
        struct sdp_text value = sdp_text_cut(&rest, ' ');
        if (sdp_text_is(name, "typ") && !sdp_text_copy(value, c->type, sizeof c->type))
            return false;
        if (sdp_text_is(name, "ufrag") && !sdp_text_copy(value, c->ufrag, sizeof c->ufrag))
            return false;
    }
    return c->type[0] != '\0';
}

static bool read_address(struct sdp_text address, uint16_t port, struct sdp_trickled_candidate *c)
{
    char text[256]; /* a name has up to 255 characters */
    if (!sdp_text_copy(address, text, sizeof text) || address.len == 0)
        return false;
    if (!net_addr_parse(&c->addr, text, port)) /* a name (mDNS): nothing to send to */
        c->addr = (struct net_addr){0};
    return true;
}

enum sdp_trickled sdp_candidate_read(const char *text, size_t len, struct sdp_trickled_candidate *c)
{
    *c = (struct sdp_trickled_candidate){0};
    if (len > UINT16_MAX)
        return SDP_TRICKLED_BAD;
    struct sdp_text t = sdp_text_trim(sdp_text_of(text, len));
    sdp_text_skip(&t, "a=");
    if (t.len == 0 || sdp_text_is(t, "end-of-candidates"))
        return SDP_TRICKLED_END;
    sdp_text_skip(&t, "candidate:");
    uint64_t component, priority, port;
    if (sdp_text_cut(&t, ' ').len == 0 || !sdp_text_number(sdp_text_cut(&t, ' '), 256, &component))
        return SDP_TRICKLED_BAD;
    struct sdp_text protocol = sdp_text_cut(&t, ' ');
    c->tcp = sdp_text_is_nocase(protocol, "tcp");
    if (!sdp_text_number(sdp_text_cut(&t, ' '), UINT32_MAX, &priority))
        return SDP_TRICKLED_BAD;
    struct sdp_text address = sdp_text_cut(&t, ' ');
    if (!sdp_text_number(sdp_text_cut(&t, ' '), UINT16_MAX, &port))
        return SDP_TRICKLED_BAD;
    c->component = (uint32_t)component;
    c->priority = (uint32_t)priority;
    bool ok = read_address(address, (uint16_t)port, c) && read_pairs(t, c);
    return ok ? SDP_TRICKLED_CANDIDATE : SDP_TRICKLED_BAD;
}

enum sdp_trickled sdp_candidate_read_init(const char *json, size_t len,
                                          struct sdp_trickled_candidate *c)
{
    *c = (struct sdp_trickled_candidate){0};
    json_t *init = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *text = json_object_get(init, "candidate");
    enum sdp_trickled result = SDP_TRICKLED_BAD;
    if (json_is_string(text))
        result = sdp_candidate_read(json_string_value(text), json_string_length(text), c);
    json_decref(init);
    return result;
}
