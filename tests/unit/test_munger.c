/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rewriting of numbers, times and VP8 descriptors.
 */
#include "dataplane/forward/munger.h"
#include "dataplane/forward/timeline.h"
#include "dataplane/forward/vp8_munger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BASE 0x10000ULL

static uint64_t forward(struct munger *m, uint64_t seq)
{
    uint64_t sent = 0;
    assert_true(munger_forward(m, seq, 0, &sent));
    return sent;
}

static void gaps_stay_and_drops_close_up(void **state)
{
    (void)state;
    struct munger m = {0};
    uint64_t sent;
    munger_switch(&m, BASE + 100, 0, 0);
    assert_int_equal(forward(&m, BASE + 100), 100);
    munger_drop(&m, BASE + 101);
    assert_int_equal(forward(&m, BASE + 102), 101);
    assert_int_equal(forward(&m, BASE + 105), 104); /* 103 and 104 are late */
    munger_drop(&m, BASE + 106);
    assert_int_equal(forward(&m, BASE + 107), 105);
    assert_int_equal(forward(&m, BASE + 104), 103);
    assert_false(munger_forward(&m, BASE + 104, 0, &sent)); /* once only */
    assert_int_equal(forward(&m, BASE + 103), 102);
    assert_false(munger_forward(&m, BASE + 106, 0, &sent)); /* its number is gone */
    assert_false(munger_forward(&m, BASE + 107, 0, &sent));
    assert_false(munger_forward(&m, BASE + 99, 0, &sent));
}

static void drops_across_a_gap(void **state)
{
    (void)state;
    struct munger m = {0};
    munger_switch(&m, BASE + 10, 0, 0);
    forward(&m, BASE + 10);
    munger_drop(&m, BASE + 13); /* 11 and 12 may still come */
    assert_int_equal(forward(&m, BASE + 14), 13);
    assert_int_equal(forward(&m, BASE + 12), 12);
    assert_int_equal(forward(&m, BASE + 11), 11);
}

/* Numbers that are kept for late packets are not given to others meanwhile. */
static void kept_numbers_are_not_reused(void **state)
{
    (void)state;
    struct munger m = {0};
    munger_switch(&m, BASE + 10, 0, 0);
    forward(&m, BASE + 10);
    munger_drop(&m, BASE + 13);
    assert_int_equal(forward(&m, BASE + 12), 12);
    assert_int_equal(munger_insert(&m, 0), 13);
    munger_drop(&m, BASE + 16);
    assert_int_equal(forward(&m, BASE + 15), 15 + 1 - 1);
    munger_switch(&m, BASE + 500, 0, 0);
    assert_int_equal(forward(&m, BASE + 500), 16);
}

static void jumps_become_gaps(void **state)
{
    (void)state;
    struct munger m = {0};
    uint64_t sent;
    munger_switch(&m, BASE + 10, 0, 0);
    forward(&m, BASE + 10);
    assert_int_equal(forward(&m, BASE + 40010), 12);
    assert_false(munger_forward(&m, BASE + 40009, 0, &sent));
    munger_drop(&m, BASE + 80000);
    assert_int_equal(forward(&m, BASE + 80001), 14);
}

static void switching_goes_on_by_one(void **state)
{
    (void)state;
    struct munger m = {0};
    uint64_t sent;
    munger_switch(&m, BASE + 0xfffe, 1000, 1000);
    assert_int_equal(forward(&m, BASE + 0xfffe), 0x7ffe);
    assert_int_equal(forward(&m, BASE + 0x10000), 0x8000);
    munger_switch(&m, BASE + 5, 70, 2000);
    assert_true(munger_forward(&m, BASE + 5, 70, &sent));
    assert_int_equal(sent, 0x8001);
    assert_int_equal(munger_ts(&m, 90), 2020);
    assert_false(munger_forward(&m, BASE + 4, 60, &sent)); /* from before */
    assert_int_equal(munger_insert(&m, 2500), 0x8002);
    assert_int_equal(forward(&m, BASE + 6), 0x8003);
}

static void rekeying_takes_the_cycles_off(void **state)
{
    (void)state;
    struct munger m = {0};
    munger_switch(&m, BASE + 0x7000, 0, 0);
    for (uint64_t i = 0; i < 0x20000; i++)
        forward(&m, BASE + 0x7000 + i);
    assert_int_equal(m.sent >> 16, 2);
    munger_rekey(&m);
    assert_int_equal(forward(&m, BASE + 0x27000), 0x7000);
}

