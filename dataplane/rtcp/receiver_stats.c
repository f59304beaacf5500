/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtcp/receiver_stats.h"

#include "dataplane/rtcp/round_trip.h"
#include "dataplane/rtp/sequence.h"

#define LOST_MAX 0x7fffff
#define LOST_MIN (-0x800000)

void receiver_stats_init(struct receiver_stats *s, uint32_t clock_rate)
{
    *s = (struct receiver_stats){.clock_rate = clock_rate};
}

void receiver_stats_sender_report(struct receiver_stats *s, uint64_t ntp, uint32_t rtp_ts,
                                  usec_t now)
{
    s->sr_ntp = ntp;
    s->sr_rtp_ts = rtp_ts;
    s->sr_arrival = now;
}

/* RFC 3550 A.3; the interval starts anew. */
static uint8_t take_fraction_lost(struct receiver_stats *s)
{
    uint64_t expected = receiver_stats_expected(s) - s->prior_expected;
    int64_t lost = (int64_t)(expected - (s->received - s->prior_received));
    s->prior_expected += expected;
    s->prior_received = s->received;
    if (expected == 0 || lost <= 0)
        return 0;
    uint64_t fraction = ((uint64_t)lost << 8) / expected;
    return fraction > UINT8_MAX ? UINT8_MAX : (uint8_t)fraction;
}

static int32_t clamp_lost(int64_t lost)
{
    if (lost > LOST_MAX)
        return LOST_MAX;
    return lost < LOST_MIN ? LOST_MIN : (int32_t)lost;
}

bool receiver_stats_report(struct receiver_stats *s, uint32_t ssrc, usec_t now,
                           struct rtcp_report_block *b)
{
    if (s->highest == 0)
        return false;
    *b = (struct rtcp_report_block){
        .ssrc = ssrc,
        .fraction_lost = take_fraction_lost(s),
        .cumulative_lost = clamp_lost(receiver_stats_lost(s)),
        .highest_seq = (uint32_t)(s->highest - SEQUENCE_FIRST_CYCLE),
        .jitter = s->jitter16 >> 4,
    };
    if (s->sr_arrival != 0) {
        b->lsr = ntp_middle(s->sr_ntp);
        b->dlsr = middle_from_usec(now - s->sr_arrival);
    }
    return true;
}
