/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/parse.h"

#define RTCP_VERSION        2
#define SENDER_INFO_LENGTH  20
#define REPORT_BLOCK_LENGTH 24

/* ---- the walk ---- */

static enum rtcp_kind transport_feedback_kind(const struct rtcp_packet *p)
{
    switch (p->count) {
    case RTPFB_NACK:
        return RTCP_NACK;
    case RTPFB_TWCC:
        return RTCP_TWCC;
    default:
        return RTCP_OTHER;
    }
}

static enum rtcp_kind payload_feedback_kind(const struct rtcp_packet *p)
{
    switch (p->count) {
    case PSFB_PLI:
        return RTCP_PLI;
    case PSFB_FIR:
        return RTCP_FIR;
    case PSFB_ALFB:
        return p->len >= 12 && be32_get(p->body + 8) == RTCP_REMB_NAME ? RTCP_REMB : RTCP_OTHER;
    default:
        return RTCP_OTHER;
    }
}

static enum rtcp_kind kind_of(const struct rtcp_packet *p)
{
    switch (p->pt) {
    case RTCP_PT_SR:
        return RTCP_SR;
    case RTCP_PT_RR:
        return RTCP_RR;
    case RTCP_PT_SDES:
        return RTCP_SDES;
    case RTCP_PT_BYE:
        return RTCP_BYE;
    case RTCP_PT_RTPFB:
        return transport_feedback_kind(p);
    case RTCP_PT_PSFB:
        return payload_feedback_kind(p);
    case RTCP_PT_XR:
        return RTCP_XR;
    default:
        return RTCP_OTHER;
    }
}

/* Only the last packet of a datagram may be padded (RFC 3550 section 6.4.1). */
static bool remove_padding(struct rtcp_packet *p, bool last)
{
    if (!last || p->len == 0)
        return false;
    uint8_t count = p->body[p->len - 1];
    if (count == 0 || count > p->len)
        return false;
    p->len = (uint16_t)(p->len - count);
    return true;
}

bool rtcp_next(struct rtcp_cursor *c, struct rtcp_packet *p)
{
    if (reader_left(&c->at) == 0)
        return false;
    const uint8_t *header = read_bytes(&c->at, RTCP_HEADER_LENGTH);
    if (!header)
        return false;
    size_t len = (size_t)be16_get(header + 2) * 4;
    const uint8_t *body = read_bytes(&c->at, len);
    if (!body || header[0] >> 6 != RTCP_VERSION || len > UINT16_MAX) {
        c->at.bad = true;
        return false;
    }
    *p = (struct rtcp_packet){
        .body = body, .len = (uint16_t)len, .pt = header[1], .count = header[0] & 0x1f};
    if (header[0] & 0x20 && !remove_padding(p, reader_left(&c->at) == 0)) {
        c->at.bad = true;
        return false;
    }
    p->kind = kind_of(p);
    return true;
}

/* ---- whole datagrams ---- */

static bool valid_xr(const struct rtcp_packet *p)
{
    struct rtcp_xr_cursor c;
    struct rtcp_xr_block b;
    uint64_t ntp;
    if (!rtcp_read_xr(p, &c))
        return false;
    while (rtcp_xr_next(&c, &b)) {
        if (b.type == XR_RRTR && !rtcp_read_rrtr(&b, &ntp))
            return false;
        if (b.type == XR_DLRR && b.len > 0 && rtcp_dlrr_count(&b) == 0)
            return false;
    }
    return !c.at.bad;
}

static bool valid_feedback(const struct rtcp_packet *p)
{
    struct rtcp_feedback f;
    struct rtcp_nack_cursor nack;
    struct rtcp_fir fir;
    struct rtcp_remb remb;
    struct rtcp_twcc twcc;
    struct rtcp_twcc_cursor statuses;
    switch (p->kind) {
    case RTCP_NACK:
        return rtcp_read_nack(p, &f, &nack);
    case RTCP_TWCC:
        return rtcp_read_twcc(p, &twcc, &statuses);
    case RTCP_FIR:
        return rtcp_read_fir(p, &fir);
    case RTCP_REMB:
        return rtcp_read_remb(p, &remb);
    default:
        return rtcp_read_feedback(p, &f);
    }
}

static bool valid_packet(const struct rtcp_packet *p)
{
    struct rtcp_report report;
    struct rtcp_bye bye;
    switch (p->kind) {
    case RTCP_SR:
    case RTCP_RR:
        return rtcp_read_report(p, &report);
    case RTCP_BYE:
        return rtcp_read_bye(p, &bye);
    case RTCP_XR:
        return valid_xr(p);
    case RTCP_SDES: /* of no use here: framing is enough */
    case RTCP_OTHER:
        return true;
    default:
        return valid_feedback(p);
    }
}

bool rtcp_valid(const uint8_t *data, size_t len)
{
    struct rtcp_cursor c = rtcp_begin(data, len);
    struct rtcp_packet p;
    while (rtcp_next(&c, &p)) {
        if (!valid_packet(&p))
            return false;
    }
    return len > 0 && !c.at.bad;
}

/* ---- reports ---- */

bool rtcp_read_report(const struct rtcp_packet *p, struct rtcp_report *r)
{
    struct reader at = reader_of(p->body, p->len);
    *r = (struct rtcp_report){.sender = read_be32(&at), .n_blocks = p->count};
    if (p->kind == RTCP_SR) {
        const uint8_t *info = read_bytes(&at, SENDER_INFO_LENGTH);
        if (!info)
            return false;
        r->has_sender_info = true;
        r->ntp = be64_get(info);
        r->rtp_ts = be32_get(info + 8);
        r->packets = be32_get(info + 12);
        r->octets = be32_get(info + 16);
    }
    r->blocks = read_bytes(&at, (size_t)r->n_blocks * REPORT_BLOCK_LENGTH);
    return !at.bad;
}

struct rtcp_report_block rtcp_report_block_at(const struct rtcp_report *r, unsigned i)
{
    const uint8_t *b = r->blocks + (size_t)i * REPORT_BLOCK_LENGTH;
    uint32_t lost = be32_get(b + 4) & 0xffffff;
    return (struct rtcp_report_block){
        .ssrc = be32_get(b),
        .fraction_lost = b[4],
        .cumulative_lost = (int32_t)(lost << 8) >> 8,
        .highest_seq = be32_get(b + 8),
        .jitter = be32_get(b + 12),
        .lsr = be32_get(b + 16),
        .dlsr = be32_get(b + 20),
    };
}

bool rtcp_read_bye(const struct rtcp_packet *p, struct rtcp_bye *b)
{
    *b = (struct rtcp_bye){.n_ssrcs = p->count, .ssrcs = p->body};
    return p->len >= (size_t)p->count * 4;
}
