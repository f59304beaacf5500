/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/aimd.h"

#include <math.h>

#define BETA             0.85 /* of what arrives, when it is too much */
#define GROWTH           1.08 /* a second */
#define GROWTH_MIN       1000.0
#define BEYOND_ACKED     1.5 /* no growth above this much of what arrives */
#define BEYOND_ACKED_BPS 10000.0
#define MARGIN_BPS       5000.0
#define RTT_DEFAULT      (200 * USEC_PER_MS)
#define REDUCE_MIN       (10 * USEC_PER_MS)
#define REDUCE_MAX       (200 * USEC_PER_MS)
#define PACKET_BITS      (1200 * 8)
#define FRAME_RATE       30
#define NEAR_MIN_BPS     4000.0
#define DEVIATION_START  0.4
#define DEVIATION_MAX    2.5

void aimd_init(struct aimd *a, double start, double min, double max)
{
    *a = (struct aimd){.rate = start,
                       .min = min,
                       .max = max,
                       .state = AIMD_HOLD,
                       .capacity = {.deviation = DEVIATION_START}};
}

static void capacity_sample(struct capacity *c, double kbps)
{
    const double weight = 0.05;
    c->kbps = c->known ? (1 - weight) * c->kbps + weight * kbps : kbps;
    c->known = true;
    double error = c->kbps - kbps;
    c->deviation = (1 - weight) * c->deviation + weight * error * error / fmax(c->kbps, 1);
    c->deviation = fmin(fmax(c->deviation, DEVIATION_START), DEVIATION_MAX);
}

/* Whether a rate is too far off to be of the same capacity. */
static bool capacity_below(const struct capacity *c, double kbps)
{
    return c->known && kbps > c->kbps + 3 * sqrt(c->deviation * c->kbps);
}

static bool capacity_above(const struct capacity *c, double kbps)
{
    return c->known && kbps < c->kbps - 3 * sqrt(c->deviation * c->kbps);
}

static void set_rate(struct aimd *a, double rate, usec_t now)
{
    a->rate = fmin(fmax(rate, a->min), a->max);
    a->changed = now;
}

static double seconds_since(const struct aimd *a, usec_t now)
{
    return a->changed ? fmin((double)(now - a->changed) / USEC_PER_SEC, 1) : 0;
}

/* A packet more per response time. */
static double near_increase(const struct aimd *a, usec_t rtt)
{
    double frame_bits = a->rate / FRAME_RATE;
    double packets = ceil(frame_bits / PACKET_BITS);
    double response = (double)((rtt ? rtt : RTT_DEFAULT) + 100 * USEC_PER_MS) / USEC_PER_SEC;
    return fmax(frame_bits / packets / response, NEAR_MIN_BPS);
}

static void increase(struct aimd *a, double acked, usec_t rtt, usec_t now)
{
    double limit = acked > 0 ? BEYOND_ACKED * acked + BEYOND_ACKED_BPS : a->max;
    double seconds = seconds_since(a, now), rate = a->rate;
    if (capacity_below(&a->capacity, acked / 1000))
        a->capacity.known = false;
    if (a->capacity.known)
        rate += near_increase(a, rtt) * seconds;
    else
        rate += fmax(a->rate * (pow(GROWTH, seconds) - 1), GROWTH_MIN * seconds);
    if (a->rate < limit)
        set_rate(a, fmin(rate, limit), now);
    else
        a->changed = now;
}

static void decrease(struct aimd *a, double acked, usec_t now)
{
    double rate = BETA * acked;
    if (rate > MARGIN_BPS)
        rate -= MARGIN_BPS;
    if (rate > a->rate && a->capacity.known)
        rate = BETA * a->capacity.kbps * 1000;
    if (capacity_above(&a->capacity, acked / 1000))
        a->capacity.known = false;
    capacity_sample(&a->capacity, acked / 1000);
    set_rate(a, fmin(rate, a->rate), now);
    a->state = AIMD_HOLD;
}

static bool may_decrease(const struct aimd *a, double acked, usec_t rtt, usec_t now)
{
    usec_t interval = rtt ? rtt : RTT_DEFAULT;
    interval = interval < REDUCE_MIN ? REDUCE_MIN : interval > REDUCE_MAX ? REDUCE_MAX : interval;
    return a->changed == 0 || now - a->changed >= interval || acked < a->rate / 2;
}

void aimd_update(struct aimd *a, enum cc_usage usage, double acked, usec_t rtt, usec_t now)
{
    switch (usage) {
    case CC_USAGE_OVER:
        if (acked > 0 && may_decrease(a, acked, rtt, now))
            decrease(a, acked, now);
        break;
    case CC_USAGE_UNDER: /* queues drain: wait until they have */
        a->state = AIMD_HOLD;
        break;
    case CC_USAGE_NORMAL:
        if (a->state == AIMD_HOLD)
            a->changed = now;
        a->state = AIMD_INCREASE;
        increase(a, acked, rtt, now);
        break;
    }
}

void aimd_set(struct aimd *a, double rate, usec_t now)
{
    set_rate(a, rate, now);
}
