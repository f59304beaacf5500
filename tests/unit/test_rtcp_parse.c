/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vectors without a remark are from recorded calls between Chromium and LiveKit.
 */
#include "dataplane/rtcp/parse.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SR_HEX   "80c80006 ce1765e1 eeae3395 792c16df 90628429 0000006d 000044ca"
#define SDES_HEX "81ca0006 ce1765e1 0110 77665749686466 4e76375438337a3468 0000"
#define DLRR_HEX "80cf0005 ce1765e1 05000003 ce1765e1 3394fddd 00007b1f"
#define RR_HEX   "81c90007 ce1765e1 ce1765e1 00000000 00005e22 00000279 3395792c 00009497"
#define RRTR_HEX "80cf0004 ce1765e1 04000002 eeae3396 0e04b2ad"
#define TWCC_HEX                                                                                   \
    "afcd000a 6e699f69 2fef54a4 00870015 19ed9606 2015 ff17583717155a2f2a080562223e3a4d0a7a 0004 " \
    "0001"
#define PLI_HEX  "81ce0002 2fef54a4 2fef54a4"
#define NACK_HEX "81cd0003 0648136d 0648136d 7cf0 0000"
#define REMB_HEX "8fce0005 00000001 00000000 52454d42 01 03da20 860ed072"

static uint8_t bytes[256];

static struct rtcp_packet first(const char *hex)
{
    size_t len = hex_bytes(hex, bytes, sizeof bytes);
    assert_true(rtcp_valid(bytes, len));
    struct rtcp_cursor c = rtcp_begin(bytes, len);
    struct rtcp_packet p;
    assert_true(rtcp_next(&c, &p));
    return p;
}

static bool valid(const char *hex)
{
    return rtcp_valid(bytes, hex_bytes(hex, bytes, sizeof bytes));
}

static void compound(void **state)
{
    (void)state;
    size_t len = hex_bytes(SR_HEX SDES_HEX DLRR_HEX, bytes, sizeof bytes);
    const enum rtcp_kind kinds[] = {RTCP_SR, RTCP_SDES, RTCP_XR};
    struct rtcp_cursor c = rtcp_begin(bytes, len);
    struct rtcp_packet p;
    for (size_t i = 0; i < 3; i++) {
        assert_true(rtcp_next(&c, &p));
        assert_int_equal(p.kind, kinds[i]);
    }
    assert_false(rtcp_next(&c, &p));
    assert_false(c.at.bad);
    assert_true(rtcp_valid(bytes, len));
}

static void truncated_compounds(void **state)
{
    (void)state;
    const char *all = SR_HEX RR_HEX SDES_HEX DLRR_HEX RRTR_HEX NACK_HEX PLI_HEX REMB_HEX TWCC_HEX;
    static uint8_t whole[512];
    size_t len = hex_bytes(all, whole, sizeof whole);
    assert_true(rtcp_valid(whole, len));
    size_t good = 0;
    for (size_t n = 0; n <= len; n++) {
        uint8_t *b = malloc(n ? n : 1); /* so that the address sanitizer knows the end */
        memcpy(b, whole, n);
        good += rtcp_valid(b, n);
        free(b);
    }
    assert_int_equal(good, 9); /* at the ends of the nine packets */
}

static void sender_report(void **state)
{
    (void)state;
    struct rtcp_packet p = first(SR_HEX);
    struct rtcp_report r;
    assert_true(rtcp_read_report(&p, &r));
    assert_true(r.has_sender_info);
    assert_int_equal(r.sender, 0xce1765e1);
    assert_int_equal(r.ntp, 0xeeae3395792c16df);
    assert_int_equal(r.rtp_ts, 0x90628429);
    assert_int_equal(r.packets, 109);
    assert_int_equal(r.octets, 17610);
    assert_int_equal(r.n_blocks, 0);
}

static void receiver_report(void **state)
{
    (void)state;
    struct rtcp_packet p = first(RR_HEX);
    struct rtcp_report r;
    assert_true(rtcp_read_report(&p, &r));
    assert_false(r.has_sender_info);
    assert_int_equal(r.n_blocks, 1);
    struct rtcp_report_block b = rtcp_report_block_at(&r, 0);
    assert_int_equal(b.ssrc, 0xce1765e1);
    assert_int_equal(b.highest_seq, 24098);
    assert_int_equal(b.jitter, 633);
    assert_int_equal(b.lsr, 0x3395792c);
    assert_int_equal(b.dlsr, 0x9497);
    p = first("81c90007 00000001 00000002 40ffffff 00010000 00000000 00000000 00000000"); /* made */
    assert_true(rtcp_read_report(&p, &r));
    b = rtcp_report_block_at(&r, 0);
    assert_int_equal(b.fraction_lost, 64);
    assert_int_equal(b.cumulative_lost, -1);
    assert_false(valid("82c90007 00000001 00000002 00000000 00000000 00000000 00000000 00000000"));
    assert_false(valid("80c80005 00000001 00000002 00000000 00000000 00000000"));
    assert_true(valid("80c90001 00000001"));
    assert_false(valid("80c90000"));
}

