/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/discovery/resolve.h"
#include "authz/discovery/well_known.h"
#include "authz/openid/userinfo.h"
#include "authz/outbound/guard.h"
#include "authz/outbound/lifetime.h"

/* --- server names --- */

static void good_names(void **state)
{
    (void)state;
    const struct {
        const char *text, *host;
        enum host_kind kind;
        unsigned port;
    } cases[] = {
        {"matrix.org", "matrix.org", HOST_DNS, 0},
        {"a", "a", HOST_DNS, 0},
        {"matrix.org:8888", "matrix.org", HOST_DNS, 8888},
        {"1.2.3.4", "1.2.3.4", HOST_IPV4, 0},
        {"1.2.3.4:1", "1.2.3.4", HOST_IPV4, 1},
        {"[2001:db8::1]", "2001:db8::1", HOST_IPV6, 0},
        {"[::]:65535", "::", HOST_IPV6, 65535},
        {"xn--mnchen-3ya.example", "xn--mnchen-3ya.example", HOST_DNS, 0},
        {"1.2.3.4a", "1.2.3.4a", HOST_DNS, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct server_name n;
        char text[SERVER_NAME_SIZE];
        if (!server_name_parse(cases[i].text, strlen(cases[i].text), &n))
            fail_msg("%s was refused", cases[i].text);
        assert_string_equal(n.host, cases[i].host);
        assert_int_equal(n.kind, cases[i].kind);
        assert_int_equal(n.port, cases[i].port);
        server_name_format(&n, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void bad_names(void **state)
{
    (void)state;
    const char *const cases[] = {
        "",         ":1",        "a:",           "a:0",        "a:65536",
        "a:123456", "a:-1",      "a b",          "a/b",        "a@b",
        "[::1",     "::1",       "[]",           "[::1]x",     "[1.2.3.4]",
        "1.2.3",    "1.2.3.256", "0x7f.0.0.0x1", "2130706433", "a_b",
        ".a",       "a..b",      "[fe80::1%lo]", "a:1:2",      "\xc3\xa4.de",
        "a\n",
    };
    struct server_name n;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (server_name_parse(cases[i], strlen(cases[i]), &n))
            fail_msg("\"%s\" was taken", cases[i]);
    }
    char text[300];
    memset(text, 'a', sizeof(text));
    assert_true(server_name_parse(text, 255, &n));
    assert_false(server_name_parse(text, 256, &n));
    assert_false(server_name_parse("a\0b", 3, &n));
}

static void user_ids(void **state)
{
    (void)state;
    assert_string_equal(user_id_server("@a:hs:8448"), "hs:8448");
    assert_null(user_id_server("a:hs"));
    assert_null(user_id_server("@a"));
    assert_null(user_id_server("@:hs"));
    assert_null(user_id_server("@a:"));
    assert_null(user_id_server(""));
}

/* --- the state machine --- */

static struct resolve r;
static uint32_t drawn;

static uint32_t draw(void *arg)
{
    (void)arg;
    return drawn;
}

static void start(const char *name)
{
    struct server_name n;
    assert_true(server_name_parse(name, strlen(name), &n));
    resolve_start(&r, &n);
}

static void expect_route(const char *host_header, const char *tls_host, const char *target,
                         unsigned port)
{
    assert_int_equal(r.question, RESOLVE_DONE);
    assert_string_equal(r.route.host_header, host_header);
    assert_string_equal(r.route.tls_host, tls_host);
    assert_true(r.route.target_count >= 1);
    assert_string_equal(r.route.targets[0].host, target);
    assert_int_equal(r.route.targets[0].port, port);
}

static void expect_srv(const char *subject)
{
    assert_int_equal(r.question, RESOLVE_SRV);
    assert_string_equal(r.subject, subject);
}

static void delegate(const char *name, usec_t lifetime)
{
    struct server_name n;
    assert_int_equal(r.question, RESOLVE_WELL_KNOWN);
    assert_true(server_name_parse(name, strlen(name), &n));
    resolve_well_known(&r, &n, lifetime);
}

static void names_that_need_no_question(void **state)
{
    (void)state;
    start("1.2.3.4");
    expect_route("1.2.3.4", "1.2.3.4", "1.2.3.4", 8448);
    start("[2001:db8::1]:99");
    expect_route("[2001:db8::1]:99", "2001:db8::1", "2001:db8::1", 99);
    assert_int_equal(r.route.tls_kind, HOST_IPV6);
    start("hs.example:99");
    expect_route("hs.example:99", "hs.example", "hs.example", 99);
}

static void delegation(void **state)
{
    (void)state;
    start("hs.example");
    delegate("1.2.3.4", 0);
    expect_route("1.2.3.4", "1.2.3.4", "1.2.3.4", 8448);
    start("hs.example");
    delegate("d.example:443", 0);
    expect_route("d.example:443", "d.example", "d.example", 443);
    start("hs.example");
    delegate("d.example", 0);
    expect_srv("_matrix-fed._tcp.d.example");
    resolve_srv(&r, NULL, 0, draw, NULL);
    expect_srv("_matrix._tcp.d.example");
    resolve_srv(&r, NULL, 0, draw, NULL);
    expect_route("d.example", "d.example", "d.example", 8448);
}

static void without_delegation(void **state)
{
    (void)state;
    const struct srv_record records[] = {{20, 1, 2, "two.example"}, {10, 1, 1, "one.example"}};
    start("hs.example");
    resolve_well_known(&r, NULL, 0);
    expect_srv("_matrix-fed._tcp.hs.example");
    resolve_srv(&r, records, 2, draw, NULL);
    expect_route("hs.example", "hs.example", "one.example", 1);
    assert_int_equal(r.route.target_count, 2);
    assert_string_equal(r.route.targets[1].host, "two.example");
    start("hs.example");
    resolve_well_known(&r, NULL, 0);
    resolve_srv(&r, NULL, 0, draw, NULL);
    resolve_srv(&r, records, 2, draw, NULL);
    expect_route("hs.example", "hs.example", "one.example", 1);
}

static void useless_services(void **state)
{
    (void)state;
    const struct srv_record records[] = {{0, 0, 0, "."},
                                         {0, 0, 0, "a.example"},
                                         {0, 0, 1, "1.2.3.4"},
                                         {0, 0, 1, ""},
                                         {0, 0, 1, "a:5"}};
    start("hs.example");
    resolve_well_known(&r, NULL, 0);
    resolve_srv(&r, records, 5, draw, NULL);
    expect_srv("_matrix._tcp.hs.example");
}

static void lifetimes_of_routes(void **state)
{
    (void)state;
    const struct srv_record record = {1, 1, 1, "a.example"};
    const struct {
        usec_t said, want;
    } cases[] = {
        {0, WELL_KNOWN_DEFAULT},
        {1, WELL_KNOWN_LEAST},
        {7200 * USEC_PER_SEC, 7200 * USEC_PER_SEC},
        {999999 * USEC_PER_SEC, WELL_KNOWN_LONGEST},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start("hs.example");
        delegate("d.example:1", cases[i].said);
        assert_int_equal(r.lifetime, cases[i].want);
    }
    start("hs.example");
    delegate("d.example", 0);
    resolve_srv(&r, &record, 1, draw, NULL);
    assert_int_equal(r.lifetime, SRV_LIFETIME);
    r.failures_before = 0;
    usec_t want = FAILURE_FIRST;
    for (int i = 0; i < 10; i++, want = 2 * want < FAILURE_LONGEST ? 2 * want : FAILURE_LONGEST) {
        start("hs.example");
        resolve_well_known(&r, NULL, 0);
        assert_int_equal(r.lifetime, want);
        assert_int_equal(r.failures_before, i + 1);
    }
    start("hs.example");
    delegate("d.example:1", 0);
    assert_int_equal(r.failures_before, 0);
}

/* RFC 2782: the share of first places goes by weight. */
static void order_by_weight(void **state)
{
    (void)state;
    unsigned first[4] = {0};
    for (drawn = 0; drawn < 101 * 30; drawn++) {
        struct srv_record list[] = {
            {1, 30, 3, "c"}, {1, 10, 1, "a"}, {1, 60, 2, "b"}, {0, 0, 0, "z"}};
        srv_order(list, 4, draw, NULL);
        assert_string_equal(list[0].target, "z");
        first[list[1].port]++;
    }
    assert_in_range(first[1], 280, 360);
    assert_in_range(first[2], 1700, 1900);
    assert_in_range(first[3], 850, 950);
}

/* --- documents --- */

static void documents(void **state)
{
    (void)state;
    struct server_name n;
    char url[BASE_URL_SIZE];
#define SERVER(text) well_known_server(text, strlen(text), &n)
#define CLIENT(text) well_known_client(text, strlen(text), url)
    assert_true(SERVER("{\"m.server\":\"a:1\",\"x\":[]}"));
    assert_int_equal(n.port, 1);
    assert_false(SERVER("{\"m.server\":\"a b\"}"));
    assert_false(SERVER("{\"m.server\":{}}"));
    assert_false(SERVER("[]"));
    assert_false(SERVER(""));
    assert_true(CLIENT("{\"m.homeserver\":{\"base_url\":\"https://a//\"}}"));
    assert_string_equal(url, "https://a");
    assert_false(CLIENT("{\"m.homeserver\":{\"base_url\":\"//\"}}"));
    assert_false(CLIENT("{\"m.homeserver\":\"x\"}"));
    const char versions[] = "{\"versions\":[],\"unstable_features\":{\"org.matrix.msc4140\":true}}";
    struct delayed_events_support s = versions_delayed_events(versions, strlen(versions));
    assert_true(s.known && s.any && !s.stable);
    s = versions_delayed_events("x", 1);
    assert_true(!s.known && !s.any && !s.stable);
}

static void owners(void **state)
{
    (void)state;
    char user[USER_ID_SIZE];
#define SUB(text, server) userinfo_read(text, strlen(text), server, user)
    assert_int_equal(SUB("{\"sub\":\"@a:hs:1\"}", "hs:1"), CAUSE_NONE);
    assert_string_equal(user, "@a:hs:1");
    assert_int_equal(SUB("{\"sub\":\"@a:hs\"}", "HS"), CAUSE_SUB_MISMATCH);
    assert_int_equal(SUB("{\"sub\":\"@a:other:hs\"}", "hs"), CAUSE_SUB_MISMATCH);
    assert_int_equal(SUB("{\"sub\":\"a\"}", "hs"), CAUSE_SUB_MISMATCH);
    assert_int_equal(SUB("{\"sub\":1}", "hs"), CAUSE_BODY);
    assert_int_equal(SUB("", "hs"), CAUSE_BODY);
}

static void header_times(void **state)
{
    (void)state;
    bool said;
    const int64_t now = 784111777; /* Sun, 06 Nov 1994 08:49:37 GMT */
    assert_int_equal(lifetime_seconds("public, max-age=60", NULL, now, &said), 60);
    assert_true(said);
    assert_int_equal(lifetime_seconds("no-store, max-age=60", NULL, now, &said), 0);
    assert_true(said);
    assert_int_equal(lifetime_seconds("MAX-AGE=\"5\"", "x", now, &said), 5);
    assert_int_equal(lifetime_seconds("private", "Sun, 06 Nov 1994 08:50:37 GMT", now, &said), 60);
    assert_int_equal(lifetime_seconds(NULL, "Sun, 06 Nov 1994 08:48:37 GMT", now, &said), 0);
    assert_true(said);
    assert_int_equal(lifetime_seconds(NULL, NULL, now, &said), 0);
    assert_false(said);
    assert_int_equal(lifetime_seconds("max-age=99999999999999999999", NULL, now, &said),
                     366 * 24 * 3600);
    assert_int_equal(retry_after_seconds("7", now), 7);
    assert_int_equal(retry_after_seconds(" 7 ", now), 7);
    assert_int_equal(retry_after_seconds("Sun, 06 Nov 1994 08:49:40 GMT", now), 3);
    assert_int_equal(retry_after_seconds("Sun, 06 Nov 1994 08:49:00 GMT", now), 0);
    assert_int_equal(retry_after_seconds("7x", now), -1);
    assert_int_equal(retry_after_seconds("", now), -1);
}

/* --- addresses --- */

static void addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"1.1.1.1",   "172.32.0.1",      "100.128.0.1",
                                       "192.0.3.1", "223.255.255.1",   "2606:4700::1",
                                       "2a00::1",   "64:ff9b::808:808"};
    static const char *const bad[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "169.254.1.1",
        "172.16.0.1",
        "172.31.9.9",
        "192.0.0.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "224.0.0.1",
        "255.255.255.255",
        "203.0.113.1",
        "::",
        "::1",
        "fe80::1",
        "fec0::1",
        "fc00::1",
        "fdff::1",
        "ff02::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2001::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "::7f00:1",
        "4000::1",
    };
    struct net_addr a;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(net_addr_parse(&a, good[i], 1));
        if (!guard_global(&a))
            fail_msg("%s was refused", good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(net_addr_parse(&a, bad[i], 1));
        if (guard_global(&a))
            fail_msg("%s was let pass", bad[i]);
    }
    struct net_addr mapped = {.family = 6, .ip = {[10] = 0xff, 0xff, 127, 0, 0, 1}};
    assert_false(guard_global(&mapped));
}

static void networks(void **state)
{
    (void)state;
    struct guard_network n;
    struct net_addr a;
    assert_true(guard_network_parse(&n, "10.8.0.0/13"));
    net_addr_parse(&a, "10.15.255.255", 0);
    assert_true(guard_network_has(&n, &a));
    net_addr_parse(&a, "10.16.0.0", 0);
    assert_false(guard_network_has(&n, &a));
    assert_true(guard_network_parse(&n, "fd00::/8"));
    net_addr_parse(&a, "fd12::1", 0);
    assert_true(guard_network_has(&n, &a));
    assert_true(guard_network_parse(&n, "0.0.0.0/0"));
    assert_true(guard_network_parse(&n, "1.2.3.4"));
    assert_int_equal(n.bits, 32);
    assert_false(guard_network_parse(&n, "1.2.3.4/33"));
    assert_false(guard_network_parse(&n, "1.2.3.4/"));
    assert_false(guard_network_parse(&n, "1.2.3.4/8x"));
    assert_false(guard_network_parse(&n, "example.com/8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_names),       cmocka_unit_test(bad_names),
        cmocka_unit_test(user_ids),         cmocka_unit_test(names_that_need_no_question),
        cmocka_unit_test(delegation),       cmocka_unit_test(without_delegation),
        cmocka_unit_test(useless_services), cmocka_unit_test(lifetimes_of_routes),
        cmocka_unit_test(order_by_weight),  cmocka_unit_test(documents),
        cmocka_unit_test(owners),           cmocka_unit_test(header_times),
        cmocka_unit_test(addresses),        cmocka_unit_test(networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
