/* SPDX-License-Identifier: Apache-2.0 */
/* The ICE-lite agent against a peer that writes its checks by hand, in virtual time. */
#include "dataplane/ice/ice.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define UFRAG_1 "loc1"
#define UFRAG_2 "second2"

static const char pwd_1[] = "firstPasswordOfOurs012";
static const char pwd_2[] = "secondPasswordOfOurs01";
static const char pwd_3[] = "thirdPasswordOfOurs012";

static struct ice_agent agent;
static struct ice_reply reply;
static usec_t now;

struct check {
    const char *username, *pwd;
    uint32_t priority;
    bool nominate, controlled, no_integrity, unknown_attribute;
};

static size_t write_check(uint8_t *buf, size_t cap, const struct check *c)
{
    static const uint8_t transaction[STUN_TRANSACTION] = "transaction";
    struct writer w = writer_of(buf, cap);
    stun_begin(&w, STUN_REQUEST, transaction);
    if (c->username)
        stun_add(&w, STUN_USERNAME, c->username, strlen(c->username));
    stun_add(&w, 0xc057, "\0\1\0\12", 4);
    stun_add_u64(&w, c->controlled ? STUN_ICE_CONTROLLED : STUN_ICE_CONTROLLING, 77);
    if (c->nominate)
        stun_add(&w, STUN_USE_CANDIDATE, "", 0);
    if (c->unknown_attribute)
        stun_add(&w, 0x7abc, "what", 4);
    stun_add_u32(&w, STUN_PRIORITY, c->priority ? c->priority : 1845494271);
    if (!c->no_integrity)
        stun_add_integrity(&w, c->pwd, strlen(c->pwd));
    stun_add_fingerprint(&w);
    return stun_end(&w);
}

static struct net_path path_from(const char *ip, uint16_t port)
{
    struct net_path p = {.ifindex = 2};
    assert_true(net_addr_parse(&p.remote, ip, port));
    assert_true(net_addr_parse(&p.local, "192.0.2.1", 7882));
    return p;
}

static enum ice_verdict send_check(const struct check *c, const struct net_path *path)
{
    uint8_t buf[512];
    size_t len = write_check(buf, sizeof(buf), c);
    assert_true(len > 0);
    ice_input(&agent, buf, len, path, now, &reply);
    return reply.verdict;
}

/* The response must parse, and be authentic if it is to be. */
static void expect_response(uint16_t error, const char *pwd)
{
    struct stun_message m;
    assert_true(stun_parse(&m, reply.data, reply.len));
    assert_true(m.has_fingerprint);
    assert_int_equal(m.class, error ? STUN_ERROR : STUN_SUCCESS);
    assert_int_equal(m.error_code, error);
    assert_int_equal(reply.error, error);
    assert_memory_equal(m.transaction, "transaction", STUN_TRANSACTION);
    if (pwd)
        assert_true(stun_verify(&m, pwd, strlen(pwd)));
    else
        assert_true(m.integrity_at == 0);
}

/* How many events of a type are waiting; takes all. */
struct seen {
    unsigned added, removed, selected, states;
    struct net_path removed_path;
};

static struct seen take_events(void)
{
    struct seen s = {0};
    struct ice_event e;
    while (ice_next_event(&agent, &e)) {
        s.added += e.type == ICE_PAIR_ADDED;
        s.selected += e.type == ICE_SELECTED;
        s.states += e.type == ICE_STATE;
        if (e.type == ICE_PAIR_REMOVED) {
            s.removed++;
            s.removed_path = e.path;
        }
    }
    return s;
}

static const struct check plain = {.username = UFRAG_1 ":peer", .pwd = pwd_1};
static const struct check nominating = {
    .username = UFRAG_1 ":peer", .pwd = pwd_1, .nominate = true};

static int fresh(void **state)
{
    (void)state;
    now = 1000 * USEC_PER_SEC;
    return ice_init(&agent, UFRAG_1, pwd_1, false) ? 0 : -1;
}

static bool selected_is(const struct net_path *p)
{
    return ice_selected(&agent) && ice_same_path(ice_selected(&agent), p);
}

