/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reception statistics of one SSRC and the report block made of them (RFC 3550 sections 6.4.1, A.3
 * and A.8).
 */
#ifndef SLUICE_DATAPLANE_RTCP_RECEIVER_STATS_H
#define SLUICE_DATAPLANE_RTCP_RECEIVER_STATS_H

#include "common/clock.h"
#include "dataplane/rtcp/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct receiver_stats {
    uint64_t base, highest; /* 64-bit sequence numbers as of sequence_extend(); 0: none yet */
    uint64_t received, bytes;
    uint64_t prior_expected, prior_received; /* at the last report */
    uint32_t clock_rate;
    uint32_t transit;  /* in timestamp units, modulo 2^32 */
    uint32_t jitter16; /* jitter * 16 */
    uint32_t last_ts;
    uint64_t sr_ntp; /* newest sender report; 0: none */
    uint32_t sr_rtp_ts;
    usec_t sr_arrival;
};

void receiver_stats_init(struct receiver_stats *s, uint32_t clock_rate);

/* RFC 3550 A.8. Packets of one frame share a timestamp: the first one speaks for it. */
static inline void receiver_stats_jitter(struct receiver_stats *s, uint32_t ts, usec_t now)
{
    uint32_t transit = (uint32_t)(now * s->clock_rate / USEC_PER_SEC) - ts;
    int32_t change = (int32_t)(transit - s->transit);
    uint32_t size = change < 0 ? 0U - (uint32_t)change : (uint32_t)change;
    if (s->received > 1 && size < s->clock_rate * 10U) /* more is a new start of the clock */
        s->jitter16 += size - ((s->jitter16 + 8) >> 4);
    s->transit = transit;
    s->last_ts = ts;
}

/* One packet that came over the network in its own stream (not by RTX), not a duplicate.
 * `in_order`: it has the highest sequence number so far; only those count for the jitter. */
static inline void receiver_stats_packet(struct receiver_stats *s, uint64_t seq, uint32_t ts,
                                         size_t bytes, bool in_order, usec_t now)
{
    if (s->highest == 0)
        s->base = s->highest = seq;
    else if (seq > s->highest)
        s->highest = seq;
    s->received++;
    s->bytes += bytes;
    if (in_order && (ts != s->last_ts || s->received == 1))
        receiver_stats_jitter(s, ts, now);
}

/* A packet that was lost, brought by RTX: not lost any more. */
static inline void receiver_stats_recovered(struct receiver_stats *s)
{
    s->received++;
}

void receiver_stats_sender_report(struct receiver_stats *s, uint64_t ntp, uint32_t rtp_ts,
                                  usec_t now);

static inline uint64_t receiver_stats_expected(const struct receiver_stats *s)
{
    return s->highest ? s->highest - s->base + 1 : 0;
}

/* Packets lost so far; negative if more came than were expected. */
static inline int64_t receiver_stats_lost(const struct receiver_stats *s)
{
    return (int64_t)(receiver_stats_expected(s) - s->received);
}

static inline usec_t receiver_stats_jitter_us(const struct receiver_stats *s)
{
    return s->clock_rate ? (usec_t)(s->jitter16 >> 4) * USEC_PER_SEC / s->clock_rate : 0;
}

/* The report block for `ssrc`, and a new interval for the fraction lost. False before the first
 * packet. */
bool receiver_stats_report(struct receiver_stats *s, uint32_t ssrc, usec_t now,
                           struct rtcp_report_block *b);

#endif
