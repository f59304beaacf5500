/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round-trip times from reports: LSR/DLSR of a report block (RFC 3550 section 6.4.1) and the same
 * pair of a DLRR sub-block (RFC 3611 section 4.5).
 */
#ifndef SLUICE_DATAPLANE_RTCP_ROUND_TRIP_H
#define SLUICE_DATAPLANE_RTCP_ROUND_TRIP_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define ROUND_TRIP_MAX (60 * USEC_PER_SEC) /* more is a wrong answer, not a long way */

/* The middle 32 bits of an NTP time. */
static inline uint32_t ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

/* 1/65536 s to microseconds and back. */
static inline usec_t usec_from_middle(uint32_t v)
{
    return (usec_t)v * USEC_PER_SEC >> 16;
}

static inline uint32_t middle_from_usec(usec_t us)
{
    return (uint32_t)((us << 16) / USEC_PER_SEC);
}

/* now_ntp: on the clock whose time `last` was taken from. False if there is nothing to compute from
 * (last 0), or the result is out of range. Slightly negative results, of rounding, become 1 us. */
bool round_trip(uint64_t now_ntp, uint32_t last, uint32_t delay, usec_t *rtt);

#endif
