/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where on a sent stream's RTP time a packet of another source belongs. Layers of a simulcast track
 * have RTP clocks with unrelated starts; the publisher's sender reports tie each to its one NTP
 * clock. Where a report is missing the time of arrival stands in, so that nothing waits for one.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_TIMELINE_H
#define SLUICE_DATAPLANE_FORWARD_TIMELINE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* The newest sender report of a source; ntp 0: none yet. */
struct source_clock {
    uint64_t ntp;
    uint32_t rtp;
    usec_t arrival;
};

/* What was sent last. */
struct timeline {
    uint32_t ts;         /* sent timestamp */
    uint32_t source_ts;  /* the timestamp it had in its source */
    usec_t at;           /* when its packet came */
    uint32_t clock_rate; /* Hz */
};

#define TIMELINE_STRAY_MAX (2 * USEC_PER_SEC) /* farther from the wall clock is not believed */
#define TIMELINE_MUTED_MAX                                                                         \
    (200 * USEC_PER_MS) /* the same after the publisher was muted, behind                          \
                         */

/* The wall clock's idea of the sent timestamp at `now`. */
uint32_t timeline_expected(const struct timeline *t, usec_t now);

/* The timestamp to send a packet with that is the first one of a source: stamped `ts` there, come
 * at `now`. `from` and `to` are the reports of the source before and of this one; equal pointers
 * mean that it is the same source. Always later than t->ts. */
uint32_t timeline_switch(const struct timeline *t, const struct source_clock *from,
                         const struct source_clock *to, uint32_t ts, bool was_muted, usec_t now);

/* NTP and RTP time of a source at `now`, for a sender report of ours. False if it has not told. */
bool source_clock_at(const struct source_clock *c, uint32_t clock_rate, usec_t now, uint64_t *ntp,
                     uint32_t *rtp);

#endif
