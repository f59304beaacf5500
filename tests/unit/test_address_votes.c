/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed of STUN servers' answers, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/address/votes.h"

#include <string.h>

#define MS(n) ((n)*USEC_PER_MS)

static struct votes v;
static usec_t now;
static char reason[VOTES_REASON];

static struct net_addr address(const char *ip, uint16_t port)
{
    struct net_addr a;
    assert_true(net_addr_parse(&a, ip, port));
    return a;
}

static void begin(unsigned servers)
{
    struct net_addr list[VOTES_SERVERS_MAX];
    for (unsigned i = 0; i < servers; i++)
        list[i] = address("192.0.2.1", (uint16_t)(3478 + i));
    memset(&v, 0, sizeof v);
    now = MS(1000000);
    votes_set_servers(&v, list, servers);
}

/* True if that changed what is believed. */
static bool says_as_of(unsigned server, const char *ip, usec_t asked)
{
    struct net_addr mapped = address(ip, 50000), local = address("10.0.0.2", 50000);
    votes_answer(&v, &v.server[server], &mapped, &local, MS(10), asked, now);
    return votes_decide(&v, now, reason);
}

static bool says(unsigned server, const char *ip)
{
    return says_as_of(server, ip, now);
}

static bool is(const char *ip)
{
    struct net_addr a = address(ip, 0);
    return net_addr_same_ip(&v.current, &a);
}

static void all_say(unsigned servers, const char *ip)
{
    for (unsigned i = 0; i < servers; i++)
        says(i, ip);
    assert_true(is(ip));
}

static void only_server_is_believed_at_once(void **state)
{
    (void)state;
    begin(1);
    assert_true(says(0, "203.0.113.1"));
    assert_true(is("203.0.113.1"));
}

static void first_address_needs_two_or_time(void **state)
{
    (void)state;
    begin(3);
    assert_false(says(0, "203.0.113.1"));
    assert_true(says(1, "203.0.113.1"));
    begin(3);
    assert_false(says(0, "203.0.113.1"));
    assert_int_equal(votes_deadline(&v), now + VOTES_FIRST_GRACE);
    now = votes_deadline(&v);
    assert_true(votes_decide(&v, now, reason));
    assert_true(is("203.0.113.1"));
    /* who came first and fell silent before a decision is no reason to wake up for ever */
    begin(3);
    says(0, "203.0.113.1");
    v.server[0].unanswered = VOTES_DEAD;
    now += VOTES_FIRST_GRACE;
    assert_false(votes_decide(&v, now, reason));
    assert_true(votes_deadline(&v) == USEC_NEVER);
}

static void liar_of_three_changes_nothing(void **state)
{
    (void)state;
    begin(3);
    assert_false(says(0, "198.51.100.66"));
    says(1, "203.0.113.1");
    assert_true(says(2, "203.0.113.1"));
    assert_true(is("203.0.113.1"));
    assert_true(v.server[0].outvoted && !v.disagreement);
    for (int round = 0; round < 20; round++, now += MS(500)) {
        assert_false(says(0, "198.51.100.66"));
        assert_false(says(1, "203.0.113.1"));
        assert_false(says(2, "203.0.113.1"));
    }
    assert_true(v.disagreement);
    /* not even alone */
    for (int round = 0; round < 20; round++, now += MS(500)) {
        votes_no_answer(&v.server[1], now);
        votes_no_answer(&v.server[2], now);
        assert_false(says(0, "198.51.100.66"));
    }
    assert_true(is("203.0.113.1"));
}

static void two_that_disagree_keep_what_was(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    for (int round = 0; round < 20; round++, now += MS(500)) {
        assert_false(says(0, "203.0.113.2"));
        assert_false(says(1, "203.0.113.1"));
    }
    assert_true(v.disagreement);
}

static void change_is_taken_from_two_at_once(void **state)
{
    (void)state;
    begin(3);
    all_say(3, "203.0.113.1");
    now += MS(15000);
    assert_false(says(0, "203.0.113.2"));
    assert_true(says(1, "203.0.113.2"));
    assert_false(says(2, "203.0.113.2"));
    assert_false(v.disagreement);
}

