/* SPDX-License-Identifier: Apache-2.0 */
/* The watcher between simulated servers, names and peers, in virtual time: what is offered, when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/address/report.h"
#include "control/address/watcher.h"

#include <stdio.h>
#include <string.h>

#define MS(n)      ((n)*USEC_PER_MS)
#define SERVERS    3
#define IN_FLIGHT  256
#define STUN_DELAY MS(20)
#define TIMEOUT    MS(1500)

/* The world: what each STUN server says ("" nothing), what the name says. */
static struct {
    const char *stun[SERVERS];
    bool bare[SERVERS];
    const char *name;
    const char *second_port; /* what all servers say to worker 1's, if not the same */
    unsigned asked, resolved, offers;
    bool line_down;
    unsigned line_told;
    char offered[ADDRESS_PLAN_TEXT], reason[WATCHER_REASON], remembered[NET_ADDR_TEXT];
    usec_t offered_at;
    struct {
        usec_t at;
        Sluice__Link__MappedAddress m;
        char server[NET_ADDR_TEXT], mapped[NET_ADDR_TEXT];
    } answer[IN_FLIGHT];
    unsigned answers;
    bool name_pending;
    unsigned name_number;
} world;

static struct config config;
static struct watcher w;
static usec_t now;

static void on_ask(void *ctx, const Sluice__Link__AskStun *m)
{
    (void)ctx;
    for (size_t i = 0; i < m->n_servers; i++) {
        unsigned which = 0;
        assert_int_equal(sscanf(m->servers[i]->address, "192.0.2.%u:3478", &which), 1);
        assert_true(which >= 1 && which <= SERVERS && world.answers < IN_FLIGHT);
        const char *says = world.stun[which - 1];
        world.asked++;
        if (m->worker == 1 && *says && world.second_port)
            says = world.second_port;
        Sluice__Link__MappedAddress a = SLUICE__LINK__MAPPED_ADDRESS__INIT;
        a.round = m->round;
        a.worker = m->worker;
        a.outcome = !*says ? SLUICE__LINK__STUN_OUTCOME__STUN_TIMEOUT
                    : world.bare[which - 1] && !m->servers[i]->bare
                        ? SLUICE__LINK__STUN_OUTCOME__STUN_BARE
                        : SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED;
        a.local = (char *)(uintptr_t) "10.0.0.2:50000";
        world.answer[world.answers].at = now + (*says ? STUN_DELAY : TIMEOUT);
        snprintf(world.answer[world.answers].server, NET_ADDR_TEXT, "%s", m->servers[i]->address);
        snprintf(world.answer[world.answers].mapped, NET_ADDR_TEXT, "%s:50000", says);
        world.answer[world.answers++].m = a;
    }
}

static void on_line(void *ctx, bool down)
{
    (void)ctx;
    world.line_down = down;
    world.line_told++;
}

static void on_resolve(void *ctx, unsigned name, const char *host)
{
    (void)ctx;
    assert_string_equal(host, "line.example");
    world.name_pending = true;
    world.name_number = name;
    world.resolved++;
}

static void on_offer(void *ctx, const struct address_plan *p, const char *reason, usec_t at)
{
    (void)ctx;
    world.offers++;
    address_plan_text(p, world.offered);
    snprintf(world.reason, sizeof world.reason, "%s", reason);
    world.offered_at = at;
}

static void on_remember(void *ctx, const struct net_addr *a)
{
    (void)ctx;
    net_addr_format_ip(a, world.remembered);
}

static void deliver(void)
{
    for (unsigned i = 0; i < world.answers;) {
        if (world.answer[i].at > now) {
            i++;
            continue;
        }
        Sluice__Link__MappedAddress m = world.answer[i].m;
        char server[NET_ADDR_TEXT], mapped[NET_ADDR_TEXT];
        memcpy(server, world.answer[i].server, sizeof server);
        memcpy(mapped, world.answer[i].mapped, sizeof mapped);
        m.server = server;
        m.mapped = mapped;
        world.answer[i] = world.answer[--world.answers];
        watcher_mapped(&w, &m, now);
    }
    if (world.name_pending) {
        struct net_addr a;
        world.name_pending = false;
        watcher_resolved(&w, world.name_number, &a, net_addr_parse(&a, world.name, 0), now);
    }
}

