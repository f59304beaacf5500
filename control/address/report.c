/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/report.h"

static json_t *seconds(usec_t t)
{
    uint64_t ms = t / USEC_PER_MS;
    return json_real((double)ms / 1000);
}

static json_t *age(usec_t at, usec_t now)
{
    return at ? seconds(now - at) : json_null();
}

static json_t *ip(const struct net_addr *a)
{
    char text[NET_ADDR_TEXT];
    return a->family ? json_string(net_addr_format_ip(a, text)) : json_null();
}

static json_t *full(const struct net_addr *a)
{
    char text[NET_ADDR_TEXT];
    return a->family ? json_string(net_addr_format(a, text)) : json_null();
}

static json_t *offered(const struct address_plan *p)
{
    json_t *list = json_array();
    for (size_t i = 0; i < p->count; i++) {
        const struct candidate_address *c = &p->list[i];
        json_t *o = json_pack("{so sb sb}", "address", c->at.port ? full(&c->at) : ip(&c->at),
                              "udp", c->udp, "tcp", c->tcp);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *stun_servers(const struct watcher *w, usec_t now)
{
    json_t *list = json_array();
    for (int f = 0; f < FAMILIES; f++)
        for (unsigned i = 0; i < w->votes[f].count; i++) {
            const struct vote_server *s = &w->votes[f].server[i];
            const struct watched_name *n = names_of_server(w, &s->server);
            json_array_append_new(list, json_pack("{ss so so so so so si sb sb}", "name",
                                                  n ? n->host : "", "server", full(&s->server),
                                                  "mapped", full(&s->mapped), "local",
                                                  full(&s->local), "age", age(s->answered, now),
                                                  "rtt_ms", json_real((double)s->rtt / USEC_PER_MS),
                                                  "unanswered", (int)s->unanswered, "outvoted",
                                                  s->outvoted, "no_fingerprint", s->bare));
        }
    return list;
}

static json_t *ports(const struct watcher *w, usec_t now)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < w->ports; i++) {
        const struct mapped_port *p = &w->port[i];
        json_array_append_new(list,
                              json_pack("{si so so so}", "worker", (int)i, "local", full(&p->local),
                                        "mapped", full(&p->mapped), "age", age(p->answered, now)));
    }
    return list;
}

static json_t *names(const struct watcher *w, usec_t now)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < w->name_count; i++) {
        const struct watched_name *n = &w->name[i];
        if (n->use == NAME_STUN || n->literal)
            continue;
        json_t *addresses = json_array();
        for (size_t k = 0; k < n->count; k++)
            json_array_append_new(addresses, ip(&n->resolved[k]));
        json_array_append_new(list, json_pack("{ss ss so so si}", "name", n->host, "use",
                                              n->use == NAME_LINE ? "dns_name" : "node_ip",
                                              "addresses", addresses, "age", age(n->answered, now),
                                              "failures", (int)n->failures));
    }
    return list;
}

static json_t *history(const struct watcher *w)
{
    json_t *list = json_array();
    uint32_t n = w->changes < WATCHER_HISTORY ? w->changes : WATCHER_HISTORY;
    for (uint32_t i = w->changes - n; i < w->changes; i++) {
        const struct address_change *h = &w->history[i % WATCHER_HISTORY];
        json_array_append_new(list, json_pack("{sf ss ss}", "unix", (double)h->unix_ms / 1000,
                                              "offered", h->offered, "reason", h->reason));
    }
    return list;
}

static json_t *last_known(const struct watcher *w)
{
    json_t *list = json_array();
    for (int f = 0; f < FAMILIES; f++)
        if (w->facts.last_known[f].family)
            json_array_append_new(list, ip(&w->facts.last_known[f]));
    return list;
}

json_t *report_make(const struct watcher *w, usec_t now)
{
    const struct address_plan *p = &w->plan;
    bool disagreement = w->votes[FAMILY_4].disagreement || w->votes[FAMILY_6].disagreement;
    bool symmetric = w->votes[FAMILY_4].symmetric || w->votes[FAMILY_6].symmetric;
    return json_pack("{so so si ss ss sb sb sb sb sb sb so so so so so}", "offered", offered(p),
                     "since", age(w->offered_since, now), "changes", (int)w->changes, "source_ipv4",
                     address_source_name(p->source[FAMILY_4]), "source_ipv6",
                     address_source_name(p->source[FAMILY_6]), "degraded", p->degraded, "looking",
                     w->alarm_since != 0, "line_down", w->line_down, "stun_disagreement",
                     disagreement, "symmetric_nat", symmetric, "split_nat", w->told_split, "ports",
                     ports(w, now), "stun", stun_servers(w, now), "names", names(w, now),
                     "last_known", last_known(w), "history", history(w));
}