/* Against a plain model: what was dropped is remembered for ever, numbers are counted. */
static void agrees_with_a_model(void **state)
{
    (void)state;
    enum { N = 4000 };
    static bool left_out[N], gone[N];
    struct munger m = {0};
    srand(7);
    memset(left_out, 0, sizeof left_out);
    memset(gone, 0, sizeof gone);
    munger_switch(&m, BASE, 0, 0);
    forward(&m, BASE);
    uint64_t first = m.sent;
    for (unsigned i = 1; i < N; i++) {
        if (rand() % 10 == 0)
            continue; /* lost, or late */
        if (rand() % 5 == 0) {
            munger_drop(&m, BASE + i);
            left_out[i] = true;
        }
        unsigned late = rand() % 4 ? i : i - (unsigned)rand() % (i < 200 ? i : 200);
        uint64_t sent, dropped = 0;
        for (unsigned k = 0; k < late; k++)
            dropped += left_out[k];
        bool ok = munger_forward(&m, BASE + late, 0, &sent);
        if (ok) {
            assert_false(left_out[late] || gone[late]);
            assert_int_equal(sent, first + late - dropped);
            gone[late] = true;
        } else {
            assert_true(left_out[late] || gone[late] || late == 0);
        }
        if (!left_out[i] && !gone[i]) {
            assert_true(munger_forward(&m, BASE + i, 0, &sent));
            gone[i] = true;
        }
    }
}

/* ---- time ---- */

static struct source_clock at(uint64_t second, uint32_t half, uint32_t rtp)
{
    return (struct source_clock){.ntp = second << 32 | (half ? 0x80000000u : 0), .rtp = rtp};
}

static void sources_are_mapped_by_their_reports(void **state)
{
    (void)state;
    struct timeline t = {.ts = 5000, .source_ts = 905000, .at = 1000000, .clock_rate = 90000};
    struct source_clock from = at(100, 0, 900000), to = at(100, 1, 0xffffff00);
    /* `to` at its report is half a second after `from` at its own: 945000 there. */
    assert_int_equal(timeline_switch(&t, &from, &to, 0xffffff00, false, 1450000), 5000 + 40000);
    assert_int_equal(timeline_switch(&t, &to, &to, 905000 + 3000, false, 1033333), 8000);
    /* The same picture of another layer: one more. */
    assert_int_equal(timeline_switch(&t, &from, &to, 0xffffff00 - 40000, false, 1000000), 5001);
}

static void without_reports_by_the_time_of_arrival(void **state)
{
    (void)state;
    struct timeline t = {.ts = 5000, .source_ts = 1, .at = 1000000, .clock_rate = 90000};
    struct source_clock known = at(100, 0, 900000), unknown = {0};
    assert_int_equal(timeline_switch(&t, &known, &unknown, 77, false, 1100000), 5000 + 9000);
    assert_int_equal(timeline_switch(&t, &unknown, &known, 77, false, 1000000), 5001);
}

static void clocks_that_lie_are_not_followed(void **state)
{
    (void)state;
    struct timeline t = {.ts = 5000, .source_ts = 100, .at = 1000000, .clock_rate = 90000};
    struct source_clock c = at(1, 0, 0);
    /* stopped while muted: 0.5 s behind is too much then, and all right else */
    assert_int_equal(timeline_switch(&t, &c, &c, 3100, true, 1533333), 5000 + 48000 - 1);
    assert_int_equal(timeline_switch(&t, &c, &c, 3100, false, 1533333), 8000);
    assert_int_equal(timeline_switch(&t, &c, &c, 0x70000000, false, 1100000), 5000 + 9000);
    assert_int_equal(timeline_switch(&t, &c, &c, 3100, false, 4000000), 5000 + 270000);
}

static void clock_is_carried_on(void **state)
{
    (void)state;
    struct source_clock c = at(10, 0, 1000);
    uint64_t ntp;
    uint32_t rtp;
    c.arrival = 1000000;
    assert_true(source_clock_at(&c, 48000, 2500000, &ntp, &rtp));
    assert_int_equal(ntp, 11ULL << 32 | 0x80000000u);
    assert_int_equal(rtp, 1000 + 72000);
    c.ntp = 0;
    assert_false(source_clock_at(&c, 48000, 2500000, &ntp, &rtp));
}

/* ---- VP8 ---- */

