/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/votes.h"

#include <stdio.h>
#include <string.h>

struct tally {
    struct net_addr value;
    const struct vote_server *first; /* of the voters, in the order of configuration */
    unsigned votes, others;
    uint32_t streak; /* the least of the voters' */
    usec_t since;    /* when the first sign of the value was asked for */
    bool outvoted;   /* a voter was */
};

void votes_set_servers(struct votes *v, const struct net_addr *servers, unsigned count)
{
    struct vote_server next[VOTES_SERVERS_MAX];
    count = count < VOTES_SERVERS_MAX ? count : VOTES_SERVERS_MAX;
    for (unsigned i = 0; i < count; i++) {
        const struct vote_server *known = votes_find(v, &servers[i]);
        next[i] = known ? *known : (struct vote_server){.server = servers[i]};
    }
    memcpy(v->server, next, count * sizeof(next[0]));
    v->count = count;
}

struct vote_server *votes_find(struct votes *v, const struct net_addr *server)
{
    for (unsigned i = 0; i < v->count; i++)
        if (net_addr_equal(&v->server[i].server, server))
            return &v->server[i];
    return NULL;
}

/* Different ports for one local port at one time: the NAT makes a mapping for each destination. */
static void look_for_symmetry(struct votes *v)
{
    v->symmetric = false;
    for (unsigned i = 0; i < v->count; i++)
        for (unsigned k = 0; k < i; k++) {
            const struct vote_server *a = &v->server[i], *b = &v->server[k];
            if (a->mapped.family && b->mapped.family && net_addr_same_ip(&a->mapped, &b->mapped) &&
                net_addr_equal(&a->local, &b->local) && a->mapped.port != b->mapped.port)
                v->symmetric = true;
        }
}

void votes_answer(struct votes *v, struct vote_server *s, const struct net_addr *mapped,
                  const struct net_addr *local, usec_t rtt, usec_t asked, usec_t now)
{
    s->unanswered = 0;
    if (asked < s->asked)
        return; /* overtaken by a newer one */
    bool same = s->mapped.family != 0 && net_addr_same_ip(&s->mapped, mapped);
    if (!same)
        s->streak_since = asked;
    s->streak = same ? s->streak + 1 : 1;
    s->mapped = *mapped;
    s->local = *local;
    s->rtt = rtt;
    s->asked = asked;
    s->answered = now;
    if (!s->bare)
        s->fingerprints = true;
    if (v->first_answer == 0)
        v->first_answer = now;
    look_for_symmetry(v);
}

void votes_no_answer(struct vote_server *s, usec_t asked)
{
    if (asked > s->asked)
        s->unanswered++;
}

bool votes_bare(struct vote_server *s)
{
    s->bare_seen++;
    if (s->bare || s->fingerprints || s->bare_seen < VOTES_BARE)
        return false;
    s->bare = true;
    return true;
}

bool votes_live(const struct votes *v)
{
    for (unsigned i = 0; i < v->count; i++)
        if (v->server[i].answered && v->server[i].unanswered < VOTES_DEAD)
            return true;
    return false;
}

static bool says(const struct vote_server *s, const struct net_addr *value)
{
    return s->answered && net_addr_same_ip(&s->mapped, value);
}

/* Who says `value`, and who has said something else since the first sign of it. */
static struct tally count(const struct votes *v, const struct net_addr *value)
{
    struct tally t = {.value = *value, .since = USEC_NEVER, .streak = UINT32_MAX};
    for (unsigned i = 0; i < v->count; i++) {
        const struct vote_server *s = &v->server[i];
        if (!says(s, value) || s->unanswered >= VOTES_DEAD)
            continue;
        t.first = t.first ? t.first : s;
        t.votes++;
        t.since = s->streak_since < t.since ? s->streak_since : t.since;
        t.streak = s->streak < t.streak ? s->streak : t.streak;
        t.outvoted |= s->outvoted;
    }
    for (unsigned i = 0; i < v->count; i++) {
        const struct vote_server *s = &v->server[i];
        t.others +=
            s->answered && !says(s, value) && s->asked >= t.since && s->unanswered < VOTES_DEAD;
    }
    return t;
}

/* The value with most votes that is not current; ties go to the server that is named first. */
static struct tally best_challenger(const struct votes *v)
{
    struct tally best = {0};
    for (unsigned i = 0; i < v->count; i++) {
        const struct vote_server *s = &v->server[i];
        if (!s->answered || says(s, &v->current))
            continue;
        struct tally t = count(v, &s->mapped);
        if (t.votes > best.votes)
            best = t;
    }
    return best;
}

