/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a datagram as a session does, reading all there is, whether or not the whole is valid.
 */
#include "dataplane/rtcp/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint64_t sink;

static bool read_report(const struct rtcp_packet *p)
{
    struct rtcp_report r;
    if (!rtcp_read_report(p, &r))
        return false;
    for (unsigned i = 0; i < r.n_blocks; i++)
        sink += rtcp_report_block_at(&r, i).dlsr;
    return true;
}

static bool read_bye(const struct rtcp_packet *p)
{
    struct rtcp_bye b;
    if (!rtcp_read_bye(p, &b))
        return false;
    for (unsigned i = 0; i < b.n_ssrcs; i++)
        sink += be32_get(b.ssrcs + 4 * (size_t)i);
    return true;
}

static bool read_nack(const struct rtcp_packet *p)
{
    struct rtcp_feedback f;
    struct rtcp_nack_cursor c;
    uint16_t seq;
    if (!rtcp_read_nack(p, &f, &c))
        return false;
    while (rtcp_nack_next(&c, &seq))
        sink += seq;
    return true;
}

static bool read_twcc(const struct rtcp_packet *p)
{
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor c;
    struct rtcp_twcc_status s;
    unsigned n = 0;
    if (!rtcp_read_twcc(p, &t, &c))
        return false;
    while (rtcp_twcc_next(&c, &s))
        n++;
    if (n != t.count)
        abort();
    return true;
}

static bool read_fir(const struct rtcp_packet *p)
{
    struct rtcp_fir f;
    if (!rtcp_read_fir(p, &f))
        return false;
    for (unsigned i = 0; i < f.n; i++)
        sink += rtcp_fir_ssrc(&f, i) + rtcp_fir_seq(&f, i);
    return true;
}

static bool read_remb(const struct rtcp_packet *p)
{
    struct rtcp_remb r;
    if (!rtcp_read_remb(p, &r))
        return false;
    for (unsigned i = 0; i < r.n_ssrcs; i++)
        sink += be32_get(r.ssrcs + 4 * (size_t)i);
    return true;
}

static bool read_xr(const struct rtcp_packet *p)
{
    struct rtcp_xr_cursor c;
    struct rtcp_xr_block b;
    uint64_t ntp;
    if (!rtcp_read_xr(p, &c))
        return false;
    while (rtcp_xr_next(&c, &b)) {
        if (b.type == XR_RRTR && rtcp_read_rrtr(&b, &ntp))
            sink += ntp;
        for (unsigned i = 0; b.type == XR_DLRR && i < rtcp_dlrr_count(&b); i++)
            sink += rtcp_dlrr_at(&b, i).delay;
    }
    return !c.at.bad;
}

static bool read_packet(const struct rtcp_packet *p)
{
    struct rtcp_feedback f;
    switch (p->kind) {
    case RTCP_SR:
    case RTCP_RR:
        return read_report(p);
    case RTCP_BYE:
        return read_bye(p);
    case RTCP_NACK:
        return read_nack(p);
    case RTCP_TWCC:
        return read_twcc(p);
    case RTCP_FIR:
        return read_fir(p);
    case RTCP_REMB:
        return read_remb(p);
    case RTCP_XR:
        return read_xr(p);
    case RTCP_PLI:
        return rtcp_read_feedback(p, &f);
    default:
        return true;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct rtcp_cursor c = rtcp_begin(data, len);
    struct rtcp_packet p;
    bool all = len > 0;
    while (rtcp_next(&c, &p))
        all &= read_packet(&p);
    if (rtcp_valid(data, len) && (!all || c.at.bad))
        abort();
    return 0;
}
