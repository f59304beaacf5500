/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reception statistics, what receivers report of sent streams, and round-trip times.
 */
#include "dataplane/rtcp/receiver_stats.h"
#include "dataplane/rtcp/round_trip.h"
#include "dataplane/rtcp/sender_stats.h"
#include "dataplane/rtp/sequence.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define MS    USEC_PER_MS

static struct receiver_stats s;
static struct sequence wide;
static struct rtcp_report_block b;

static int reset(void **state)
{
    (void)state;
    receiver_stats_init(&s, 90000);
    wide = (struct sequence){0};
    return 0;
}

static void receive(uint16_t seq, uint32_t ts, usec_t now)
{
    uint64_t before = wide.highest;
    uint64_t seq64 = sequence_extend(&wide, seq);
    receiver_stats_packet(&s, seq64, ts, 100, seq64 > before, now);
}

static void no_packets(void **state)
{
    (void)state;
    assert_false(receiver_stats_report(&s, 1, START, &b));
    assert_int_equal(receiver_stats_lost(&s), 0);
}

static void loss_and_cycles(void **state)
{
    (void)state;
    receive(65534, 0, START);
    receive(65535, 0, START);
    receive(1, 0, START); /* 0 is missing */
    assert_true(receiver_stats_report(&s, 42, START, &b));
    assert_int_equal(b.ssrc, 42);
    assert_int_equal(b.highest_seq, 0x10001);
    assert_int_equal(b.cumulative_lost, 1);
    assert_int_equal(b.fraction_lost, 256 / 4);
    assert_int_equal(b.lsr, 0);
    assert_int_equal(b.dlsr, 0);
    receive(2, 0, START);
    assert_true(receiver_stats_report(&s, 42, START, &b));
    assert_int_equal(b.fraction_lost, 0); /* a new interval */
    assert_int_equal(b.cumulative_lost, 1);
    assert_int_equal(s.bytes, 400);
    receiver_stats_recovered(&s);
    assert_true(receiver_stats_report(&s, 42, START, &b));
    assert_int_equal(b.cumulative_lost, 0);
}

static void all_lost_but_one(void **state)
{
    (void)state;
    receive(0, 0, START);
    receiver_stats_report(&s, 1, START, &b);
    receive(10000, 0, START);
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.fraction_lost, 255);
    assert_int_equal(b.cumulative_lost, 9999);
}

static void counts_are_clamped_to_24_bits(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 300; i++)
        receive((uint16_t)(i * 32767), 0, START);
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.cumulative_lost, 0x7fffff);
    reset(NULL);
    receive(5, 0, START);
    s.received += 0x900000;
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.cumulative_lost, -0x800000);
    assert_int_equal(b.fraction_lost, 0);
}

static void packets_before_the_first(void **state)
{
    (void)state;
    receive(5, 0, START);
    receive(4, 0, START);
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.cumulative_lost, -1);
    assert_int_equal(b.fraction_lost, 0);
    assert_int_equal(b.highest_seq, 5);
}

static void even_pace_has_no_jitter(void **state)
{
    (void)state;
    uint32_t ts = 0xffff0000; /* wraps */
    for (unsigned i = 0; i < 1000; i++, ts += 3000)
        receive((uint16_t)i, ts, START + i * USEC_PER_SEC / 30);
    receiver_stats_report(&s, 1, START, &b);
    assert_in_range(b.jitter, 0, 1); /* 1/30 s is no whole number of microseconds */
}

static void jitter_settles_at_the_deviation(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        receive((uint16_t)i, i * 1800, START + i * 20 * MS + (i % 2) * 5 * MS);
    receiver_stats_report(&s, 1, START, &b);
    assert_in_range(b.jitter, 440, 450); /* 5 ms */
    assert_in_range(receiver_stats_jitter_us(&s), 4890, 5000);
}

static void one_packet_speaks_for_a_frame(void **state)
{
    (void)state;
    uint16_t seq = 0;
    for (unsigned frame = 0; frame < 100; frame++) {
        for (unsigned i = 0; i < 10; i++) /* 10 packets paced over 20 ms */
            receive(seq++, frame * 3600, START + frame * 40 * MS + i * 2 * MS);
    }
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.jitter, 0);
}

