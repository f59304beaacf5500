/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Send-side bandwidth estimation over a bottleneck in virtual time: what libwebrtc asks of its own
 * (goog_cc_network_control_unittest, delay_based_bwe_unittest), and test cases of RFC 8867.
 */
#include "tests/sim/cc_network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S    USEC_PER_SEC
#define MS   USEC_PER_MS
#define KBPS 1e3
#define MBPS 1e6

#define assert_rate(value, low, high)                                                              \
    assert_in_range((unsigned)(value), (unsigned)(low), (unsigned)(high))

static const struct bwe_config plain = {.start = 300 * KBPS, .min = 10 * KBPS, .max = 1500 * KBPS};

static void trace(const struct network *n)
{
    if (!getenv("CC_TRACE"))
        return;
    for (unsigned i = 0; i < n->now / (500 * MS); i++) {
        fprintf(stderr, "%6.1f queue %4u", i / 2.0, n->queue_ms[i * 500]);
        for (unsigned f = 0; f < n->n_flows; f++)
            fprintf(stderr, "  %7.0f/%7.0f", n->estimate[f][i * 5] / 1000,
                    network_rate(n, f, i * 500 * MS, (i + 1) * 500 * MS) / 1000);
        fprintf(stderr, "\n");
    }
}

/* 500 kbit/s, then 800, then 100 with twice the delay. */
static void targets_follow_the_link(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 500 * KBPS}, {25 * S, 800 * KBPS}, {45 * S, 100 * KBPS}};
    struct network *n = network_open(steps, 3, 100 * MS, 2 * S);
    network_flow(n, &plain, 1500 * KBPS, 0);
    network_run(n, 45 * S);
    n->forward.delay = n->back.delay = 200 * MS;
    network_run(n, 95 * S);
    trace(n);
    assert_rate(network_estimate(n, 0, 24900 * MS), 350 * KBPS, 550 * KBPS);
    assert_rate(network_estimate(n, 0, 44900 * MS), 600 * KBPS, 900 * KBPS);
    assert_rate(network_estimate(n, 0, 94900 * MS), 65 * KBPS, 115 * KBPS);
    network_close(n);
}

/* The capacity halves: how long until the estimate says so. */
static usec_t drop_detected(int64_t jump)
{
    static const struct link_step steps[] = {{0, 1 * MBPS}, {30 * S, 500 * KBPS}};
    struct network *n = network_open(steps, 2, 25 * MS, 1 * S);
    struct flow *f = network_flow(n, &plain, 0, 0);
    network_run(n, 30 * S);
    assert_rate(network_estimate(n, 0, 29900 * MS), 820 * KBPS, 1180 * KBPS);
    f->clock_shift = jump;
    usec_t detected = USEC_NEVER;
    while (n->now < 35 * S && detected == USEC_NEVER) {
        network_run(n, n->now + MS);
        if (bwe_estimate(&f->bwe) <= 500 * KBPS)
            detected = n->now - 30 * S;
    }
    trace(n);
    print_message("drop seen after %.0f ms\n", (double)detected / 1000);
    network_close(n);
    return detected;
}

static void capacity_drops_are_seen(void **state)
{
    (void)state;
    assert_in_range(drop_detected(0), 1, 900 * MS);
    assert_in_range(drop_detected(30 * (int64_t)S), 1, 2200 * MS);
    assert_in_range(drop_detected(-30 * (int64_t)S), 1, 2200 * MS);
}

/* ---- RFC 8867 section 5 ---- */

#define DELAY (50 * MS)
#define QUEUE (300 * MS)

static const struct bwe_config rmcat = {.start = 300 * KBPS, .min = 50 * KBPS, .max = 5 * MBPS};

/* First time from `from` on at which the estimate is at most bps. */
static usec_t estimate_falls(const struct network *n, unsigned flow, usec_t from, double bps)
{
    for (usec_t t = from; t < n->now; t += 100 * MS)
        if (network_estimate(n, flow, t) <= bps)
            return t - from;
    return USEC_NEVER;
}

static void assert_steady_queue(const struct network *n, usec_t from, usec_t to, double bps,
                                double queue_ms)
{
    double sum = 0;
    for (unsigned f = 0; f < n->n_flows; f++)
        sum += network_rate(n, f, from, to);
    print_message("%3.0f s: %4.0f of %4.0f kbit/s, queue p95 %.0f ms\n", from / 1e6, sum / KBPS,
                  bps / KBPS, network_queue(n, from, to, 95));
    assert_rate(sum, 0.8 * bps, 1.01 * bps);
    assert_true(network_queue(n, from, to, 95) <= queue_ms);
}

static void assert_steady(const struct network *n, usec_t from, usec_t to, double bps)
{
    assert_steady_queue(n, from, to, bps, 60);
}

/* The queue of 300 ms is full before the first feedback about it comes; then it drains. */
static void assert_steps_down(const struct network *n, usec_t at, double bps, usec_t within,
                              double queue_ms)
{
    usec_t after = estimate_falls(n, 0, at, 1.1 * bps);
    print_message("%3.0f s: down after %.1f s, queue after 3 s: p50 %.0f ms\n", at / 1e6,
                  after / 1e6, network_queue(n, at + 3 * S, at + 5 * S, 50));
    assert_true(after <= within);
    assert_true(network_queue(n, at + 3 * S, at + 5 * S, 50) <= queue_ms);
}

static void assert_loss(const struct network *n, double percent)
{
    for (unsigned i = 0; i < n->n_flows; i++)
        assert_true(n->flows[i].lost * 100.0 <= percent * n->flows[i].sent);
}

