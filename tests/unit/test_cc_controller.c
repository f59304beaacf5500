/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the line to the layers: subscribers of many cameras behind lines that are good, thin, or
 * change.
 */
#include "tests/sim/cc_subscriber.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define S    USEC_PER_SEC
#define MS   USEC_PER_MS
#define MBPS 1e6

/* Everything from the first frame on, however busy the receiver is. */
static void a_good_line_is_left_alone(void **state)
{
    (void)state;
    static const struct link_step lan[] = {{0, 100 * MBPS}};
    for (unsigned stalls = 0; stalls < 2; stalls++) {
        struct subscriber *s = subscriber_open(lan, 1, 1 * MS, 300 * MS, 25, true);
        s->stalls = stalls;
        subscriber_run(s, 60 * S);
        assert_false(s->controller.limited);
        assert_int_equal(subscriber_switches(s), 0);
        assert_int_equal(subscriber_in_layer(s, 2), 1);
        assert_int_equal(s->probes, 0);
        subscriber_close(s);
    }
}

static void random_loss_is_no_congestion(void **state)
{
    (void)state;
    static const struct link_step wlan[] = {{0, 20 * MBPS}};
    struct subscriber *s = subscriber_open(wlan, 1, 10 * MS, 300 * MS, 4, true);
    s->forward.loss = 0.05;
    subscriber_run(s, 60 * S);
    assert_int_equal(subscriber_switches(s), 0);
    subscriber_close(s);
}

/* The speaker's camera is wanted large; ten others small. The line takes less than that. */
static void a_thin_line_gets_less_at_once(void **state)
{
    (void)state;
    static const struct link_step dsl[] = {{0, 2.2 * MBPS}};
    struct subscriber *s = subscriber_open(dsl, 1, 25 * MS, 300 * MS, 4, false);
    subscriber_run(s, 2 * S);
    assert_true(s->controller.limited);
    subscriber_run(s, 60 * S);
    s->sent = s->lost = s->audio_lost = 0;
    subscriber_switches(s);
    subscriber_run(s, 120 * S);
    print_message("loss %.2f %%, %u switches in a minute, %u high\n", 100.0 * s->lost / s->sent,
                  subscriber_switches(s), subscriber_in_layer(s, 2));
    assert_true(s->lost <= 0.01 * s->sent);
    assert_int_equal(s->audio_lost, 0);
    subscriber_close(s);
}

/* 25 subscriptions; 3 Mbit/s, then 0.8, then 3. */
static void layers_follow_the_line(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 3 * MBPS}, {60 * S, 0.8 * MBPS}, {120 * S, 3 * MBPS}};
    struct subscriber *s = subscriber_open(steps, 3, 50 * MS, 300 * MS, 25, true);
    subscriber_run(s, 60 * S);
    subscriber_switches(s);
    subscriber_run(s, 120 * S);
    unsigned down = subscriber_switches(s);
    unsigned paused = subscriber_paused(s);
    subscriber_run(s, 180 * S);
    unsigned up = subscriber_switches(s);
    print_message(
        "%u switches down, %u up; %u paused at 0.8 Mbit/s, %u at 3; audio lost %u of %u\n", down,
        up, paused, subscriber_paused(s), (unsigned)s->audio_lost, (unsigned)s->audio_sent);
    assert_true(down <= 3 && up <= 3);
    assert_int_equal(s->tracks[0].choice.paused, false);
    for (unsigned i = 1; i < s->n; i++) /* none above its base while the large one is in its base */
        assert_true(s->tracks[i].choice.paused || s->tracks[i].choice.spatial == 0 ||
                    s->tracks[0].choice.spatial == 2);
    assert_true(paused > 10 && subscriber_paused(s) <= 8);
    subscriber_close(s);
}

/* Nothing fits, all is paused; then the line is back: the picture is too, by probes of padding. */
static void all_paused_comes_back(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 3 * MBPS}, {20 * S, 0.07 * MBPS}, {60 * S, 3 * MBPS}};
    struct subscriber *s = subscriber_open(steps, 3, 50 * MS, 300 * MS, 1, true);
    subscriber_run(s, 60 * S);
    assert_int_equal(subscriber_paused(s), 1);
    usec_t back = USEC_NEVER;
    while (s->now < 70 * S && back == USEC_NEVER) {
        subscriber_run(s, s->now + 10 * MS);
        if (!subscriber_paused(s))
            back = s->now - 60 * S;
    }
    print_message("back after %.1f s\n", back / 1e6);
    assert_true(back <= 4 * S);
    subscriber_close(s);
}

static void the_cap_holds(void **state)
{
    (void)state;
    static const struct link_step lan[] = {{0, 100 * MBPS}};
    struct subscriber *s = subscriber_open(lan, 1, 1 * MS, 300 * MS, 1, false);
    subscriber_run(s, 5 * S);
    assert_int_equal(s->tracks[0].choice.spatial, 2);
    controller_cap(&s->controller, 300e3);
    subscriber_run(s, 6 * S);
    assert_int_equal(s->tracks[0].choice.spatial, 0);
    subscriber_run(s, 30 * S);
    assert_int_equal(s->tracks[0].choice.spatial, 0);
    assert_int_equal(s->probes, 0);
    controller_cap(&s->controller, 0);
    subscriber_run(s, 31 * S);
    assert_int_equal(s->tracks[0].choice.spatial, 2);
    subscriber_close(s);
}

/* No feedback, but the receiver's own estimate. */
static void a_receiver_may_estimate_itself(void **state)
{
    (void)state;
    static const struct link_step steps[] = {
        {0, 20 * MBPS}, {20 * S, 0.8 * MBPS}, {60 * S, 20 * MBPS}};
    struct subscriber *s = subscriber_open(steps, 3, 20 * MS, 300 * MS, 1, false);
    s->remb = true;
    subscriber_run(s, 20 * S);
    assert_int_equal(subscriber_switches(s), 0); /* small at first, but that is how REMB begins */
    subscriber_run(s, 23 * S);
    assert_true(s->tracks[0].choice.spatial < 2);
    subscriber_run(s, 120 * S);
    assert_int_equal(s->tracks[0].choice.spatial, 2);
    assert_int_equal(s->probes, 0);
    subscriber_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_line_is_left_alone),
        cmocka_unit_test(random_loss_is_no_congestion),
        cmocka_unit_test(a_thin_line_gets_less_at_once),
        cmocka_unit_test(layers_follow_the_line),
        cmocka_unit_test(all_paused_comes_back),
        cmocka_unit_test(the_cap_holds),
        cmocka_unit_test(a_receiver_may_estimate_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
