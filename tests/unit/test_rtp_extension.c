/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/extension.h"

#include "common/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct rtp_extension element(const void *data, uint8_t len)
{
    return (struct rtp_extension){.id = 1, .len = len, .data = data};
}

static void abs_send_time(void **state)
{
    (void)state;
    uint8_t b[ABS_SEND_TIME_LENGTH];
    uint32_t v;
    /* 1.5 s past a multiple of 64 s: 1.5 * 2^18 */
    abs_send_time_put(b, (uint64_t)(64 * 1000 + 1) << 32 | 0x80000000);
    struct rtp_extension e = element(b, sizeof b);
    assert_true(abs_send_time_get(&e, &v));
    assert_int_equal(v, 0x60000);
    abs_send_time_put(b, ntp_from_unix(1700000000 * USEC_PER_SEC));
    assert_true(abs_send_time_get(&e, &v));
    assert_int_equal(v >> 18, (1700000000 + 2208988800ULL) % 64);
    e.len = 2;
    assert_false(abs_send_time_get(&e, &v));
}

static void transport_cc(void **state)
{
    (void)state;
    uint8_t b[4] = {0};
    uint16_t seq;
    transport_cc_put(b, 0xfedc);
    struct rtp_extension e = element(b, 2);
    assert_true(transport_cc_get(&e, &seq));
    assert_int_equal(seq, 0xfedc);
    e.len = 4;
    assert_true(transport_cc_get(&e, &seq));
    e.len = 3;
    assert_false(transport_cc_get(&e, &seq));
    e.len = 1;
    assert_false(transport_cc_get(&e, &seq));
}

static void audio_level(void **state)
{
    (void)state;
    uint8_t level;
    bool voice;
    struct rtp_extension e = element("\xa3", 1);
    assert_true(audio_level_get(&e, &level, &voice));
    assert_int_equal(level, 35);
    assert_true(voice);
    e = element("\x7f", 1);
    assert_true(audio_level_get(&e, &level, &voice));
    assert_int_equal(level, AUDIO_LEVEL_SILENCE);
    assert_false(voice);
    e.len = 0;
    assert_false(audio_level_get(&e, &level, &voice));
}

static void capture_time(void **state)
{
    (void)state;
    uint8_t b[ABS_CAPTURE_TIME_LENGTH_OFFSET];
    struct abs_capture_time in = {0x0123456789abcdef, -5, true};
    struct abs_capture_time out;
    struct rtp_extension e = element(b, abs_capture_time_put(b, &in));
    assert_int_equal(e.len, 16);
    assert_true(abs_capture_time_get(&e, &out));
    assert_int_equal(out.ntp, in.ntp);
    assert_int_equal(out.clock_offset, -5);
    in.has_offset = false;
    e.len = abs_capture_time_put(b, &in);
    assert_int_equal(e.len, 8);
    assert_true(abs_capture_time_get(&e, &out));
    assert_false(out.has_offset);
    e.len = 9;
    assert_false(abs_capture_time_get(&e, &out));
}

static void playout_delay(void **state)
{
    (void)state;
    uint8_t b[PLAYOUT_DELAY_LENGTH];
    uint16_t min;
    uint16_t max;
    playout_delay_put(b, 0xabc, 0x123);
    assert_memory_equal(b, "\xab\xc1\x23", 3);
    struct rtp_extension e = element(b, 3);
    assert_true(playout_delay_get(&e, &min, &max));
    assert_int_equal(min, 0xabc);
    assert_int_equal(max, 0x123);
    e.len = 4;
    assert_false(playout_delay_get(&e, &min, &max));
}

static void text(void **state)
{
    (void)state;
    char out[5];
    struct rtp_extension e = element("q", 1);
    assert_true(sdes_text_get(&e, out, sizeof out));
    assert_string_equal(out, "q");
    e = element("abcd", 4);
    assert_true(sdes_text_get(&e, out, sizeof out));
    assert_string_equal(out, "abcd");
    e = element("h\0\0\0\0\0\0\0", 8); /* padded */
    assert_true(sdes_text_get(&e, out, sizeof out));
    assert_string_equal(out, "h");
    e = element("abcde", 5);
    assert_false(sdes_text_get(&e, out, sizeof out));
    e = element("", 0);
    assert_false(sdes_text_get(&e, out, sizeof out));
    e = element("a\0b", 3);
    assert_false(sdes_text_get(&e, out, sizeof out));
    e = element("a b", 3);
    assert_false(sdes_text_get(&e, out, sizeof out));
    e = element("\xc3\xa4", 2);
    assert_false(sdes_text_get(&e, out, sizeof out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(abs_send_time), cmocka_unit_test(transport_cc),
        cmocka_unit_test(audio_level),   cmocka_unit_test(capture_time),
        cmocka_unit_test(playout_delay), cmocka_unit_test(text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
