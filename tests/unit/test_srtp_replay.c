/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index estimate at its edges, and the replay window against a plain model of it.
 */
#include "dataplane/srtp/replay.h"
#include "tests/unit/srtp_support.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t estimate(uint64_t highest, uint16_t seq)
{
    struct srtp_stream s = {.highest = highest, .started = true};
    return replay_estimate(&s, seq);
}

static void test_estimate(void **state)
{
    (void)state;
    struct srtp_stream fresh = {0};
    assert_int_equal(replay_estimate(&fresh, 65535), 65535);
    assert_int_equal(estimate(100, 101), 101);
    assert_int_equal(estimate(100, 99), 99);
    /* Over the edge, and back over it. */
    assert_int_equal(estimate(65535, 0), 0x10000);
    assert_int_equal(estimate(65000, 2), 0x10002);
    assert_int_equal(estimate(0x10002, 65535), 65535);
    assert_int_equal(estimate(0x30000, 65000), 0x20000 + 65000);
    /* Nothing is before the first round. */
    assert_int_equal(estimate(5, 65530), 65530);
    /* Half a round away belongs to this round on either side. */
    assert_int_equal(estimate(0x20000, 0x8000), 0x28000);
    assert_int_equal(estimate(0x20000, 0x8001), 0x18001);
    assert_int_equal(estimate(0x2ffff, 0x7fff), 0x27fff);
    assert_int_equal(estimate(0x2ffff, 0x7ffe), 0x37ffe);
    /* 48 bits come round. */
    assert_int_equal(estimate(0xffffffffffffULL, 0), 0);
}

#define MODEL 8192

/* Random walks through indices 0..MODEL; the model remembers all that was seen. */
static void walk(unsigned bits, uint64_t seed)
{
    struct dice d = {.state = seed};
    uint64_t words[16] = {0};
    struct replay_window w = {words, bits};
    bool seen[MODEL] = {false};
    uint64_t highest = replay_mark(w, 0, 0);
    seen[0] = true;
    for (int i = 0; i < 20000 && highest < MODEL - 1; i++) {
        bool jump = dice_roll(&d, 100) == 0;
        uint64_t ahead = highest + 1 + dice_roll(&d, jump ? bits + 2 : 3);
        uint64_t behind = highest - dice_roll(&d, (uint32_t)(highest < bits ? highest : bits) + 1);
        uint64_t index = dice_roll(&d, 2) ? ahead : behind;
        if (index >= MODEL)
            continue;
        bool want = index <= highest && (highest - index >= bits || seen[index]);
        assert_int_equal(replay_seen(w, highest, index), want);
        if (want)
            continue;
        highest = replay_mark(w, highest, index);
        seen[index] = true;
    }
}

static void test_window(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        walk(1024, seed);
        walk(128, seed);
    }
}

static void test_window_edges(void **state)
{
    (void)state;
    uint64_t words[16] = {0};
    struct replay_window w = {words, 1024};
    uint64_t highest = replay_mark(w, 0, 5);
    highest = replay_mark(w, highest, 5 + 1023);
    assert_true(replay_seen(w, highest, 5));
    assert_false(replay_seen(w, highest, 6));
    assert_true(replay_seen(w, highest, 4));
    highest = replay_mark(w, highest, highest + 100000);
    assert_int_equal(highest, 5 + 1023 + 100000);
    assert_false(replay_seen(w, highest, highest - 1));
    assert_false(replay_seen(w, highest, highest - 1023));
    assert_true(replay_seen(w, highest, highest - 1024));
    assert_true(replay_seen(w, highest, highest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_window_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
