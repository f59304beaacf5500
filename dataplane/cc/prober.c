/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/prober.h"

#include <math.h>

#define INTERVAL_MIN (2 * USEC_PER_SEC)
#define INTERVAL_MAX (8 * USEC_PER_SEC)
#define PRESSING_MAX (2 * USEC_PER_SEC)
/* After a success, and after congestion: soon if media uses less than is known to be there. */
#define REPEAT        (150 * USEC_PER_MS)
#define REPEAT_FULL   (1 * USEC_PER_SEC)
#define CALM          (1 * USEC_PER_SEC)
#define CALM_FULL     (5 * USEC_PER_SEC)
#define RESULT_WAIT   (1 * USEC_PER_SEC)
#define CLUSTER_TIME  (60 * USEC_PER_MS)
#define CLUSTER_LEAST (50 * USEC_PER_MS)
#define CLUSTER_MAX   (400 * USEC_PER_MS)
#define TRACE_TIME    (400 * USEC_PER_MS) /* a queue of its making is gone after that */
#define CLUSTER_BYTES 5000
#define CLUSTER_MIN   5 /* packets */
#define DOUBT_MAX     3
#define STEP_MAX      2.0 /* of the estimate, in one step */
#define STEP_MIN      1.15
#define RATE_MIN      200000.0
#define REACHED       0.85 /* of the rate tried: a success */
#define PACE          USEC_PER_MS
#define GOAL_RISEN    1.05

void prober_init(struct prober *p)
{
    *p = (struct prober){.interval = INTERVAL_MIN, .step = STEP_MAX};
}

static void not_too_late(struct prober *p, usec_t now)
{
    if (p->pressing && p->next > now + PRESSING_MAX)
        p->next = now + PRESSING_MAX;
}

void prober_want(struct prober *p, double goal, bool pressing, usec_t now)
{
    bool risen = goal > p->goal * GOAL_RISEN;
    if (risen)
        p->successes = 0;
    if (goal > 0 && p->goal <= 0 && p->next < now)
        p->next = now;
    p->goal = goal;
    if (goal <= 0)
        p->state = PROBER_IDLE;
    p->pressing = pressing;
    not_too_late(p, now);
}

static void back_off(struct prober *p, usec_t now)
{
    p->next = now + p->interval;
    not_too_late(p, now);
    p->interval = p->interval * 3 / 2;
    if (p->interval > INTERVAL_MAX)
        p->interval = INTERVAL_MAX;
    p->step = fmax(STEP_MIN, 1 + (p->step - 1) / 2);
    p->successes = 0;
    p->state = PROBER_IDLE;
}

void prober_verdict(struct prober *p, bool good)
{
    if (good)
        p->doubt = 0;
    else if (p->doubt < DOUBT_MAX)
        p->doubt++;
}

void prober_congested(struct prober *p, usec_t now)
{
    if (p->state != PROBER_IDLE)
        back_off(p, now);
    p->successes = 0;
    usec_t calm = (p->limited ? CALM : CALM_FULL) << p->doubt;
    if (p->next < now + calm)
        p->next = now + calm;
    not_too_late(p, now);
}

static void begin(struct prober *p, const struct cc_history *h, double estimate, usec_t now)
{
    p->rate = fmax(fmin(p->goal, p->step * estimate), RATE_MIN);
    p->cluster = p->cluster == UINT8_MAX ? 1 : (uint8_t)(p->cluster + 1);
    p->began = now;
    p->first = h->next;
    p->from_bytes = h->bytes;
    p->bytes_wanted = (uint32_t)(p->rate / 8 * (double)(CLUSTER_TIME << p->doubt) / USEC_PER_SEC);
    if (p->bytes_wanted < CLUSTER_BYTES)
        p->bytes_wanted = CLUSTER_BYTES;
    p->state = PROBER_SENDING;
}

static bool complete(const struct prober *p, usec_t now)
{
    return p->bytes >= p->bytes_wanted && p->packets >= CLUSTER_MIN &&
           now - p->began >= CLUSTER_LEAST << p->doubt;
}

/* Bytes that should have gone by now; the first ones at once. */
static uint32_t sending_due(struct prober *p, const struct cc_history *h, usec_t now)
{
    p->packets = (uint16_t)(h->next - p->first);
    p->bytes = (uint32_t)(h->bytes - p->from_bytes);
    if (complete(p, now)) {
        p->sent_at = now;
        p->state = PROBER_WAITING;
        return 0;
    }
    if (now - p->began > CLUSTER_MAX << p->doubt) { /* nothing to make packets of */
        back_off(p, now);
        return 0;
    }
    double due = p->rate / 8 * (double)(now - p->began + PACE) / USEC_PER_SEC;
    return due > p->bytes ? (uint32_t)(due - p->bytes) : 0;
}

uint32_t prober_due(struct prober *p, const struct cc_history *h, double estimate, usec_t now)
{
    if (p->goal <= 0)
        return 0;
    if (p->state == PROBER_WAITING && now >= p->sent_at + RESULT_WAIT)
        back_off(p, now);
    if (p->state == PROBER_IDLE && now >= p->next)
        begin(p, h, estimate, now);
    return p->state == PROBER_SENDING ? sending_due(p, h, now) : 0;
}

void prober_result(struct prober *p, double rate, usec_t now)
{
    if (p->state != PROBER_WAITING)
        return;
    if (rate < REACHED * p->rate) {
        back_off(p, now);
        return;
    }
    p->state = PROBER_IDLE;
    p->interval = INTERVAL_MIN;
    p->step = STEP_MAX;
    p->next = now + (p->limited ? REPEAT : REPEAT_FULL);
    if (p->rate >= p->goal)
        p->successes++;
    if (p->successes >= PROBE_SUCCESSES)
        p->next = now + INTERVAL_MIN;
}

bool prober_disturbs(const struct prober *p, usec_t rtt, usec_t now)
{
    if (p->state == PROBER_SENDING)
        return true;
    return p->sent_at && now - p->sent_at < TRACE_TIME + rtt;
}

usec_t prober_deadline(const struct prober *p)
{
    if (p->goal <= 0)
        return USEC_NEVER;
    switch (p->state) {
    case PROBER_IDLE:
        return p->next;
    case PROBER_SENDING:
        return p->began + PACE + (usec_t)(p->bytes * 8.0 * USEC_PER_SEC / p->rate);
    default:
        return p->sent_at + RESULT_WAIT;
    }
}
