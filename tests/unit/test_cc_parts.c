/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of congestion control one by one.
 */
#include "dataplane/cc/ack_rate.h"
#include "dataplane/cc/aimd.h"
#include "dataplane/cc/allocator.h"
#include "dataplane/cc/alr.h"
#include "dataplane/cc/arrival_groups.h"
#include "dataplane/cc/history.h"
#include "dataplane/cc/loss_bound.h"
#include "dataplane/cc/probe_rate.h"
#include "dataplane/cc/prober.h"
#include "dataplane/cc/remb_monitor.h"
#include "dataplane/cc/standing_queue.h"
#include "dataplane/cc/trendline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START (100 * USEC_PER_SEC)
#define MS    USEC_PER_MS

static struct cc_sent slots[CC_HISTORY_SIZE];

static enum cc_fate report(struct cc_history *h, uint16_t seq, bool received)
{
    struct cc_sent sent;
    usec_t at;
    return cc_history_report(h, seq, received, START + 100 * MS, &sent, &at);
}

static void history_tells_each_fate_once(void **state)
{
    (void)state;
    struct cc_history h;
    struct cc_sent sent;
    usec_t at;
    cc_history_init(&h, slots);
    h.next = 65535;
    assert_int_equal(report(&h, 65535, true), CC_FATE_UNKNOWN);
    for (unsigned i = 0; i < 3; i++)
        cc_history_put(&h, (uint16_t)(1000 + i), START + i * MS);
    assert_int_equal(cc_history_report(&h, 0, true, START + 100 * MS, &sent, &at),
                     CC_FATE_RECEIVED);
    assert_int_equal(sent.size, 1001);
    assert_int_equal(at, START + MS);
    assert_int_equal(report(&h, 0, true), CC_FATE_UNKNOWN);
    assert_int_equal(report(&h, 65535, false), CC_FATE_LOST);
    assert_int_equal(report(&h, 65535, false), CC_FATE_UNKNOWN);
    assert_int_equal(report(&h, 65535, true), CC_FATE_LATE);
    assert_int_equal(report(&h, 2, true), CC_FATE_UNKNOWN); /* not sent yet */
    for (unsigned i = 0; i < CC_HISTORY_SIZE; i++)
        cc_history_put(&h, 100, START);
    assert_int_equal(report(&h, 1, true), CC_FATE_UNKNOWN); /* overwritten */
    assert_int_equal(h.bytes, 3003 + 100 * CC_HISTORY_SIZE);
}

static void history_without_slots_knows_nothing(void **state)
{
    (void)state;
    struct cc_history h;
    cc_history_init(&h, NULL);
    assert_int_equal(report(&h, 0, true), CC_FATE_UNKNOWN);
}

static void packets_of_a_burst_are_one_group(void **state)
{
    (void)state;
    struct arrival_groups g = {0};
    struct arrival_delta d;
    assert_false(arrival_groups_packet(&g, START, 5000, START, &d));
    assert_false(arrival_groups_packet(&g, START + 2000, 8000, START, &d));
    assert_false(arrival_groups_packet(&g, START + 20000, 25000, START + 30000, &d));
    assert_true(arrival_groups_packet(&g, START + 40000, 50000, START + 60000, &d));
    assert_float_equal(d.sent_ms, 18, 0.001);
    assert_float_equal(d.arrived_ms, 17, 0.001);
}

static void a_jump_of_the_clock_starts_over(void **state)
{
    (void)state;
    struct arrival_groups g = {0};
    struct arrival_delta d;
    int64_t jump = 30 * (int64_t)USEC_PER_SEC;
    for (unsigned i = 0; i < 10; i++)
        arrival_groups_packet(&g, START + i * 20 * MS, (int64_t)(i * 20 * MS), START + i * 20 * MS,
                              &d);
    for (unsigned i = 10; i < 13; i++) {
        bool told = arrival_groups_packet(&g, START + i * 20 * MS, (int64_t)(i * 20 * MS) + jump,
                                          START + i * 20 * MS, &d);
        assert_true(!told || d.arrived_ms < 100);
    }
    assert_true(arrival_groups_packet(&g, START + 260 * MS, (int64_t)(260 * MS) + jump,
                                      START + 260 * MS, &d));
    assert_float_equal(d.arrived_ms, 20, 0.001);
}

