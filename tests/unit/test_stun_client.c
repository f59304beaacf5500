/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to STUN servers: their times, and which answers count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "dataplane/ice/stun_client.h"

#include <string.h>

static const struct net_addr server = {.family = 4, .port = 3478, .ip = {192, 0, 2, 1}};
static const struct net_addr mapped = {.family = 4, .port = 50000, .ip = {203, 0, 113, 7}};

struct fixture {
    struct stun_client c;
    struct stun_answer a;
    uint8_t request[STUN_QUERY_SIZE], reply[256];
    size_t len;
    usec_t now;
};

static void ask(struct fixture *f, bool bare)
{
    memset(f, 0, sizeof(*f));
    f->now = 1000 * USEC_PER_SEC;
    struct stun_question q = {
        .server = server, .port = 50000, .worker = 1, .round = 7, .transmissions = 3, .bare = bare};
    stun_client_ask(&f->c, &q, f->now);
    assert_int_equal(stun_client_due(&f->c, f->now, &f->a, f->request, &f->len), STUN_DUE_SEND);
    assert_true(net_addr_equal(&f->a.question.server, &server));
}

static size_t reply(struct fixture *f, enum stun_class class, bool address, bool fingerprint)
{
    struct writer w = writer_of(f->reply, sizeof(f->reply));
    stun_begin(&w, class, f->request + 8);
    if (address)
        stun_add_xor_address(&w, &mapped);
    if (fingerprint)
        stun_add_fingerprint(&w);
    return stun_end(&w);
}

static enum stun_verdict give(struct fixture *f, const struct net_addr *from, uint16_t port,
                              size_t len)
{
    struct net_path path = {.remote = *from, .local = {.family = 4, .port = port}};
    return stun_client_input(&f->c, &path, f->reply, len, f->now, &f->a);
}

static void request_is_a_binding_with_fingerprint(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    struct stun_message m;
    assert_true(stun_parse(&m, f.request, f.len));
    assert_int_equal(m.class, STUN_REQUEST);
    assert_int_equal(m.method, STUN_BINDING);
    assert_true(m.has_fingerprint);
}

static void answer_is_taken_once(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    f.now += 20 * USEC_PER_MS;
    size_t n = reply(&f, STUN_SUCCESS, true, true);
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN);
    assert_int_equal(f.a.outcome, STUN_OUTCOME_MAPPED);
    assert_true(net_addr_equal(&f.a.mapped, &mapped));
    assert_int_equal(f.a.rtt, 20 * USEC_PER_MS);
    assert_int_equal(f.a.question.round, 7);
    assert_int_equal(give(&f, &server, 50000, n), STUN_NOT_ASKED);
    assert_true(stun_client_deadline(&f.c) == USEC_NEVER);
}

static void forged_answers_change_nothing(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    size_t n = reply(&f, STUN_SUCCESS, true, true);
    struct net_addr other = server;
    other.port++;
    assert_int_equal(give(&f, &other, 50000, n), STUN_NOT_ASKED);
    other = server;
    other.ip[3]++;
    assert_int_equal(give(&f, &other, 50000, n), STUN_NOT_ASKED);
    assert_int_equal(give(&f, &server, 50001, n), STUN_NOT_ASKED);
    f.request[10] ^= 1; /* wrong transaction */
    n = reply(&f, STUN_SUCCESS, true, true);
    assert_int_equal(give(&f, &server, 50000, n), STUN_NOT_ASKED);
    f.request[10] ^= 1;
    n = reply(&f, STUN_SUCCESS, true, false);
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN_BARE);
    n = reply(&f, STUN_SUCCESS, true, true);
    f.reply[n - 1] ^= 1; /* wrong fingerprint */
    assert_int_equal(give(&f, &server, 50000, n), STUN_NO_ANSWER);
    f.reply[n - 1] ^= 1;
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN);
}

static void servers_without_fingerprint_count_if_allowed(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, true);
    size_t n = reply(&f, STUN_SUCCESS, true, false);
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN);
}

static void errors_and_answers_without_address_are_refusals(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    size_t n = reply(&f, STUN_SUCCESS, false, true);
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN);
    assert_int_equal(f.a.outcome, STUN_OUTCOME_REFUSED);
    ask(&f, false);
    n = reply(&f, STUN_ERROR, false, true);
    assert_int_equal(give(&f, &server, 50000, n), STUN_TAKEN);
    assert_int_equal(f.a.outcome, STUN_OUTCOME_REFUSED);
}

static void retransmits_and_gives_up(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    uint8_t first[STUN_QUERY_SIZE];
    memcpy(first, f.request, f.len);
    usec_t begun = f.now;
    const usec_t at[] = {500, 1500};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(stun_client_deadline(&f.c), begun + at[i] * USEC_PER_MS);
        f.now = stun_client_deadline(&f.c);
        assert_int_equal(stun_client_due(&f.c, f.now - 1, &f.a, f.request, &f.len),
                         STUN_DUE_NOTHING);
        assert_int_equal(stun_client_due(&f.c, f.now, &f.a, f.request, &f.len), STUN_DUE_SEND);
        assert_memory_equal(first, f.request, f.len);
    }
    /* how long the answer took is not known now */
    f.now = stun_client_deadline(&f.c);
    assert_int_equal(f.now, begun + 3000 * USEC_PER_MS);
    assert_int_equal(stun_client_due(&f.c, f.now, &f.a, f.request, &f.len), STUN_DUE_ANSWER);
    assert_int_equal(f.a.outcome, STUN_OUTCOME_TIMEOUT);
    assert_int_equal(stun_client_due(&f.c, f.now, &f.a, f.request, &f.len), STUN_DUE_NOTHING);
    assert_int_equal(give(&f, &server, 50000, reply(&f, STUN_SUCCESS, true, true)), STUN_NOT_ASKED);
}

static void oldest_query_makes_room(void **state)
{
    (void)state;
    struct fixture f;
    ask(&f, false);
    struct stun_question q = f.a.question;
    for (unsigned i = 0; i < STUN_QUERIES_MAX; i++) {
        q.server.port = (uint16_t)(10000 + i);
        stun_client_ask(&f.c, &q, f.now + 1 + i);
    }
    assert_int_equal(give(&f, &server, 50000, reply(&f, STUN_SUCCESS, true, true)), STUN_NOT_ASKED);
    unsigned sent = 0;
    while (stun_client_due(&f.c, f.now + STUN_QUERIES_MAX, &f.a, f.request, &f.len) ==
           STUN_DUE_SEND)
        sent++;
    assert_int_equal(sent, STUN_QUERIES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_a_binding_with_fingerprint),
        cmocka_unit_test(answer_is_taken_once),
        cmocka_unit_test(forged_answers_change_nothing),
        cmocka_unit_test(servers_without_fingerprint_count_if_allowed),
        cmocka_unit_test(errors_and_answers_without_address_are_refusals),
        cmocka_unit_test(retransmits_and_gives_up),
        cmocka_unit_test(oldest_query_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