static void nack(void **state)
{
    (void)state;
    struct rtcp_packet p = first(NACK_HEX);
    struct rtcp_feedback f;
    struct rtcp_nack_cursor c;
    uint16_t seq;
    assert_int_equal(p.kind, RTCP_NACK);
    assert_true(rtcp_read_nack(&p, &f, &c));
    assert_int_equal(f.media, 0x0648136d);
    assert_true(rtcp_nack_next(&c, &seq));
    assert_int_equal(seq, 31984);
    assert_false(rtcp_nack_next(&c, &seq));
    p = first("81cd0004 00000001 00000002 fffe 8003 0100 0000"); /* made: wraps */
    assert_true(rtcp_read_nack(&p, &f, &c));
    const uint16_t want[] = {0xfffe, 0xffff, 0x0000, 0x000e, 0x0100};
    for (size_t i = 0; i < 5; i++) {
        assert_true(rtcp_nack_next(&c, &seq));
        assert_int_equal(seq, want[i]);
    }
    assert_false(rtcp_nack_next(&c, &seq));
    assert_false(valid("81cd0002 00000001 00000002")); /* nothing asked for */
}

static void pli_fir_bye(void **state)
{
    (void)state;
    struct rtcp_packet p = first(PLI_HEX);
    struct rtcp_feedback f;
    assert_int_equal(p.kind, RTCP_PLI);
    assert_true(rtcp_read_feedback(&p, &f));
    assert_int_equal(f.media, 0x2fef54a4);
    p = first("84ce0004 00000001 00000000 00000007 05000000");
    struct rtcp_fir fir;
    assert_int_equal(p.kind, RTCP_FIR);
    assert_true(rtcp_read_fir(&p, &fir));
    assert_int_equal(fir.n, 1);
    assert_int_equal(rtcp_fir_ssrc(&fir, 0), 7);
    assert_int_equal(rtcp_fir_seq(&fir, 0), 5);
    assert_false(valid("84ce0003 00000001 00000000 00000007"));
    assert_false(valid("84ce0002 00000001 00000000"));
    assert_false(valid("81ce0001 00000001"));
    p = first("82cb0002 00000001 00000002");
    struct rtcp_bye bye;
    assert_int_equal(p.kind, RTCP_BYE);
    assert_true(rtcp_read_bye(&p, &bye));
    assert_int_equal(bye.n_ssrcs, 2);
    assert_int_equal(be32_get(bye.ssrcs + 4), 2);
    assert_false(valid("83cb0002 00000001 00000002"));
}

static void remb(void **state)
{
    (void)state;
    struct rtcp_packet p = first(REMB_HEX);
    struct rtcp_remb r;
    assert_int_equal(p.kind, RTCP_REMB);
    assert_true(rtcp_read_remb(&p, &r));
    assert_int_equal(r.bitrate, 252448);
    assert_int_equal(r.n_ssrcs, 1);
    assert_int_equal(be32_get(r.ssrcs), 0x860ed072);
    p = first("8fce0004 00000001 00000000 52454d42 00 feffff"); /* exponent 63 */
    assert_true(rtcp_read_remb(&p, &r));
    assert_int_equal(r.bitrate, UINT64_MAX);
    p = first("8fce0004 00000001 00000000 52454d42 00 fc0001");
    assert_true(rtcp_read_remb(&p, &r));
    assert_int_equal(r.bitrate, 1ULL << 63);
    assert_false(valid("8fce0004 00000001 00000000 52454d42 01 03da20"));
    p = first("8fce0003 00000001 00000000 52454d43"); /* another application's */
    assert_int_equal(p.kind, RTCP_OTHER);
}

static void twcc(void **state)
{
    (void)state;
    struct rtcp_packet p = first(TWCC_HEX);
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor c;
    struct rtcp_twcc_status s;
    assert_int_equal(p.kind, RTCP_TWCC);
    assert_true(rtcp_read_twcc(&p, &t, &c));
    assert_int_equal(t.base_seq, 135);
    assert_int_equal(t.count, 21);
    assert_int_equal(t.reference_time, 1699222);
    assert_int_equal(t.feedback_count, 6);
    int64_t last = 1699222LL * 256 + 0xff;
    for (unsigned i = 0; i < 21; i++) {
        assert_true(rtcp_twcc_next(&c, &s));
        assert_int_equal(s.seq, 135 + i);
        assert_true(s.received);
        if (i == 0)
            assert_int_equal(s.arrival, last);
    }
    assert_int_equal(s.arrival - last, 0x17 + 0x58 + 0x37 + 0x17 + 0x15 + 0x5a + 0x2f + 0x2a + 8 +
                                           5 + 0x62 + 0x22 + 0x3e + 0x3a + 0x4d + 0x0a + 0x7a + 0 +
                                           4 + 0);
    assert_false(rtcp_twcc_next(&c, &s));
}

