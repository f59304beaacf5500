/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/h264.h"
#include "dataplane/rtp/h265.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static bool h264(const char *hex)
{
    uint8_t b[64];
    return h264_key_frame(b, hex_bytes(hex, b, sizeof b));
}

static bool h265(const char *hex)
{
    uint8_t b[64];
    return h265_key_frame(b, hex_bytes(hex, b, sizeof b));
}

static void h264_single(void **state)
{
    (void)state;
    assert_true(h264("67 42c01f"));
    assert_false(h264("65 88"));
    assert_false(h264("68 ce"));
    assert_false(h264("41 9a"));
    assert_false(h264(""));
}

static void h264_aggregated(void **state)
{
    (void)state;
    assert_true(h264("78 0004 6742c01f 0002 68ce 0002 6588"));
    assert_true(h264("78 0002 68ce 0004 6742c01f"));
    assert_false(h264("78 0002 68ce 0002 6588"));
    assert_true(h264("79 0001 0004 6742c01f"));
    assert_true(h264("7a 0001 0005 00 0000 6742"));
    assert_false(h264("7a 0001 0005 67 0000 4167"));
    assert_true(h264("7b 0001 0006 00 000000 6742"));
    assert_false(h264("7b 0001 0004 00 000000 67")); /* a unit without a NAL header */
    assert_false(h264("78 0009 6742c01f"));          /* longer than the packet */
    assert_false(h264("78 0000 0000 0000"));
    assert_false(h264("78"));
}

static void h264_fragmented(void **state)
{
    (void)state;
    assert_true(h264("7c 87 42"));
    assert_false(h264("7c 07 42")); /* not the first */
    assert_false(h264("7c 85 88"));
    assert_true(h264("7d 87 0001 42"));
    assert_false(h264("7c"));
}

static void h265_all(void **state)
{
    (void)state;
    assert_true(h265("4201 01")); /* SPS: 33 << 1 */
    assert_true(h265("4401 c0")); /* PPS */
    assert_false(h265("4001 0c"));
    assert_false(h265("2601 af"));
    assert_true(h265("6001 0003 40010c 0003 420101"));
    assert_false(h265("6001 0003 26010c 0003 020101"));
    assert_false(h265("6001 0001 42 0009 4201"));
    assert_true(h265("6201 a1 01"));
    assert_false(h265("6201 21 01"));
    assert_false(h265("6201 93 01"));
    assert_false(h265("6201"));
    assert_false(h265("42"));
    assert_false(h265(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(h264_single),
        cmocka_unit_test(h264_aggregated),
        cmocka_unit_test(h264_fragmented),
        cmocka_unit_test(h265_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