static void answers_and_connects(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    assert_int_equal(send_check(&plain, &p), ICE_ACCEPTED);
    expect_response(0, pwd_1);
    struct stun_message m;
    assert_true(stun_parse(&m, reply.data, reply.len));
    assert_true(net_addr_equal(&m.mapped, &p.remote));
    struct seen s = take_events();
    assert_int_equal(s.added, 1);
    assert_int_equal(s.selected + s.states, 0);
    assert_true(ice_knows_path(&agent, &p));
    assert_null(ice_selected(&agent));

    assert_int_equal(send_check(&nominating, &p), ICE_ACCEPTED);
    s = take_events();
    assert_int_equal(s.added, 0);
    assert_int_equal(s.selected, 1);
    assert_int_equal(s.states, 1);
    assert_int_equal(agent.state, ICE_STATE_CONNECTED);
    assert_true(selected_is(&p));
    send_check(&nominating, &p);
    s = take_events();
    assert_int_equal(s.added + s.selected + s.states + s.removed, 0);
}

static void answers_over_ipv6(void **state)
{
    (void)state;
    struct net_path p = path_from("2001:db8::5", 4000);
    assert_int_equal(send_check(&nominating, &p), ICE_ACCEPTED);
    expect_response(0, pwd_1);
    struct stun_message m;
    assert_true(stun_parse(&m, reply.data, reply.len));
    assert_true(net_addr_equal(&m.mapped, &p.remote));
}

static void refuses_what_is_not_authentic(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    struct check c = nominating;
    c.pwd = pwd_2;
    assert_int_equal(send_check(&c, &p), ICE_BAD_INTEGRITY);
    expect_response(401, NULL);
    c = nominating;
    c.username = "other:peer";
    assert_int_equal(send_check(&c, &p), ICE_BAD_INTEGRITY);
    expect_response(401, NULL);
    c.username = UFRAG_1; /* without the peer's part */
    assert_int_equal(send_check(&c, &p), ICE_BAD_INTEGRITY);
    c.username = NULL;
    assert_int_equal(send_check(&c, &p), ICE_REFUSED);
    expect_response(400, NULL);
    c = nominating;
    c.no_integrity = true;
    assert_int_equal(send_check(&c, &p), ICE_REFUSED);
    expect_response(400, NULL);
    struct seen s = take_events();
    assert_int_equal(s.added + s.selected + s.states, 0);
    assert_false(ice_knows_path(&agent, &p));
}

static void unknown_attributes_give_420(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    struct check c = nominating;
    c.unknown_attribute = true;
    assert_int_equal(send_check(&c, &p), ICE_REFUSED);
    expect_response(420, pwd_1);
    const uint8_t list[] = {0x00, 0x0a, 0x00, 0x02, 0x7a, 0xbc};
    assert_non_null(memmem(reply.data, reply.len, list, sizeof(list)));
    assert_null(ice_selected(&agent));
}

static void a_controlled_peer_gets_487(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    struct check c = nominating;
    c.controlled = true;
    assert_int_equal(send_check(&c, &p), ICE_REFUSED);
    expect_response(487, pwd_1);
    assert_null(ice_selected(&agent));
}

static void other_messages_are_left_alone(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    uint8_t buf[64];
    static const uint8_t transaction[STUN_TRANSACTION];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_INDICATION, transaction);
    size_t len = stun_end(&w);
    ice_input(&agent, buf, len, &p, now, &reply);
    assert_int_equal(reply.verdict, ICE_OTHER);
    assert_int_equal(reply.len, 0);
    ice_input(&agent, buf, len - 1, &p, now, &reply);
    assert_int_equal(reply.verdict, ICE_MALFORMED);
    assert_int_equal(reply.len, 0);
}

