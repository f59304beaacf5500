/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/plan.h"

#include "common/config/advertise.h"

#include <stdio.h>
#include <string.h>

const char *address_source_name(enum address_source s)
{
    static const char *const names[] = {
        [SOURCE_NONE] = "interfaces", [SOURCE_ADVERTISE] = "advertise",
        [SOURCE_NODE_IP] = "node_ip", [SOURCE_STUN] = "stun",
        [SOURCE_DNS] = "dns",         [SOURCE_LAST_KNOWN] = "last known",
    };
    return names[s];
}

bool address_wants_external(const struct config *c)
{
    return c->rtc.use_external_ip || *c->address.dns_name;
}

static int family_of(const struct net_addr *a)
{
    return a->family == 6 ? FAMILY_6 : FAMILY_4;
}

static void offer(struct address_plan *p, const struct net_addr *at, bool udp, bool tcp)
{
    for (size_t i = 0; i < p->count; i++)
        if (net_addr_equal(&p->list[i].at, at) && p->list[i].udp == udp && p->list[i].tcp == tcp)
            return;
    if (p->count < CANDIDATE_ADDRESSES_MAX)
        p->list[p->count++] = (struct candidate_address){.at = *at, .udp = udp, .tcp = tcp};
}

/* With the media ports' own numbers. */
static void offer_ip(struct address_plan *p, const struct net_addr *ip)
{
    struct net_addr at = *ip;
    at.port = 0;
    offer(p, &at, true, true);
}

static void offer_advertised(struct address_plan *p, const struct config *c)
{
    for (size_t i = 0; i < c->address.advertise.n; i++) {
        struct config_advertise a;
        if (!config_advertise_parse(&a, c->address.advertise.text[i]))
            continue;
        p->source[family_of(&a.at)] = SOURCE_ADVERTISE;
        offer(p, &a.at, a.udp, a.tcp);
    }
}

static void offer_node_ip(struct address_plan *p, const struct address_facts *f)
{
    for (size_t i = 0; i < f->node_ip_count; i++) {
        int family = family_of(&f->node_ip[i]);
        if (p->source[family] == SOURCE_NONE)
            p->source[family] = SOURCE_NODE_IP;
        offer_ip(p, &f->node_ip[i]);
    }
}

static void offer_external(struct address_plan *p, const struct address_facts *f, int family)
{
    const struct net_addr *const by[] = {&f->stun[family], &f->dns[family], &f->last_known[family]};
    for (int i = 0; i < 3; i++) {
        if (by[i]->family == 0)
            continue;
        p->source[family] = (enum address_source)(SOURCE_STUN + i);
        p->external[family] = *by[i];
        p->external[family].port = 0;
        offer_ip(p, by[i]);
        return;
    }
}

static bool has_interface(const struct address_facts *f, int family)
{
    for (size_t i = 0; i < f->interface_count; i++)
        if (family_of(&f->interfaces[i]) == family)
            return true;
    return false;
}

/* An interface's own address beside one of the outside: the one that is mapped only when asked for,
 * others unless they are unwanted. */
static bool keep_internal(const struct address_plan *p, const struct config *c,
                          const struct address_facts *f, const struct net_addr *a)
{
    int family = family_of(a);
    if (c->rtc.advertise_internal_ip)
        return true;
    switch (p->source[family]) {
    case SOURCE_NONE:
        return !c->rtc.external_ip_only || p->count == 0;
    case SOURCE_STUN:
        return !c->rtc.external_ip_only && !net_addr_same_ip(a, &f->stun_local[family]);
    default:
        return false;
    }
}

static void offer_interfaces(struct address_plan *p, const struct config *c,
                             const struct address_facts *f)
{
    struct address_plan outside = *p;
    for (size_t i = 0; i < f->interface_count; i++)
        if (keep_internal(&outside, c, f, &f->interfaces[i]))
            offer_ip(p, &f->interfaces[i]);
    if (f->loopback.family && (outside.count == 0 || c->rtc.advertise_internal_ip))
        offer_ip(p, &f->loopback);
}

void address_plan_make(struct address_plan *p, const struct config *c,
                       const struct address_facts *f)
{
    memset(p, 0, sizeof *p);
    offer_advertised(p, c);
    offer_node_ip(p, f);
    bool explicit = p->count > 0;
    if (!explicit && address_wants_external(c)) {
        offer_external(p, f, FAMILY_4);
        if (has_interface(f, FAMILY_6) || !has_interface(f, FAMILY_4))
            offer_external(p, f, FAMILY_6);
        enum address_source s =
            p->source[FAMILY_4] != SOURCE_NONE ? p->source[FAMILY_4] : p->source[FAMILY_6];
        p->degraded = s == SOURCE_NONE || s == SOURCE_LAST_KNOWN;
    }
    if (!explicit || c->rtc.advertise_internal_ip)
        offer_interfaces(p, c, f);
    p->degraded |= c->rtc.node_ip.n > 0 && f->node_ip_count == 0;
}

bool address_plan_equal(const struct address_plan *a, const struct address_plan *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!net_addr_equal(&a->list[i].at, &b->list[i].at) || a->list[i].udp != b->list[i].udp ||
            a->list[i].tcp != b->list[i].tcp)
            return false;
    return true;
}

const char *address_plan_text(const struct address_plan *p, char buf[static ADDRESS_PLAN_TEXT])
{
    size_t n = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < p->count && n < ADDRESS_PLAN_TEXT; i++) {
        const struct candidate_address *a = &p->list[i];
        char text[NET_ADDR_TEXT];
        n += (size_t)snprintf(buf + n, ADDRESS_PLAN_TEXT - n, "%s%s%s", i ? " " : "",
                              a->at.port ? net_addr_format(&a->at, text)
                                         : net_addr_format_ip(&a->at, text),
                              a->udp && a->tcp ? ""
                              : a->udp         ? "/udp"
                                               : "/tcp");
    }
    return buf;
}