static void run(usec_t time)
{
    for (usec_t end = now + time; now < end; now += MS(10)) {
        deliver();
        if (watcher_deadline(&w) <= now)
            watcher_tick(&w, now);
        assert_true(watcher_deadline(&w) > now || watcher_deadline(&w) == now);
    }
}

static void interfaces(const char *ip)
{
    struct net_addr list[1], none = {0};
    size_t n = *ip && net_addr_parse(&list[0], ip, 0);
    watcher_interfaces(&w, list, n, &none, now);
}

static void says(const char *a, const char *b, const char *c)
{
    world.stun[0] = a;
    world.stun[1] = b;
    world.stun[2] = c;
}

static void set_up(unsigned servers, bool name)
{
    memset(&world, 0, sizeof world);
    config_defaults(&config, false);
    config.rtc.use_external_ip = true;
    config.rtc.stun_servers.n = servers;
    for (unsigned i = 0; i < servers; i++)
        snprintf(config.rtc.stun_servers.text[i], CONFIG_TEXT, "192.0.2.%u", i + 1);
    if (name)
        snprintf(config.address.dns_name, CONFIG_TEXT, "line.example");
    says("203.0.113.1", "203.0.113.1", "203.0.113.1");
    world.name = "203.0.113.1";
    now = MS(5000000);
}

static void start(void)
{
    const struct watcher_output out = {.ask = on_ask,
                                       .line = on_line,
                                       .resolve = on_resolve,
                                       .offer = on_offer,
                                       .remember = on_remember};
    watcher_init(&w, &config, &out, now);
}

static void start_usual(unsigned servers, bool name)
{
    set_up(servers, name);
    start();
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(3000));
    assert_string_equal(world.offered, "203.0.113.1");
}

static void silence(unsigned connected, unsigned silent, bool total)
{
    Sluice__Link__Silence m = SLUICE__LINK__SILENCE__INIT;
    m.connected = connected;
    m.silent = silent;
    m.total = total;
    watcher_silence(&w, &m, now);
}

static void servers_are_asked_at_rest(void **state)
{
    (void)state;
    start_usual(3, false);
    assert_string_equal(world.remembered, "203.0.113.1");
    assert_int_equal(w.alarm_since, 0);
    unsigned before = world.asked;
    run(MS(150000));
    unsigned rounds = (world.asked - before) / 3;
    assert_true(rounds >= 8 && rounds <= 13);
    assert_int_equal(world.offers, 2);
}

static void explicit_address_wins(void **state)
{
    (void)state;
    set_up(3, false);
    snprintf(config.rtc.node_ip.text[0], CONFIG_TEXT, "198.51.100.1");
    config.rtc.node_ip.n = 1;
    start();
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(60000));
    assert_string_equal(world.offered, "198.51.100.1");
    assert_int_equal(world.asked, 0);
}

static void node_ip_may_be_several(void **state)
{
    (void)state;
    set_up(3, false);
    static const char *const ips[] = {"198.51.100.1", "2001:db8::1", "line.example"};
    for (size_t i = 0; i < 3; i++)
        snprintf(config.rtc.node_ip.text[i], CONFIG_TEXT, "%s", ips[i]);
    config.rtc.node_ip.n = 3;
    start();
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(3000));
    assert_string_equal(world.offered, "198.51.100.1 2001:db8::1 203.0.113.1");
    assert_int_equal(w.plan.source[FAMILY_6], SOURCE_NODE_IP);
    assert_int_equal(world.asked, 0);
}

static void both_interfaces(void)
{
    struct net_addr list[3], none = {0};
    assert_true(net_addr_parse(&list[0], "10.0.0.2", 0));
    assert_true(net_addr_parse(&list[1], "10.1.0.2", 0));
    assert_true(net_addr_parse(&list[2], "2001:db8::2", 0));
    watcher_interfaces(&w, list, 3, &none, now);
}

