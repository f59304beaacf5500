/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor judges, from what it would have found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/sluicectl/doctor/network.h"

static json_t *parse(const char *text)
{
    json_error_t e;
    json_t *root = json_loads(text, 0, &e);
    if (!root)
        fail_msg("%s in %s", e.text, text);
    return root;
}

/* --- addresses --- */

struct stage {
    struct config config;
    struct report report;
    struct network network;
};

/* A machine with one interface; what control says; the result's findings. */
static struct stage *stage_of(const char *interface_ip, const char *address)
{
    struct stage *s = calloc(1, sizeof(*s));
    config_defaults(&s->config, false);
    s->config.rtc.udp_port_first = 7882;
    s->config.rtc.udp_port_last = 7883;
    s->config.sluice.workers = 2;
    report_begin(&s->report, true);
    s->network = (struct network){.config = &s->config,
                                  .report = &s->report,
                                  .address = parse(address),
                                  .interface_count = 1};
    struct network_interface *i = &s->network.interfaces[0];
    strcpy(i->name, "eth0");
    i->count = 1;
    assert_true(net_addr_parse(&i->addresses[0], interface_ip, 0));
    return s;
}

static void stage_free(struct stage *s)
{
    json_decref(s->network.address);
    json_decref(s->network.process);
    json_decref(s->report.findings);
    free(s);
}

/* True if there is a finding of that result whose text or advice has these words. */
static bool found(const struct stage *s, const char *result, const char *words)
{
    size_t i;
    json_t *f;
    json_array_foreach(s->report.findings, i, f)
    {
        const char *text = json_string_value(json_object_get(f, "text")),
                   *advice = json_string_value(json_object_get(f, "advice"));
        if (strcmp(json_string_value(json_object_get(f, "result")), result) == 0 &&
            (strstr(text, words) || (advice && strstr(advice, words))))
            return true;
    }
    return false;
}

static void scopes(void **state)
{
    (void)state;
    static const struct {
        const char *ip;
        enum address_scope scope;
    } list[] = {
        {"203.0.113.5", SCOPE_PUBLIC},  {"10.1.2.3", SCOPE_PRIVATE},
        {"172.31.0.1", SCOPE_PRIVATE},  {"172.32.0.1", SCOPE_PUBLIC},
        {"192.168.7.7", SCOPE_PRIVATE}, {"100.64.1.1", SCOPE_CARRIER},
        {"100.128.0.1", SCOPE_PUBLIC},  {"127.0.0.1", SCOPE_LOOPBACK},
        {"169.254.1.1", SCOPE_LINK},    {"2001:db8::1", SCOPE_PUBLIC},
        {"fd00::1", SCOPE_PRIVATE},     {"fe80::1", SCOPE_LINK},
        {"::1", SCOPE_LOOPBACK},
    };
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        struct net_addr a;
        assert_true(net_addr_parse(&a, list[i].ip, 0));
        assert_int_equal(address_scope(&a), list[i].scope);
    }
}

static void a_server_with_a_public_address(void **state)
{
    (void)state;
    struct stage *s = stage_of("203.0.113.5", "{\"offered\":[{\"address\":\"203.0.113.5\"},"
                                              "{\"address\":\"[2001:db8::7]:7882\"}]}");
    judge_address(&s->network, 5);
    assert_int_equal(s->report.bad, 0);
    assert_true(found(s, "ok", "203.0.113.5, an address of this machine (eth0)"));
    assert_true(found(s, "ok", "forward UDP 7882-7883 and TCP 7881"));
    assert_true(found(s, "ok", "5 packets of clients"));
    stage_free(s);
}

static void a_private_address_without_external_ip(void **state)
{
    (void)state;
    struct stage *s = stage_of("192.168.1.2", "{\"offered\":[{\"address\":\"192.168.1.2\"}]}");
    judge_address(&s->network, 0);
    assert_true(found(s, "bad", "use_external_ip: true"));
    assert_true(found(s, "note", "192.168.1.2 (private)"));
    stage_free(s);
}

