/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one sent stream counts (RFC 3550 section 6.4.1), and what its receiver tells of it.
 */
#ifndef SLUICE_DATAPLANE_RTCP_SENDER_STATS_H
#define SLUICE_DATAPLANE_RTCP_SENDER_STATS_H

#include "common/clock.h"
#include "dataplane/rtcp/parse.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sender_stats {
    uint64_t packets, octets; /* octets of payload, without header and padding */
    usec_t rtt;               /* newest; 0: not known */
    usec_t report_at;         /* newest report; 0: none */
    uint32_t jitter;          /* as told, timestamp units */
    uint32_t highest_seq;     /* as told */
    int32_t cumulative_lost;  /* as told */
    uint8_t fraction_lost;
    uint64_t lost_total; /* grows only: increments of cumulative_lost */
};

static inline void sender_stats_packet(struct sender_stats *s, size_t payload_len)
{
    s->packets++;
    s->octets += payload_len;
}

/* A report block about this stream. now_ntp: on the clock of the sender reports. */
void sender_stats_report(struct sender_stats *s, const struct rtcp_report_block *b,
                         uint64_t now_ntp, usec_t now);

#endif