/* The address that is mapped gives way to what the outside sees of it; others are offered as they
 * are, unless only the outside's is wanted. */
static void ipv6_goes_beside_ipv4(void **state)
{
    (void)state;
    for (int only = 0; only < 2; only++) {
        set_up(3, false);
        config.rtc.external_ip_only = only;
        start();
        both_interfaces();
        assert_string_equal(world.offered, "10.0.0.2 10.1.0.2 2001:db8::2");
        watcher_link(&w, true, now);
        run(MS(3000));
        assert_string_equal(world.offered,
                            only ? "203.0.113.1" : "203.0.113.1 10.1.0.2 2001:db8::2");
    }
}

static void named_node_ip_follows_its_name(void **state)
{
    (void)state;
    set_up(0, false);
    config.rtc.use_external_ip = false;
    snprintf(config.rtc.node_ip.text[0], CONFIG_TEXT, "line.example");
    config.rtc.node_ip.n = 1;
    world.name = "";
    start();
    interfaces("10.0.0.2");
    run(MS(5000));
    assert_string_equal(world.offered, "10.0.0.2");
    assert_true(w.plan.degraded);
    world.name = "203.0.113.1";
    run(MS(15000));
    assert_string_equal(world.offered, "203.0.113.1");
    assert_false(w.plan.degraded);
    world.name = "203.0.113.2";
    watcher_alarm(&w, "test", now);
    run(MS(3000));
    assert_string_equal(world.offered, "203.0.113.2");
}

static void starts_without_network_and_recovers(void **state)
{
    (void)state;
    set_up(3, false);
    says("", "", "");
    start();
    interfaces("");
    watcher_link(&w, true, now);
    run(MS(120000));
    assert_string_equal(world.offered, "");
    assert_true(w.plan.degraded);
    interfaces("10.0.0.2");
    watcher_alarm(&w, "network", now);
    run(MS(1000));
    assert_string_equal(world.offered, "10.0.0.2");
    says("203.0.113.1", "203.0.113.1", "203.0.113.1");
    run(MS(6000));
    assert_string_equal(world.offered, "203.0.113.1");
    assert_false(w.plan.degraded);
}

static void last_known_address_is_offered_meanwhile(void **state)
{
    (void)state;
    set_up(3, false);
    says("", "", "");
    start();
    struct net_addr a;
    net_addr_parse(&a, "203.0.113.9", 0);
    watcher_last_known(&w, &a);
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(5000));
    assert_string_equal(world.offered, "203.0.113.9");
    assert_true(w.plan.degraded);
    says("203.0.113.1", "203.0.113.1", "203.0.113.1");
    run(MS(3000));
    assert_string_equal(world.offered, "203.0.113.1");
}

/* As a line does at night: dead at once, back a while later with another address. */
static void change_is_followed_when_the_line_is_back(void **state)
{
    (void)state;
    start_usual(3, false);
    for (unsigned second = 0; second <= 20; second += 4) {
        static char ips[6][NET_ADDR_TEXT];
        char *ip = ips[second / 4];
        snprintf(ip, NET_ADDR_TEXT, "203.0.113.%u", 100 + second);
        run(MS(7000));
        says("", "", "");
        run(MS(1000));
        for (unsigned i = 0; i < second; i++) {
            silence(4, 4, true);
            run(MS(1000));
        }
        silence(4, 4, true);
        says(ip, ip, ip);
        usec_t back = now;
        run(MS(1500));
        assert_string_equal(world.offered, ip);
        assert_true(world.offered_at - back < MS(600));
        assert_false(world.line_down);
        silence(4, 0, false);
    }
}

static void line_is_down_only_if_silent_and_unanswered(void **state)
{
    (void)state;
    start_usual(3, false);
    run(MS(10000));
    says("", "", "");
    watcher_alarm(&w, "operator", now);
    run(MS(10000));
    assert_false(world.line_down);
    silence(4, 4, true);
    run(MS(500));
    assert_true(world.line_down);
    silence(0, 0, false); /* all restart ICE */
    run(MS(500));
    assert_true(world.line_down);
    silence(4, 4, true);
    says("203.0.113.1", "203.0.113.1", "203.0.113.1");
    run(MS(1000));
    assert_false(world.line_down);
    assert_int_equal(world.line_told, 2);
}

