/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses that clients are offered: are they known, plausible, and heard on? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/stats/segment.h"
#include "tools/sluicectl/doctor/network.h"

/* --- what kind of address --- */

struct prefix {
    const char *ip;
    unsigned bits;
    enum address_scope scope;
};

static const struct prefix prefixes[] = {
    {"127.0.0.0", 8, SCOPE_LOOPBACK},   {"::1", 128, SCOPE_LOOPBACK},
    {"10.0.0.0", 8, SCOPE_PRIVATE},     {"172.16.0.0", 12, SCOPE_PRIVATE},
    {"192.168.0.0", 16, SCOPE_PRIVATE}, {"fc00::", 7, SCOPE_PRIVATE},
    {"100.64.0.0", 10, SCOPE_CARRIER},  {"169.254.0.0", 16, SCOPE_LINK},
    {"fe80::", 10, SCOPE_LINK},
};

enum address_scope address_scope(const struct net_addr *a)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        struct net_addr p;
        if (net_addr_parse(&p, prefixes[i].ip, 0) && net_addr_in_prefix(a, &p, prefixes[i].bits))
            return prefixes[i].scope;
    }
    return SCOPE_PUBLIC;
}

static const char *scope_words(enum address_scope s)
{
    static const char *const words[] = {
        [SCOPE_PUBLIC] = "public",
        [SCOPE_PRIVATE] = "private",
        [SCOPE_CARRIER] = "behind the provider's NAT",
        [SCOPE_LOOPBACK] = "this machine only",
        [SCOPE_LINK] = "link-local",
    };
    return words[s];
}

/* "203.0.113.5", "203.0.113.5:7882", "[2001:db8::1]:7882". The port is 0 if there is none. */
static bool read_address(struct net_addr *a, const char *text)
{
    char ip[NET_ADDR_TEXT];
    if (!text || strlen(text) >= sizeof(ip))
        return false;
    snprintf(ip, sizeof(ip), "%s", text);
    char *colon = strrchr(ip, ':'), *bracket = strchr(ip, ']');
    unsigned long port = 0;
    if (bracket || (colon && strchr(ip, ':') == colon)) {
        port = colon ? strtoul(colon + 1, NULL, 10) : 0;
        *(bracket ? bracket : colon) = 0;
    }
    return port <= UINT16_MAX && net_addr_parse(a, *ip == '[' ? ip + 1 : ip, (uint16_t)port);
}

static const struct network_interface *interface_of(const struct network *n,
                                                    const struct net_addr *a)
{
    for (size_t i = 0; i < n->interface_count; i++) {
        for (size_t k = 0; k < n->interfaces[i].count; k++) {
            if (net_addr_same_ip(&n->interfaces[i].addresses[k], a))
                return &n->interfaces[i];
        }
    }
    return NULL;
}

/* --- what is offered --- */

static bool flag(const struct network *n, const char *name)
{
    return json_is_true(json_object_get(n->address, name));
}

static void forward_advice(const struct network *n, char *buf, size_t size)
{
    const struct config *c = n->config;
    unsigned last = c->rtc.udp_port_first + network_media_ports(c) - 1u;
    int at = snprintf(buf, size, "UDP %u-%u", c->rtc.udp_port_first, last);
    if (c->rtc.tcp_port && at > 0 && (size_t)at < size)
        snprintf(buf + at, size - (size_t)at, " and TCP %u", c->rtc.tcp_port);
}

static void judge_one(struct network *n, const struct net_addr *a, const char *text)
{
    const struct network_interface *at = interface_of(n, a);
    enum address_scope scope = address_scope(a);
    char ports[64];
    forward_advice(n, ports, sizeof(ports));
    if (scope == SCOPE_PUBLIC && at)
        report_good(n->report, "offered: %s, an address of this machine (%s)", text, at->name);
    else if (scope == SCOPE_PUBLIC)
        report_good(n->report,
                    "offered: %s, which is not this machine's own: the router has to forward %s "
                    "to it",
                    text, ports);
    else
        report_note(n->report, "offered: %s (%s)", text, scope_words(scope));
}

/* The scopes of all that is offered, as bits. */
static unsigned judge_offered(struct network *n)
{
    size_t i;
    json_t *o;
    unsigned scopes = 0;
    json_array_foreach(json_object_get(n->address, "offered"), i, o)
    {
        const char *text = json_string_value(json_object_get(o, "address"));
        struct net_addr a;
        if (!read_address(&a, text))
            continue;
        scopes |= 1u << address_scope(&a);
        judge_one(n, &a, text);
    }
    return scopes;
}

