/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/nack_generator.h"

#include "dataplane/rtp/sequence.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define MS    USEC_PER_MS

static struct nack_generator g;
static struct sequence wide;
static uint16_t seqs[NACK_MISSING_MAX];

static int reset(void **state)
{
    (void)state;
    nack_generator_init(&g);
    wide = (struct sequence){0};
    return 0;
}

static void receive(uint16_t seq, usec_t at)
{
    nack_generator_received(&g, sequence_extend(&wide, seq), at);
}

static void nothing_missing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 70000; i++)
        receive((uint16_t)(i + 65000), START + i);
    assert_int_equal(g.n, 0);
    assert_int_equal(nack_generator_deadline(&g), USEC_NEVER);
    assert_int_equal(nack_generator_due(&g, START + USEC_PER_SEC, seqs), 0);
}

static void a_gap_over_the_wrap(void **state)
{
    (void)state;
    receive(65534, START);
    receive(2, START + 5 * MS);
    assert_int_equal(nack_generator_deadline(&g), START + 25 * MS);
    assert_int_equal(nack_generator_due(&g, START + 25 * MS - 1, seqs), 0);
    assert_int_equal(nack_generator_due(&g, START + 25 * MS, seqs), 3);
    assert_int_equal(seqs[0], 65535);
    assert_int_equal(seqs[1], 0);
    assert_int_equal(seqs[2], 1);
}

static void what_comes_is_not_asked_for(void **state)
{
    (void)state;
    receive(10, START);
    receive(14, START);
    receive(12, START + 1 * MS);
    receive(12, START + 2 * MS);
    assert_int_equal(nack_generator_due(&g, START + 30 * MS, seqs), 2);
    assert_int_equal(seqs[0], 11);
    assert_int_equal(seqs[1], 13);
    receive(13, START + 31 * MS);
    receive(11, START + 31 * MS);
    assert_int_equal(nack_generator_deadline(&g), USEC_NEVER);
}

static void tries_back_off_and_end(void **state)
{
    (void)state;
    receive(1, START);
    receive(3, START);
    /* 20 ms, then an RTT of 70 ms times 1, 1.25, 1.5625, 1.953 */
    const usec_t gaps[] = {20000, 70000, 87500, 109375, 136718};
    usec_t now = START;
    for (size_t i = 0; i < NACK_TRIES_MAX; i++) {
        now += gaps[i];
        assert_int_equal(nack_generator_deadline(&g), now);
        assert_int_equal(nack_generator_due(&g, now - 1, seqs), 0);
        assert_int_equal(nack_generator_due(&g, now, seqs), 1);
        assert_int_equal(seqs[0], 2);
    }
    assert_int_equal(nack_generator_deadline(&g), USEC_NEVER);
    assert_int_equal(g.n, 0);
    receive(2, now);
}

static void intervals_are_clamped(void **state)
{
    (void)state;
    nack_generator_set_rtt(&g, 2 * USEC_PER_SEC);
    assert_int_equal(g.rtt, (3 * 2 * USEC_PER_SEC + NACK_RTT_DEFAULT) / 4);
    receive(1, START);
    receive(3, START);
    assert_int_equal(nack_generator_due(&g, START + 20 * MS, seqs), 1);
    assert_int_equal(nack_generator_deadline(&g), START + 420 * MS);
    assert_int_equal(nack_generator_due(&g, START + 420 * MS, seqs), 1);
    for (unsigned i = 0; i < 20; i++)
        nack_generator_set_rtt(&g, 1);
    assert_int_equal(nack_generator_due(&g, START + 820 * MS, seqs), 1);
    assert_int_equal(nack_generator_deadline(&g), START + 840 * MS);
}

static void old_ones_are_dropped(void **state)
{
    (void)state;
    receive(1, START);
    receive(3, START);
    assert_int_equal(nack_generator_due(&g, START + NACK_LIFETIME + 1, seqs), 0);
    assert_int_equal(g.n, 0);
}

static void at_most_100_and_the_oldest_give_way(void **state)
{
    (void)state;
    receive(1, START);
    receive(63, START);  /* 61 missing */
    receive(124, START); /* 60 more */
    assert_int_equal(nack_generator_due(&g, START + 20 * MS, seqs), NACK_MISSING_MAX);
    assert_int_equal(seqs[0], 23);
    assert_int_equal(seqs[99], 123);
    receive(1000, START + 30 * MS);
    assert_int_equal(nack_generator_due(&g, START + 50 * MS, seqs), NACK_MISSING_MAX);
    assert_int_equal(seqs[0], 900);
    assert_int_equal(seqs[99], 999);
    for (uint16_t i = 0; i < NACK_MISSING_MAX; i++) {
        assert_int_equal(g.missing[i].tries, 1);
        assert_int_equal((uint16_t)g.missing[i].seq, 900 + i);
    }
}

static void restarts_are_not_loss(void **state)
{
    (void)state;
    receive(1, START);
    receive(3, START);
    receive(3 + 1 + NACK_JUMP_MAX, START);
    assert_int_equal(g.n, NACK_MISSING_MAX);
    receive((uint16_t)(3 + 1 + NACK_JUMP_MAX + 2 + NACK_JUMP_MAX), START);
    assert_int_equal(g.n, 0);
    assert_int_equal(nack_generator_deadline(&g), USEC_NEVER);
}

/* Against a plain model: random loss and order over several wraps. Whatever has been missing for
 * 20 ms is asked for, and nothing else. */
static void random_loss(void **state)
{
    (void)state;
    static bool here[300000];
    uint32_t rng = 7;
    uint64_t base = 0;
    size_t asked = 0;
    for (unsigned i = 0; i < 250000; i++) {
        usec_t now = START + i * MS;
        rng = rng * 1664525 + 1013904223;
        bool lost = rng >> 28 == 0;
        if (!lost || i == 0) {
            receive((uint16_t)(i + 60000), now);
            here[i] = true;
        }
        if (i == 0)
            base = wide.highest;
        unsigned late = i - 1 - (rng >> 4) % 8;
        if (i > 20 && (rng >> 8) % 16 == 0 && !here[late]) {
            receive((uint16_t)(late + 60000), now);
            here[late] = true;
        }
        size_t n = nack_generator_due(&g, now, seqs);
        for (size_t k = 0; k < n; k++) {
            uint64_t index = sequence_near(wide.highest, seqs[k]) - base;
            assert_true(index < i);
            assert_false(here[index]);
            assert_true(i - index >= 20);
            assert_true(k == 0 || (int16_t)(seqs[k] - seqs[k - 1]) > 0);
        }
        asked += n;
    }
    assert_in_range(asked, 50000, 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_missing, reset),
        cmocka_unit_test_setup(a_gap_over_the_wrap, reset),
        cmocka_unit_test_setup(what_comes_is_not_asked_for, reset),
        cmocka_unit_test_setup(tries_back_off_and_end, reset),
        cmocka_unit_test_setup(intervals_are_clamped, reset),
        cmocka_unit_test_setup(old_ones_are_dropped, reset),
        cmocka_unit_test_setup(at_most_100_and_the_oldest_give_way, reset),
        cmocka_unit_test_setup(restarts_are_not_loss, reset),
        cmocka_unit_test_setup(random_loss, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