/* Media stopped, and our checks are on their way: one question, no alarm. */
static void suspicion_asks_once(void **state)
{
    (void)state;
    Sluice__Link__Silence m = SLUICE__LINK__SILENCE__INIT;
    start_usual(3, false);
    run(MS(1000));
    unsigned asked = world.asked;
    m.connected = 3;
    m.suspected = 1;
    watcher_silence(&w, &m, now);
    run(MS(100));
    assert_int_equal(world.asked, asked); /* one of three: that is theirs */
    m.suspected = 2;
    for (int i = 0; i < 5; i++) {
        watcher_silence(&w, &m, now);
        run(MS(40));
    }
    assert_int_equal(world.asked, asked + 3);
    assert_int_equal(w.alarm_since, 0);
    says("203.0.113.7", "203.0.113.7", "203.0.113.7");
    run(MS(300));
    watcher_silence(&w, &m, now);
    run(MS(50));
    assert_string_equal(world.offered, "203.0.113.7");
}

/* Servers were down already; a name may lag behind, and its servers be out of reach for a while. */
static void name_alone_is_followed_fast(void **state)
{
    (void)state;
    start_usual(3, true);
    run(MS(10000));
    says("", "", "");
    run(MS(60000));
    world.name = "";
    silence(2, 2, true);
    run(MS(5000));
    world.name = "203.0.113.2";
    usec_t back = now;
    run(MS(1500));
    assert_string_equal(world.offered, "203.0.113.2");
    assert_true(world.offered_at - back < MS(1200));
}

static void name_is_believed_when_no_server_answers(void **state)
{
    (void)state;
    start_usual(3, true);
    run(MS(30000));
    says("", "", "");
    world.name = "203.0.113.2";
    silence(2, 2, true);
    run(MS(8000));
    assert_string_equal(world.offered, "203.0.113.2");
    assert_int_equal(w.plan.source[FAMILY_4], SOURCE_DNS);
    unsigned offers = world.offers;
    /* servers come back and agree: no flapping */
    says("203.0.113.2", "203.0.113.2", "203.0.113.2");
    run(MS(60000));
    assert_int_equal(world.offers, offers);
    assert_int_equal(w.plan.source[FAMILY_4], SOURCE_STUN);
}

static void name_is_not_believed_over_servers(void **state)
{
    (void)state;
    start_usual(3, true);
    world.name = "203.0.113.2";
    run(MS(200000));
    assert_string_equal(world.offered, "203.0.113.1");
}

static void liar_and_dead_server_do_not_matter(void **state)
{
    (void)state;
    start_usual(3, false);
    unsigned offers = world.offers;
    says("203.0.113.1", "198.51.100.66", "203.0.113.1");
    run(MS(100000));
    assert_int_equal(world.offers, offers);
    says("", "203.0.113.1", "203.0.113.1");
    run(MS(100000));
    assert_int_equal(world.offers, offers);
    says("", "203.0.113.7", "203.0.113.7");
    run(MS(20000));
    assert_string_equal(world.offered, "203.0.113.7");
    assert_int_equal(world.offers, offers + 1);
}

static void servers_without_fingerprint_are_learnt(void **state)
{
    (void)state;
    set_up(1, false);
    world.bare[0] = true;
    start();
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(400));
    assert_string_equal(world.offered, "10.0.0.2");
    run(MS(3000));
    assert_string_equal(world.offered, "203.0.113.1");
}

static void internal_and_mapped_go_together_when_asked(void **state)
{
    (void)state;
    set_up(3, false);
    config.rtc.advertise_internal_ip = true;
    start();
    interfaces("10.0.0.2");
    watcher_link(&w, true, now);
    run(MS(3000));
    assert_string_equal(world.offered, "203.0.113.1 10.0.0.2");
}

