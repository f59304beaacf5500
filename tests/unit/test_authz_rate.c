/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "authz/http/rate.h"

static struct net_addr address(const char *text)
{
    struct net_addr a = {0};
    if (*text)
        assert_true(net_addr_parse(&a, text, 1234));
    return a;
}

static usec_t ask(struct rate *r, const char *from, usec_t now)
{
    struct net_addr a = address(from);
    return rate_ask(r, &a, now);
}

static void a_burst_then_waiting_then_refusal(void **state)
{
    struct rate r;
    usec_t now = 1000 * USEC_PER_SEC;
    (void)state;
    assert_true(rate_init(&r, 10, 20, 7));
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(&r, "192.0.2.1", now), 0);
    for (usec_t i = 1; i <= 50; i++) /* 5 s */
        assert_int_equal(ask(&r, "192.0.2.1", now), i * 100 * USEC_PER_MS);
    assert_true(ask(&r, "192.0.2.1", now) == RATE_REFUSED);
    assert_int_equal(ask(&r, "192.0.2.2", now), 0);
    assert_int_equal(ask(&r, "192.0.2.1", now + USEC_PER_SEC), 41 * 100 * USEC_PER_MS);
    assert_int_equal(ask(&r, "192.0.2.1", now + 60 * USEC_PER_SEC), 0);
    rate_free(&r);
}

static void who_is_one_source(void **state)
{
    struct rate r;
    usec_t now = 1000 * USEC_PER_SEC;
    (void)state;
    assert_true(rate_init(&r, 1, 1, 7));
    assert_int_equal(ask(&r, "2001:db8:0:1::1", now), 0);
    assert_int_equal(ask(&r, "2001:db8:0:1::2", now), USEC_PER_SEC);
    assert_int_equal(ask(&r, "2001:db8:0:2::2", now), 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(&r, "", now), 0);
    rate_free(&r);
    assert_true(rate_init(&r, 0, 1, 7));
    for (int i = 0; i < 100; i++)
        assert_int_equal(ask(&r, "192.0.2.1", now), 0);
    rate_free(&r);
}

/* More sources than there are places: each has its burst, none is refused. */
static void many_sources(void **state)
{
    struct rate r;
    char text[32];
    (void)state;
    assert_true(rate_init(&r, 1, 2, 7));
    for (unsigned i = 0; i < 3 * RATE_SOURCES; i++) {
        snprintf(text, sizeof(text), "198.18.%u.%u", i >> 8, i & 255);
        assert_int_equal(ask(&r, text, 1000 * USEC_PER_SEC + i), 0);
    }
    rate_free(&r);
}

static void proxies_speak_for_others(void **state)
{
    static const struct {
        const char *peer, *forwarded, *source;
    } cases[] = {
        {"203.0.113.1", NULL, "203.0.113.1"},
        {"203.0.113.1", "192.0.2.1", "203.0.113.1"}, /* not believed */
        {"127.0.0.1", "192.0.2.1", "192.0.2.1"},
        {"", "192.0.2.1", "192.0.2.1"},
        {"10.1.1.1", "192.0.2.1", "192.0.2.1"},
        {"10.1.1.1", "198.51.100.9, 192.0.2.1", "192.0.2.1"}, /* the first is the client's word */
        {"10.1.1.1", "198.51.100.9, 192.0.2.1 ,10.2.2.2", "192.0.2.1"},
        {"10.1.1.1", "192.0.2.1:8080", "192.0.2.1"},
        {"10.1.1.1", "[2001:db8::1]:80", "2001:db8::1"},
        {"10.1.1.1", "2001:db8::1", "2001:db8::1"},
        {"10.1.1.1", "10.2.2.2, 10.3.3.3", ""},
        {"10.1.1.1", "192.0.2.1, unknown", ""},
        {"10.1.1.1", "192.0.2.1,", ""},
        {"10.1.1.1", "", ""},
        {"10.1.1.1", ",,,", ""},
        {"10.1.1.1", NULL, ""},
        {"", NULL, ""},
    };
    struct guard_network trusted;
    (void)state;
    assert_true(guard_network_parse(&trusted, "10.0.0.0/8"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct net_addr peer = address(cases[i].peer), want = address(cases[i].source);
        struct net_addr got = rate_source(&peer, cases[i].forwarded, &trusted, 1);
        if (got.family != want.family || (got.family && !net_addr_same_ip(&got, &want)))
            fail_msg("case %zu", i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_waiting_then_refusal),
        cmocka_unit_test(who_is_one_source),
        cmocka_unit_test(many_sources),
        cmocka_unit_test(proxies_speak_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
