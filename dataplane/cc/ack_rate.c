/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/ack_rate.h"

#include <math.h>

#define WINDOW_FIRST   500000 /* us */
#define WINDOW         150000
#define VARIANCE_START 50.0
#define VARIANCE_STEP  5.0   /* what a window adds by itself */
#define VARIANCE_JUMP  200.0 /* a change is announced */
#define DISTRUST       10.0  /* of samples far from the estimate */
#define BPS_PER_KBPS   1000.0

void ack_rate_init(struct ack_rate *a)
{
    *a = (struct ack_rate){.variance = VARIANCE_START};
}

/* True if a window has ended: *kbps is its rate. */
static bool advance(struct ack_rate *a, int64_t arrived, double *kbps)
{
    int64_t length = a->known ? WINDOW : WINDOW_FIRST;
    bool ended = false;
    if (a->started && arrived < a->at) { /* the receiver's clock, or reordering */
        if (a->at - arrived < WINDOW)
            return false;
        a->started = false;
        a->bytes = 0;
        a->window = 0;
    }
    if (a->started) {
        a->window += arrived - a->at;
        if (arrived - a->at > length) { /* a pause: what was before tells nothing */
            a->bytes = 0;
            a->window %= length;
        }
    }
    if (a->window >= length) {
        *kbps = (double)a->bytes * 8 * 1000 / (double)length;
        a->window -= length;
        a->bytes = 0;
        ended = true;
    }
    a->at = arrived;
    a->started = true;
    return ended;
}

static void join(struct ack_rate *a, double sample)
{
    double estimate = a->rate / BPS_PER_KBPS;
    double distrust = DISTRUST * fabs(estimate - sample) / fmax(estimate, 1);
    double sample_variance = distrust * distrust, prior = a->variance + VARIANCE_STEP;
    estimate = (sample_variance * estimate + prior * sample) / (sample_variance + prior);
    a->variance = sample_variance * prior / (sample_variance + prior);
    a->rate = estimate * BPS_PER_KBPS;
}

void ack_rate_packet(struct ack_rate *a, int64_t arrived, uint32_t size)
{
    double kbps;
    if (advance(a, arrived, &kbps)) {
        if (a->known) {
            join(a, kbps);
        } else {
            a->known = true;
            a->rate = kbps * BPS_PER_KBPS;
        }
    }
    a->bytes += size;
}

void ack_rate_gap(struct ack_rate *a)
{
    a->started = false;
}

void ack_rate_expect_change(struct ack_rate *a)
{
    a->variance += VARIANCE_JUMP;
}
