/* SPDX-License-Identifier: Apache-2.0 */
/* What is said on a stats socket: requests of every kind, answers, subscriptions, events. */
#include "common/stats/conversation.h"

#include "tests/unit/stats_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)

static struct rows rows;
static struct stats_source source;
static struct stats_clients clients;
static struct conversation talk;
static usec_t now;

static int begin(void **state)
{
    (void)state;
    rows = (struct rows){.lines = 3, .size = 10};
    clients = (struct stats_clients){0};
    source = rows_source(&rows);
    now = START;
    conversation_open(&talk, &source, &clients);
    return 0;
}

static int end(void **state)
{
    (void)state;
    conversation_close(&talk);
    return rows.answers == 0 ? 0 : -1;
}

static void ask(const char *text)
{
    assert_true(strlen(text) <= conversation_room(&talk));
    conversation_input(&talk, text, strlen(text));
    conversation_run(&talk, now);
}

/* Takes everything; returns how many lines of that kind there were, and the last one. */
static unsigned hear(const char *kind, json_t **last)
{
    const uint8_t *data;
    unsigned n = 0;
    size_t len;
    if (last)
        *last = NULL;
    while ((len = conversation_output(&talk, &data)) > 0) {
        const char *line = (const char *)data, *stop = line + len, *nl;
        for (; line < stop && (nl = memchr(line, '\n', (size_t)(stop - line))); line = nl + 1) {
            json_t *o = json_loadb(line, (size_t)(nl - line), 0, NULL);
            assert_non_null(o);
            bool wanted = strcmp(json_string_value(json_object_get(o, "kind")), kind) == 0;
            n += wanted;
            if (wanted && last) {
                json_decref(*last);
                *last = o;
            } else {
                json_decref(o);
            }
        }
        assert_ptr_equal(line, stop); /* nothing but whole lines */
        conversation_sent(&talk, len);
        conversation_run(&talk, now);
    }
    return n;
}

static json_int_t number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static void an_answer_has_a_beginning_and_an_end(void **state)
{
    (void)state;
    json_t *o;
    ask("{\"v\":1,\"get\":\"all\",\"id\":\"a b\",\"later\":[1]}\n");
    assert_int_equal(hear("end", &o), 1);
    assert_int_equal(number(o, "lines"), 3);
    assert_int_equal(number(o, "seq"), 0);
    assert_string_equal(json_string_value(json_object_get(o, "id")), "a b");
    json_decref(o);
    ask("{\"v\":1,\"get\":\"rooms\",\"id\":-7}\n");
    assert_int_equal(hear("begin", &o), 1);
    assert_int_equal(number(o, "v"), 1);
    assert_int_equal(number(o, "id"), -7);
    assert_string_equal(json_string_value(json_object_get(o, "source")), "rows");
    json_decref(o);
    assert_false(conversation_over(&talk, now));
}

static void requests_wait_for_their_turn(void **state)
{
    (void)state;
    ask("\n{\"v\":1,\"get\":\"all\"}\r\n{\"v\":1,\"get\":\"pools\"}\n{\"v\":1,\"ge");
    assert_int_equal(hear("end", NULL), 2);
    ask("t\":\"track\"}\n");
    assert_int_equal(hear("row", NULL), 3);
}

static void the_last_request_may_lack_its_newline(void **state)
{
    (void)state;
    ask("{\"v\":1,\"get\":\"all\"}");
    assert_int_equal(hear("end", NULL), 0);
    conversation_input_over(&talk);
    conversation_run(&talk, now);
    assert_int_equal(hear("end", NULL), 1);
    assert_true(conversation_over(&talk, now));
    assert_int_equal(clients.dropped, 0);
}

static void expect_error(const char *request, const char *error)
{
    json_t *o;
    ask(request);
    assert_int_equal(hear("error", &o), 1);
    assert_string_equal(json_string_value(json_object_get(o, "error")), error);
    json_decref(o);
}

static void what_is_no_request_is_refused(void **state)
{
    (void)state;
    static const char *const malformed[] = {
        "nothing\n",
        "[]\n",
        "{}\n",
        "{\"v\":1}\n",
        "{\"v\":1.0,\"get\":\"all\"}\n",
        "{\"v\":1,\"get\":7}\n",
        "{\"v\":1,\"get\":\"all\",\"get\":\"all\"}\n",
        "{\"v\":1,\"get\":\"all\",\"id\":true}\n",
        "{\"v\":1,\"get\":\"all\",\"room\":1}\n",
        "{\"v\":1,\"get\":\"all\",\"subscribe_ms\":99}\n",
        "{\"v\":1,\"get\":\"all\",\"subscribe_ms\":60001}\n",
        "{\"v\":1,\"get\":\"all\",\"subscribe_ms\":-1}\n",
        "{\"v\":1,\"get\":\"events\",\"since\":-1}\n",
        "{\"v\":1,\"get\":\"all\",\"room\":\"a\\u0000b\"}\n",
        "{\"v\":1,\"get\":\"all\"} {}\n",
        "{\"v\":1,\"get\":\"\xff\"}\n",
    };
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
        expect_error(malformed[i], "malformed");
    expect_error("{\"v\":2,\"get\":\"all\",\"id\":1}\n", "version");
    expect_error("{\"v\":1,\"get\":\"secrets\"}\n", "unknown");
    assert_false(conversation_over(&talk, now));
    ask("{\"v\":1,\"get\":\"all\"}\n");
    assert_int_equal(hear("end", NULL), 1);
}

