/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/opus.h"
#include "dataplane/rtp/red.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void primary_alone(void **state)
{
    (void)state;
    uint8_t b[1 + OPUS_SILENCE_LENGTH] = {red_primary_header(111)};
    memcpy(b + 1, opus_silence, sizeof opus_silence);
    assert_int_equal(b[0], 0x6f);
    assert_memory_equal(b + 1, "\xf8\xff\xfe\0\0", 5);
    struct red_payload r;
    assert_true(red_parse(&r, b, sizeof b));
    assert_int_equal(r.n_redundant, 0);
    assert_int_equal(r.primary.pt, 111);
    assert_int_equal(r.primary.len, 80);
    assert_ptr_equal(r.primary.data, b + 1);
}

static void two_redundant(void **state)
{
    (void)state;
    uint8_t b[64];
    /* offsets 1920 and 960, lengths 2 and 3 */
    size_t len = hex_bytes("ef 1e00 02 ef 0f00 03 6f aaaa bbbbbb cccccccc", b, sizeof b);
    struct red_payload r;
    assert_true(red_parse(&r, b, len));
    assert_int_equal(r.n_redundant, 2);
    assert_int_equal(r.redundant[0].ts_offset, 1920);
    assert_int_equal(r.redundant[0].len, 2);
    assert_int_equal(r.redundant[0].data[1], 0xaa);
    assert_int_equal(r.redundant[1].ts_offset, 960);
    assert_int_equal(r.redundant[1].data[2], 0xbb);
    assert_int_equal(r.primary.len, 4);
    assert_int_equal(r.primary.data[0], 0xcc);
    for (size_t n = 0; n < len - 4; n++)
        assert_false(red_parse(&r, b, n));
    assert_true(red_parse(&r, b, len - 4)); /* an empty primary: DTX */
    assert_int_equal(r.primary.len, 0);
}

static void limits(void **state)
{
    (void)state;
    uint8_t b[9 * 4 + 1 + RED_BLOCK_MAX];
    struct red_payload r;
    size_t len = hex_bytes("ef ffff ff 6f", b, sizeof b);
    memset(b + len, 0, sizeof b - len);
    assert_true(red_parse(&r, b, len + RED_BLOCK_MAX));
    assert_int_equal(r.redundant[0].ts_offset, RED_OFFSET_MAX);
    assert_int_equal(r.redundant[0].len, RED_BLOCK_MAX);
    assert_false(red_parse(&r, b, len + RED_BLOCK_MAX - 1));
    memset(b, 0, sizeof b);
    for (size_t i = 0; i < 9; i++)
        b[4 * i] = 0xef;
    assert_false(red_parse(&r, b, 9 * 4 + 1));
    b[8 * 4] = 0x6f;
    assert_true(red_parse(&r, b, 9 * 4 + 1));
    assert_int_equal(r.n_redundant, RED_REDUNDANT_MAX);
    assert_false(red_parse(&r, b, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(primary_alone),
        cmocka_unit_test(two_redundant),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