static void judge_scopes(struct network *n, unsigned scopes)
{
    const struct config *c = n->config;
    if (scopes == 0)
        report_bad(n->report, "is any network interface up? See rtc.interfaces and rtc.ips",
                   "no address is offered: no client can send or receive media");
    else if (scopes & 1u << SCOPE_PUBLIC)
        return;
    else if (c->development)
        report_note(n->report, "--dev: only clients on this machine can take part");
    else if (scopes == 1u << SCOPE_LOOPBACK)
        report_bad(n->report, "remove rtc.node_ip, or set it to an address of this machine",
                   "only clients on this machine can take part");
    else if (scopes & 1u << SCOPE_CARRIER)
        report_bad(n->report,
                   "ask the provider for a public IPv4 address, use IPv6, or put TURN on a server "
                   "outside",
                   "the address is behind the provider's NAT: nobody reaches it from outside");
    else if (c->rtc.node_ip.n > 0 || c->address.advertise.n > 0)
        report_note(n->report,
                    "only private addresses, as configured: clients outside this network cannot "
                    "take part");
    else if (!c->rtc.use_external_ip)
        report_bad(n->report,
                   "set rtc.use_external_ip: true (it asks STUN servers), or rtc.node_ip to the "
                   "public address. For a private network name its address in rtc.node_ip",
                   "only private addresses are offered: clients on the internet cannot take part");
    else
        report_bad(n->report, "see the STUN servers below",
                   "the public address is not known: clients on the internet cannot take part");
}

/* --- STUN --- */

static void judge_server(struct network *n, const json_t *s, unsigned *answering)
{
    const char *name = json_string_value(json_object_get(s, "name"));
    const char *mapped = json_string_value(json_object_get(s, "mapped"));
    const char *local = json_string_value(json_object_get(s, "local"));
    struct net_addr outside, inside;
    if (!mapped || !json_is_number(json_object_get(s, "age"))) {
        report_note(n->report, "STUN server %s has not answered", name ? name : "?");
        return;
    }
    ++*answering;
    if (read_address(&outside, mapped) && read_address(&inside, local) && inside.port != 0 &&
        outside.port != inside.port)
        report_note(n->report,
                    "STUN server %s sees media port %u as %s: the router changes the port, so it "
                    "has no rule that forwards %u, or one that is not used for what goes out",
                    name, inside.port, mapped, inside.port);
    else
        report_good(n->report, "STUN server %s sees the media port as %s", name, mapped);
}

static void judge_stun(struct network *n)
{
    size_t i;
    json_t *s;
    unsigned answering = 0;
    if (!n->config->rtc.use_external_ip || n->config->rtc.node_ip.n > 0)
        return;
    json_array_foreach(json_object_get(n->address, "stun"), i, s) judge_server(n, s, &answering);
    if (answering == 0)
        report_bad(n->report,
                   "does DNS work (getent hosts stun.l.google.com)? Does a firewall stop UDP to "
                   "the outside? rtc.stun_servers names others",
                   "no STUN server answers on the media ports");
    if (flag(n, "stun_disagreement"))
        report_bad(n->report, "is there more than one way out? rtc.node_ip settles it",
                   "STUN servers see different addresses of ours");
    if (flag(n, "symmetric_nat"))
        report_bad(n->report,
                   "forward the media ports on the router: then the mapping is the same for all",
                   "the router gives every destination another port (symmetric NAT): clients "
                   "cannot reach the media ports unless they are forwarded");
}

/* --- what was heard --- */

static void judge_heard(struct network *n, uint64_t heard)
{
    json_int_t participants = json_integer_value(json_object_get(n->process, "participants"));
    if (heard > 0)
        report_good(n->report, "media ports: %llu packets of clients have come in",
                    (unsigned long long)heard);
    else if (participants > 0)
        report_bad(n->report,
                   "a firewall or router stops UDP to the media ports. In the cloud: the security "
                   "group; here: see below",
                   "%lld clients are there by signalling, but no packet of theirs has come in",
                   (long long)participants);
    else
        report_note(n->report, "media ports: no client has sent anything yet, so that it is not "
                               "known whether they are reached from outside");
}

void judge_address(struct network *n, uint64_t heard)
{
    judge_scopes(n, judge_offered(n));
    if (flag(n, "degraded"))
        report_bad(n->report, "docs/address.md tells where it is looked for",
                   "an address of the outside is wanted and none is known for sure");
    if (flag(n, "line_down"))
        report_bad(n->report, "is the router up? Is the cable in?",
                   "the line is down: nothing at all is heard from outside");
    judge_stun(n);
    judge_heard(n, heard);
}

/* Packets of clients since the dataplane's start, by its file of counters. */
static uint64_t packets_heard(const struct network *n)
{
    static const enum counter counters[] = {COUNTER_RX_STUN, COUNTER_RX_DTLS, COUNTER_RX_RTP};
    char path[512], err[STATS_ERROR_TEXT];
    struct stats_segment s;
    uint64_t sum = 0;
    snprintf(path, sizeof(path), "%s/dataplane.stats", n->run_dir);
    if (!stats_segment_open(&s, path, err))
        return 0;
    for (uint32_t i = 0; i < s.header->blocks; i++) {
        for (size_t k = 0; k < sizeof(counters) / sizeof(counters[0]); k++)
            sum += counters_get(&s.block[i], counters[k]);
    }
    stats_segment_close(&s);
    return sum;
}

void check_address(struct network *n)
{
    report_heading(n->report, "addresses", "");
    if (n->address)
        judge_address(n, packets_heard(n));
    else
        report_note(n->report, "not known while control does not answer");
}
