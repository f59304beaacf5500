/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/cc/remb_monitor.h"

#include <math.h>

#define PEAK_TIME   (5 * USEC_PER_SEC)
#define FALLEN      0.9  /* of the peak */
#define EXCEEDED    0.95 /* of what is sent */
#define FALLEN_TIME (200 * USEC_PER_MS)
#define RATE_TIME   (500 * USEC_PER_MS)

static void follow_sent(struct remb_monitor *r, uint64_t sent, usec_t now)
{
    if (r->at && now - r->at < RATE_TIME)
        return;
    if (r->at)
        r->sent_rate = (double)(sent - r->sent) * 8 * USEC_PER_SEC / (double)(now - r->at);
    r->sent = sent;
    r->at = now;
}

bool remb_monitor_heard(struct remb_monitor *r, double bps, uint64_t sent, usec_t now)
{
    follow_sent(r, sent, now);
    if (r->peak_at == 0 || bps >= r->peak || now - r->peak_at > PEAK_TIME) {
        r->peak = bps;
        r->peak_at = now;
    }
    r->newest = bps;
    if (bps > FALLEN * r->peak || bps > EXCEEDED * r->sent_rate) {
        r->fell_at = 0;
        return false;
    }
    if (r->fell_at == 0)
        r->fell_at = now;
    return now - r->fell_at >= FALLEN_TIME;
}