/* Groups every 20 ms that take `more` ms longer each. */
static enum cc_usage usage_after(struct trendline *t, unsigned groups, double more)
{
    static usec_t now = START;
    bool over = false;
    for (unsigned i = 0; i < groups; i++) {
        now += 20 * MS;
        trendline_update(t, &(struct arrival_delta){20, 20 + more}, now);
        over |= t->usage == CC_USAGE_OVER;
    }
    return over ? CC_USAGE_OVER : t->usage;
}

static void growing_delay_is_overuse(void **state)
{
    (void)state;
    struct trendline t;
    trendline_init(&t);
    assert_int_equal(usage_after(&t, 100, 0), CC_USAGE_NORMAL);
    assert_int_equal(usage_after(&t, 20, 5), CC_USAGE_OVER);
    usage_after(&t, 20, -8);
    assert_int_equal(t.usage, CC_USAGE_UNDER);
    assert_int_equal(usage_after(&t, 60, 0), CC_USAGE_NORMAL);
}

static void rate_of_arrival(void **state)
{
    (void)state;
    struct ack_rate a;
    ack_rate_init(&a);
    int64_t at = 0;
    for (; at < 600000; at += 10000)
        ack_rate_packet(&a, at, 1250);
    assert_true(a.known);
    assert_float_equal(a.rate, 1e6, 5e4);
    ack_rate_expect_change(&a);
    for (; at < 2000000; at += 20000)
        ack_rate_packet(&a, at, 1250);
    assert_float_equal(a.rate, 5e5, 1e5);
    ack_rate_gap(&a); /* feedback of a second is lost: no slump */
    double before = a.rate;
    for (at += 1000000; at < 4000000; at += 20000)
        ack_rate_packet(&a, at, 1250);
    assert_true(a.rate > 0.9 * before);
}

static void aimd_goes_down_to_what_arrives(void **state)
{
    (void)state;
    struct aimd a;
    usec_t now = START;
    aimd_init(&a, 1e6, 1e4, 5e6);
    for (unsigned i = 0; i < 100; i++)
        aimd_update(&a, CC_USAGE_NORMAL, 1e6, 50 * MS, now += 100 * MS);
    assert_true(a.rate > 1.4e6 && a.rate < 1.6e6); /* not far above what arrives */
    aimd_update(&a, CC_USAGE_OVER, 8e5, 50 * MS, now += 200 * MS);
    assert_float_equal(a.rate, 0.85 * 8e5, 1e4);
    double low = a.rate;
    aimd_update(&a, CC_USAGE_UNDER, 8e5, 50 * MS, now += 100 * MS);
    assert_true(a.rate <= low);
    for (unsigned i = 0; i < 10; i++)
        aimd_update(&a, CC_USAGE_NORMAL, 7e5, 50 * MS, now += 100 * MS);
    assert_true(a.rate > low && a.rate < 1.1 * low); /* carefully near the capacity */
}

static double loss_after(struct loss_bound *l, double rate, unsigned lost, unsigned rounds)
{
    static usec_t now = START;
    for (unsigned i = 0; i < rounds; i++) {
        now += 500 * MS;
        loss_bound_packets(l, 100, lost, now);
        loss_bound_update(l, rate < l->rate ? rate : l->rate, 0, 50 * MS, now);
    }
    return l->rate;
}

static void loss_lowers_and_forgives(void **state)
{
    (void)state;
    struct loss_bound l;
    loss_bound_init(&l, 5e6);
    assert_true(loss_after(&l, 2e6, 1, 10) >= 5e6);
    assert_true(loss_after(&l, 2e6, 5, 10) >= 5e6);
    double low = loss_after(&l, 2e6, 30, 3);
    assert_true(low < 1.5e6);
    assert_true(loss_after(&l, 5e6, 30, 100) > 6e5); /* does not help: not our loss */
    assert_true(loss_after(&l, 5e6, 0, 60) > 2e6);
}

static void a_cluster_tells_the_rate(void **state)
{
    (void)state;
    struct probe_rate p = {0};
    double bps = 0;
    probe_rate_expect(&p, 7, 6, 7200);
    for (unsigned i = 0; i < 6; i++) /* sent at 4.8, arrived at 1.92 Mbit/s */
        probe_rate_packet(&p, 7, START + i * 2000, i * 5000, 1200, &bps);
    assert_float_equal(bps, 0, 1); /* all of that was others' share */
    p = (struct probe_rate){0};
    probe_rate_expect(&p, 8, 6, 7200);
    bool told = false;
    for (unsigned i = 0; i < 6; i++) {
        told |= probe_rate_packet(&p, 7, START, 0, 1200, &bps);
        told |= probe_rate_packet(&p, 8, START + i * 5000, i * 5100, 1200, &bps);
    }
    assert_true(told);
    assert_float_equal(bps, 1200 * 8 / 0.0051, 1e4);
}

