/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/sender_stats.h"

#include "dataplane/rtcp/round_trip.h"

void sender_stats_report(struct sender_stats *s, const struct rtcp_report_block *b,
                         uint64_t now_ntp, usec_t now)
{
    if (b->cumulative_lost > s->cumulative_lost)
        s->lost_total += (uint64_t)((int64_t)b->cumulative_lost - s->cumulative_lost);
    s->cumulative_lost = b->cumulative_lost;
    s->fraction_lost = b->fraction_lost;
    s->jitter = b->jitter;
    s->highest_seq = b->highest_seq;
    s->report_at = now;
    usec_t rtt;
    if (round_trip(now_ntp, b->lsr, b->dlsr, &rtt))
        s->rtt = rtt;
}
