/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/packet.h"

#define RTP_VERSION 2

static bool parse_extension(struct rtp_packet *p, size_t at, size_t len)
{
    if (len - at < 4)
        return false;
    size_t words = be16_get(p->data + at + 2);
    if (len - at - 4 < words * 4)
        return false;
    p->profile = be16_get(p->data + at);
    p->extension = p->data + at + 4;
    p->extension_len = (uint16_t)(words * 4);
    p->header_len = (uint16_t)(at + 4 + words * 4);
    return true;
}

bool rtp_parse_header(struct rtp_packet *p, const uint8_t *data, size_t len)
{
    if (len < RTP_HEADER_MIN || len > UINT16_MAX || data[0] >> 6 != RTP_VERSION)
        return false;
    size_t fixed = RTP_HEADER_MIN + 4 * (size_t)(data[0] & 0x0f);
    if (len < fixed)
        return false;
    *p = (struct rtp_packet){
        .data = data,
        .ts = be32_get(data + 4),
        .ssrc = be32_get(data + 8),
        .seq = be16_get(data + 2),
        .header_len = (uint16_t)fixed,
        .pt = data[1] & 0x7f,
        .csrc_count = data[0] & 0x0f,
        .marker = data[1] >> 7,
        .padded = data[0] >> 5 & 1,
    };
    if (data[0] & 0x10 && !parse_extension(p, fixed, len))
        return false;
    p->payload = data + p->header_len;
    p->payload_len = (uint16_t)(len - p->header_len);
    return true;
}

/* ---- reading header extensions ---- */

struct rtp_extension_cursor rtp_extensions(const struct rtp_packet *p)
{
    bool two_byte = (p->profile & 0xfff0) == RTP_PROFILE_TWO_BYTE;
    bool known = p->extension && (two_byte || p->profile == RTP_PROFILE_ONE_BYTE);
    return (struct rtp_extension_cursor){
        .at = known ? reader_of(p->extension, p->extension_len) : reader_of(p->payload, 0),
        .two_byte = two_byte,
    };
}

bool rtp_extension_next(struct rtp_extension_cursor *c, struct rtp_extension *e)
{
    while (reader_left(&c->at) > 0) {
        uint8_t first = read_u8(&c->at);
        uint8_t id = c->two_byte ? first : first >> 4;
        if (id == 0) /* padding: one byte in either form */
            continue;
        if (!c->two_byte && id == 15) /* RFC 8285 section 4.2: ends processing */
            return false;
        uint8_t len = c->two_byte ? read_u8(&c->at) : (uint8_t)((first & 0x0f) + 1);
        const uint8_t *data = read_bytes(&c->at, len);
        if (c->at.bad)
            return false;
        *e = (struct rtp_extension){.id = id, .len = len, .data = data};
        return true;
    }
    return false;
}

bool rtp_extension_find(const struct rtp_packet *p, uint8_t id, struct rtp_extension *e)
{
    if (id == 0)
        return false;
    struct rtp_extension_cursor c = rtp_extensions(p);
    while (rtp_extension_next(&c, e)) {
        if (e->id == id)
            return true;
    }
    return false;
}

/* ---- writing ---- */

struct extension_plan {
    size_t words;
    bool two_byte;
};

static bool plan_extensions(struct extension_plan *plan, const struct rtp_extension *e, size_t n)
{
    size_t bytes = 0;
    plan->two_byte = false;
    for (size_t i = 0; i < n; i++) {
        if (e[i].id == 0)
            return false;
        plan->two_byte |= e[i].id > 14 || e[i].len == 0 || e[i].len > 16;
        bytes += e[i].len;
    }
    bytes += plan->two_byte ? 2 * n : n;
    plan->words = (bytes + 3) / 4;
    return plan->words * 4 <= RTP_EXTENSION_BLOCK_MAX;
}

static void write_extensions(uint8_t *out, const struct extension_plan *plan,
                             const struct rtp_extension *e, size_t n)
{
    be16_put(out, plan->two_byte ? RTP_PROFILE_TWO_BYTE : RTP_PROFILE_ONE_BYTE);
    be16_put(out + 2, (uint16_t)plan->words);
    uint8_t *at = out + 4;
    uint8_t *end = at + plan->words * 4;
    for (size_t i = 0; i < n; i++) {
        if (plan->two_byte) {
            *at++ = e[i].id;
            *at++ = e[i].len;
        } else {
            *at++ = (uint8_t)(e[i].id << 4 | (e[i].len - 1));
        }
        if (e[i].len)
            memcpy(at, e[i].data, e[i].len);
        at += e[i].len;
    }
    while (at < end)
        *at++ = 0;
}

size_t rtp_write_header(uint8_t *out, size_t cap, const struct rtp_header *h,
                        const struct rtp_extension *extensions, size_t n)
{
    struct extension_plan plan = {0};
    if (n > RTP_EXTENSIONS_MAX || (n > 0 && !plan_extensions(&plan, extensions, n)))
        return 0;
    size_t len = RTP_HEADER_MIN + (n > 0 ? 4 + plan.words * 4 : 0);
    if (len > cap)
        return 0;
    out[0] = (uint8_t)(RTP_VERSION << 6 | (n > 0 ? 0x10 : 0));
    out[1] = (uint8_t)((h->marker ? 0x80 : 0) | (h->pt & 0x7f));
    be16_put(out + 2, h->seq);
    be32_put(out + 4, h->ts);
    be32_put(out + 8, h->ssrc);
    if (n > 0)
        write_extensions(out + RTP_HEADER_MIN, &plan, extensions, n);
    return len;
}

/* ---- RTX ---- */

size_t rtx_write_header(uint8_t *out, size_t cap, const struct rtp_header *h,
                        const struct rtp_extension *extensions, size_t n, uint16_t osn)
{
    if (cap < RTX_OSN_LENGTH)
        return 0;
    size_t len = rtp_write_header(out, cap - RTX_OSN_LENGTH, h, extensions, n);
    if (len == 0)
        return 0;
    be16_put(out + len, osn);
    return len + RTX_OSN_LENGTH;
}

bool rtx_restore(struct rtp_packet *p, uint8_t *data, uint32_t ssrc, uint8_t pt)
{
    if (p->payload_len <= RTX_OSN_LENGTH)
        return false;
    uint16_t osn = be16_get(p->payload);
    uint8_t *start = data + RTX_OSN_LENGTH;
    memmove(start, data, p->header_len);
    start[1] = (uint8_t)((start[1] & 0x80) | (pt & 0x7f));
    be16_put(start + 2, osn);
    be32_put(start + 8, ssrc);
    p->data = start;
    p->payload += RTX_OSN_LENGTH;
    p->payload_len = (uint16_t)(p->payload_len - RTX_OSN_LENGTH);
    if (p->extension)
        p->extension += RTX_OSN_LENGTH;
    p->seq = osn;
    p->ssrc = ssrc;
    p->pt = pt & 0x7f;
    return true;
}
