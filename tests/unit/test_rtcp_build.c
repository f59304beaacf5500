/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets of recorded calls, written byte for byte.
 */
#include "dataplane/rtcp/build.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint8_t out[1500];
static struct writer w;

static int reset(void **state)
{
    (void)state;
    w = writer_of(out, sizeof out);
    return 0;
}

static void expect(const char *hex)
{
    uint8_t want[512];
    size_t len = hex_bytes(hex, want, sizeof want);
    assert_false(w.bad);
    assert_int_equal(writer_length(&w), len);
    assert_memory_equal(out, want, len);
    assert_true(rtcp_valid(out, len));
}

static void reports(void **state)
{
    (void)state;
    const struct rtcp_sender_info s = {0x36a112ad, 0xeeae3399db8d1e1c, 0x9065bba6, 0x147, 0xf349};
    const struct rtcp_report_block b = {0xce1765e1, 0, 0, 0x5e22, 0x279, 0x3395792c, 0x9497};
    assert_true(rtcp_write_sr(&w, &s, NULL, 0));
    assert_true(rtcp_write_rr(&w, 0xce1765e1, &b, 1));
    expect("80c80006 36a112ad eeae3399 db8d1e1c 9065bba6 00000147 0000f349"
           "81c90007 ce1765e1 ce1765e1 00000000 00005e22 00000279 3395792c 00009497");
}

static void report_blocks_come_back(void **state)
{
    (void)state;
    struct rtcp_report_block in[RTCP_REPORTS_MAX];
    for (unsigned i = 0; i < RTCP_REPORTS_MAX; i++)
        in[i] = (struct rtcp_report_block){i, (uint8_t)(i * 8), (int32_t)i - 15, i << 16, i, i, i};
    const struct rtcp_sender_info s = {.ssrc = 9};
    assert_true(rtcp_write_sr(&w, &s, in, RTCP_REPORTS_MAX));
    struct rtcp_cursor c = rtcp_begin(out, writer_length(&w));
    struct rtcp_packet p;
    struct rtcp_report r;
    assert_true(rtcp_next(&c, &p));
    assert_true(rtcp_read_report(&p, &r));
    assert_int_equal(r.n_blocks, RTCP_REPORTS_MAX);
    for (unsigned i = 0; i < r.n_blocks; i++) {
        struct rtcp_report_block got = rtcp_report_block_at(&r, i);
        assert_int_equal(got.cumulative_lost, (int32_t)i - 15);
        assert_int_equal(got.fraction_lost, i * 8);
        assert_int_equal(got.highest_seq, i << 16);
    }
    assert_false(rtcp_write_sr(&w, &s, in, RTCP_REPORTS_MAX + 1));
    assert_true(w.bad);
}

static void sdes(void **state)
{
    (void)state;
    const struct rtcp_sdes_chunk chunks[] = {
        {0x36a112ad, "PA_q2LxtsGnfnib|TR_AMLkXidpUMPbed", "0"},
        {0x860ed072, "PA_q2LxtsGnfnib|TR_VCKjmDFGnmUhxt", "3"},
    };
    assert_true(rtcp_write_sdes(&w, chunks, 2));
    expect(
        "82ca0016 36a112ad 01 21"
        "50415f71324c787473476e666e69627c54525f414d4c6b58696470554d50626564" /* the first CNAME */
        "0f 01 30 0000 860ed072 01 21"
        "50415f71324c787473476e666e69627c54525f56434b6a6d4446476e6d55687874"
        "0f 01 33 0000");
}

static void sdes_of_every_length(void **state)
{
    (void)state;
    char cname[257];
    for (size_t len = 0; len <= 255; len++) {
        memset(cname, 'a', len);
        cname[len] = 0;
        const struct rtcp_sdes_chunk chunk = {1, cname, NULL};
        w = writer_of(out, sizeof out);
        assert_true(rtcp_write_sdes(&w, &chunk, 1));
        size_t total = writer_length(&w);
        assert_int_equal(total % 4, 0);
        assert_in_range(total - (4 + 4 + 2 + len), 1, 4);
        assert_int_equal(out[total - 1], 0);
        assert_true(rtcp_valid(out, total));
    }
    memset(cname, 'a', 256);
    cname[256] = 0;
    const struct rtcp_sdes_chunk chunk = {1, cname, NULL};
    assert_false(rtcp_write_sdes(&w, &chunk, 1));
    w = writer_of(out, sizeof out);
    const struct rtcp_sdes_chunk empty = {0xa8473275, "", NULL};
    assert_true(rtcp_write_sdes(&w, &empty, 1));
    expect("81ca0002 a8473275 01000000");
}

