/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/vp9.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static uint8_t bytes[1024];
static size_t len;

static bool parse(struct vp9_descriptor *d, const char *hex)
{
    len = hex_bytes(hex, bytes, sizeof bytes);
    return vp9_parse(d, bytes, len);
}

static bool key(const struct vp9_descriptor *d, bool encrypted)
{
    return vp9_key_frame(d, bytes, len, encrypted);
}

static void flexible_of_a_recorded_call(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "b8 e575 13 00"));
    assert_true(d.has_picture_id && d.long_picture_id && d.has_layers && d.flexible && d.start);
    assert_false(d.inter_predicted || d.end || d.has_scalability || d.not_reference);
    assert_int_equal(d.picture_id, 0x6575);
    assert_int_equal(d.temporal, 0);
    assert_int_equal(d.spatial, 1);
    assert_true(d.switching_up && d.inter_layer);
    assert_int_equal(d.len, 4);
}

static void non_flexible(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "e5 12 44 07 86"));
    assert_true(d.inter_predicted && !d.flexible && !d.start && d.end && d.not_reference);
    assert_false(d.long_picture_id);
    assert_int_equal(d.picture_id, 0x12);
    assert_int_equal(d.temporal, 2);
    assert_int_equal(d.spatial, 2);
    assert_int_equal(d.tl0_picture_index, 7);
    assert_int_equal(d.len, 4);
}

static void references(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "50 03 05 06 82"));
    assert_int_equal(d.n_references, 3);
    assert_int_equal(d.references[0], 1);
    assert_int_equal(d.references[2], 3);
    assert_false(parse(&d, "50 03 05 07 08 82")); /* a fourth */
}

static void scalability(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "0a 58 014000b4 02800168 05000210 02 04 01 08 02 03 82"
                          "00"));
    assert_true(d.has_scalability && d.scalability.has_resolutions);
    assert_int_equal(d.scalability.n_spatial, 3);
    assert_int_equal(d.scalability.width[0], 320);
    assert_int_equal(d.scalability.height[2], 528);
    assert_int_equal(d.scalability.n_pictures, 2);
    assert_int_equal(d.len, 20);
    assert_true(key(&d, false));
    /* 255 pictures announced, few there */
    assert_false(parse(&d, "0a 08 ff 04 01 04 01"));
}

static void truncated(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "fe 9234 45 03 05 06 58 014000b4 02800168 05000210 01 0c 01 02 03 82"));
    for (size_t n = 0; n < len; n++)
        assert_false(vp9_parse(&d, bytes, n));
}

static void key_frames(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "08 82"));
    assert_true(key(&d, false));
    assert_true(parse(&d, "08 86")); /* frame_type 1 */
    assert_false(key(&d, false));
    assert_true(parse(&d, "08 8a")); /* show_existing_frame */
    assert_false(key(&d, false));
    assert_true(parse(&d, "08 b0")); /* profile 3: a reserved bit in between */
    assert_true(key(&d, false));
    assert_true(parse(&d, "08 b2"));
    assert_false(key(&d, false));
    assert_true(parse(&d, "08 42")); /* no frame marker */
    assert_false(key(&d, false));
    assert_true(parse(&d, "00 82")); /* not the start */
    assert_false(key(&d, false));
}

static void key_frames_encrypted(void **state)
{
    (void)state;
    struct vp9_descriptor d;
    assert_true(parse(&d, "28 00 00 ff")); /* B, L: layer 0, ciphertext */
    assert_false(key(&d, false));
    assert_true(key(&d, true));
    assert_true(parse(&d, "28 02 00 ff")); /* spatial layer 1 of a key picture */
    assert_false(key(&d, true));
    assert_true(parse(&d, "68 00 00 82")); /* P */
    assert_false(key(&d, true));
    assert_true(parse(&d, "20 00 00 82")); /* no B */
    assert_false(key(&d, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flexible_of_a_recorded_call),
        cmocka_unit_test(non_flexible),
        cmocka_unit_test(references),
        cmocka_unit_test(scalability),
        cmocka_unit_test(truncated),
        cmocka_unit_test(key_frames),
        cmocka_unit_test(key_frames_encrypted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