/* Spread over time, in whole packets, and twice before it counts. */
static void probes_are_spread(void **state)
{
    (void)state;
    struct prober p;
    struct cc_history h;
    prober_init(&p);
    cc_history_init(&h, slots);
    usec_t now = START, first = 0, last = 0;
    p.limited = true;
    assert_int_equal(prober_due(&p, &h, 1e6, now), 0);
    assert_int_equal(prober_deadline(&p), USEC_NEVER);
    for (unsigned round = 0; round < 2; round++) {
        unsigned in_a_ms = 0, packets = 0;
        first = 0;
        for (; p.state != PROBER_WAITING; now += MS) {
            prober_want(&p, 2e6, false, now);
            for (in_a_ms = 0; prober_due(&p, &h, 1.5e6, now) > 0; in_a_ms++, packets++) {
                cc_history_put(&h, 1200, now);
                first = first ? first : now;
                last = now;
            }
            assert_true(in_a_ms <= 1);
            assert_true(now < START + 2 * USEC_PER_SEC);
        }
        assert_true(packets >= 5 && last - first >= 50 * MS);
        assert_int_equal(p.successes, round);
        prober_result(&p, 2e6, now);
    }
    assert_int_equal(p.successes, PROBE_SUCCESSES);
}

static void failing_probes_get_rarer(void **state)
{
    (void)state;
    struct prober p;
    struct cc_history h;
    prober_init(&p);
    cc_history_init(&h, slots);
    usec_t now = START, before = 0, gap = 0;
    for (unsigned i = 0; i < 5; i++) {
        prober_want(&p, 2e6, false, now);
        for (; p.state != PROBER_WAITING; now += MS)
            while (prober_due(&p, &h, 1.5e6, now) > 0)
                cc_history_put(&h, 1200, now);
        assert_true(before == 0 || now - before >= gap);
        gap = before ? now - before : 0;
        before = now;
        prober_result(&p, 1e5, now);
    }
}

static void app_limited_when_little_is_sent(void **state)
{
    (void)state;
    struct alr a = {0};
    uint64_t sent = 0;
    usec_t now = START;
    for (unsigned i = 0; i < 20; i++)
        alr_update(&a, sent += 1250, 1e6, now += 100 * MS); /* 100 kbit/s of 1 Mbit/s */
    assert_true(a.limited);
    for (unsigned i = 0; i < 20; i++)
        alr_update(&a, sent += 12000, 1e6, now += 100 * MS);
    assert_false(a.limited);
}

static void queues_stand_out_of_jitter(void **state)
{
    (void)state;
    struct standing_queue q = {0};
    usec_t now = START;
    for (unsigned i = 0; i < 50; i++) { /* jitter of up to 90 ms, but a packet without any */
        for (unsigned k = 0; k < 10; k++)
            standing_queue_packet(&q, now, (int64_t)(now - START + k * 10 * MS) + 777);
        standing_queue_feedback(&q, now += 100 * MS);
        assert_int_equal(q.delay, 0);
    }
    standing_queue_packet(&q, now, (int64_t)(now - START + 40 * MS) + 777);
    standing_queue_feedback(&q, now);
    assert_int_equal(q.delay, 40 * MS);
}

static void remb_must_fall(void **state)
{
    (void)state;
    struct remb_monitor r = {0};
    usec_t now = START;
    uint64_t sent = 0;
    for (unsigned i = 0; i < 20; i++) { /* small, but growing */
        sent += 50000;
        assert_false(remb_monitor_heard(&r, 1e5 + i * 1e4, sent, now += 200 * MS));
    }
    bool congested = false;
    for (unsigned i = 0; i < 3; i++) {
        sent += 50000;
        congested |= remb_monitor_heard(&r, 1.2e5, sent, now += 200 * MS);
    }
    assert_true(congested);
}

/* ---- allocator ---- */

static struct cc_track camera(uint8_t max_spatial)
{
    struct cc_track t = {.max_spatial = max_spatial, .max_temporal = 3};
    static const double rates[CC_SPATIAL] = {1e5, 4e5, 1.5e6};
    for (unsigned s = 0; s < CC_SPATIAL; s++)
        for (unsigned q = 0; q < CC_TEMPORAL; q++)
            t.rates[s][q] = rates[s];
    return t;
}