static void nack(void **state)
{
    (void)state;
    const uint16_t one[] = {31984};
    assert_true(rtcp_write_nack(&w, 0x0648136d, 0x0648136d, one, 1));
    expect("81cd0003 0648136d 0648136d 7cf0 0000");
}

static void nack_pairs(void **state)
{
    (void)state;
    const uint16_t seqs[] = {65534, 65535, 0, 14, 15, 200, 216, 217, 1000};
    assert_true(rtcp_write_nack(&w, 1, 2, seqs, 9));
    expect("81cd0007 00000001 00000002 fffe 8003 000f 0000 00c8 8000 00d9 0000 03e8 0000");
    struct rtcp_cursor c = rtcp_begin(out, writer_length(&w));
    struct rtcp_packet p;
    struct rtcp_feedback f;
    struct rtcp_nack_cursor n;
    uint16_t seq;
    assert_true(rtcp_next(&c, &p));
    assert_true(rtcp_read_nack(&p, &f, &n));
    for (size_t i = 0; i < 9; i++) {
        assert_true(rtcp_nack_next(&n, &seq));
        assert_int_equal(seq, seqs[i]);
    }
    assert_false(rtcp_nack_next(&n, &seq));
}

static void feedback(void **state)
{
    (void)state;
    const uint32_t ssrc = 0x860ed072;
    assert_true(rtcp_write_pli(&w, 0x2fef54a4, 0x2fef54a4));
    assert_true(rtcp_write_remb(&w, 1, 252448, &ssrc, 1));
    expect("81ce0002 2fef54a4 2fef54a4"
           "8fce0005 00000001 00000000 52454d42 01 03da20 860ed072");
}

static void remb_rounds_down(void **state)
{
    (void)state;
    const uint64_t rates[] = {0, 1, 0x3ffff, 0x40000, 1000000007, UINT64_MAX};
    for (size_t i = 0; i < 6; i++) {
        w = writer_of(out, sizeof out);
        assert_true(rtcp_write_remb(&w, 1, rates[i], NULL, 0));
        struct rtcp_cursor c = rtcp_begin(out, writer_length(&w));
        struct rtcp_packet p;
        struct rtcp_remb r;
        assert_true(rtcp_next(&c, &p));
        assert_true(rtcp_read_remb(&p, &r));
        assert_true(r.bitrate <= rates[i]);
        assert_true(rates[i] - r.bitrate <= rates[i] >> 17);
    }
}

static void extended_reports(void **state)
{
    (void)state;
    const struct rtcp_dlrr d = {0xce1765e1, 0x3394fddd, 0x7b1f};
    assert_true(rtcp_write_rrtr(&w, 0xce1765e1, 0xeeae33960e04b2ad));
    assert_true(rtcp_write_dlrr(&w, 0xce1765e1, &d, 1));
    expect("80cf0004 ce1765e1 04000002 eeae3396 0e04b2ad"
           "80cf0005 ce1765e1 05000003 ce1765e1 3394fddd 00007b1f");
}

static void bye(void **state)
{
    (void)state;
    const uint32_t ssrcs[] = {1, 2};
    assert_true(rtcp_write_bye(&w, ssrcs, 2));
    expect("82cb0002 00000001 00000002");
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    w = writer_of(out, 12 + 11);
    assert_true(rtcp_write_pli(&w, 1, 2));
    assert_false(rtcp_write_pli(&w, 1, 2));
    assert_true(w.bad);
    assert_int_equal(writer_length(&w), 12);
    const struct rtcp_report_block b = {0};
    w = writer_of(out, 31);
    assert_false(rtcp_write_rr(&w, 1, &b, 1));
    assert_int_equal(writer_length(&w), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(reports, reset),
        cmocka_unit_test_setup(report_blocks_come_back, reset),
        cmocka_unit_test_setup(sdes, reset),
        cmocka_unit_test_setup(sdes_of_every_length, reset),
        cmocka_unit_test_setup(nack, reset),
        cmocka_unit_test_setup(nack_pairs, reset),
        cmocka_unit_test_setup(feedback, reset),
        cmocka_unit_test_setup(remb_rounds_down, reset),
        cmocka_unit_test_setup(extended_reports, reset),
        cmocka_unit_test_setup(bye, reset),
        cmocka_unit_test_setup(what_does_not_fit_is_left_out_whole, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