static void consent_expires_and_comes_back(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    assert_true(ice_deadline(&agent) == USEC_NEVER);
    send_check(&nominating, &p);
    take_events();
    assert_true(ice_deadline(&agent) == now + ICE_CONSENT_DISCONNECTED);
    now += ICE_CONSENT_DISCONNECTED - 1;
    ice_timeout(&agent, now);
    assert_int_equal(agent.state, ICE_STATE_CONNECTED);
    ice_timeout(&agent, ++now);
    assert_int_equal(agent.state, ICE_STATE_DISCONNECTED);
    assert_int_equal(take_events().states, 1);
    now += 2 * USEC_PER_SEC;
    assert_int_equal(send_check(&plain, &p), ICE_ACCEPTED);
    assert_int_equal(agent.state, ICE_STATE_CONNECTED);
    assert_true(selected_is(&p));

    now += ICE_CONSENT_FAILED;
    ice_timeout(&agent, now);
    assert_int_equal(agent.state, ICE_STATE_FAILED);
    take_events();
    assert_int_equal(send_check(&nominating, &p), ICE_UNWANTED);
    assert_int_equal(reply.len, 0);

    assert_true(ice_restart(&agent, UFRAG_2, pwd_2));
    assert_int_equal(agent.state, ICE_STATE_NEW);
    struct check c = {.username = UFRAG_2 ":peer", .pwd = pwd_2, .nominate = true};
    assert_int_equal(send_check(&c, &p), ICE_ACCEPTED);
    assert_int_equal(agent.state, ICE_STATE_CONNECTED);
}

static void checks_not_authentic_are_no_consent(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    send_check(&nominating, &p);
    struct check c = nominating;
    c.pwd = pwd_2;
    now += 9 * USEC_PER_SEC;
    send_check(&c, &p);
    now += 1 * USEC_PER_SEC;
    ice_timeout(&agent, now);
    assert_int_equal(agent.state, ICE_STATE_DISCONNECTED);
}

static void restart_keeps_the_old_until_nominated(void **state)
{
    (void)state;
    struct net_path before = path_from("203.0.113.5", 4000);
    struct net_path after = path_from("198.51.100.9", 5000);
    send_check(&nominating, &before);
    take_events();
    assert_true(ice_restart(&agent, UFRAG_2, pwd_2));
    assert_int_equal(agent.state, ICE_STATE_CONNECTED);
    assert_true(selected_is(&before));
    assert_int_equal(send_check(&plain, &before), ICE_ACCEPTED);
    expect_response(0, pwd_1);

    struct check c = {.username = UFRAG_2 ":peer2", .pwd = pwd_2};
    assert_int_equal(send_check(&c, &after), ICE_ACCEPTED);
    expect_response(0, pwd_2);
    assert_true(selected_is(&before));
    struct check mixed = {.username = UFRAG_2 ":peer2", .pwd = pwd_1};
    assert_int_equal(send_check(&mixed, &after), ICE_BAD_INTEGRITY);

    c.nominate = true;
    assert_int_equal(send_check(&c, &after), ICE_ACCEPTED);
    assert_true(selected_is(&after));
    assert_int_equal(send_check(&plain, &before), ICE_BAD_INTEGRITY);
    assert_true(ice_knows_path(&agent, &before));
    take_events();
    now += ICE_PAIR_REPLACED;
    ice_timeout(&agent, now);
    assert_false(ice_knows_path(&agent, &before));
    struct seen s = take_events();
    assert_int_equal(s.removed, 1);
    assert_true(ice_same_path(&s.removed_path, &before));
}

static void restart_on_the_same_path_keeps_it(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    send_check(&nominating, &p);
    take_events();
    assert_true(ice_restart(&agent, UFRAG_2, pwd_2));
    struct check c = {.username = UFRAG_2 ":peer2", .pwd = pwd_2, .nominate = true};
    send_check(&c, &p);
    now += ICE_PAIR_REPLACED + 1;
    ice_timeout(&agent, now);
    assert_true(selected_is(&p) && ice_knows_path(&agent, &p));
    struct seen s = take_events();
    assert_int_equal(s.added + s.removed + s.selected, 0);
}