static unsigned answering(const struct votes *v)
{
    unsigned n = 0;
    for (unsigned i = 0; i < v->count; i++)
        n += v->server[i].answered && v->server[i].unanswered < VOTES_DEAD;
    return n;
}

/* How often each voter must have said it: more for an address that keeps coming back. */
static uint32_t streak_needed(const struct votes *v, const struct net_addr *value, usec_t now)
{
    for (unsigned i = 0; i < VOTES_LEFT_MAX; i++) {
        if (v->left[i].times == 0 || now - v->left[i].at > VOTES_LEFT ||
            !net_addr_same_ip(&v->left[i].mapped, value))
            continue;
        uint32_t shift = v->left[i].times < 3 ? v->left[i].times : 3;
        return 1u << shift;
    }
    return 1;
}

static bool wins_first(const struct votes *v, const struct tally *t, usec_t now)
{
    if (t->votes > t->others && (t->votes >= 2 || v->count == 1))
        return true;
    unsigned settled = 0;
    for (unsigned i = 0; i < v->count; i++)
        settled += v->server[i].answered || v->server[i].unanswered > 0;
    return settled == v->count || now - v->first_answer >= VOTES_FIRST_GRACE;
}

static bool wins_over_current(const struct votes *v, const struct tally *t, usec_t now)
{
    uint32_t needed = streak_needed(v, &t->value, now);
    if (t->votes <= t->others)
        return false;
    if (t->votes >= 2)
        return t->streak >= needed;
    return !t->outvoted && t->streak >= needed + 1 && t->first->asked - t->since >= VOTES_ALONE;
}

static void remember_left(struct votes *v, usec_t now)
{
    unsigned at = (v->newest_left + 1) % VOTES_LEFT_MAX;
    for (unsigned i = 0; i < VOTES_LEFT_MAX; i++)
        if (v->left[i].times && net_addr_same_ip(&v->left[i].mapped, &v->current))
            at = i;
    bool again = v->left[at].times && net_addr_same_ip(&v->left[at].mapped, &v->current) &&
                 now - v->left[at].at <= VOTES_LEFT;
    v->left[at].times = again ? v->left[at].times + 1 : 1;
    v->left[at].mapped = v->current;
    v->left[at].at = now;
    if (!again)
        v->newest_left = at;
}

static void take(struct votes *v, const struct tally *t, usec_t now, char *reason)
{
    if (v->current.family)
        remember_left(v, now);
    v->current = t->first->mapped;
    v->local = t->first->local;
    v->since = now;
    if (v->count == 1)
        snprintf(reason, VOTES_REASON, "STUN server says so");
    else
        snprintf(reason, VOTES_REASON, "%u of %u STUN servers that answer say so", t->votes,
                 answering(v));
}

static void judge_servers(struct votes *v)
{
    struct tally t = count(v, &v->current);
    v->disagreement = false;
    for (unsigned i = 0; i < v->count; i++) {
        struct vote_server *s = &v->server[i];
        if (!s->answered || s->unanswered >= VOTES_DEAD || s->asked < v->since)
            continue;
        bool agrees = says(s, &v->current);
        v->disagreement |= !agrees && s->streak >= VOTES_INSISTS;
        if (agrees)
            s->outvoted = false;
        else if (t.votes >= 2 && t.votes > count(v, &s->mapped).votes)
            s->outvoted = true;
    }
}

/* Port and local address may change without the address. */
static void follow_port(struct votes *v)
{
    for (unsigned i = 0; i < v->count; i++)
        if (says(&v->server[i], &v->current)) {
            v->current = v->server[i].mapped;
            v->local = v->server[i].local;
            return;
        }
}

bool votes_decide(struct votes *v, usec_t now, char reason[static VOTES_REASON])
{
    struct tally t = best_challenger(v);
    bool won =
        t.votes > 0 && (v->current.family ? wins_over_current(v, &t, now) : wins_first(v, &t, now));
    if (won)
        take(v, &t, now, reason);
    else if (v->current.family == 0 && v->first_answer &&
             now >= v->first_answer + VOTES_FIRST_GRACE)
        v->first_answer = 0; /* who answered is gone again */
    if (v->current.family) {
        follow_port(v);
        judge_servers(v);
    }
    return won;
}

void votes_adopt(struct votes *v, const struct net_addr *value, usec_t now)
{
    if (net_addr_same_ip(&v->current, value))
        return;
    if (v->current.family)
        remember_left(v, now);
    v->current = *value;
    v->since = now;
}

usec_t votes_deadline(const struct votes *v)
{
    return v->current.family == 0 && v->first_answer ? v->first_answer + VOTES_FIRST_GRACE
                                                     : USEC_NEVER;
}
