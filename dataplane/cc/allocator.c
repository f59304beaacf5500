/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/allocator.h"

#include <math.h>

#define TOLERANCE    1.1 /* of what is chosen already */
#define TEMPORAL_MIN 1   /* above the lowest layer: larger, but not at a quarter of the frames */
#define CLASSES      (CC_SPATIAL + 1)

struct step {
    bool found;
    struct cc_choice to;
    double rate;
};

static double rate_of(const struct cc_track *t, const struct cc_choice *c)
{
    return c->paused ? 0 : t->rates[c->spatial][c->temporal];
}

/* 0: first. */
static unsigned class_of(const struct cc_track *t)
{
    return t->screen_share ? 0 : CC_SPATIAL - (t->max_spatial < CC_SPATIAL ? t->max_spatial : 2);
}

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* The next better choice within what is wanted; where nothing of that is to be had, the lowest
 * above it. */
static struct step next_step(const struct cc_track *t, const struct cc_choice *from)
{
    double now = rate_of(t, from);
    uint8_t top = least(t->max_spatial, CC_SPATIAL - 1);
    uint8_t most = least(t->max_temporal, CC_TEMPORAL - 1);
    for (uint8_t s = from->paused ? 0 : from->spatial; s < CC_SPATIAL; s++) {
        if (s > top && !from->paused)
            break;
        uint8_t first = s > 0 ? least(TEMPORAL_MIN, most) : 0;
        if (!from->paused && s == from->spatial)
            first = (uint8_t)(from->temporal + 1);
        for (uint8_t q = first; q <= most; q++) {
            if (t->rates[s][q] > now)
                return (struct step){true, {false, s, q}, t->rates[s][q]};
        }
    }
    return (struct step){0};
}

/* Whether a step leads to no more than the track has at present. */
static bool within(const struct cc_choice *to, const struct cc_choice *present)
{
    return !present->paused &&
           (to->spatial < present->spatial ||
            (to->spatial == present->spatial && to->temporal <= present->temporal));
}

struct pass {
    struct cc_track *tracks;
    unsigned n;
    double left, budget;
};

static bool fits(const struct pass *p, const struct step *s, const struct cc_choice *present,
                 double more)
{
    double slack = within(&s->to, present) ? (TOLERANCE - 1) * p->budget : 0;
    return more <= p->left + slack;
}

static bool improve(struct pass *p, struct cc_track *t, const struct cc_choice *present)
{
    struct step s = next_step(t, &t->choice);
    double more = s.rate - rate_of(t, &t->choice);
    if (!s.found || !fits(p, &s, present, more))
        return false;
    t->choice = s.to;
    p->left -= more;
    return true;
}

static bool nothing_to_be_had(const struct cc_track *t)
{
    struct cc_choice none = {.paused = true};
    return !next_step(t, &none).found;
}

static void lowest_for_all(struct pass *p, const struct cc_choice *present, bool allow_pause)
{
    for (unsigned class = 0; class < CLASSES; class ++) {
        for (unsigned i = 0; i < p->n; i++) {
            struct cc_track *t = &p->tracks[i];
            if (class_of(t) != class || nothing_to_be_had(t))
                continue;
            t->choice = (struct cc_choice){.paused = true};
            if (improve(p, t, &present[i]) || allow_pause)
                continue;
            struct step s = next_step(t, &t->choice);
            t->choice = s.to;
            p->left -= s.rate;
        }
    }
}

static void improve_all(struct pass *p, const struct cc_choice *present)
{
    for (unsigned class = 0; class < CLASSES; class ++) {
        for (bool any = true; any;) {
            any = false;
            for (unsigned i = 0; i < p->n; i++) {
                struct cc_track *t = &p->tracks[i];
                if (class_of(t) == class && !t->choice.paused && !nothing_to_be_had(t))
                    any |= improve(p, t, &present[i]);
            }
        }
    }
}

static double best_rate(const struct cc_track *t)
{
    struct cc_choice c = {.paused = true};
    for (struct step s = next_step(t, &c); s.found; s = next_step(t, &c))
        c = s.to;
    return rate_of(t, &c);
}

static void sum_up(const struct pass *p, struct cc_allocation *a)
{
    for (unsigned i = 0; i < p->n; i++) {
        const struct cc_track *t = &p->tracks[i];
        if (nothing_to_be_had(t))
            continue;
        double now = rate_of(t, &t->choice);
        struct step s = next_step(t, &t->choice);
        a->used += now;
        a->wanted += best_rate(t);
        a->paused |= t->choice.paused;
        if (s.found && (a->step <= 0 || s.rate - now < a->step))
            a->step = s.rate - now;
    }
}

struct cc_allocation cc_allocate(struct cc_track *tracks, unsigned n, double budget,
                                 bool allow_pause)
{
    struct pass p = {.tracks = tracks, .n = n, .left = budget, .budget = budget};
    struct cc_allocation a = {0};
    struct cc_choice present[CC_TRACKS_MAX] = {0};
    if (n > CC_TRACKS_MAX)
        p.n = CC_TRACKS_MAX;
    for (unsigned i = 0; i < p.n; i++)
        present[i] = tracks[i].choice;
    lowest_for_all(&p, present, allow_pause);
    improve_all(&p, present);
    sum_up(&p, &a);
    return a;
}