static void change_by_one_server_needs_its_word_twice(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    now += MS(15000);
    votes_no_answer(&v.server[1], now);
    votes_no_answer(&v.server[1], now);
    assert_false(says(0, "203.0.113.2"));
    now += MS(100);
    assert_false(says(0, "203.0.113.2"));
    now += MS(400);
    assert_true(says(0, "203.0.113.2"));
}

static void late_answers_count_as_of_when_they_were_asked_for(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    now += MS(15000);
    usec_t before = now;
    now += MS(500);
    assert_false(says(0, "203.0.113.2"));
    /* asked before the change, so it says nothing against it */
    assert_false(says_as_of(1, "203.0.113.1", before));
    now += MS(500);
    assert_true(says(0, "203.0.113.2"));
    /* overtaken by a newer one of the same server */
    assert_false(says(1, "203.0.113.2"));
    assert_false(says_as_of(1, "203.0.113.1", before));
    assert_true(v.server[1].mapped.ip[3] == 2);
}

/* Back and forth every two seconds: each return takes longer. */
static void flapping_is_damped(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    unsigned changes = 0;
    for (int i = 0; i < 120; i++, now += MS(500)) {
        const char *ip = i / 4 % 2 ? "203.0.113.1" : "203.0.113.2";
        changes += says(0, ip);
        changes += says(1, ip);
    }
    assert_true(changes >= 2 && changes <= 6);
}

static void symmetric_mapping_is_noticed(void **state)
{
    (void)state;
    begin(2);
    struct net_addr local = address("10.0.0.2", 50000);
    for (unsigned i = 0; i < 2; i++) {
        struct net_addr mapped = address("203.0.113.1", (uint16_t)(40000 + i));
        votes_answer(&v, &v.server[i], &mapped, &local, 0, now, now);
    }
    assert_true(v.symmetric);
    assert_true(votes_decide(&v, now, reason));
    all_say(2, "203.0.113.1");
    assert_false(v.symmetric);
}

static void bare_answers_are_allowed_to_who_never_does_better(void **state)
{
    (void)state;
    begin(2);
    assert_false(votes_bare(&v.server[0]));
    assert_false(votes_bare(&v.server[0]));
    assert_true(votes_bare(&v.server[0]));
    says(1, "203.0.113.1");
    for (int i = 0; i < 10; i++)
        assert_false(votes_bare(&v.server[1]));
    assert_false(v.server[1].bare);
}

static void servers_that_stay_keep_their_past(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    struct net_addr list[] = {address("192.0.2.9", 3478), v.server[1].server};
    votes_set_servers(&v, list, 2);
    assert_int_equal(v.server[0].answered, 0);
    assert_true(v.server[1].answered > 0);
    assert_true(is("203.0.113.1"));
    assert_true(votes_live(&v));
}

static void adopted_address_must_be_outvoted(void **state)
{
    (void)state;
    begin(2);
    all_say(2, "203.0.113.1");
    now += MS(60000);
    struct net_addr other = address("203.0.113.2", 0);
    votes_adopt(&v, &other, now);
    assert_false(says(0, "203.0.113.2"));
    assert_false(says(1, "203.0.113.2"));
    assert_true(is("203.0.113.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_server_is_believed_at_once),
        cmocka_unit_test(first_address_needs_two_or_time),
        cmocka_unit_test(liar_of_three_changes_nothing),
        cmocka_unit_test(two_that_disagree_keep_what_was),
        cmocka_unit_test(change_is_taken_from_two_at_once),
        cmocka_unit_test(change_by_one_server_needs_its_word_twice),
        cmocka_unit_test(late_answers_count_as_of_when_they_were_asked_for),
        cmocka_unit_test(flapping_is_damped),
        cmocka_unit_test(symmetric_mapping_is_noticed),
        cmocka_unit_test(bare_answers_are_allowed_to_who_never_does_better),
        cmocka_unit_test(servers_that_stay_keep_their_past),
        cmocka_unit_test(adopted_address_must_be_outvoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
