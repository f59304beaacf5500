/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/packet.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* From a recorded call: VP8 with abs-send-time, and its RTX. */
#define MEDIA_HEX "906017f3 6d81e900 860ed072 bede0001 225df17a 10b02a009d012a4001b400"
#define RTX_HEX   "906189cd 06c1eceb 04c503c1 bede0001 22372469 7e70 307143001c1c240c"

static void header_fields(void **state)
{
    (void)state;
    uint8_t b[64];
    size_t len = hex_bytes(MEDIA_HEX, b, sizeof b);
    struct rtp_packet p;
    assert_true(rtp_parse(&p, b, len));
    assert_int_equal(p.pt, 96);
    assert_false(p.marker);
    assert_int_equal(p.seq, 0x17f3);
    assert_int_equal(p.ts, 0x6d81e900);
    assert_int_equal(p.ssrc, 0x860ed072);
    assert_int_equal(p.header_len, 20);
    assert_int_equal(p.payload_len, len - 20);
    assert_int_equal(p.payload[0], 0x10);
    assert_int_equal(p.profile, RTP_PROFILE_ONE_BYTE);
    struct rtp_extension e;
    assert_true(rtp_extension_find(&p, 2, &e));
    assert_int_equal(e.len, 3);
    assert_memory_equal(e.data, "\x5d\xf1\x7a", 3);
    assert_false(rtp_extension_find(&p, 3, &e));
    assert_false(rtp_extension_find(&p, 0, &e));
}

static void csrcs_are_skipped(void **state)
{
    (void)state;
    uint8_t b[64];
    size_t len = hex_bytes("82e00001 00000002 00000003 aaaaaaaa bbbbbbbb cc", b, sizeof b);
    struct rtp_packet p;
    assert_true(rtp_parse(&p, b, len));
    assert_true(p.marker);
    assert_int_equal(p.csrc_count, 2);
    assert_int_equal(p.header_len, 20);
    assert_int_equal(p.payload_len, 1);
    assert_false(rtp_parse(&p, b, 19));
}

static void padding(void **state)
{
    (void)state;
    uint8_t b[12 + 255] = {0xa0, 96};
    struct rtp_packet p;
    b[sizeof b - 1] = 255; /* padding only, as probes are */
    assert_true(rtp_parse(&p, b, sizeof b));
    assert_int_equal(p.payload_len, 0);
    assert_int_equal(p.padding_len, 255);
    b[sizeof b - 1] = 4;
    assert_true(rtp_parse(&p, b, sizeof b));
    assert_int_equal(p.payload_len, 251);
    b[sizeof b - 1] = 0;
    assert_false(rtp_parse(&p, b, sizeof b));
    b[12 + 3] = 5; /* more than the payload has */
    assert_false(rtp_parse(&p, b, 12 + 4));
    assert_false(rtp_parse(&p, b, 12)); /* P without a byte to count */
    assert_true(rtp_parse_header(&p, b, 12));
}

static void every_truncation_is_refused_or_bounded(void **state)
{
    (void)state;
    uint8_t whole[64];
    size_t len = hex_bytes(MEDIA_HEX, whole, sizeof whole);
    for (size_t n = 0; n <= len; n++) {
        uint8_t *b = malloc(n ? n : 1); /* so that the address sanitizer knows the end */
        memcpy(b, whole, n);
        struct rtp_packet p;
        assert_int_equal(rtp_parse(&p, b, n), n >= 20);
        free(b);
    }
}

static void other_versions_are_refused(void **state)
{
    (void)state;
    uint8_t b[12] = {0};
    struct rtp_packet p;
    for (unsigned version = 0; version < 4; version++) {
        b[0] = (uint8_t)(version << 6);
        assert_int_equal(rtp_parse(&p, b, sizeof b), version == 2);
    }
}