static void a_request_without_end_is_refused(void **state)
{
    (void)state;
    char text[QUERY_LINE_MAX + 1] = {0};
    memset(text, ' ', QUERY_LINE_MAX);
    expect_error(text, "too_long");
    assert_true(conversation_over(&talk, now));
    assert_int_equal(conversation_room(&talk), 0);
}

static void pass(usec_t time)
{
    now += time;
    conversation_run(&talk, now);
}

static void a_subscription_repeats_its_answer(void **state)
{
    (void)state;
    json_t *o;
    ask("{\"v\":1,\"get\":\"all\",\"subscribe_ms\":200}\n");
    assert_int_equal(hear("end", NULL), 1);
    assert_int_equal(conversation_deadline(&talk), START + 200 * USEC_PER_MS);
    pass(199 * USEC_PER_MS);
    assert_int_equal(hear("end", NULL), 0);
    pass(USEC_PER_MS);
    assert_int_equal(hear("end", &o), 1);
    assert_int_equal(number(o, "seq"), 1);
    assert_int_equal(number(o, "lines"), 3);
    json_decref(o);
    conversation_input_over(&talk);
    pass(200 * USEC_PER_MS);
    assert_int_equal(hear("end", NULL), 1);
    assert_false(conversation_over(&talk, now));
    assert_int_equal(clients.skipped, 0);
}

static void another_request_ends_a_subscription(void **state)
{
    (void)state;
    ask("{\"v\":1,\"get\":\"all\",\"subscribe_ms\":200}\n");
    hear("end", NULL);
    ask("{\"v\":1,\"get\":\"all\"}\n");
    assert_int_equal(hear("end", NULL), 1);
    assert_int_equal(conversation_deadline(&talk), USEC_NEVER);
}

static void answers_that_find_no_reader_are_left_out(void **state)
{
    (void)state;
    ask("{\"v\":1,\"get\":\"all\",\"subscribe_ms\":1000}\n");
    pass(3500 * USEC_PER_MS);
    assert_int_equal(clients.skipped, 3);
    assert_false(conversation_over(&talk, now));
    assert_int_equal(hear("end", NULL), 1);
    now += 6 * USEC_PER_SEC;
    conversation_run(&talk, now);
    assert_int_equal(hear("end", NULL), 1);
    assert_int_equal(clients.dropped, 0);
}

static void who_does_not_read_is_dropped(void **state)
{
    (void)state;
    const uint8_t *data;
    rows.lines = 10000;
    rows.size = 1000;
    ask("{\"v\":1,\"get\":\"all\"}\n");
    size_t waits = conversation_output(&talk, &data);
    assert_in_range(waits, CONVERSATION_OUTPUT / 2, CONVERSATION_OUTPUT);
    pass(9 * USEC_PER_SEC);
    conversation_sent(&talk, 1); /* slow, but reads */
    pass(9 * USEC_PER_SEC);
    assert_false(conversation_over(&talk, now));
    assert_int_equal(conversation_deadline(&talk), now + CONVERSATION_PATIENCE);
    pass(10 * USEC_PER_SEC);
    assert_true(conversation_over(&talk, now));
    assert_int_equal(clients.dropped, 1);
}

static void a_long_answer_comes_in_parts(void **state)
{
    (void)state;
    rows.lines = 5000;
    rows.size = 1000;
    ask("{\"v\":1,\"get\":\"all\"}\n");
    assert_int_equal(hear("row", NULL), 5000);
}

static void a_line_beyond_the_buffer_is_left_out(void **state)
{
    (void)state;
    json_t *o;
    rows.size = CONVERSATION_OUTPUT;
    ask("{\"v\":1,\"get\":\"all\"}\n");
    assert_int_equal(hear("end", &o), 1);
    assert_int_equal(number(o, "lines"), 0);
    json_decref(o);
}

static void events_come_as_they_happen(void **state)
{
    (void)state;
    json_t *o;
    rows.newest = 40;
    ask("{\"v\":1,\"get\":\"events\"}\n");
    assert_int_equal(hear("begin", &o), 1);
    assert_int_equal(number(o, "seq"), 40);
    json_decref(o);
    rows.newest = 42;
    pass(CONVERSATION_EVENTS);
    assert_int_equal(hear("event", &o), 2);
    assert_int_equal(number(o, "seq"), 42);
    json_decref(o);
    pass(CONVERSATION_EVENTS);
    assert_int_equal(hear("event", NULL), 0);
    assert_int_equal(conversation_deadline(&talk), now + CONVERSATION_EVENTS);
    ask("{\"v\":1,\"get\":\"events\",\"since\":30}\n");
    assert_int_equal(hear("event", NULL), 12);
    ask("{\"v\":1,\"get\":\"events\",\"since\":0}\n");
    assert_int_equal(hear("event", NULL), 42);
    ask("{\"v\":1,\"get\":\"events\",\"since\":1000}\n"); /* of another process, before */
    assert_int_equal(hear("event", NULL), 0);
    rows.newest = 43;
    pass(CONVERSATION_EVENTS);
    assert_int_equal(hear("event", NULL), 1);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(an_answer_has_a_beginning_and_an_end),  CASE(requests_wait_for_their_turn),
        CASE(the_last_request_may_lack_its_newline), CASE(what_is_no_request_is_refused),
        CASE(a_request_without_end_is_refused),      CASE(a_subscription_repeats_its_answer),
        CASE(another_request_ends_a_subscription),   CASE(answers_that_find_no_reader_are_left_out),
        CASE(who_does_not_read_is_dropped),          CASE(a_long_answer_comes_in_parts),
        CASE(a_line_beyond_the_buffer_is_left_out),  CASE(events_come_as_they_happen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