static void restart_twice_forgets_the_first(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    send_check(&nominating, &p);
    assert_true(ice_restart(&agent, UFRAG_2, pwd_2));
    assert_true(ice_restart(&agent, "third3", pwd_3));
    assert_int_equal(send_check(&plain, &p), ICE_BAD_INTEGRITY);
    struct check second = {.username = UFRAG_2 ":x", .pwd = pwd_2};
    struct check third = {.username = "third3:x", .pwd = pwd_3, .nominate = true};
    assert_int_equal(send_check(&second, &p), ICE_ACCEPTED);
    assert_int_equal(send_check(&third, &p), ICE_ACCEPTED);
    assert_int_equal(send_check(&second, &p), ICE_BAD_INTEGRITY);
}

static void the_peer_moves_by_nominating_another_pair(void **state)
{
    (void)state;
    struct net_path wifi = path_from("203.0.113.5", 4000);
    struct net_path cellular = path_from("198.51.100.9", 5000);
    struct check low = nominating;
    low.priority = 1000;
    send_check(&nominating, &wifi);
    now += 20 * USEC_PER_SEC;
    send_check(&low, &cellular);
    assert_true(selected_is(&cellular));
    assert_int_equal(take_events().selected, 1);
    send_check(&plain, &wifi); /* a check without nomination changes nothing */
    assert_true(selected_is(&cellular));
    send_check(&nominating, &wifi);
    assert_true(selected_is(&wifi));
}

static void aggressive_nomination_settles_on_the_highest(void **state)
{
    (void)state;
    struct net_path paths[4];
    const uint32_t priorities[4] = {300, 100, 900, 200};
    for (unsigned i = 0; i < 4; i++) {
        struct check c = nominating;
        c.priority = priorities[i];
        paths[i] = path_from("203.0.113.5", (uint16_t)(4000 + i));
        send_check(&c, &paths[i]);
        now += 20 * USEC_PER_MS;
    }
    assert_true(selected_is(&paths[2]));
    now += ICE_SETTLE;
    struct check c = nominating;
    c.priority = priorities[1];
    send_check(&c, &paths[1]);
    assert_true(selected_is(&paths[1]));
}

static void udp_is_preferred_to_tcp_while_settling(void **state)
{
    (void)state;
    struct net_path udp = path_from("203.0.113.5", 4000);
    struct net_path tcp = path_from("203.0.113.5", 4001);
    tcp.tcp = 9;
    struct check c = nominating;
    c.priority = 2130706431;
    send_check(&c, &udp);
    send_check(&c, &tcp);
    assert_true(selected_is(&udp));
}

static void tcp_only_ignores_udp(void **state)
{
    (void)state;
    assert_true(ice_init(&agent, UFRAG_1, pwd_1, true));
    struct net_path p = path_from("203.0.113.5", 4000);
    assert_int_equal(send_check(&nominating, &p), ICE_UNWANTED);
    assert_int_equal(reply.len, 0);
    p.tcp = 3;
    assert_int_equal(send_check(&nominating, &p), ICE_ACCEPTED);
    assert_true(selected_is(&p));
}

static void a_closed_connection_gives_way(void **state)
{
    (void)state;
    struct net_path first = path_from("203.0.113.5", 4000);
    struct net_path second = path_from("203.0.113.5", 4001);
    first.tcp = 3;
    second.tcp = 4;
    send_check(&nominating, &first);
    send_check(&plain, &second);
    take_events();
    ice_path_closed(&agent, &first);
    assert_true(selected_is(&second));
    struct seen s = take_events();
    assert_int_equal(s.removed, 1);
    assert_int_equal(s.selected, 1);
    ice_path_closed(&agent, &second);
    assert_null(ice_selected(&agent));
    s = take_events();
    assert_int_equal(s.removed, 1);
    assert_int_equal(s.selected, 0);
    ice_path_closed(&agent, &second);
    send_check(&nominating, &first);
    assert_true(selected_is(&first));
}

