/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/watcher.h"

#include "common/config/advertise.h"
#include "common/log.h"
#include "common/random.h"

#include <stdio.h>
#include <string.h>

#define TRANSMISSIONS_AT_REST 3
#define SETTLED_BY            3                  /* answers that confirm what is believed */
#define PORTS_TOGETHER        (2 * USEC_PER_SEC) /* answers to different media ports */

bool watcher_wants_stun(const struct watcher *w)
{
    const struct config *c = w->config;
    return c->rtc.use_external_ip && c->address.advertise.n == 0 && c->rtc.node_ip.n == 0;
}

void watcher_init(struct watcher *w, const struct config *config, const struct watcher_output *out,
                  usec_t now)
{
    memset(w, 0, sizeof *w);
    w->config = config;
    w->out = *out;
    w->ask_at = now;
    w->loud_at = now + ALARM_ASK;
    w->alarm_since = now; /* nothing is known yet */
    names_init(w);
    for (unsigned i = 0; i < w->name_count; i++)
        if (w->name[i].literal) {
            struct net_addr own = w->name[i].resolved[0];
            watcher_resolved(w, i, &own, 1, now);
            w->name[i].due = USEC_NEVER;
        }
}

void watcher_last_known(struct watcher *w, const struct net_addr *a)
{
    w->facts.last_known[a->family == 6] = *a;
}

/* ---- what is believed ---- */

static bool any_live(const struct watcher *w)
{
    return votes_live(&w->votes[FAMILY_4]) || votes_live(&w->votes[FAMILY_6]);
}

/* An alarm that no server has answered for so long. */
static bool unanswered(const struct watcher *w, usec_t now, usec_t patience)
{
    return w->alarm_since && w->alarm_answered == 0 && now - w->alarm_since >= patience;
}

/* No server answers: the name of the line is believed if it says the same twice. */
static bool dns_overrules(const struct watcher *w, usec_t now)
{
    bool stale = w->stale_since && now - w->stale_since >= STALE_AFTER;
    usec_t since = stale ? w->stale_since : w->alarm_since;
    if (!stale && !unanswered(w, now, LINE_DEAD))
        return false;
    for (unsigned i = 0; i < w->name_count; i++)
        if (w->name[i].use == NAME_LINE)
            return w->name[i].failures == 0 && w->name[i].same >= 2 && w->name[i].answered > since;
    return false;
}

static void gather(struct watcher *w, usec_t now)
{
    names_gather(w);
    bool overruled = dns_overrules(w, now);
    for (int f = 0; f < FAMILIES; f++) {
        struct votes *v = &w->votes[f];
        bool dns = overruled && w->facts.dns[f].family;
        if (dns)
            votes_adopt(v, &w->facts.dns[f], now);
        w->facts.stun[f] = dns ? (struct net_addr){0} : v->current;
        w->facts.stun_local[f] = v->local;
    }
}

static void note_change(struct watcher *w, const char *reason, usec_t now)
{
    struct address_change *h = &w->history[w->changes++ % WATCHER_HISTORY];
    h->unix_ms = (int64_t)(clock_realtime() / USEC_PER_MS);
    address_plan_text(&w->plan, h->offered);
    snprintf(h->reason, sizeof h->reason, "%s", reason);
    w->offered_since = now;
}

void watcher_plan(struct watcher *w, const char *reason, usec_t now)
{
    struct address_plan next;
    if (!w->ready)
        return;
    gather(w, now);
    address_plan_make(&next, w->config, &w->facts);
    for (int f = 0; f < FAMILIES; f++)
        if (next.source[f] == SOURCE_STUN || next.source[f] == SOURCE_DNS) {
            if (!net_addr_same_ip(&next.external[f], &w->facts.last_known[f]))
                w->out.remember(w->out.ctx, &next.external[f]);
            w->facts.last_known[f] = next.external[f];
        }
    bool changed = !w->planned || !address_plan_equal(&next, &w->plan);
    bool recovered = w->planned && w->plan.degraded && !next.degraded;
    w->plan = next;
    if (recovered)
        log_info("address", "the address of the outside is known again");
    if (!changed)
        return;
    char text[ADDRESS_PLAN_TEXT];
    log_info("address", "%s addresses=\"%s\" reason=\"%s\"", w->planned ? "changed" : "offered",
             address_plan_text(&next, text), reason);
    w->planned = true;
    note_change(w, reason, now);
    w->out.offer(w->out.ctx, &w->plan, reason, now);
}

