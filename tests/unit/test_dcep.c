/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/dcep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define B(text) (const uint8_t *)(text), sizeof(text) - 1

static void reads_an_open_of_a_browser(void **state)
{
    (void)state;
    struct data_channel_type t;
    assert_int_equal(dcep_parse(B("\x03\x81\x01\x00\x00\x00\x00\x00\x00\x06\x00\x00_lossy"), &t),
                     DCEP_OPEN);
    assert_string_equal(t.label, "_lossy");
    assert_false(t.ordered);
    assert_int_equal(t.reliability, DATA_RETRANSMITS);
    assert_int_equal(t.limit, 0);
    assert_int_equal(dcep_parse(B("\x03\x02\x00\x00\x00\x00\x01\xf4\x00\x01\x00\x03xabc"), &t),
                     DCEP_OPEN);
    assert_string_equal(t.label, "x");
    assert_true(t.ordered);
    assert_int_equal(t.reliability, DATA_LIFETIME);
    assert_int_equal(t.limit, 500);
    assert_int_equal(dcep_parse(B("\x02"), &t), DCEP_ACK);
}

static void writes_what_it_reads(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        struct data_channel_type t = {.ordered = i & 1, .reliability = i / 2, .limit = 77};
        struct data_channel_type back;
        memset(t.label, 'q', i * DATA_LABEL_MAX / 5);
        uint8_t buf[DCEP_MESSAGE_MAX];
        size_t len = dcep_write_open(buf, sizeof(buf), &t);
        assert_int_equal(dcep_parse(buf, len, &back), DCEP_OPEN);
        assert_string_equal(back.label, t.label);
        assert_int_equal(back.ordered, t.ordered);
        assert_int_equal(back.reliability, t.reliability);
        assert_int_equal(back.limit, t.reliability == DATA_RELIABLE ? 0 : 77);
        assert_int_equal(dcep_write_open(buf, len - 1, &t), 0);
    }
}

static void refuses_what_is_malformed(void **state)
{
    (void)state;
    struct data_channel_type t;
    static const uint8_t open[] = "\x03\x00\x01\x00\x00\x00\x00\x00\x00\x04\x00\x02"
                                  "abcdef";
    for (size_t len = 0; len < sizeof(open) - 1; len++)
        assert_int_equal(dcep_parse(open, len, &t), DCEP_MALFORMED);
    assert_int_equal(dcep_parse(open, sizeof(open) - 1, &t), DCEP_OPEN);
    assert_int_equal(dcep_parse(open, sizeof(open), &t), DCEP_MALFORMED);
    assert_int_equal(dcep_parse(B("\x02\x00"), &t), DCEP_MALFORMED);
    assert_int_equal(dcep_parse(B("\x07"), &t), DCEP_MALFORMED);
    assert_int_equal(dcep_parse(B("\x03\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), &t),
                     DCEP_MALFORMED);
    assert_int_equal(dcep_parse(B("\x03\x00\x01\x00\x00\x00\x00\x00\x00\x02\x00\x00"
                                  "a\x00"),
                                &t),
                     DCEP_MALFORMED);
    uint8_t longest[12 + DATA_LABEL_MAX + 1] = {3, 0, 0, 0, 0, 0, 0, 0, 0, DATA_LABEL_MAX + 1};
    memset(longest + 12, 'x', DATA_LABEL_MAX + 1);
    assert_int_equal(dcep_parse(longest, sizeof(longest), &t), DCEP_MALFORMED);
    longest[9] = DATA_LABEL_MAX;
    assert_int_equal(dcep_parse(longest, sizeof(longest) - 1, &t), DCEP_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_open_of_a_browser),
        cmocka_unit_test(writes_what_it_reads),
        cmocka_unit_test(refuses_what_is_malformed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