static void ports_of_a_nat_are_advertised(void **state)
{
    (void)state;
    set_up(3, false);
    config.address.advertise.n = 2;
    snprintf(config.address.advertise.text[0], CONFIG_TEXT, "198.51.100.1:40000/udp");
    snprintf(config.address.advertise.text[1], CONFIG_TEXT, "[2001:db8::1]:443/tcp");
    start();
    interfaces("10.0.0.2");
    run(MS(3000));
    assert_string_equal(world.offered, "198.51.100.1:40000/udp [2001:db8::1]:443/tcp");
    assert_int_equal(world.asked, 0);
}

static void answers_of_other_rounds_and_servers_are_ignored(void **state)
{
    (void)state;
    start_usual(3, false);
    Sluice__Link__MappedAddress m = SLUICE__LINK__MAPPED_ADDRESS__INIT;
    m.round = w.round;
    m.server = (char *)(uintptr_t) "192.0.2.77:3478";
    m.mapped = m.local = (char *)(uintptr_t) "198.51.100.66:1";
    watcher_mapped(&w, &m, now);
    m.server = (char *)(uintptr_t) "192.0.2.1:3478";
    m.round = w.round - 300;
    watcher_mapped(&w, &m, now);
    m.round = w.round;
    m.mapped = (char *)(uintptr_t) "nonsense";
    watcher_mapped(&w, &m, now);
    run(MS(100));
    assert_string_equal(world.offered, "203.0.113.1");
}

/* The answers to other media ports are no votes, but it is told if they differ. */
static void every_media_port_is_asked(void **state)
{
    (void)state;
    set_up(3, false);
    start();
    interfaces("10.0.0.2");
    watcher_ports(&w, 2);
    watcher_link(&w, true, now);
    run(MS(4000));
    unsigned asked = world.asked;
    run(MS(18000));
    assert_true(world.asked - asked >= 6);
    assert_false(w.told_split);
    assert_int_equal(w.port[1].mapped.port, 50000);
    world.second_port = "203.0.113.99";
    run(MS(40000));
    assert_true(w.told_split);
    assert_string_equal(world.offered, "203.0.113.1");
    json_t *o = report_make(&w, now);
    assert_true(json_is_true(json_object_get(o, "split_nat")));
    assert_int_equal(json_array_size(json_object_get(o, "ports")), 2);
    json_decref(o);
    world.second_port = NULL;
    run(MS(40000));
    assert_false(w.told_split);
}

static void report_tells_all(void **state)
{
    (void)state;
    start_usual(3, true);
    json_t *o = report_make(&w, now);
    assert_non_null(o);
    assert_int_equal(json_array_size(json_object_get(o, "stun")), 3);
    assert_int_equal(json_array_size(json_object_get(o, "names")), 1);
    assert_int_equal(json_array_size(json_object_get(o, "history")), world.offers);
    assert_string_equal(json_string_value(json_object_get(o, "source_ipv4")), "stun");
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_are_asked_at_rest),
        cmocka_unit_test(explicit_address_wins),
        cmocka_unit_test(node_ip_may_be_several),
        cmocka_unit_test(ipv6_goes_beside_ipv4),
        cmocka_unit_test(named_node_ip_follows_its_name),
        cmocka_unit_test(starts_without_network_and_recovers),
        cmocka_unit_test(last_known_address_is_offered_meanwhile),
        cmocka_unit_test(change_is_followed_when_the_line_is_back),
        cmocka_unit_test(line_is_down_only_if_silent_and_unanswered),
        cmocka_unit_test(suspicion_asks_once),
        cmocka_unit_test(name_alone_is_followed_fast),
        cmocka_unit_test(name_is_believed_when_no_server_answers),
        cmocka_unit_test(name_is_not_believed_over_servers),
        cmocka_unit_test(liar_and_dead_server_do_not_matter),
        cmocka_unit_test(servers_without_fingerprint_are_learnt),
        cmocka_unit_test(internal_and_mapped_go_together_when_asked),
        cmocka_unit_test(ports_of_a_nat_are_advertised),
        cmocka_unit_test(answers_of_other_rounds_and_servers_are_ignored),
        cmocka_unit_test(every_media_port_is_asked),
        cmocka_unit_test(report_tells_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
