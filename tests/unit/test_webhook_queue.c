/* SPDX-License-Identifier: Apache-2.0 */
/* Webhooks in virtual time: order, isolation, retries, limits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "control/webhook/queue.h"

#define SECOND USEC_PER_SEC

/* What was sent and not answered yet, and all that was sent, as "url:event". */
struct flight {
    struct webhook_line *line;
    unsigned url;
    uint64_t number;
    uint32_t dropped;
};

static struct webhook_queue *queue;
static struct flight flights[2000];
static size_t flying;
static char sent[1 << 16];
static uint64_t ended[WEBHOOK_URLS_MAX]; /* last number that was done with, by URL */
static uint64_t number;
static usec_t now;

static void on_send(void *ctx, struct webhook_line *l, uint32_t dropped)
{
    (void)ctx;
    const struct webhook_item *m = webhook_line_first(l);
    flights[flying++] = (struct flight){l, webhook_line_url(l), m->number, dropped};
    char text[80];
    snprintf(text, sizeof text, "%u:%.*s ", webhook_line_url(l), (int)m->size,
             (const char *)m->event);
    strcat(sent, text);
}

static void on_done(void *ctx, const struct webhook_item *m, unsigned url)
{
    (void)ctx;
    ended[url] = m->number;
}

static void open_queue(unsigned urls)
{
    struct webhook_queue_output out = {.send = on_send, .done = on_done};
    queue = webhook_queue_create(urls, &out);
    flying = 0;
    number = 0;
    now = 1000 * SECOND;
    memset(ended, 0, sizeof ended);
    *sent = 0;
}

static int close_queue(void **state)
{
    (void)state;
    webhook_queue_destroy(queue);
    return 0;
}

static bool push(const char *room, const char *event)
{
    const struct webhook_news news = {.number = ++number,
                                      .room = room,
                                      .event = event,
                                      .size = strlen(event),
                                      .urls = UINT32_MAX,
                                      .queued = now};
    return webhook_queue_push(queue, &news) != NULL;
}

static void pass(usec_t duration)
{
    usec_t end = now + duration;
    for (usec_t at; (at = webhook_queue_deadline(queue)) <= end;) {
        now = at > now ? at : now;
        webhook_queue_run(queue, now);
    }
    now = end;
}

/* Answers what is on its way to the URL; returns how many there were. */
static size_t answer(unsigned url, enum webhook_result result)
{
    struct flight all[2000];
    size_t n = 0, kept = 0;
    for (size_t i = 0; i < flying; i++)
        if (flights[i].url == url)
            all[n++] = flights[i];
        else
            flights[kept++] = flights[i];
    flying = kept;
    for (size_t i = 0; i < n; i++)
        webhook_queue_result(queue, all[i].line, result, now);
    pass(0);
    return n;
}

static void a_room_s_events_go_one_by_one(void **state)
{
    (void)state;
    open_queue(1);
    push("a", "a1");
    push("a", "a2");
    push("b", "b1");
    pass(0);
    assert_string_equal(sent, "0:a1 0:b1 ");
    answer(0, WEBHOOK_DELIVERED);
    assert_string_equal(sent, "0:a1 0:b1 0:a2 ");
    answer(0, WEBHOOK_DELIVERED);
    assert_null(webhook_queue_first(queue));
    assert_int_equal(ended[0], 3 - 1);
    assert_int_equal(webhook_queue_deadline(queue), USEC_NEVER);
    assert_int_equal(webhook_queue_counters(queue, 0)->delivered, 3);
    assert_int_equal(webhook_queue_counters(queue, 0)->waiting, 0);
}

static void a_dead_url_delays_nobody(void **state)
{
    (void)state;
    open_queue(2);
    push("a", "a1");
    push("a", "a2");
    pass(0);
    assert_string_equal(sent, "0:a1 1:a1 ");
    answer(0, WEBHOOK_DELIVERED);
    answer(0, WEBHOOK_DELIVERED);
    assert_string_equal(sent, "0:a1 1:a1 0:a2 ");
    assert_int_equal(ended[0], 2);
    assert_int_equal(ended[1], 0);
    assert_non_null(webhook_queue_first(queue));
    answer(1, WEBHOOK_FAILED);
    pass(499 * USEC_PER_MS);
    assert_int_equal(flying, 0);
    pass(1 * USEC_PER_MS);
    assert_string_equal(sent, "0:a1 1:a1 0:a2 1:a1 ");
    answer(1, WEBHOOK_DELIVERED);
    answer(1, WEBHOOK_DELIVERED);
    assert_null(webhook_queue_first(queue));
}

