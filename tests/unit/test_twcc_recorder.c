/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtcp/twcc_recorder.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define MS    USEC_PER_MS

static struct twcc_recorder r;
static uint8_t out[1200];
static struct rtcp_twcc feedback;
static struct rtcp_twcc_cursor statuses;

static int reset(void **state)
{
    (void)state;
    twcc_recorder_init(&r, 0x6e699f69);
    return 0;
}

static void record(uint16_t seq, usec_t at)
{
    twcc_recorder_record(&r, seq, 0x2fef54a4, false, at);
}

static bool take(usec_t now)
{
    size_t len = twcc_recorder_feedback(&r, now, out, sizeof out);
    if (len == 0)
        return false;
    assert_true(len <= sizeof out);
    assert_true(rtcp_valid(out, len));
    struct rtcp_cursor c = rtcp_begin(out, len);
    struct rtcp_packet p;
    assert_true(rtcp_next(&c, &p));
    assert_int_equal(p.kind, RTCP_TWCC);
    assert_true(rtcp_read_twcc(&p, &feedback, &statuses));
    return true;
}

static struct rtcp_twcc_status next(void)
{
    struct rtcp_twcc_status s;
    assert_true(rtcp_twcc_next(&statuses, &s));
    return s;
}

static void the_recorded_packet(void **state)
{
    (void)state;
    uint8_t want[64];
    size_t len = hex_bytes("afcd000a 6e699f69 2fef54a4 00870015 19ed9606 2015"
                           "ff17583717155a2f2a080562223e3a4d0a7a000400 01",
                           want, sizeof want);
    uint8_t deltas[21];
    hex_bytes("ff17583717155a2f2a080562223e3a4d0a7a000400", deltas, sizeof deltas);
    usec_t at = 1699222ULL * 64000;
    r.feedback_count = 6;
    for (unsigned i = 0; i < 21; i++) {
        at += deltas[i] * 250ULL;
        record((uint16_t)(135 + i), at);
    }
    assert_int_equal(twcc_recorder_feedback(&r, at, out, sizeof out), len);
    assert_memory_equal(out, want, len);
}

static void few_packets_wait_100_ms(void **state)
{
    (void)state;
    assert_int_equal(twcc_recorder_deadline(&r), USEC_NEVER);
    record(1, START);
    record(2, START + 30 * MS);
    assert_int_equal(twcc_recorder_deadline(&r), START + 100 * MS);
    assert_false(take(START + 99 * MS));
    assert_true(take(START + 100 * MS));
    assert_int_equal(feedback.count, 2);
    assert_int_equal(feedback.sender, 0x6e699f69);
    assert_int_equal(feedback.media, 0x2fef54a4);
    assert_int_equal(twcc_recorder_deadline(&r), USEC_NEVER);
    assert_false(take(START + 500 * MS));
}

static void record_run(uint16_t from, unsigned n, usec_t at, bool marker)
{
    for (unsigned i = 0; i < n; i++)
        twcc_recorder_record(&r, (uint16_t)(from + i), 1, marker && i + 1 == n, at);
}

static void more_than_20_go_at_100_ms(void **state)
{
    (void)state;
    record_run(0, 21, START, false); /* no feedback for long: at once */
    assert_true(take(START));
    record_run(21, 20, START + 60 * MS, false);
    assert_int_equal(twcc_recorder_deadline(&r), START + 160 * MS);
    record_run(41, 1, START + 61 * MS, false);
    assert_int_equal(twcc_recorder_deadline(&r), START + 100 * MS);
    assert_true(take(START + 100 * MS));
    assert_int_equal(feedback.base_seq, 21);
    assert_int_equal(feedback.count, 21);
}

static void a_frame_end_goes_at_50_ms(void **state)
{
    (void)state;
    record_run(0, 21, START, false);
    assert_true(take(START));
    record_run(21, 30, START + 49 * MS, true);
    assert_false(take(START + 49 * MS));
    record_run(51, 5, START + 50 * MS, true);
    assert_true(take(START + 50 * MS));
    assert_int_equal(feedback.count, 35);
}

static void more_than_100_go_at_once(void **state)
{
    (void)state;
    record_run(0, 21, START, false);
    assert_true(take(START));
    record_run(21, 100, START + 1 * MS, false);
    assert_false(take(START + 1 * MS));
    record_run(121, 1, START + 1 * MS, false);
    assert_true(take(START + 1 * MS));
    assert_int_equal(feedback.count, 101);
}

static void losses_between_and_across_feedback(void **state)
{
    (void)state;
    record(65534, START);
    record(1, START + 1 * MS);
    assert_true(take(START + 100 * MS));
    assert_int_equal(feedback.base_seq, 65534);
    assert_int_equal(feedback.count, 4);
    assert_true(next().received);
    assert_false(next().received);
    assert_false(next().received);
    assert_true(next().received);
    record(4, START + 110 * MS);
    assert_true(take(START + 210 * MS));
    assert_int_equal(feedback.base_seq, 2);
    assert_int_equal(feedback.count, 3);
    assert_false(next().received);
}