static void a_private_address_on_purpose(void **state)
{
    (void)state;
    struct stage *s = stage_of("192.168.1.2", "{\"offered\":[{\"address\":\"192.168.1.2\"}]}");
    s->config.rtc.node_ip.n = 1;
    judge_address(&s->network, 0);
    assert_int_equal(s->report.bad, 0);
    assert_true(found(s, "note", "as configured"));
    stage_free(s);
}

static void behind_the_providers_nat(void **state)
{
    (void)state;
    struct stage *s = stage_of("192.168.1.2", "{\"offered\":[{\"address\":\"100.70.0.9\"}]}");
    s->config.rtc.use_external_ip = true;
    judge_address(&s->network, 0);
    assert_true(found(s, "bad", "ask the provider"));
    stage_free(s);
}

static void stun_servers(void **state)
{
    (void)state;
    struct stage *s =
        stage_of("192.168.1.2",
                 "{\"offered\":[{\"address\":\"203.0.113.5\"}],\"symmetric_nat\":true,\"stun\":["
                 "{\"name\":\"one\",\"mapped\":\"203.0.113.5:7882\",\"local\":\"192.168.1.2:7882\","
                 "\"age\":3.5},{\"name\":\"two\",\"mapped\":\"203.0.113.5:61000\","
                 "\"local\":\"192.168.1.2:7882\",\"age\":1},{\"name\":\"three\",\"mapped\":null,"
                 "\"age\":null}]}");
    s->config.rtc.use_external_ip = true;
    judge_address(&s->network, 0);
    assert_true(found(s, "ok", "one sees the media port as 203.0.113.5:7882"));
    assert_true(found(s, "note", "two sees media port 7882 as 203.0.113.5:61000"));
    assert_true(found(s, "note", "three has not answered"));
    assert_true(found(s, "bad", "symmetric NAT"));
    stage_free(s);
}

static void no_stun_server(void **state)
{
    (void)state;
    struct stage *s = stage_of("192.168.1.2", "{\"offered\":[{\"address\":\"192.168.1.2\"}],"
                                              "\"degraded\":true,\"stun\":[]}");
    s->config.rtc.use_external_ip = true;
    judge_address(&s->network, 0);
    assert_true(found(s, "bad", "no STUN server answers"));
    assert_true(found(s, "bad", "the public address is not known"));
    assert_true(found(s, "bad", "none is known for sure"));
    stage_free(s);
}

static void clients_that_are_not_heard(void **state)
{
    (void)state;
    struct stage *s = stage_of("203.0.113.5", "{\"offered\":[{\"address\":\"203.0.113.5\"}]}");
    s->network.process = parse("{\"participants\":2}");
    judge_address(&s->network, 0);
    assert_true(found(s, "bad", "2 clients are there by signalling"));
    stage_free(s);
}

static void nothing_is_offered(void **state)
{
    (void)state;
    struct stage *s = stage_of("203.0.113.5", "{\"offered\":[{\"address\":17},"
                                              "{\"address\":\"nonsense\"},{}]}");
    judge_address(&s->network, 0);
    assert_true(found(s, "bad", "no address is offered"));
    stage_free(s);
}

/* --- the kernel's table of sockets --- */

