/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void wraps_forward(void **state)
{
    (void)state;
    struct sequence s = {0};
    uint64_t first = sequence_extend(&s, 65530);
    for (unsigned i = 1; i < 200000; i++)
        assert_int_equal(sequence_extend(&s, (uint16_t)(65530 + i)), first + i);
    assert_int_equal((uint16_t)s.highest, (uint16_t)(65530 + 199999));
}

static void late_packets_of_the_cycle_before(void **state)
{
    (void)state;
    struct sequence s = {0};
    uint64_t first = sequence_extend(&s, 65535);
    assert_int_equal(sequence_extend(&s, 1), first + 2);
    assert_int_equal(sequence_extend(&s, 65534), first - 1);
    assert_int_equal(s.highest, first + 2);
    assert_int_equal(sequence_extend(&s, 0), first + 1);
}

static void before_the_first(void **state)
{
    (void)state;
    struct sequence s = {0};
    assert_int_equal(sequence_peek(&s, 0), SEQUENCE_FIRST_CYCLE);
    uint64_t first = sequence_extend(&s, 0);
    assert_int_equal(sequence_extend(&s, 65535), first - 1);
    assert_int_equal(s.highest, first);
}

static void half_the_range(void **state)
{
    (void)state;
    assert_int_equal(sequence_near(0x20000, 0x7fff), 0x27fff);
    assert_int_equal(sequence_near(0x20000, 0x8000), 0x18000);
    assert_int_equal(sequence_near(0x28000, 0xffff), 0x2ffff);
    assert_int_equal(sequence_near(0x28000, 0x0000), 0x20000);
    assert_int_equal(timestamp_near(0x200000000, 0x7fffffff), 0x27fffffff);
    assert_int_equal(timestamp_near(0x200000000, 0x80000000), 0x180000000);
}

static void timestamps(void **state)
{
    (void)state;
    struct timestamp t = {0};
    uint64_t first = timestamp_extend(&t, 0xfffff000);
    assert_int_equal(timestamp_extend(&t, 0x00000c00), first + 0x1c00);
    assert_int_equal(timestamp_extend(&t, 0xfffffe00), first + 0xe00);
    assert_int_equal(t.highest, first + 0x1c00);
    assert_int_equal(timestamp_peek(&t, 0x80000000), first + 0x80001000);
}

static void picture_ids(void **state)
{
    (void)state;
    assert_int_equal(counter_near(127, 0, 7), 128);
    assert_int_equal(counter_near(128, 127, 7), 127);
    assert_int_equal(counter_near(0x7fff, 0, 15), 0x8000);
    assert_int_equal(counter_near(0x8001, 0x7ffe, 15), 0x7ffe);
    assert_int_equal(counter_near(1000, 1000 & 0x7f, 7), 1000);
    assert_int_equal(counter_near(0x1ff, 0, 8), 0x200);
    assert_int_equal(counter_near(0x2ffffffff, 0, 32), 0x300000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wraps_forward),    cmocka_unit_test(late_packets_of_the_cycle_before),
        cmocka_unit_test(before_the_first), cmocka_unit_test(half_the_range),
        cmocka_unit_test(timestamps),       cmocka_unit_test(picture_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