static struct vp8_descriptor picture(uint16_t id, uint8_t tl0, uint8_t temporal)
{
    return (struct vp8_descriptor){.extended = true,
                                   .has_picture_id = true,
                                   .long_picture_id = true,
                                   .picture_id = id,
                                   .has_tl0_picture_index = true,
                                   .tl0_picture_index = tl0,
                                   .has_temporal = true,
                                   .temporal = temporal,
                                   .has_key_index = true,
                                   .key_index = (uint8_t)(id & 31),
                                   .start = true};
}

static uint16_t sent_picture(struct vp8_munger *m, uint16_t id)
{
    struct vp8_descriptor d = picture(id, 0, 0);
    assert_true(vp8_munger_forward(m, &d));
    return d.picture_id;
}

static void pictures_are_closed_up(void **state)
{
    (void)state;
    struct vp8_munger m = {0};
    struct vp8_descriptor d = picture(0x7ffd, 255, 0);
    vp8_munger_switch(&m, &d);
    assert_int_equal(sent_picture(&m, 0x7ffd), 0x7ffd);
    d = picture(0x7ffe, 0, 2);
    assert_true(vp8_munger_drop(&m, &d, false));
    assert_true(vp8_munger_drop(&m, &d, false)); /* its second packet */
    assert_false(vp8_munger_forward(&m, &d));
    assert_int_equal(sent_picture(&m, 0x7fff), 0x7ffe);
    assert_int_equal(sent_picture(&m, 0), 0x7fff);
    d = picture(1, 0, 2);
    assert_false(vp8_munger_drop(&m, &d, true)); /* packets are missing: it goes whole */
    assert_int_equal(sent_picture(&m, 1), 0);
    assert_false(vp8_munger_drop(&m, &d, false));
    assert_int_equal(sent_picture(&m, 0x7fff), 0x7ffe); /* late */
    d = picture(0x7ffe, 0, 2);
    assert_true(vp8_munger_drop(&m, &d, true)); /* late, and was left out */
}

static void pictures_go_on_over_switches(void **state)
{
    (void)state;
    struct vp8_munger m = {0};
    struct vp8_descriptor d = picture(100, 7, 0);
    vp8_munger_switch(&m, &d);
    assert_true(vp8_munger_forward(&m, &d));
    d = picture(5000, 200, 0);
    vp8_munger_switch(&m, &d);
    assert_true(vp8_munger_forward(&m, &d));
    assert_int_equal(d.picture_id, 101);
    assert_int_equal(d.tl0_picture_index, 8);
    assert_int_equal(d.key_index, 5);
    d = picture(5001, 201, 0);
    assert_true(vp8_munger_forward(&m, &d));
    assert_int_equal(d.picture_id, 102);
    assert_int_equal(d.tl0_picture_index, 9);
    vp8_munger_insert(&m, &d);
    assert_int_equal(d.picture_id, 103);
    d = picture(5002, 202, 0);
    assert_true(vp8_munger_forward(&m, &d));
    assert_int_equal(d.picture_id, 104);
    assert_int_equal(d.tl0_picture_index, 11);
}

static void seven_bit_pictures_become_long(void **state)
{
    (void)state;
    struct vp8_munger m = {0};
    struct vp8_descriptor d = picture(120, 0, 0);
    d.long_picture_id = false;
    vp8_munger_switch(&m, &d);
    for (unsigned i = 120; i < 400; i++) {
        d = picture(i & 0x7f, 0, 0);
        d.long_picture_id = false;
        assert_true(vp8_munger_forward(&m, &d));
        assert_int_equal(d.picture_id, i);
        assert_true(d.long_picture_id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaps_stay_and_drops_close_up),
        cmocka_unit_test(drops_across_a_gap),
        cmocka_unit_test(kept_numbers_are_not_reused),
        cmocka_unit_test(jumps_become_gaps),
        cmocka_unit_test(switching_goes_on_by_one),
        cmocka_unit_test(rekeying_takes_the_cycles_off),
        cmocka_unit_test(agrees_with_a_model),
        cmocka_unit_test(sources_are_mapped_by_their_reports),
        cmocka_unit_test(without_reports_by_the_time_of_arrival),
        cmocka_unit_test(clocks_that_lie_are_not_followed),
        cmocka_unit_test(clock_is_carried_on),
        cmocka_unit_test(pictures_are_closed_up),
        cmocka_unit_test(pictures_go_on_over_switches),
        cmocka_unit_test(seven_bit_pictures_become_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
