/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/loss_bound.h"

#include <math.h>

#define SAMPLE_MIN     20 /* packets */
#define LOSS_LOW       0.02
#define LOSS_HIGH      0.10
#define GROWTH         1.08
#define LOWER_INTERVAL (300 * USEC_PER_MS)
#define LOWER_SHARE    0.5  /* of the lost fraction */
#define ACKED_SHARE    0.85 /* not below this of what arrives */
#define SAMPLE_AGE_MAX (3 * USEC_PER_SEC)
#define PROOF_RATE     0.6 /* lowered to this share of the rate, */
#define PROOF_LOSS     0.7 /* and this share of the loss is still there: it is not ours */

void loss_bound_init(struct loss_bound *l, double max)
{
    *l = (struct loss_bound){.rate = max, .max = max};
}

void loss_bound_packets(struct loss_bound *l, uint32_t told, uint32_t lost, usec_t now)
{
    if (l->told == 0 || now - l->began > SAMPLE_AGE_MAX) {
        l->began = now;
        l->told = l->lost = 0;
    }
    l->told += told;
    l->lost += lost;
    if (l->told < SAMPLE_MIN)
        return;
    l->fraction = (double)l->lost / l->told;
    l->told = l->lost = 0;
    l->fresh = true;
    l->sampled = now;
    bool high = l->fraction > LOSS_HIGH;
    if (high && !l->high)
        l->high_since = now;
    l->high = high;
}

static bool inherent(const struct loss_bound *l, double rate)
{
    return l->first_rate > 0 && rate < PROOF_RATE * l->first_rate &&
           l->fraction > PROOF_LOSS * l->first_fraction;
}

static void lower(struct loss_bound *l, double rate, double acked, usec_t now)
{
    if (l->first_rate <= 0) {
        l->first_rate = rate;
        l->first_fraction = l->fraction;
    }
    if (inherent(l, rate))
        return;
    double to = rate * (1 - LOWER_SHARE * l->fraction);
    l->rate = fmin(l->rate, fmax(to, ACKED_SHARE * acked));
    l->lowered = now;
    l->fresh = false;
}

void loss_bound_update(struct loss_bound *l, double rate, double acked, usec_t rtt, usec_t now)
{
    double seconds = l->changed ? fmin((double)(now - l->changed) / USEC_PER_SEC, 1) : 0;
    l->changed = now;
    if (now - l->sampled > SAMPLE_AGE_MAX) { /* few packets: it was long ago */
        l->fraction = 0;
        l->high = false;
    }
    if (l->high && l->fresh && (l->lowered == 0 || now - l->lowered >= LOWER_INTERVAL + rtt)) {
        lower(l, rate, acked, now);
    } else if (l->fraction <= LOSS_LOW) {
        l->rate = fmin(l->rate * pow(GROWTH, seconds) + 1000 * seconds, l->max);
        l->first_rate = 0;
    }
}

void loss_bound_raise(struct loss_bound *l, double rate)
{
    l->rate = fmin(fmax(l->rate, rate), l->max);
}