static void tell_once(bool *told, bool now_so, const char *text)
{
    if (now_so && !*told)
        log_warn("address", "%s", text);
    *told = now_so;
}

static void decide(struct watcher *w, usec_t now)
{
    char reason[VOTES_REASON], text[WATCHER_REASON] = "";
    for (int f = 0; f < FAMILIES; f++) {
        struct votes *v = &w->votes[f];
        if (votes_decide(v, now, reason)) {
            snprintf(text, sizeof text, "%s", reason);
            w->confirmations = 0;
        }
        if (!v->current.family)
            continue;
        tell_once(&w->told_disagreement[f], v->disagreement,
                  "STUN servers disagree; what most of them say, or said before, is kept");
        tell_once(&w->told_symmetric[f], v->symmetric,
                  "the NAT gives each destination another port (symmetric): the media ports must "
                  "be forwarded, or sluice.advertise be set");
    }
    if (w->planned && (*text || w->plan.degraded))
        watcher_plan(w, *text ? text : "STUN servers answer", now);
}

/* ---- asking ---- */

static size_t add_family(const struct watcher *w, int family, Sluice__Link__StunServer *list,
                         char (*text)[NET_ADDR_TEXT], size_t n)
{
    bool own = false;
    for (size_t i = 0; i < w->facts.interface_count; i++)
        own |= (w->facts.interfaces[i].family == 6) == family;
    for (unsigned i = 0; own && i < w->votes[family].count; i++, n++) {
        const struct vote_server *s = &w->votes[family].server[i];
        list[n] = (Sluice__Link__StunServer)SLUICE__LINK__STUN_SERVER__INIT;
        list[n].address = (char *)(uintptr_t)net_addr_format(&s->server, text[n]);
        list[n].bare = s->bare;
    }
    return n;
}

static void ask(struct watcher *w, usec_t now)
{
    Sluice__Link__StunServer list[FAMILIES * VOTES_SERVERS_MAX];
    Sluice__Link__StunServer *pointers[FAMILIES * VOTES_SERVERS_MAX];
    char text[FAMILIES * VOTES_SERVERS_MAX][NET_ADDR_TEXT];
    size_t n = add_family(w, FAMILY_4, list, text, 0);
    n = add_family(w, FAMILY_6, list, text, n);
    if (n == 0 || !w->link_up)
        return;
    for (size_t i = 0; i < n; i++)
        pointers[i] = &list[i];
    Sluice__Link__AskStun m = SLUICE__LINK__ASK_STUN__INIT;
    m.n_servers = n;
    m.servers = pointers;
    m.round = ++w->round;
    m.transmissions = w->alarm_since ? 1 : TRANSMISSIONS_AT_REST;
    w->round_asked[w->round % 256] = now;
    w->out.ask(w->out.ctx, &m);
    for (m.worker = 1; !w->alarm_since && m.worker < w->ports; m.worker++)
        w->out.ask(w->out.ctx, &m);
}

bool watcher_hurries(const struct watcher *w, usec_t now)
{
    return w->alarm_since && now - w->alarm_since < ALARM_FAST;
}

static usec_t next_ask(const struct watcher *w, usec_t now)
{
    if (w->alarm_since)
        return now + (watcher_hurries(w, now) ? ALARM_ASK : ALARM_SLOW);
    usec_t interval = w->config->address.stun_interval;
    return now + interval * 4 / 5 + random_u32() % (interval * 2 / 5 + 1);
}

void watcher_alarm(struct watcher *w, const char *reason, usec_t now)
{
    if (!w->alarm_since || strcmp(w->alarm_reason, reason) != 0)
        log_info("address", "looking anew reason=\"%s\"", reason);
    snprintf(w->alarm_reason, sizeof w->alarm_reason, "%s", reason);
    if (!w->alarm_since || now - w->alarm_since > ALARM_FAST) {
        w->alarm_since = now;
        w->alarm_answered = 0;
        w->confirmations = 0;
        w->ask_at = now;
    }
    names_hurry(w, now);
}

static bool named_line(const struct watcher *w)
{
    for (unsigned i = 0; i < w->name_count; i++)
        if (!w->name[i].literal && w->name[i].use != NAME_STUN)
            return true;
    return false;
}

