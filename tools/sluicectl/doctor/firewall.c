/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's own packet filter, by nftables (and iptables on top of it). No simulation: an input
 * chain that drops what it does not know, and no rule that names the port, is what goes wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/doctor/network.h"

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

/* --- one rule --- */

static bool names_port(const json_t *right, uint16_t port)
{
    const json_t *range = json_object_get(right, "range"), *set = json_object_get(right, "set"), *v;
    size_t i;
    if (json_is_integer(right))
        return json_integer_value(right) == port;
    if (range)
        return json_integer_value(json_array_get(range, 0)) <= port &&
               json_integer_value(json_array_get(range, 1)) >= port;
    json_array_foreach(set, i, v)
    {
        if (names_port(v, port))
            return true;
    }
    return false;
}

struct rule {
    bool port, other_match, opaque, accepts, drops;
};

static void read_match(const json_t *match, const char *protocol, uint16_t port, struct rule *r)
{
    const json_t *payload = json_object_get(json_object_get(match, "left"), "payload");
    const char *p = text_of(payload, "protocol"), *field = text_of(payload, "field");
    bool dport = strcmp(field, "dport") == 0 && (strcmp(p, protocol) == 0 || strcmp(p, "th") == 0);
    if (dport && names_port(json_object_get(match, "right"), port))
        r->port = true;
    else
        r->other_match = true;
}

static struct rule read_rule(const json_t *rule, const char *protocol, uint16_t port)
{
    struct rule r = {0};
    size_t i;
    const json_t *e;
    json_array_foreach(json_object_get(rule, "expr"), i, e)
    {
        const json_t *match = json_object_get(e, "match");
        if (match)
            read_match(match, protocol, port, &r);
        r.opaque = r.opaque || json_object_get(e, "xt");
        r.accepts = r.accepts || json_object_get(e, "accept");
        r.drops = r.drops || json_object_get(e, "drop") || json_object_get(e, "reject");
    }
    return r;
}

/* --- the ruleset --- */

static bool is_input(const json_t *chain)
{
    return strcmp(text_of(chain, "hook"), "input") == 0 &&
           strcmp(text_of(chain, "type"), "filter") == 0;
}

static bool same_chain(const json_t *chain, const json_t *rule)
{
    return strcmp(text_of(chain, "name"), text_of(rule, "chain")) == 0 &&
           strcmp(text_of(chain, "table"), text_of(rule, "table")) == 0 &&
           strcmp(text_of(chain, "family"), text_of(rule, "family")) == 0;
}

/* Drops what no rule knows: by its policy, or by a last rule without condition. */
static bool is_closed(const json_t *list, const json_t *chain)
{
    size_t i;
    const json_t *o;
    bool drops = strcmp(text_of(chain, "policy"), "drop") == 0;
    json_array_foreach(list, i, o)
    {
        const json_t *rule = json_object_get(o, "rule");
        if (!rule || !same_chain(chain, rule))
            continue;
        struct rule r = read_rule(rule, "", 0);
        if (r.drops && !r.other_match && !r.opaque)
            drops = true;
    }
    return drops;
}

/* The name may stand in any chain: input chains jump. */
static enum firewall find_opening(const json_t *list, const char *protocol, uint16_t port)
{
    size_t i;
    const json_t *o;
    enum firewall found = FIREWALL_CLOSED;
    json_array_foreach(list, i, o)
    {
        const json_t *rule = json_object_get(o, "rule");
        struct rule r = rule ? read_rule(rule, protocol, port) : (struct rule){0};
        if (r.accepts && r.port)
            return FIREWALL_OPEN;
        if (r.opaque)
            found = FIREWALL_UNSURE;
    }
    return found;
}

enum firewall judge_ruleset(const json_t *root, const char *protocol, uint16_t port)
{
    const json_t *list = json_object_get(root, "nftables"), *o;
    size_t i;
    json_array_foreach(list, i, o)
    {
        const json_t *chain = json_object_get(o, "chain");
        if (chain && is_input(chain) && is_closed(list, chain))
            return find_opening(list, protocol, port);
    }
    return FIREWALL_NONE;
}

/* --- the command --- */

static json_t *read_ruleset(void)
{
    FILE *p = popen("nft -j list ruleset 2>/dev/null", "re"); /* NOLINT(cert-env33-c) */
    json_t *root = p ? json_loadf(p, 0, NULL) : NULL;
    if (p && pclose(p) != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

static void tell(struct network *n, const json_t *root, const char *protocol, uint16_t first,
                 uint16_t last)
{
    enum firewall worst = judge_ruleset(root, protocol, first);
    enum firewall at_end = judge_ruleset(root, protocol, last);
    char ports[32];
    snprintf(ports, sizeof(ports), first == last ? "%u" : "%u-%u", first, last);
    if (worst == FIREWALL_OPEN && at_end != FIREWALL_OPEN)
        worst = at_end;
    if (worst == FIREWALL_CLOSED)
        report_bad(n->report,
                   "let it in: nft add rule inet filter input ... dport { ports } accept, ufw "
                   "allow, or firewall-cmd --add-port",
                   "the packet filter drops what it has no rule for, and none names %s port %s",
                   protocol, ports);
    else if (worst == FIREWALL_UNSURE)
        report_note(n->report,
                    "the packet filter has rules that cannot be judged here; it has to let in %s "
                    "port %s",
                    protocol, ports);
    else
        report_good(n->report, "%s port %s: %s", protocol, ports,
                    worst == FIREWALL_NONE ? "no packet filter in the way on this machine"
                                           : "let in by the packet filter");
}

static bool has_old_tables(void)
{
    FILE *f = fopen("/proc/net/ip_tables_names", "re");
    bool any = f && fgetc(f) != EOF;
    if (f)
        fclose(f);
    return any;
}

void check_firewall(struct network *n)
{
    const struct config *c = n->config;
    json_t *root = read_ruleset();
    report_heading(n->report, "firewall", "");
    if (!root) {
        report_note(n->report, "the packet filter's rules cannot be read (that takes root, and "
                               "nft); the ports above have to be let in");
        return;
    }
    tell(n, root, "udp", c->rtc.udp_port_first,
         (uint16_t)(c->rtc.udp_port_first + network_media_ports(c) - 1));
    if (c->rtc.tcp_port)
        tell(n, root, "tcp", c->rtc.tcp_port, c->rtc.tcp_port);
    if (c->turn.enabled && c->turn.udp_port)
        tell(n, root, "udp", c->turn.udp_port, c->turn.udp_port);
    if (c->turn.enabled && c->turn.tls_port)
        tell(n, root, "tcp", c->turn.tls_port, c->turn.tls_port);
    if (has_old_tables())
        report_note(n->report, "there are rules of legacy iptables too, which were not looked at "
                               "(iptables-legacy -L)");
    json_decref(root);
}