/* Made: vectors of one and two bits and a large negative delta. */
static void twcc_vectors(void **state)
{
    (void)state;
    struct rtcp_packet p =
        first("8fcd0006 00000001 00000002 fffe0010 000001 07 a001 d400 04 05 fffe");
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor c;
    struct rtcp_twcc_status s;
    assert_true(rtcp_read_twcc(&p, &t, &c));
    unsigned received = 0;
    int64_t arrivals[4] = {0};
    for (unsigned i = 0; rtcp_twcc_next(&c, &s); i++) {
        assert_int_equal(s.seq, (uint16_t)(0xfffe + i));
        if (s.received && received < 4)
            arrivals[received++] = s.arrival;
    }
    assert_int_equal(received, 4);
    assert_int_equal(arrivals[0], 256 + 4);
}

static void malformed_twcc(void **state)
{
    (void)state;
    assert_false(valid("8fcd0003 00000001 00000002 00010001"));
    assert_false(valid("8fcd0004 00000001 00000002 00010000 00000100")); /* of no packet */
    assert_false(valid("8fcd0004 00000001 00000002 00010001 00000100")); /* no chunk */
    assert_false(
        valid("8fcd0005 00000001 00000002 00010003 00000100 2003 0102")); /* a delta short */
    assert_false(valid("8fcd0005 00000001 00000002 00010001 00000100 6001 0102")); /* reserved */
    assert_true(valid("8fcd0005 00000001 00000002 00010002 00000100 2003 0102"));
    assert_false(valid("8fcd0005 00000001 00000002 0001ffff 00000100 0000 0000")); /* empty runs */
}

static void extended_reports(void **state)
{
    (void)state;
    struct rtcp_packet p = first(RRTR_HEX);
    struct rtcp_xr_cursor c;
    struct rtcp_xr_block b;
    uint64_t ntp;
    assert_true(rtcp_read_xr(&p, &c));
    assert_int_equal(c.sender, 0xce1765e1);
    assert_true(rtcp_xr_next(&c, &b));
    assert_int_equal(b.type, XR_RRTR);
    assert_true(rtcp_read_rrtr(&b, &ntp));
    assert_int_equal(ntp, 0xeeae33960e04b2ad);
    assert_false(rtcp_xr_next(&c, &b));
    p = first(DLRR_HEX);
    assert_true(rtcp_read_xr(&p, &c));
    assert_true(rtcp_xr_next(&c, &b));
    assert_int_equal(rtcp_dlrr_count(&b), 1);
    struct rtcp_dlrr d = rtcp_dlrr_at(&b, 0);
    assert_int_equal(d.ssrc, 0xce1765e1);
    assert_int_equal(d.last_rr, 0x3394fddd);
    assert_int_equal(d.delay, 0x7b1f);
    assert_false(valid("80cf0003 00000001 04000001 00000000")); /* RRTR of four bytes */
    assert_false(valid("80cf0003 00000001 05000001 00000000"));
    assert_false(valid("80cf0003 00000001 04000002 00000000")); /* longer than the packet */
    assert_true(valid("80cf0003 00000001 2a000001 00000000"));  /* a block of another kind */
    assert_false(valid("80cf0000"));
}

static void framing(void **state)
{
    (void)state;
    assert_false(valid(""));
    assert_false(valid("80c9"));
    assert_false(valid("40c90001 00000001"));          /* version 1 */
    assert_false(valid("80c90002 00000001"));          /* longer than the datagram */
    assert_true(valid("a0c90002 00000001 00000004"));  /* padded */
    assert_false(valid("a0c90002 00000001 00000000")); /* by nothing */
    assert_false(valid("a0c90002 00000001 0000000c")); /* by more than there is */
    assert_false(valid("a0c90002 00000001 00000004 80c90001 00000001")); /* not the last */
    assert_true(valid("80d00001 00000001"));          /* a type that is not known */
    assert_true(valid("80cc0002 00000001 61626364")); /* APP */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compound),
        cmocka_unit_test(truncated_compounds),
        cmocka_unit_test(sender_report),
        cmocka_unit_test(receiver_report),
        cmocka_unit_test(nack),
        cmocka_unit_test(pli_fir_bye),
        cmocka_unit_test(remb),
        cmocka_unit_test(twcc),
        cmocka_unit_test(twcc_vectors),
        cmocka_unit_test(malformed_twcc),
        cmocka_unit_test(extended_reports),
        cmocka_unit_test(framing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
