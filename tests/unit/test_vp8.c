/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/vp8.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool parse(struct vp8_descriptor *d, const char *hex)
{
    uint8_t b[64];
    return vp8_parse(d, b, hex_bytes(hex, b, sizeof b));
}

static void one_byte_of_a_recorded_call(void **state)
{
    (void)state;
    struct vp8_descriptor d;
    assert_true(parse(&d, "10 b02a00 9d012a 4001b400"));
    assert_int_equal(d.len, 1);
    assert_true(d.start && d.key_frame && !d.extended && !d.non_reference);
    assert_true(parse(&d, "30 714300 1c1c240c"));
    assert_true(d.start && d.non_reference && !d.key_frame);
    assert_true(parse(&d, "00 b02a00"));
    assert_false(d.start || d.key_frame);
    assert_true(parse(&d, "10 1002009d012a080008000047088585888584880202000c0d6000feffab5080"));
    assert_true(d.key_frame);
}

static void all_fields(void **state)
{
    (void)state;
    struct vp8_descriptor d;
    assert_true(parse(&d, "b3 f0 92 34 56 b1 01"));
    assert_int_equal(d.len, 6);
    assert_int_equal(d.partition, 3);
    assert_true(d.long_picture_id);
    assert_int_equal(d.picture_id, 0x1234);
    assert_int_equal(d.tl0_picture_index, 0x56);
    assert_int_equal(d.temporal, 2);
    assert_true(d.layer_sync);
    assert_int_equal(d.key_index, 17);
    assert_false(d.key_frame);
}

static void absent_fields_are_zero(void **state)
{
    (void)state;
    struct vp8_descriptor d;
    assert_true(parse(&d, "90 80 7f 00")); /* seven-bit picture id alone */
    assert_int_equal(d.picture_id, 127);
    assert_false(d.long_picture_id);
    assert_true(parse(&d, "90 10 ff 00")); /* K alone: the layer bits mean nothing */
    assert_int_equal(d.temporal, 0);
    assert_false(d.layer_sync);
    assert_int_equal(d.key_index, 31);
    assert_true(parse(&d, "90 20 ff 00")); /* T alone */
    assert_int_equal(d.temporal, 3);
    assert_int_equal(d.key_index, 0);
    assert_true(parse(&d, "90 00 01"));
    assert_int_equal(d.len, 2);
    assert_false(d.key_frame);
}

static void truncated(void **state)
{
    (void)state;
    uint8_t b[8];
    size_t len = hex_bytes("90 f0 92 34 56 b1 00", b, sizeof b);
    struct vp8_descriptor d;
    for (size_t n = 0; n < len; n++)
        assert_false(vp8_parse(&d, b, n));
    assert_true(vp8_parse(&d, b, len));
}

static void every_form_is_written_as_read(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned bits = 0; bits < 16; bits++) {
            for (unsigned m = 0; m < 2; m++) {
                uint8_t in[8] = {(uint8_t)(first & 0xb7),
                                 (uint8_t)(bits << 4),
                                 (uint8_t)(m ? 0x92 : 0x12),
                                 0x34,
                                 0x56,
                                 0xb1,
                                 0x77,
                                 0x77};
                uint8_t out[8];
                struct vp8_descriptor d;
                assert_true(vp8_parse(&d, in, sizeof in));
                assert_int_equal(vp8_write(&d, out, sizeof out), d.len);
                struct vp8_descriptor again;
                out[d.len] = in[d.len];
                assert_true(vp8_parse(&again, out, d.len + 1U));
                uint8_t twice[8];
                assert_int_equal(again.key_frame, d.key_frame);
                assert_int_equal(vp8_write(&again, twice, sizeof twice), d.len);
                assert_memory_equal(twice, out, d.len);
                assert_int_equal(vp8_write(&d, out, d.len - 1U), 0);
            }
        }
    }
}

static void a_picture_id_grows_at_128(void **state)
{
    (void)state;
    struct vp8_descriptor d;
    uint8_t out[VP8_DESCRIPTOR_MAX];
    assert_true(parse(&d, "90 80 7f 00"));
    d.picture_id = 128;
    d.long_picture_id = true;
    assert_int_equal(vp8_write(&d, out, sizeof out), 4);
    assert_memory_equal(out, "\x90\x80\x80\x80", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_byte_of_a_recorded_call),
        cmocka_unit_test(all_fields),
        cmocka_unit_test(absent_fields_are_zero),
        cmocka_unit_test(truncated),
        cmocka_unit_test(every_form_is_written_as_read),
        cmocka_unit_test(a_picture_id_grows_at_128),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