static void one_byte_form(void **state)
{
    (void)state;
    uint8_t b[64];
    /* id 1 of one byte, padding, id 5 of two, then id 15, which ends it; id 6 is behind */
    size_t len =
        hex_bytes("90600000 00000000 00000000 bede0003 10aa 00 51bbcc f0 60dd 000000", b, sizeof b);
    struct rtp_packet p;
    struct rtp_extension e;
    assert_true(rtp_parse(&p, b, len));
    assert_true(rtp_extension_find(&p, 1, &e));
    assert_int_equal(e.len, 1);
    assert_true(rtp_extension_find(&p, 5, &e));
    assert_int_equal(e.len, 2);
    assert_int_equal(e.data[1], 0xcc);
    assert_false(rtp_extension_find(&p, 6, &e));
    assert_false(rtp_extension_find(&p, 15, &e));
}

static void two_byte_form(void **state)
{
    (void)state;
    uint8_t b[64];
    size_t len =
        hex_bytes("90600000 00000000 00000000 1007 0003 0100 00 0c03aabbcc 1001dd 00", b, sizeof b);
    struct rtp_packet p;
    struct rtp_extension e;
    assert_true(rtp_parse(&p, b, len));
    assert_true(rtp_extension_find(&p, 1, &e));
    assert_int_equal(e.len, 0);
    assert_true(rtp_extension_find(&p, 12, &e));
    assert_int_equal(e.len, 3);
    assert_true(rtp_extension_find(&p, 16, &e));
    assert_int_equal(e.data[0], 0xdd);
}

static void broken_elements_end_the_walk(void **state)
{
    (void)state;
    uint8_t b[64];
    struct rtp_packet p;
    struct rtp_extension e;
    size_t len = hex_bytes("90600000 00000000 00000000 bede0001 10aa 5f bb", b, sizeof b);
    assert_true(rtp_parse(&p, b, len));
    assert_true(rtp_extension_find(&p, 1, &e));
    assert_false(rtp_extension_find(&p, 5, &e)); /* says 16 bytes, has one */
    len = hex_bytes("90600000 00000000 00000000 10000001 01ff aaaa", b, sizeof b);
    assert_true(rtp_parse(&p, b, len));
    assert_false(rtp_extension_find(&p, 1, &e));
    len = hex_bytes("90600000 00000000 00000000 12340001 10aa aaaa", b, sizeof b);
    assert_true(rtp_parse(&p, b, len));
    assert_false(rtp_extension_find(&p, 1, &e)); /* a profile of its own */
    len = hex_bytes("90600000 00000000 00000000 bede0002 10aa aaaa", b, sizeof b);
    assert_false(rtp_parse(&p, b, len)); /* block longer than the packet */
}

static void writes_what_it_read(void **state)
{
    (void)state;
    uint8_t want[64];
    uint8_t got[64];
    hex_bytes(MEDIA_HEX, want, sizeof want);
    struct rtp_header h = {.pt = 96, .seq = 0x17f3, .ts = 0x6d81e900, .ssrc = 0x860ed072};
    struct rtp_extension e = {2, 3, (const uint8_t *)"\x5d\xf1\x7a"};
    assert_int_equal(rtp_write_header(got, sizeof got, &h, &e, 1), 20);
    assert_memory_equal(got, want, 20);
    assert_int_equal(rtp_write_header(got, 19, &h, &e, 1), 0);
    h.marker = true;
    assert_int_equal(rtp_write_header(got, sizeof got, &h, NULL, 0), 12);
    assert_int_equal(got[0], 0x80);
    assert_int_equal(got[1], 0xe0);
}

