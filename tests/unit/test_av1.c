/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/av1.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool av1(const char *hex)
{
    uint8_t b[256];
    return av1_key_frame(b, hex_bytes(hex, b, sizeof b));
}

static void key_frames(void **state)
{
    (void)state;
    /* W 2, N: sequence header (08) of three bytes, frame (30) */
    assert_true(av1("28 03 080000 30 10 00"));
    /* W 0: both have lengths; frame header OBU (18) */
    assert_true(av1("08 03 080000 03 181000"));
    /* extension byte and own size fields */
    assert_true(av1("28 05 0e00020000 36 00 02 1000"));
    /* metadata (28) in between */
    assert_true(av1("38 03 080000 02 2800 30 10"));
}

static void others(void **state)
{
    (void)state;
    assert_false(av1("20 03 080000 30 10")); /* N not set */
    assert_false(av1("a8 03 080000 30 10")); /* Z set */
    assert_false(av1("28 03 300000 08 10")); /* sequence header not first */
    assert_false(av1("28 03 080000 30 90")); /* show_existing_frame */
    assert_false(av1("28 03 080000 30 30")); /* inter frame */
    assert_false(av1("28 03 080000 30 70")); /* switch frame */
    assert_false(av1("18 080000"));          /* no frame header in the packet */
}

static void malformed(void **state)
{
    (void)state;
    assert_false(av1(""));
    assert_false(av1("28"));
    assert_false(av1("28 00 30 10"));
    assert_false(av1("28 7f 080000 30 10"));
    assert_false(av1("28 ffffffffff 08"));
    assert_false(av1("28 03 080000 36"));
    assert_false(av1("28 03 080000 30"));
    assert_false(av1("28 03 0a80"));
}

static void truncated(void **state)
{
    (void)state;
    uint8_t b[16];
    size_t len = hex_bytes("28 05 0e00020000 36 00 02 10", b, sizeof b);
    for (size_t n = 0; n < len; n++)
        assert_false(av1_key_frame(b, n));
    assert_true(av1_key_frame(b, len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_frames),
        cmocka_unit_test(others),
        cmocka_unit_test(malformed),
        cmocka_unit_test(truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
