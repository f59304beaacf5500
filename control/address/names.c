/* SPDX-License-Identifier: Apache-2.0 */
/* Names that stand for addresses: of STUN servers, of rtc.node_ip, of the line. */
#include "common/log.h"
#include "control/address/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STUN_PORT 3478

static struct watched_name *add(struct watcher *w, enum name_use use, const char *host)
{
    if (w->name_count == WATCHER_NAMES_MAX)
        return NULL;
    struct watched_name *n = &w->name[w->name_count++];
    *n = (struct watched_name){.use = use};
    snprintf(n->host, sizeof n->host, "%s", host);
    if (net_addr_parse(&n->resolved[0], n->host, 0)) {
        n->literal = true;
        n->count = 1;
        n->due = USEC_NEVER;
    }
    return n;
}

/* "host:port", "[v6]:port", "host" */
static void add_stun(struct watcher *w, const char *text)
{
    char host[CONFIG_TEXT];
    snprintf(host, sizeof host, "%s", text);
    char *colon = strrchr(host, ':'), *start = host;
    long port = STUN_PORT;
    if (colon && (strchr(host, ':') == colon || colon[-1] == ']')) {
        port = strtol(colon + 1, NULL, 10);
        *colon = '\0';
    }
    size_t len = strlen(host);
    if (*host == '[' && len > 2 && host[len - 1] == ']') {
        host[len - 1] = '\0';
        start++;
    }
    struct watched_name *n = port > 0 && port <= UINT16_MAX ? add(w, NAME_STUN, start) : NULL;
    if (!n) {
        log_warn("address", "rtc.stun_servers: not used: %s", text);
        return;
    }
    n->port = n->resolved[0].port = (uint16_t)port;
}

void names_init(struct watcher *w)
{
    const struct config *c = w->config;
    size_t count;
    const char *const *standard = config_default_stun(&count);
    for (size_t i = 0; i < c->rtc.node_ip.n; i++)
        add(w, NAME_NODE_IP, c->rtc.node_ip.text[i]);
    if (*c->address.dns_name)
        add(w, NAME_LINE, c->address.dns_name);
    if (!watcher_wants_stun(w))
        return;
    for (size_t i = 0; i < c->rtc.stun_servers.n; i++)
        add_stun(w, c->rtc.stun_servers.text[i]);
    for (size_t i = 0; c->rtc.stun_servers.n == 0 && i < count; i++)
        add_stun(w, standard[i]);
}

static usec_t pause_in_alarm(const struct watcher *w, usec_t now)
{
    return watcher_hurries(w, now) ? NAME_ALARMED : ALARM_SLOW;
}

/* STUN servers' names are known well enough, unless none of them answers. */
static bool matters_in_alarm(const struct watcher *w, const struct watched_name *n)
{
    return !n->literal && (n->use != NAME_STUN || n->count == 0 || w->stale_since);
}

/* In an alarm it is not waited for an answer: the question may have been lost with the line. */
void names_run(struct watcher *w, usec_t now)
{
    for (unsigned i = 0; i < w->name_count; i++) {
        struct watched_name *n = &w->name[i];
        if (n->literal || n->due > now)
            continue;
        n->asked = now;
        n->due =
            w->alarm_since && matters_in_alarm(w, n) ? now + pause_in_alarm(w, now) : USEC_NEVER;
        w->out.resolve(w->out.ctx, i, n->host);
    }
}

usec_t names_deadline(const struct watcher *w)
{
    usec_t at = USEC_NEVER;
    for (unsigned i = 0; i < w->name_count; i++)
        if (w->name[i].due < at)
            at = w->name[i].due;
    return at;
}

void names_hurry(struct watcher *w, usec_t now)
{
    usec_t pause = w->alarm_since ? pause_in_alarm(w, now) : NAME_ALARMED;
    for (unsigned i = 0; i < w->name_count; i++) {
        struct watched_name *n = &w->name[i];
        usec_t at = n->asked + pause > now ? n->asked + pause : now;
        if (matters_in_alarm(w, n) && n->due > at)
            n->due = at;
    }
}