static const char table[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:1EC8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "4711 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:1EC9 0100007F:8888 01 00000000:00000000 00:00000000 00000000     0        0 "
    "4712 1 0000000000000000 20 4 30 10 -1\n"
    "   2: 00000000000000000000000000000000:1ECA 00000000000000000000000000000000:0000 07 "
    "00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 0\n";

static void sockets(void **state)
{
    (void)state;
    assert_int_equal(socket_table_find(table, 7880, 0x0a), 4711);
    assert_int_equal(socket_table_find(table, 7881, 0x0a), 0); /* a connection */
    assert_int_equal(socket_table_find(table, 7882, 0x07), 4713);
    assert_int_equal(socket_table_find(table, 7880, 0x07), 0);
    assert_int_equal(socket_table_find("", 7880, 0x0a), 0);
    assert_int_equal(socket_table_find("nonsense\n\n: :", 7880, 0x0a), 0);
}

/* --- packet filters --- */

#define INPUT(policy)                                                                              \
    "{\"chain\":{\"family\":\"inet\",\"table\":\"filter\",\"name\":\"input\",\"type\":\"filter\"," \
    "\"hook\":\"input\",\"prio\":0,\"policy\":\"" policy "\"}}"
#define RULE(expr)                                                                                 \
    "{\"rule\":{\"family\":\"inet\",\"table\":\"filter\",\"chain\":\"input\",\"expr\":[" expr "]}" \
    "}"
#define MATCH(protocol, right)                                                                     \
    "{\"match\":{\"op\":\"==\",\"left\":{\"payload\":{\"protocol\":\"" protocol                    \
    "\",\"field\":\"dport\"}},\"right\":" right "}}"
#define ACCEPT ",{\"accept\":null}"

static enum firewall judged(const char *rules, const char *protocol, uint16_t port)
{
    char text[4096];
    snprintf(text, sizeof(text), "{\"nftables\":[%s]}", rules);
    json_t *root = parse(text);
    enum firewall f = judge_ruleset(root, protocol, port);
    json_decref(root);
    return f;
}

static void packet_filters(void **state)
{
    (void)state;
    static const char open_range[] =
        INPUT("drop") "," RULE(MATCH("udp", "{\"range\":[7882,7885]}") ACCEPT),
                      open_set[] =
                          INPUT("drop") "," RULE(MATCH("tcp", "{\"set\":[22,7881]}") ACCEPT),
                      last_rule[] = INPUT("accept") "," RULE(MATCH("tcp", "22") ACCEPT) "," RULE(
                          "{\"counter\":null},{\"reject\":null}"),
                      one_dropped[] =
                          INPUT("accept") "," RULE(MATCH("udp", "53") ",{\"drop\":null}"),
                      by_iptables[] =
                          INPUT("drop") "," RULE("{\"xt\":{\"type\":\"match\"}}" ACCEPT),
                      by_either[] = INPUT("drop") "," RULE(MATCH("th", "7882") ACCEPT);
    assert_int_equal(judged("", "udp", 7882), FIREWALL_NONE);
    assert_int_equal(judged(INPUT("accept"), "udp", 7882), FIREWALL_NONE);
    assert_int_equal(judged(one_dropped, "udp", 7882), FIREWALL_NONE);
    assert_int_equal(judged(INPUT("drop"), "udp", 7882), FIREWALL_CLOSED);
    assert_int_equal(judged(last_rule, "udp", 7882), FIREWALL_CLOSED);
    assert_int_equal(judged(last_rule, "tcp", 22), FIREWALL_OPEN);
    assert_int_equal(judged(open_range, "udp", 7882), FIREWALL_OPEN);
    assert_int_equal(judged(open_range, "udp", 7885), FIREWALL_OPEN);
    assert_int_equal(judged(open_range, "udp", 7886), FIREWALL_CLOSED);
    assert_int_equal(judged(open_range, "tcp", 7882), FIREWALL_CLOSED);
    assert_int_equal(judged(open_set, "tcp", 7881), FIREWALL_OPEN);
    assert_int_equal(judged(by_iptables, "udp", 7882), FIREWALL_UNSURE);
    assert_int_equal(judged(by_either, "udp", 7882), FIREWALL_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scopes),
        cmocka_unit_test(a_server_with_a_public_address),
        cmocka_unit_test(a_private_address_without_external_ip),
        cmocka_unit_test(a_private_address_on_purpose),
        cmocka_unit_test(behind_the_providers_nat),
        cmocka_unit_test(stun_servers),
        cmocka_unit_test(no_stun_server),
        cmocka_unit_test(clients_that_are_not_heard),
        cmocka_unit_test(nothing_is_offered),
        cmocka_unit_test(sockets),
        cmocka_unit_test(packet_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