static void pairs_are_bounded_and_the_selected_one_stays(void **state)
{
    (void)state;
    struct net_path chosen = path_from("203.0.113.5", 4000);
    send_check(&nominating, &chosen);
    unsigned added = take_events().added, removed = 0;
    for (uint16_t i = 0; i < 200; i++) {
        struct net_path p = path_from("203.0.113.6", (uint16_t)(10000 + i));
        now += USEC_PER_MS;
        assert_int_equal(send_check(&plain, &p), ICE_ACCEPTED);
        struct seen s = take_events();
        added += s.added;
        removed += s.removed;
    }
    assert_int_equal(added, 201);
    assert_int_equal(removed, 201 - ICE_PAIRS_MAX);
    assert_true(selected_is(&chosen) && ice_knows_path(&agent, &chosen));
}

static void idle_pairs_are_forgotten(void **state)
{
    (void)state;
    struct net_path chosen = path_from("203.0.113.5", 4000);
    struct net_path backup = path_from("203.0.113.6", 4000);
    send_check(&nominating, &chosen);
    send_check(&plain, &backup);
    take_events();
    for (int i = 0; i < 30; i++) {
        now += 2 * USEC_PER_SEC;
        send_check(&nominating, &chosen);
        ice_timeout(&agent, now);
    }
    assert_false(ice_knows_path(&agent, &backup));
    assert_int_equal(take_events().removed, 1);
}

static void a_new_link_to_the_peer_is_told(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000);
    send_check(&nominating, &p);
    take_events();
    p.link[0] = 0x42;
    send_check(&nominating, &p);
    assert_int_equal(take_events().selected, 1);
    assert_int_equal(ice_selected(&agent)->link[0], 0x42);
}

/* Another address of ours reaches the peer: its packets may come there, but it has not moved yet.
 */
static void an_answered_check_of_ours_adds_the_path(void **state)
{
    (void)state;
    struct net_path p = path_from("203.0.113.5", 4000), moved = p;
    assert_true(net_addr_parse(&moved.local, "192.0.2.9", 7882));
    send_check(&nominating, &p);
    take_events();
    now += USEC_PER_SEC;
    usec_t heard = agent.last_check;
    ice_path_answered(&agent, &moved, now);
    struct seen e = take_events();
    assert_int_equal(e.added, 1);
    assert_int_equal(e.selected, 0);
    assert_true(ice_knows_path(&agent, &moved));
    assert_true(ice_same_path(ice_selected(&agent), &p));
    assert_int_equal(agent.last_check, heard);
    ice_path_answered(&agent, &moved, now);
    assert_int_equal(take_events().added, 0);
}

static void credentials_are_checked(void **state)
{
    (void)state;
    struct ice_agent other;
    char long_text[100];
    memset(long_text, 'a', sizeof(long_text));
    long_text[99] = 0;
    assert_false(ice_init(&other, "abc", pwd_1, false));
    assert_false(ice_init(&other, "abcd", "short", false));
    assert_false(ice_init(&other, "ab:d", pwd_1, false));
    assert_false(ice_init(&other, long_text, pwd_1, false));
    assert_false(ice_init(&other, "abcd", long_text, false));
    assert_false(ice_restart(&agent, "abcd", "short"));
    struct net_path p = path_from("203.0.113.5", 4000);
    assert_int_equal(send_check(&nominating, &p), ICE_ACCEPTED);
}

#define T(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(answers_and_connects),
        T(answers_over_ipv6),
        T(refuses_what_is_not_authentic),
        T(unknown_attributes_give_420),
        T(a_controlled_peer_gets_487),
        T(other_messages_are_left_alone),
        T(an_answered_check_of_ours_adds_the_path),
        T(consent_expires_and_comes_back),
        T(checks_not_authentic_are_no_consent),
        T(restart_keeps_the_old_until_nominated),
        T(restart_on_the_same_path_keeps_it),
        T(restart_twice_forgets_the_first),
        T(the_peer_moves_by_nominating_another_pair),
        T(aggressive_nomination_settles_on_the_highest),
        T(udp_is_preferred_to_tcp_while_settling),
        T(tcp_only_ignores_udp),
        T(a_closed_connection_gives_way),
        T(pairs_are_bounded_and_the_selected_one_stays),
        T(idle_pairs_are_forgotten),
        T(a_new_link_to_the_peer_is_told),
        T(credentials_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
