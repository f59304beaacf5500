/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/controller.h"

#include <math.h>

#define ESTIMATE_MIN   30000.0
#define ESTIMATE_MAX   100e6
#define CHECK_INTERVAL (1 * USEC_PER_SEC)
#define PATIENCE_MIN   (10 * USEC_PER_SEC)
#define PATIENCE_MAX   (80 * USEC_PER_SEC)
#define TOO_EARLY      (5 * USEC_PER_SEC) /* congestion so soon after a rise is because of it */
#define TRUST_TIME     (30 * USEC_PER_SEC)
#define PROBE_MARGIN   1.2 /* above what is hoped for */
#define PROBE_GROWTH   1.5 /* of what is used, if more than one step is missing */

void controller_init(struct controller *c, bool allow_pause)
{
    *c = (struct controller){
        .allow_pause = allow_pause, .patience = PATIENCE_MIN, .check_at = USEC_NEVER};
    bwe_init(&c->bwe, &(struct bwe_config){.start = ESTIMATE_MAX,
                                           .min = ESTIMATE_MIN,
                                           .max = ESTIMATE_MAX,
                                           .optimistic = true});
}

void controller_cap(struct controller *c, double bps)
{
    c->cap = bps;
    c->stale = true;
}

double controller_budget(const struct controller *c)
{
    double budget = c->limited ? c->budget : INFINITY;
    return c->cap > 0 ? fmin(budget, c->cap) : budget;
}

static void limit(struct controller *c, double bps, usec_t now)
{
    if (c->raised && now - c->raised < TOO_EARLY) {
        prober_verdict(&c->bwe.prober, false);
        c->patience = c->patience * 2 < PATIENCE_MAX ? c->patience * 2 : PATIENCE_MAX;
    }
    c->raised = 0;
    c->lowered = now;
    c->raise_at = now + c->patience;
    if (!c->limited || bps < c->budget) {
        c->budget = bps;
        c->stale = true;
    }
    c->limited = true;
}

static void raise(struct controller *c, double bps, usec_t now)
{
    if (bps <= c->budget)
        return;
    c->budget = bps;
    c->raised = now;
    c->stale = true;
}

void controller_feedback(struct controller *c, struct cc_history *h, const struct rtcp_twcc *t,
                         struct rtcp_twcc_cursor *cursor, usec_t now)
{
    bool fell = bwe_feedback(&c->bwe, h, t, cursor, now);
    double estimate = bwe_estimate(&c->bwe);
    c->by_remb = false;
    if (fell)
        limit(c, estimate, now);
    else if (c->limited && c->bwe.prober.successes >= PROBE_SUCCESSES)
        raise(c, estimate, now);
}

void controller_remb(struct controller *c, double bps, uint64_t sent, usec_t now)
{
    bool congested = remb_monitor_heard(&c->remb, bps, sent, now);
    if (congested) {
        c->by_remb = true;
        limit(c, bps, now);
    } else if (c->limited && c->by_remb && bps > PROBE_MARGIN * (c->last.used + c->last.step)) {
        raise(c, bps, now);
    }
}

/* Nobody can say what more would do, but for long nothing spoke against it. */
static void raise_by_patience(struct controller *c, usec_t now)
{
    if (!c->limited || now < c->raise_at)
        return;
    if (c->raised && now - c->raised >= TOO_EARLY) {
        prober_verdict(&c->bwe.prober, true);
        c->patience = PATIENCE_MIN;
    }
    c->raise_at = now + c->patience;
    raise(c, c->by_remb ? c->last.used + PROBE_MARGIN * c->last.step : bwe_estimate(&c->bwe), now);
}

/* Everything fits, and has for long: back to where it began. */
static void trust(struct controller *c, usec_t now)
{
    if (!c->limited || now - c->lowered < TRUST_TIME)
        return;
    c->limited = false;
    c->patience = PATIENCE_MIN;
    bwe_trust(&c->bwe);
}

static void want(struct controller *c, double reserved, usec_t now)
{
    const struct cc_allocation *a = &c->last;
    bool capped = c->cap > 0 && (!c->limited || c->cap < c->budget);
    double goal = 0;
    if (a->step > 0 && c->limited && !c->by_remb && !capped) {
        goal = fmin(fmax(a->used + a->step, PROBE_GROWTH * a->used), a->wanted);
        goal = PROBE_MARGIN * (goal + reserved);
    }
    prober_want(&c->bwe.prober, goal, a->paused, now);
}

void controller_allocate(struct controller *c, struct cc_track *tracks, unsigned n, double reserved,
                         usec_t now)
{
    raise_by_patience(c, now);
    c->stale = false;
    c->last = cc_allocate(tracks, n, controller_budget(c) - reserved, c->allow_pause);
    if (c->last.step <= 0)
        trust(c, now);
    want(c, reserved, now);
    c->check_at = c->limited || c->cap > 0 ? now + CHECK_INTERVAL : USEC_NEVER;
}

uint32_t controller_probe_due(struct controller *c, struct cc_history *h, usec_t now)
{
    return c->limited ? bwe_probe_due(&c->bwe, h, now) : (h->probe = 0);
}

usec_t controller_deadline(const struct controller *c)
{
    usec_t probe = c->limited ? prober_deadline(&c->bwe.prober) : USEC_NEVER;
    usec_t due = c->stale ? 1 : c->check_at;
    return probe < due ? probe : due;
}