const struct watched_name *names_of_server(const struct watcher *w, const struct net_addr *server)
{
    for (unsigned i = 0; i < w->name_count; i++)
        for (size_t k = 0; k < w->name[i].count; k++)
            if (w->name[i].use == NAME_STUN && net_addr_equal(&w->name[i].resolved[k], server))
                return &w->name[i];
    return NULL;
}

void names_gather(struct watcher *w)
{
    struct address_facts *f = &w->facts;
    f->node_ip_count = 0;
    f->dns[FAMILY_4] = f->dns[FAMILY_6] = (struct net_addr){0};
    for (unsigned i = 0; i < w->name_count; i++) {
        const struct watched_name *n = &w->name[i];
        for (size_t k = 0; k < n->count; k++) {
            struct net_addr *line = &f->dns[n->resolved[k].family == 6];
            if (n->use == NAME_NODE_IP && f->node_ip_count < CANDIDATE_ADDRESSES_MAX)
                f->node_ip[f->node_ip_count++] = n->resolved[k];
            else if (n->use == NAME_LINE && line->family == 0)
                *line = n->resolved[k];
        }
    }
}

/* One server per name and family, in the order of configuration. */
static void gather_servers(struct watcher *w)
{
    for (int family = 0; family < FAMILIES; family++) {
        struct net_addr list[VOTES_SERVERS_MAX];
        unsigned n = 0;
        for (unsigned i = 0; i < w->name_count; i++) {
            const struct watched_name *name = &w->name[i];
            for (size_t k = 0; name->use == NAME_STUN && k < name->count; k++) {
                if ((name->resolved[k].family == 6) != family)
                    continue;
                if (n < VOTES_SERVERS_MAX)
                    list[n++] = name->resolved[k];
                break;
            }
        }
        votes_set_servers(&w->votes[family], list, n);
    }
}

static bool keep(struct watched_name *n, const struct net_addr *list, size_t count)
{
    struct net_addr next[WATCHER_RESOLVED_MAX] = {0};
    count = count < WATCHER_RESOLVED_MAX ? count : WATCHER_RESOLVED_MAX;
    for (size_t i = 0; i < count; i++) {
        next[i] = list[i];
        next[i].port = n->port;
    }
    bool same = n->count == count && memcmp(n->resolved, next, sizeof next) == 0;
    memcpy(n->resolved, next, sizeof next);
    n->count = count;
    n->same = same ? n->same + 1 : 1;
    return !same;
}

static void failed(const struct watcher *w, struct watched_name *n, usec_t now)
{
    usec_t pause = w->alarm_since || n->failures < 10 ? pause_in_alarm(w, now) : NAME_FAILING;
    n->due = now + pause;
    if (n->answered && now - n->answered < NAME_OVERTAKE)
        return;
    if (n->failures++ == 0)
        log_warn("address", "a name does not resolve; what it said before is kept name=%s",
                 n->host);
}

void watcher_resolved(struct watcher *w, unsigned name, const struct net_addr *list, size_t n,
                      usec_t now)
{
    struct watched_name *at = &w->name[name];
    bool first = at->answered == 0;
    if (n == 0) {
        failed(w, at, now);
        return;
    }
    at->failures = 0;
    at->answered = now;
    bool changed = keep(at, list, n);
    at->due = now + NAME_AT_REST;
    if (at->use == NAME_STUN) {
        gather_servers(w);
        if (first)
            w->ask_at = now;
        return;
    }
    char reason[WATCHER_REASON];
    snprintf(reason, sizeof reason, "name %.200s %s", at->host, first ? "resolves" : "says so");
    if ((changed && !first) || w->alarm_since)
        at->due = at->asked + NAME_ALARMED; /* once more, to be sure */
    watcher_plan(w, reason, now);
}