static void a_new_clock_is_not_jitter(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100; i++)
        receive((uint16_t)i, i * 1800, START + i * 20 * MS);
    for (unsigned i = 100; i < 200; i++)
        receive((uint16_t)i, 0x77777777 + i * 1800, START + i * 20 * MS);
    receiver_stats_report(&s, 1, START, &b);
    assert_int_equal(b.jitter, 0);
}

static void sender_report_times(void **state)
{
    (void)state;
    receive(1, 0, START);
    receiver_stats_sender_report(&s, 0xeeae3395792c16df, 0x90628429, START);
    receiver_stats_report(&s, 1, START + 580 * MS, &b);
    assert_int_equal(b.lsr, 0x3395792c);
    assert_int_equal(b.dlsr, 58 * 65536 / 100);
}

static void round_trips(void **state)
{
    (void)state;
    usec_t rtt = 0;
    uint64_t then = ntp_from_unix(1700000000 * USEC_PER_SEC);
    uint64_t now = ntp_from_unix(1700000000 * USEC_PER_SEC + 580 * MS + 35 * MS);
    assert_true(round_trip(now, ntp_middle(then), middle_from_usec(580 * MS), &rtt));
    assert_in_range(rtt, 34900, 35100);
    assert_false(round_trip(now, 0, 0, &rtt));
    assert_true(round_trip(then, ntp_middle(then), 2, &rtt)); /* rounding */
    assert_int_equal(rtt, 1);
    assert_false(round_trip(then, ntp_middle(then), 65536, &rtt));
    assert_false(round_trip(then, ntp_middle(then) - 61 * 65536, 0, &rtt));
    /* the middle bits wrap every 18 hours */
    assert_true(round_trip(0x10000001000ULL << 16, 0xfffff000, 0x1000, &rtt));
    assert_int_equal(rtt, usec_from_middle(0x1000));
}

static void sent_streams(void **state)
{
    (void)state;
    struct sender_stats t = {0};
    sender_stats_packet(&t, 1000);
    sender_stats_packet(&t, 200);
    assert_int_equal(t.packets, 2);
    assert_int_equal(t.octets, 1200);
    uint64_t ntp = ntp_from_unix(1700000000 * USEC_PER_SEC);
    struct rtcp_report_block block = {.fraction_lost = 10,
                                      .cumulative_lost = 5,
                                      .jitter = 7,
                                      .highest_seq = 99,
                                      .lsr = ntp_middle(ntp) - 6554};
    sender_stats_report(&t, &block, ntp, START);
    assert_int_equal(t.lost_total, 5);
    assert_in_range(t.rtt, 99900, 100100);
    assert_int_equal(t.report_at, START);
    block.cumulative_lost = 3; /* duplicates made up for some */
    block.lsr = 0;
    sender_stats_report(&t, &block, ntp, START + 1);
    assert_int_equal(t.lost_total, 5);
    assert_in_range(t.rtt, 99900, 100100); /* stays */
    block.cumulative_lost = -0x800000;
    sender_stats_report(&t, &block, ntp, START + 2);
    block.cumulative_lost = 0x7fffff;
    sender_stats_report(&t, &block, ntp, START + 3);
    assert_int_equal(t.lost_total, 5 + 0xffffff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(no_packets, reset),
        cmocka_unit_test_setup(loss_and_cycles, reset),
        cmocka_unit_test_setup(all_lost_but_one, reset),
        cmocka_unit_test_setup(counts_are_clamped_to_24_bits, reset),
        cmocka_unit_test_setup(packets_before_the_first, reset),
        cmocka_unit_test_setup(even_pace_has_no_jitter, reset),
        cmocka_unit_test_setup(jitter_settles_at_the_deviation, reset),
        cmocka_unit_test_setup(one_packet_speaks_for_a_frame, reset),
        cmocka_unit_test_setup(a_new_clock_is_not_jitter, reset),
        cmocka_unit_test_setup(sender_report_times, reset),
        cmocka_unit_test_setup(round_trips, reset),
        cmocka_unit_test_setup(sent_streams, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