static void pauses_grow_and_age_ends_it(void **state)
{
    (void)state;
    open_queue(1);
    push("a", "a1");
    usec_t began = now;
    pass(0);
    size_t tries = 1;
    usec_t at[16] = {0};
    while (answer(0, WEBHOOK_FAILED) > 0) {
        pass(webhook_queue_deadline(queue) == USEC_NEVER || !webhook_queue_first(queue)
                 ? 0
                 : webhook_queue_deadline(queue) - now);
        if (flying > 0)
            at[tries++] = now - began;
    }
    /* 0, 0.5, 1.5, 3.5, 7.5, 15.5, 23.5 s; the next would be too late */
    assert_int_equal(tries, 7);
    assert_int_equal(at[1], 500 * USEC_PER_MS);
    assert_int_equal(at[2], 1500 * USEC_PER_MS);
    assert_int_equal(at[6], 23500 * USEC_PER_MS);
    assert_null(webhook_queue_first(queue));
    assert_int_equal(ended[0], 1);
    push("a", "a2");
    pass(0);
    assert_int_equal(flights[0].dropped, 1);
    answer(0, WEBHOOK_FAILED);
    pass(SECOND);
    assert_int_equal(flights[0].dropped, 1);
    answer(0, WEBHOOK_DELIVERED);
    push("a", "a3");
    pass(0);
    assert_int_equal(flights[0].dropped, 0);
}

static void what_waited_too_long_is_not_sent(void **state)
{
    (void)state;
    open_queue(1);
    push("a", "a1");
    pass(0);
    push("a", "a2");
    pass(20 * SECOND);
    push("a", "a3");
    pass(11 * SECOND);
    answer(0, WEBHOOK_DELIVERED); /* the first took 31 s */
    assert_string_equal(sent, "0:a1 0:a3 ");
    assert_int_equal(flights[0].dropped, 1);
    assert_int_equal(webhook_queue_counters(queue, 0)->dropped, 1);
}

static void a_line_holds_200(void **state)
{
    (void)state;
    open_queue(2);
    push("a", "a1");
    pass(0);
    for (int i = 0; i < 250; i++)
        push("a", "x");
    assert_int_equal(webhook_queue_counters(queue, 0)->waiting, WEBHOOK_DEPTH_MAX);
    assert_int_equal(webhook_queue_counters(queue, 0)->dropped, 51);
    assert_true(push("b", "b1"));
    pass(0);
    answer(0, WEBHOOK_DELIVERED);
    assert_int_equal(flights[flying - 1].dropped, 51);
}

static void one_url_gets_few_at_once(void **state)
{
    (void)state;
    open_queue(1);
    for (int i = 0; i < 100; i++) {
        char room[16];
        snprintf(room, sizeof room, "r%d", i);
        push(room, "e");
    }
    pass(0);
    assert_int_equal(flying, WEBHOOK_AT_ONCE);
    size_t all = 0;
    while (flying > 0)
        all += answer(0, WEBHOOK_DELIVERED);
    assert_int_equal(all, 100);
}

static void losses_are_forgotten_after_a_while(void **state)
{
    (void)state;
    open_queue(1);
    push("a", "a1");
    pass(40 * SECOND);
    answer(0, WEBHOOK_FAILED);
    assert_null(webhook_queue_first(queue));
    assert_int_not_equal(webhook_queue_deadline(queue), USEC_NEVER);
    pass(601 * SECOND);
    assert_int_equal(webhook_queue_deadline(queue), USEC_NEVER);
}

#define TEST(f) cmocka_unit_test_teardown(f, close_queue)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_room_s_events_go_one_by_one),
        TEST(a_dead_url_delays_nobody),
        TEST(pauses_grow_and_age_ends_it),
        TEST(what_waited_too_long_is_not_sent),
        TEST(a_line_holds_200),
        TEST(one_url_gets_few_at_once),
        TEST(losses_are_forgotten_after_a_while),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