/* The alarm is over when what is believed was confirmed, or there is nobody to ask. */
static void settle(struct watcher *w, usec_t now)
{
    if (!w->alarm_since || now - w->alarm_since < ALARM_SETTLE)
        return;
    bool nobody = !watcher_wants_stun(w) && !w->plan.degraded && !w->line_down;
    if (w->confirmations < SETTLED_BY && !nobody && now - w->alarm_since < ALARM_END)
        return;
    w->alarm_since = 0;
    w->settled_at = now;
    w->ask_at = next_ask(w, now);
}

/* ---- the line ---- */

static void set_line(struct watcher *w, bool down, usec_t now)
{
    if (down == w->line_down && (!down || now - w->line_told_at < LINE_REPEAT))
        return;
    if (down != w->line_down)
        log_warn("address", "%s",
                 down ? "the line is down: nobody is heard and no server answers"
                      : "the line is back");
    w->line_down = down;
    w->line_told_at = now;
    w->out.line(w->out.ctx, down);
}

static void judge_line(struct watcher *w, usec_t now)
{
    bool silent = w->silence_at && now - w->silence_at < SILENCE_FRESH;
    bool askable = watcher_wants_stun(w) || named_line(w);
    if (silent && askable && unanswered(w, now, LINE_DEAD))
        set_line(w, true, now);
    else if (w->line_down && (w->heard || w->alarm_answered || !w->alarm_since))
        set_line(w, false, now);
}

static void judge_staleness(struct watcher *w, usec_t now)
{
    bool live = any_live(w) || !watcher_wants_stun(w);
    if (!live && w->stale_since == 0)
        w->stale_since = now;
    if (!live || w->stale_since == 0)
        return;
    w->stale_since = 0;
    watcher_plan(w, "STUN servers answer", now);
}

/* ---- what comes in ---- */

void watcher_interfaces(struct watcher *w, const struct net_addr *list, size_t n,
                        const struct net_addr *loopback, usec_t now)
{
    struct address_facts *f = &w->facts;
    n = n < CANDIDATE_ADDRESSES_MAX ? n : CANDIDATE_ADDRESSES_MAX;
    bool same = n == f->interface_count && memcmp(f->interfaces, list, n * sizeof *list) == 0;
    memcpy(f->interfaces, list, n * sizeof *list);
    f->interface_count = n;
    f->loopback = *loopback;
    w->ready = true;
    if (!same || !w->planned)
        watcher_plan(w, w->planned ? "addresses of the interfaces changed" : "start", now);
    if (!same)
        w->ask_at = now;
}

void watcher_link(struct watcher *w, bool up, usec_t now)
{
    w->link_up = up;
    w->silence_at = 0;
    w->silent = 0;
    w->silent_all = false;
    w->line_down = w->heard = false;
    if (up && watcher_wants_stun(w))
        w->ask_at = now;
}

void watcher_ports(struct watcher *w, size_t n)
{
    w->ports = n < WATCHER_PORTS_MAX ? (unsigned)n : WATCHER_PORTS_MAX;
    memset(w->port, 0, sizeof w->port);
}

static struct vote_server *server_of(struct watcher *w, const char *text, struct votes **votes)
{
    for (int f = 0; f < FAMILIES; f++)
        for (unsigned i = 0; i < w->votes[f].count; i++) {
            char own[NET_ADDR_TEXT];
            *votes = &w->votes[f];
            if (strcmp(net_addr_format(&w->votes[f].server[i].server, own), text) == 0)
                return &w->votes[f].server[i];
        }
    return NULL;
}

/* "192.0.2.1:50000", "[2001:db8::1]:50000" */
static bool read_address(struct net_addr *a, const char *text)
{
    struct config_advertise parsed;
    bool good = config_advertise_parse(&parsed, text);
    *a = parsed.at;
    return good;
}

/* A NAT may give each port another address. */
static void judge_ports(struct watcher *w)
{
    bool split = false;
    for (unsigned i = 1; i < w->ports; i++) {
        const struct mapped_port *p = &w->port[i];
        const struct votes *v = &w->votes[p->mapped.family == 6];
        bool fresh = p->answered > v->since && p->answered + PORTS_TOGETHER > w->port[0].answered;
        split |= fresh && v->current.family && !net_addr_same_ip(&p->mapped, &v->current);
    }
    tell_once(
        &w->told_split, split,
        "the NAT maps media ports to different addresses; clients of some workers do not reach "
        "them: forward the ports, or use one worker");
}