/* 5.1 */
static void variable_capacity(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 1 * MBPS}, {40 * S, 2.5 * MBPS}, {60 * S, 600 * KBPS}, {80 * S, 1 * MBPS}};
    struct network *n = network_open(steps, 4, DELAY, QUEUE);
    network_flow(n, &rmcat, 5 * MBPS, 0);
    network_run(n, 100 * S);
    trace(n);
    assert_steady(n, 25 * S, 40 * S, 1 * MBPS);
    assert_steady(n, 50 * S, 60 * S, 2.5 * MBPS);
    assert_steady(n, 65 * S, 80 * S, 600 * KBPS);
    assert_steady(n, 85 * S, 100 * S, 1 * MBPS);
    assert_steps_down(n, 60 * S, 600 * KBPS, 1100 * MS, 60);
    assert_true(network_reaches(n, 0, 40 * S, 2 * MBPS, false) <= 50 * S);
    assert_loss(n, 2);
    network_close(n);
}

/* 5.2; each of the two probes into the other's share now and then. */
static void variable_capacity_for_two(void **state)
{
    (void)state;
    static const struct link_step steps[] = {{0, 4 * MBPS},
                                             {25 * S, 2 * MBPS},
                                             {50 * S, 3.5 * MBPS},
                                             {75 * S, 1 * MBPS},
                                             {100 * S, 2 * MBPS}};
    struct network *n = network_open(steps, 5, DELAY, QUEUE);
    network_flow(n, &rmcat, 5 * MBPS, 0);
    network_flow(n, &rmcat, 5 * MBPS, 0);
    network_run(n, 125 * S);
    trace(n);
    assert_steady_queue(n, 35 * S, 50 * S, 2 * MBPS, 130);
    assert_steady_queue(n, 60 * S, 75 * S, 3.5 * MBPS, 130);
    assert_steady_queue(n, 85 * S, 100 * S, 1 * MBPS, 130);
    assert_steady_queue(n, 110 * S, 125 * S, 2 * MBPS, 130);
    assert_loss(n, 2);
    network_close(n);
}

/* 5.3, one direction: the way back loses feedback for a while. */
static void congested_feedback(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 2 * MBPS}, {20 * S, 1 * MBPS}, {40 * S, 500 * KBPS}, {60 * S, 2 * MBPS}};
    struct network *n = network_open(steps, 4, DELAY, QUEUE);
    network_flow(n, &rmcat, 5 * MBPS, 0);
    network_run(n, 35 * S);
    n->back.loss = 0.3;
    network_run(n, 70 * S);
    n->back.loss = 0;
    network_run(n, 100 * S);
    trace(n);
    assert_steady(n, 25 * S, 40 * S, 1 * MBPS);
    assert_steady_queue(n, 47 * S, 60 * S, 500 * KBPS, 120);
    assert_steady(n, 85 * S, 100 * S, 2 * MBPS);
    assert_steps_down(n, 20 * S, 1 * MBPS, 1 * S, 60);
    assert_steps_down(n, 40 * S, 500 * KBPS, 1500 * MS, 250);
    network_close(n);
}

/* Jain's index of what the flows got. */
static double fairness(const struct network *n, usec_t from, usec_t to)
{
    double sum = 0, squares = 0;
    for (unsigned i = 0; i < n->n_flows; i++) {
        double rate = network_rate(n, i, from, to);
        sum += rate;
        squares += rate * rate;
    }
    return sum * sum / (n->n_flows * squares);
}

/* 5.4 */
static void competing_flows_share(void **state)
{
    (void)state;
    static const struct link_step steps[] = {{0, 3.5 * MBPS}};
    struct network *n = network_open(steps, 1, DELAY, QUEUE);
    for (usec_t i = 0; i < 3; i++)
        network_flow(n, &rmcat, 5 * MBPS, i * 20 * S);
    network_run(n, 120 * S);
    trace(n);
    print_message("fairness %.3f\n", fairness(n, 80 * S, 120 * S));
    assert_true(fairness(n, 80 * S, 120 * S) >= 0.9);
    assert_steady(n, 105 * S, 120 * S, 3.5 * MBPS);
    network_close(n);
}

/* 5.8 */
static void a_flow_pauses(void **state)
{
    (void)state;
    static const struct link_step steps[] = {{0, 3.5 * MBPS}};
    struct network *n = network_open(steps, 1, DELAY, QUEUE);
    for (unsigned i = 0; i < 3; i++)
        network_flow(n, &rmcat, 5 * MBPS, 0);
    n->flows[0].pause_from = 40 * S;
    n->flows[0].pause_to = 60 * S;
    network_run(n, 120 * S);
    trace(n);
    double share = 3.5 * MBPS / 3;
    usec_t back = network_reaches(n, 0, 60 * S, 0.8 * share, false) - 60 * S;
    print_message("back at 80 %% of the share after %.1f s, fairness %.3f\n", back / 1e6,
                  fairness(n, 80 * S, 120 * S));
    assert_true(back <= 5 * S);
    assert_steady(n, 105 * S, 120 * S, 3.5 * MBPS);
    network_close(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_follow_the_link), cmocka_unit_test(capacity_drops_are_seen),
        cmocka_unit_test(variable_capacity),       cmocka_unit_test(variable_capacity_for_two),
        cmocka_unit_test(congested_feedback),      cmocka_unit_test(competing_flows_share),
        cmocka_unit_test(a_flow_pauses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