static void picks_the_form(void **state)
{
    (void)state;
    uint8_t out[512];
    uint8_t data[255];
    memset(data, 0x5a, sizeof data);
    const struct {
        uint8_t id, len;
        uint16_t profile;
    } cases[] = {{1, 1, RTP_PROFILE_ONE_BYTE},   {14, 16, RTP_PROFILE_ONE_BYTE},
                 {15, 1, RTP_PROFILE_TWO_BYTE},  {1, 0, RTP_PROFILE_TWO_BYTE},
                 {12, 17, RTP_PROFILE_TWO_BYTE}, {255, 255, RTP_PROFILE_TWO_BYTE}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rtp_header h = {.pt = 98};
        struct rtp_extension in[2] = {{cases[i].id, cases[i].len, data}, {2, 3, data}};
        struct rtp_extension e;
        struct rtp_packet p;
        size_t len = rtp_write_header(out, sizeof out, &h, in, 2);
        assert_int_equal(len % 4, 0);
        assert_true(rtp_parse(&p, out, len));
        assert_int_equal(p.payload_len, 0);
        assert_int_equal(p.profile, cases[i].profile);
        for (size_t k = 0; k < 2; k++) {
            assert_true(rtp_extension_find(&p, in[k].id, &e));
            assert_int_equal(e.len, in[k].len);
            assert_memory_equal(e.data, data, e.len);
        }
    }
    struct rtp_extension none = {0, 1, data};
    assert_int_equal(rtp_write_header(out, sizeof out, &(struct rtp_header){0}, &none, 1), 0);
}

static void rtx_gives_the_original_back(void **state)
{
    (void)state;
    uint8_t b[64];
    size_t len = hex_bytes(RTX_HEX, b, sizeof b);
    struct rtp_packet p;
    assert_true(rtp_parse(&p, b, len));
    assert_true(rtx_restore(&p, b, 0x860ed072, 96));
    assert_ptr_equal(p.data, b + 2);
    struct rtp_packet again;
    assert_true(rtp_parse(&again, p.data, len - 2));
    assert_int_equal(again.seq, 32368);
    assert_int_equal(again.ssrc, 0x860ed072);
    assert_int_equal(again.pt, 96);
    assert_int_equal(again.ts, 0x06c1eceb);
    assert_int_equal(again.payload_len, p.payload_len);
    assert_ptr_equal(again.payload, p.payload);
    assert_ptr_equal(again.extension, p.extension);
    assert_int_equal(p.payload[0], 0x30);
    assert_int_equal(p.seq, 32368);
}

static void rtx_without_an_original(void **state)
{
    (void)state;
    uint8_t b[16] = {0x80, 97};
    struct rtp_packet p;
    for (size_t len = 12; len <= 15; len++) {
        assert_true(rtp_parse(&p, b, len));
        assert_int_equal(rtx_restore(&p, b, 1, 96), len == 15);
    }
    uint8_t probe[12 + 20] = {0xa0, 97};
    probe[sizeof probe - 1] = 20;
    assert_true(rtp_parse(&p, probe, sizeof probe));
    assert_false(rtx_restore(&p, probe, 1, 96));
}

static void rtx_header(void **state)
{
    (void)state;
    uint8_t want[64];
    uint8_t got[64];
    hex_bytes(RTX_HEX, want, sizeof want);
    struct rtp_header h = {.pt = 97, .seq = 0x89cd, .ts = 0x06c1eceb, .ssrc = 0x04c503c1};
    struct rtp_extension e = {2, 3, (const uint8_t *)"\x37\x24\x69"};
    assert_int_equal(rtx_write_header(got, sizeof got, &h, &e, 1, 0x7e70), 22);
    assert_memory_equal(got, want, 22);
    assert_int_equal(rtx_write_header(got, 21, &h, &e, 1, 0x7e70), 0);
    assert_int_equal(rtx_write_header(got, 1, &h, &e, 1, 0x7e70), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_fields),
        cmocka_unit_test(csrcs_are_skipped),
        cmocka_unit_test(padding),
        cmocka_unit_test(every_truncation_is_refused_or_bounded),
        cmocka_unit_test(other_versions_are_refused),
        cmocka_unit_test(one_byte_form),
        cmocka_unit_test(two_byte_form),
        cmocka_unit_test(broken_elements_end_the_walk),
        cmocka_unit_test(writes_what_it_read),
        cmocka_unit_test(picks_the_form),
        cmocka_unit_test(rtx_gives_the_original_back),
        cmocka_unit_test(rtx_without_an_original),
        cmocka_unit_test(rtx_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