static void all_that_is_wanted_if_it_fits(void **state)
{
    (void)state;
    struct cc_track t[2] = {camera(2), camera(1)};
    struct cc_allocation a = cc_allocate(t, 2, 1e9, true);
    assert_float_equal(a.used, 1.9e6, 1);
    assert_float_equal(a.wanted, 1.9e6, 1);
    assert_float_equal(a.step, 0, 1);
    assert_int_equal(t[0].choice.spatial, 2);
    assert_int_equal(t[1].choice.spatial, 1);
}

static void the_lowest_for_all_comes_first(void **state)
{
    (void)state;
    struct cc_track t[4] = {camera(0), camera(1), camera(2), camera(2)};
    t[1].screen_share = true;
    struct cc_allocation a = cc_allocate(t, 4, 1.1e6, true);
    assert_int_equal(t[0].choice.spatial, 0);
    assert_int_equal(t[1].choice.spatial, 1); /* the screen is better off first, */
    assert_int_equal(t[2].choice.spatial, 1); /* then what is wanted large */
    assert_int_equal(t[3].choice.spatial, 0);
    assert_false(a.paused);
    assert_float_equal(a.used, 1e6, 1);
    assert_float_equal(a.step, 3e5, 1);
}

static void what_does_not_fit_is_paused_if_it_may(void **state)
{
    (void)state;
    struct cc_track t[3] = {camera(0), camera(0), camera(2)};
    struct cc_allocation a = cc_allocate(t, 3, 1.5e5, true);
    assert_true(a.paused && t[0].choice.paused && t[1].choice.paused && !t[2].choice.paused);
    a = cc_allocate(t, 3, 1.5e5, false);
    assert_false(a.paused || t[0].choice.paused || t[1].choice.paused);
    assert_float_equal(a.used, 3e5, 1);
}

static void a_choice_is_not_given_up_lightly(void **state)
{
    (void)state;
    struct cc_track t[1] = {camera(2)};
    cc_allocate(t, 1, 1.6e6, true);
    cc_allocate(t, 1, 1.45e6, true);
    assert_int_equal(t[0].choice.spatial, 2);
    cc_allocate(t, 1, 1.2e6, true);
    assert_int_equal(t[0].choice.spatial, 1);
    cc_allocate(t, 1, 1.45e6, true);
    assert_int_equal(t[0].choice.spatial, 1);
}

/* Only a layer above the wanted one flows: better than nothing. */
static void what_there_is_will_do(void **state)
{
    (void)state;
    struct cc_track t[2] = {camera(0), camera(1)};
    for (unsigned q = 0; q < CC_TEMPORAL; q++)
        t[0].rates[0][q] = t[0].rates[1][q] = t[1].rates[0][q] = t[1].rates[1][q] =
            t[1].rates[2][q] = 0;
    t[1].choice = (struct cc_choice){.spatial = 1};
    struct cc_allocation a = cc_allocate(t, 2, 1e9, true);
    assert_int_equal(t[0].choice.spatial, 2);
    assert_int_equal(t[1].choice.spatial, 1); /* nothing flows: as it was */
    assert_float_equal(a.used, 1.5e6, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(history_tells_each_fate_once),
        cmocka_unit_test(history_without_slots_knows_nothing),
        cmocka_unit_test(packets_of_a_burst_are_one_group),
        cmocka_unit_test(a_jump_of_the_clock_starts_over),
        cmocka_unit_test(growing_delay_is_overuse),
        cmocka_unit_test(rate_of_arrival),
        cmocka_unit_test(aimd_goes_down_to_what_arrives),
        cmocka_unit_test(loss_lowers_and_forgives),
        cmocka_unit_test(a_cluster_tells_the_rate),
        cmocka_unit_test(probes_are_spread),
        cmocka_unit_test(failing_probes_get_rarer),
        cmocka_unit_test(app_limited_when_little_is_sent),
        cmocka_unit_test(queues_stand_out_of_jitter),
        cmocka_unit_test(remb_must_fall),
        cmocka_unit_test(all_that_is_wanted_if_it_fits),
        cmocka_unit_test(the_lowest_for_all_comes_first),
        cmocka_unit_test(what_does_not_fit_is_paused_if_it_may),
        cmocka_unit_test(a_choice_is_not_given_up_lightly),
        cmocka_unit_test(what_there_is_will_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
