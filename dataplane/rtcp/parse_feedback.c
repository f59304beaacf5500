/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTPFB and PSFB packets but transport-wide feedback.
 */
#include "dataplane/rtcp/parse.h"

#define FEEDBACK_HEADER_LENGTH 8
#define NACK_PAIR_LENGTH       4
#define FIR_ENTRY_LENGTH       8
#define REMB_FIXED_LENGTH      8 /* name, count, exponent and mantissa */

bool rtcp_read_feedback(const struct rtcp_packet *p, struct rtcp_feedback *f)
{
    if (p->len < FEEDBACK_HEADER_LENGTH)
        return false;
    *f = (struct rtcp_feedback){
        .sender = be32_get(p->body),
        .media = be32_get(p->body + 4),
        .fci = p->body + FEEDBACK_HEADER_LENGTH,
        .fci_len = (uint16_t)(p->len - FEEDBACK_HEADER_LENGTH),
    };
    return true;
}

bool rtcp_read_nack(const struct rtcp_packet *p, struct rtcp_feedback *f,
                    struct rtcp_nack_cursor *c)
{
    if (!rtcp_read_feedback(p, f) || f->fci_len < NACK_PAIR_LENGTH ||
        f->fci_len % NACK_PAIR_LENGTH != 0)
        return false;
    *c = (struct rtcp_nack_cursor){.at = reader_of(f->fci, f->fci_len)};
    return true;
}

bool rtcp_nack_next(struct rtcp_nack_cursor *c, uint16_t *seq)
{
    if (c->bitmap == 0) {
        if (reader_left(&c->at) < NACK_PAIR_LENGTH)
            return false;
        c->seq = read_be16(&c->at);
        c->bitmap = read_be16(&c->at);
        *seq = c->seq;
        return true;
    }
    unsigned bit = (unsigned)__builtin_ctz(c->bitmap);
    c->bitmap = (uint16_t)(c->bitmap & (c->bitmap - 1));
    *seq = (uint16_t)(c->seq + 1 + bit);
    return true;
}

bool rtcp_read_fir(const struct rtcp_packet *p, struct rtcp_fir *f)
{
    struct rtcp_feedback header;
    if (!rtcp_read_feedback(p, &header) || header.fci_len < FIR_ENTRY_LENGTH ||
        header.fci_len % FIR_ENTRY_LENGTH != 0)
        return false;
    *f = (struct rtcp_fir){
        .sender = header.sender, .n = header.fci_len / FIR_ENTRY_LENGTH, .entries = header.fci};
    return true;
}

static uint64_t remb_bitrate(uint32_t exponent_mantissa)
{
    unsigned exponent = exponent_mantissa >> 18;
    uint64_t mantissa = exponent_mantissa & 0x3ffff;
    if (mantissa << exponent >> exponent != mantissa)
        return UINT64_MAX;
    return mantissa << exponent;
}

bool rtcp_read_remb(const struct rtcp_packet *p, struct rtcp_remb *r)
{
    struct rtcp_feedback f;
    if (!rtcp_read_feedback(p, &f) || f.fci_len < REMB_FIXED_LENGTH ||
        be32_get(f.fci) != RTCP_REMB_NAME)
        return false;
    uint32_t word = be32_get(f.fci + 4);
    *r = (struct rtcp_remb){
        .sender = f.sender,
        .bitrate = remb_bitrate(word & 0xffffff),
        .n_ssrcs = word >> 24,
        .ssrcs = f.fci + REMB_FIXED_LENGTH,
    };
    return f.fci_len >= REMB_FIXED_LENGTH + 4 * r->n_ssrcs;
}
