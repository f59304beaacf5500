/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/trendline.h"

#include <math.h>

#define SMOOTHING       0.9
#define GAIN            4.0
#define DELTAS_FULL     60 /* the slope counts fully from so many groups on */
#define DELTAS_COUNTED  1000
#define OVER_TIME_MS    10.0
#define THRESHOLD_START 12.5
#define THRESHOLD_MIN   6.0
#define THRESHOLD_MAX   600.0
#define ADAPT_UP        0.0087
#define ADAPT_DOWN      0.039
#define ADAPT_OFFSET    15.0 /* what exceeds the threshold by more is no reason to raise it */
#define ADAPT_MS_MAX    100.0

void trendline_init(struct trendline *t)
{
    *t = (struct trendline){.threshold = THRESHOLD_START, .over_ms = -1};
}

/* The least-squares slope of delay over arrival; keeps the old one if all arrived at once. */
static double slope(const struct trendline *t)
{
    double x_mean = 0, y_mean = 0, num = 0, den = 0;
    for (unsigned i = 0; i < TRENDLINE_WINDOW; i++) {
        x_mean += t->arrived_ms[i] / TRENDLINE_WINDOW;
        y_mean += t->delay_ms[i] / TRENDLINE_WINDOW;
    }
    for (unsigned i = 0; i < TRENDLINE_WINDOW; i++) {
        double x = t->arrived_ms[i] - x_mean;
        num += x * (t->delay_ms[i] - y_mean);
        den += x * x;
    }
    return den > 0 ? num / den : t->slope;
}

static void adapt(struct trendline *t, double trend, usec_t now)
{
    if (t->adapted == 0)
        t->adapted = now;
    if (trend <= t->threshold + ADAPT_OFFSET) {
        double ms = fmin((double)(now - t->adapted) / USEC_PER_MS, ADAPT_MS_MAX);
        double rate = trend < t->threshold ? ADAPT_DOWN : ADAPT_UP;
        t->threshold += rate * (trend - t->threshold) * ms;
        t->threshold = fmin(fmax(t->threshold, THRESHOLD_MIN), THRESHOLD_MAX);
    }
    t->adapted = now;
}

static void leave_over(struct trendline *t, enum cc_usage usage)
{
    t->over_ms = -1;
    t->over_count = 0;
    t->usage = usage;
}

static void judge(struct trendline *t, double now_slope, double sent_ms, usec_t now)
{
    double deltas = t->deltas < DELTAS_FULL ? t->deltas : DELTAS_FULL;
    double trend = deltas * now_slope * GAIN;
    if (t->deltas < 2) {
        t->usage = CC_USAGE_NORMAL;
        return;
    }
    if (trend > t->threshold) {
        t->over_ms = t->over_ms < 0 ? sent_ms / 2 : t->over_ms + sent_ms;
        t->over_count++;
        if (t->over_ms > OVER_TIME_MS && t->over_count > 1 && now_slope >= t->slope) {
            t->over_ms = 0;
            t->over_count = 0;
            t->usage = CC_USAGE_OVER;
        }
    } else {
        leave_over(t, trend < -t->threshold ? CC_USAGE_UNDER : CC_USAGE_NORMAL);
    }
    adapt(t, fabs(trend), now);
}

void trendline_update(struct trendline *t, const struct arrival_delta *d, usec_t now)
{
    t->deltas += t->deltas < DELTAS_COUNTED;
    t->accumulated_ms += d->arrived_ms - d->sent_ms;
    t->smoothed_ms = SMOOTHING * t->smoothed_ms + (1 - SMOOTHING) * t->accumulated_ms;
    t->elapsed_ms += d->arrived_ms;
    t->arrived_ms[t->at] = t->elapsed_ms;
    t->delay_ms[t->at] = t->smoothed_ms;
    t->at = (t->at + 1) % TRENDLINE_WINDOW;
    t->n += t->n < TRENDLINE_WINDOW;
    double now_slope = t->n == TRENDLINE_WINDOW ? slope(t) : t->slope;
    judge(t, now_slope, d->sent_ms, now);
    t->slope = now_slope;
}