static void note_port(struct watcher *w, const Sluice__Link__MappedAddress *m, usec_t now)
{
    struct net_addr mapped, local;
    if (m->outcome != SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED || m->worker >= w->ports ||
        !read_address(&mapped, m->mapped) || !read_address(&local, m->local))
        return;
    w->port[m->worker] = (struct mapped_port){.local = local, .mapped = mapped, .answered = now};
    if (m->worker != 0)
        judge_ports(w);
}

static void answered(struct watcher *w, struct votes *v, struct vote_server *s,
                     const Sluice__Link__MappedAddress *m, usec_t now)
{
    struct net_addr mapped, local;
    usec_t asked = w->round_asked[m->round % 256];
    if (!read_address(&mapped, m->mapped) || !read_address(&local, m->local) ||
        mapped.family != s->server.family)
        return;
    votes_answer(v, s, &mapped, &local, m->rtt_us, asked, now);
    if (w->alarm_since && asked >= w->alarm_since) {
        w->alarm_answered = now;
        w->confirmations += net_addr_same_ip(&mapped, &v->current);
    }
}

void watcher_mapped(struct watcher *w, const Sluice__Link__MappedAddress *m, usec_t now)
{
    struct votes *v;
    struct vote_server *s = w->round - m->round < 256 ? server_of(w, m->server, &v) : NULL;
    if (!s)
        return;
    note_port(w, m, now);
    if (m->worker != 0)
        return;
    switch (m->outcome) {
    case SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED:
        answered(w, v, s, m, now);
        break;
    case SLUICE__LINK__STUN_OUTCOME__STUN_BARE:
        if (votes_bare(s))
            log_warn("address",
                     "STUN server leaves out FINGERPRINT; its answers are taken without server=%s",
                     m->server);
        return;
    default:
        votes_no_answer(s, w->round_asked[m->round % 256]);
        break;
    }
    judge_staleness(w, now);
    decide(w, now);
    judge_line(w, now);
    settle(w, now);
}

/* Asks at once, unless it was done a moment ago. */
static void ask_now(struct watcher *w, usec_t now)
{
    usec_t last = w->round_asked[w->round % 256],
           at = last + ALARM_ASK > now ? last + ALARM_ASK : now;
    w->ask_at = at < w->ask_at ? at : w->ask_at;
    names_hurry(w, now);
}

void watcher_silence(struct watcher *w, const Sluice__Link__Silence *m, usec_t now)
{
    bool several = m->total || m->silent >= 2;
    bool onset = (m->total && !w->silent_all) || m->silent >= w->silent + 2;
    w->silence_at = m->silent ? now : 0;
    w->heard = m->connected > 0 && m->silent == 0; /* who restarts ICE is not connected */
    w->silent = m->silent;
    w->silent_all = m->total;
    bool lately = w->settled_at && now - w->settled_at < SILENCE_FRESH;
    if (several && (onset || !lately))
        watcher_alarm(w, m->total ? "nothing is heard of anybody" : "several peers are silent",
                      now);
    else if (m->silent || m->suspected >= 2 || m->suspected == m->connected)
        ask_now(w, now);
    judge_line(w, now);
}

/* ---- time ---- */

static void be_loud(struct watcher *w, usec_t now)
{
    w->loud_at = now + LOUD_EVERY;
    char text[ADDRESS_PLAN_TEXT];
    if (w->plan.degraded)
        log_warn("address",
                 "degraded: how the outside reaches us is not known, from no source; offered for "
                 "now: \"%s\"",
                 address_plan_text(&w->plan, text));
}

void watcher_tick(struct watcher *w, usec_t now)
{
    names_run(w, now);
    if (w->alarm_since)
        names_hurry(w, now);
    if (w->ask_at <= now) {
        w->ask_at = watcher_wants_stun(w) ? next_ask(w, now)
                    : w->alarm_since      ? now + ALARM_ASK
                                          : USEC_NEVER;
        if (watcher_wants_stun(w))
            ask(w, now);
    }
    judge_staleness(w, now);
    decide(w, now);
    judge_line(w, now);
    settle(w, now);
    if (w->loud_at <= now)
        be_loud(w, now);
}

usec_t watcher_deadline(const struct watcher *w)
{
    const usec_t all[] = {names_deadline(w), w->ask_at, w->loud_at,
                          votes_deadline(&w->votes[FAMILY_4]), votes_deadline(&w->votes[FAMILY_6])};
    usec_t at = USEC_NEVER;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        at = all[i] < at ? all[i] : at;
    return at;
}
