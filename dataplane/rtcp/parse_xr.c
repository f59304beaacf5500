/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extended reports.
 */
#include "dataplane/rtcp/parse.h"

#define XR_BLOCK_HEADER 4
#define RRTR_LENGTH     8
#define DLRR_LENGTH     12

bool rtcp_read_xr(const struct rtcp_packet *p, struct rtcp_xr_cursor *c)
{
    c->at = reader_of(p->body, p->len);
    c->sender = read_be32(&c->at);
    return !c->at.bad;
}

bool rtcp_xr_next(struct rtcp_xr_cursor *c, struct rtcp_xr_block *b)
{
    if (reader_left(&c->at) == 0)
        return false;
    const uint8_t *header = read_bytes(&c->at, XR_BLOCK_HEADER);
    if (!header)
        return false;
    uint32_t len = be16_get(header + 2) * 4U;
    const uint8_t *body = read_bytes(&c->at, len);
    if (!body)
        return false;
    *b = (struct rtcp_xr_block){.type = header[0], .body = body, .len = len};
    return true;
}

bool rtcp_read_rrtr(const struct rtcp_xr_block *b, uint64_t *ntp)
{
    if (b->len != RRTR_LENGTH)
        return false;
    *ntp = be64_get(b->body);
    return true;
}

unsigned rtcp_dlrr_count(const struct rtcp_xr_block *b)
{
    return b->len % DLRR_LENGTH == 0 ? b->len / DLRR_LENGTH : 0;
}

struct rtcp_dlrr rtcp_dlrr_at(const struct rtcp_xr_block *b, unsigned i)
{
    const uint8_t *p = b->body + (size_t)i * DLRR_LENGTH;
    return (struct rtcp_dlrr){be32_get(p), be32_get(p + 4), be32_get(p + 8)};
}