static void late_packets_are_told_with_what_followed(void **state)
{
    (void)state;
    for (uint16_t seq = 10; seq < 20; seq++) {
        if (seq != 15)
            record(seq, START + seq * MS);
    }
    assert_true(take(START + 120 * MS));
    assert_int_equal(feedback.count, 10);
    record(15, START + 130 * MS);
    assert_true(take(START + 230 * MS));
    assert_int_equal(feedback.base_seq, 15);
    assert_int_equal(feedback.count, 5);
    struct rtcp_twcc_status late = next();
    struct rtcp_twcc_status after = next();
    assert_true(late.received && after.received);
    assert_int_equal(after.arrival - late.arrival, -(130 - 16) * 4);
}

static void duplicates_keep_the_first_arrival(void **state)
{
    (void)state;
    record(7, START);
    record(7, START + 50 * MS);
    record(8, START + 60 * MS);
    assert_true(take(START + 200 * MS));
    assert_int_equal(feedback.count, 2);
    int64_t first = next().arrival;
    assert_int_equal(next().arrival - first, 60 * 4);
}

static void a_long_pause_starts_a_new_packet(void **state)
{
    (void)state;
    record(1, START);
    record(2, START + 9 * USEC_PER_SEC); /* 36000 ticks: over 16 bits with sign */
    assert_true(take(START + 9 * USEC_PER_SEC));
    assert_int_equal(feedback.count, 1);
    uint8_t count = feedback.feedback_count;
    assert_true(take(START + 9 * USEC_PER_SEC));
    assert_int_equal(feedback.base_seq, 2);
    assert_int_equal(feedback.count, 1);
    assert_int_equal(feedback.feedback_count, (uint8_t)(count + 1));
    assert_false(take(START + 9 * USEC_PER_SEC));
}

static void jumps_start_over(void **state)
{
    (void)state;
    record(1, START);
    record(TWCC_WINDOW + 1, START);
    assert_true(take(START + 100 * MS));
    assert_int_equal(feedback.base_seq, TWCC_WINDOW + 1);
    assert_int_equal(feedback.count, 1);
    record(1, START + 101 * MS); /* older than the window */
    assert_int_equal(twcc_recorder_deadline(&r), USEC_NEVER);
}

static void the_widest_gap_fits_the_smallest_buffer(void **state)
{
    (void)state;
    record(0, START);
    record(TWCC_WINDOW - 1, START);
    size_t len = twcc_recorder_feedback(&r, START + 100 * MS, out, TWCC_FEEDBACK_MIN - 1);
    assert_int_equal(len, 0);
    len = twcc_recorder_feedback(&r, START + 100 * MS, out, TWCC_FEEDBACK_MIN);
    assert_in_range(len, 1, TWCC_FEEDBACK_MIN);
    assert_true(rtcp_valid(out, len));
    assert_int_equal(be16_get(out + 14), TWCC_WINDOW);
}

/* Alternating losses and jittered arrivals over several wraps, of both sequence numbers and the
 * 32-bit count of 250 us: every packet is told exactly as it came. */
static void long_run(void **state)
{
    (void)state;
    static usec_t arrival[65536];
    usec_t now = ((1ULL << 32) - 40000) * 250;
    uint32_t rng = 1;
    uint64_t told = 0;
    uint64_t sent = 0;
    for (unsigned i = 0; i < 200000; i++) {
        rng = rng * 1664525 + 1013904223;
        now += 100 + (rng >> 20);
        arrival[i & 0xffff] = 0;
        if (rng >> 24 >= 40) {
            arrival[i & 0xffff] = now;
            twcc_recorder_record(&r, (uint16_t)i, 1, (rng & 0x700) == 0, now);
            sent++;
        }
        while (take(now)) {
            struct rtcp_twcc_status s;
            while (rtcp_twcc_next(&statuses, &s)) {
                assert_int_equal(s.received, arrival[s.seq] != 0);
                uint32_t tick = (uint32_t)(arrival[s.seq] / 250);
                if (s.received && tick != 0)
                    assert_int_equal((uint32_t)s.arrival, tick);
                told += s.received;
            }
        }
    }
    assert_in_range(sent - told, 0, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_recorded_packet, reset),
        cmocka_unit_test_setup(few_packets_wait_100_ms, reset),
        cmocka_unit_test_setup(more_than_20_go_at_100_ms, reset),
        cmocka_unit_test_setup(a_frame_end_goes_at_50_ms, reset),
        cmocka_unit_test_setup(more_than_100_go_at_once, reset),
        cmocka_unit_test_setup(losses_between_and_across_feedback, reset),
        cmocka_unit_test_setup(late_packets_are_told_with_what_followed, reset),
        cmocka_unit_test_setup(duplicates_keep_the_first_arrival, reset),
        cmocka_unit_test_setup(a_long_pause_starts_a_new_packet, reset),
        cmocka_unit_test_setup(jumps_start_over, reset),
        cmocka_unit_test_setup(the_widest_gap_fits_the_smallest_buffer, reset),
        cmocka_unit_test_setup(long_run, reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
