/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/http/loop.h"
#include "control/http/timers.h"

/* --- the timer queue, in time of its own --- */

#define MANY 500

static usec_t last_fired;
static unsigned fired;

static void expect_order(void *arg, usec_t now)
{
    struct loop_timer *t = arg;
    assert_true(t->at <= now);
    assert_true(t->at >= last_fired);
    assert_false(t->armed);
    last_fired = t->at;
    fired++;
}

static void timers_fire_in_order(void **state)
{
    (void)state;
    struct timers h = {0};
    static struct loop_timer t[MANY];
    unsigned cancelled = 0;
    srandom(1);
    for (int i = 0; i < MANY; i++) {
        t[i] = (struct loop_timer){.fire = expect_order, .arg = &t[i]};
        timers_insert(&h, &t[i], 1000 + (usec_t)(random() % 200));
    }
    for (int i = 0; i < MANY; i += 3, cancelled++)
        timers_remove(&h, &t[i]);
    last_fired = 0;
    fired = 0;
    timers_run(&h, 999);
    assert_int_equal(fired, 0);
    for (usec_t now = 1000; now < 1200; now += 7)
        timers_run(&h, now);
    timers_run(&h, 1200);
    assert_int_equal(fired, MANY - cancelled);
    assert_true(timers_next(&h) == USEC_NEVER);
}

static struct timers rearm_heap;

static void rearm_now(void *arg, usec_t now)
{
    fired++;
    timers_insert(&rearm_heap, arg, now);
}

static void a_timer_armed_for_now_waits_for_the_next_run(void **state)
{
    (void)state;
    struct loop_timer t = {.fire = rearm_now, .arg = &t};
    fired = 0;
    timers_insert(&rearm_heap, &t, 5);
    timers_run(&rearm_heap, 10);
    assert_int_equal(fired, 1);
    timers_run(&rearm_heap, 11);
    assert_int_equal(fired, 2);
    timers_remove(&rearm_heap, &t);
}

/* --- the loop itself --- */

struct scene {
    struct loop *loop;
    struct loop_watch watch, other;
    struct loop_timer timer;
    struct loop_task task;
    int pair[2];
    unsigned calls;
    usec_t armed_at, fired_at;
};

static int open_scene(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    s->loop = loop_create();
    *state = s;
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, s->pair);
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    loop_unwatch(s->loop, &s->watch);
    loop_unwatch(s->loop, &s->other);
    close(s->pair[0]);
    close(s->pair[1]);
    loop_destroy(s->loop);
    free(s);
    return 0;
}

static void note_and_stop(void *arg, usec_t now)
{
    struct scene *s = arg;
    s->fired_at = now;
    loop_stop(s->loop);
}

static void a_timer_is_never_early(void **state)
{
    struct scene *s = *state;
    s->timer = (struct loop_timer){.fire = note_and_stop, .arg = s};
    s->armed_at = clock_monotonic();
    loop_timer_after(s->loop, &s->timer, 20 * USEC_PER_MS);
    loop_run(s->loop);
    assert_true(s->fired_at >= s->armed_at + 20 * USEC_PER_MS);
    assert_true(s->fired_at < s->armed_at + 2 * USEC_PER_SEC);
}

static void read_byte(void *arg, unsigned events)
{
    struct scene *s = arg;
    char c;
    assert_int_equal(events, LOOP_READ);
    assert_int_equal(read(s->pair[0], &c, 1), 1);
    s->calls++;
}

static void a_watch_is_level_triggered(void **state)
{
    struct scene *s = *state;
    s->watch = (struct loop_watch){.fd = s->pair[0], .ready = read_byte, .arg = s};
    assert_true(loop_watch(s->loop, &s->watch, LOOP_READ));
    loop_turn(s->loop, 0);
    assert_int_equal(s->calls, 0);
    assert_int_equal(write(s->pair[1], "abc", 3), 3);
    for (int i = 0; i < 5; i++)
        loop_turn(s->loop, 10 * USEC_PER_MS);
    assert_int_equal(s->calls, 3);
    loop_unwatch(s->loop, &s->watch);
    assert_int_equal(write(s->pair[1], "d", 1), 1);
    loop_turn(s->loop, 10 * USEC_PER_MS);
    assert_int_equal(s->calls, 3);
}

static void unwatch_both(void *arg, unsigned events)
{
    struct scene *s = arg;
    (void)events;
    s->calls++;
    loop_unwatch(s->loop, &s->watch);
    loop_unwatch(s->loop, &s->other);
}

static void a_callback_may_unwatch_what_is_ready_too(void **state)
{
    struct scene *s = *state;
    s->watch = (struct loop_watch){.fd = s->pair[0], .ready = unwatch_both, .arg = s};
    s->other = (struct loop_watch){.fd = s->pair[1], .ready = unwatch_both, .arg = s};
    assert_true(loop_watch(s->loop, &s->watch, LOOP_READ | LOOP_WRITE));
    assert_true(loop_watch(s->loop, &s->other, LOOP_READ | LOOP_WRITE));
    for (int i = 0; i < 3; i++)
        loop_turn(s->loop, USEC_PER_MS);
    assert_int_equal(s->calls, 1);
}

static void count_and_stop(void *arg)
{
    struct scene *s = arg;
    s->calls++;
    loop_stop(s->loop);
}

static void *post_from_afar(void *arg)
{
    struct scene *s = arg;
    usleep(10000);
    loop_post(s->loop, &s->task);
    return NULL;
}

static void another_thread_wakes_the_loop(void **state)
{
    struct scene *s = *state;
    pthread_t thread;
    s->task = (struct loop_task){.run = count_and_stop, .arg = s};
    assert_int_equal(pthread_create(&thread, NULL, post_from_afar, s), 0);
    loop_run(s->loop);
    pthread_join(thread, NULL);
    assert_int_equal(s->calls, 1);
}

static void a_task_runs_once_and_can_be_taken_back(void **state)
{
    struct scene *s = *state;
    s->task = (struct loop_task){.run = count_and_stop, .arg = s};
    loop_post(s->loop, &s->task);
    loop_post(s->loop, &s->task);
    loop_turn(s->loop, 0);
    loop_turn(s->loop, 0);
    assert_int_equal(s->calls, 1);
    loop_post(s->loop, &s->task);
    loop_unpost(s->loop, &s->task);
    loop_turn(s->loop, 0);
    assert_int_equal(s->calls, 1);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timers_fire_in_order),
        cmocka_unit_test(a_timer_armed_for_now_waits_for_the_next_run),
        IN_SCENE(a_timer_is_never_early),
        IN_SCENE(a_watch_is_level_triggered),
        IN_SCENE(a_callback_may_unwatch_what_is_ready_too),
        IN_SCENE(another_thread_wakes_the_loop),
        IN_SCENE(a_task_runs_once_and_can_be_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
