/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums over tracks and subscriptions, by participant and by room, made of one look at the
 * statistics.
 */
#ifndef SLUICE_DATAPLANE_STATS_TOTALS_H
#define SLUICE_DATAPLANE_STATS_TOTALS_H

#include "common/stats/segment.h"

struct flow {
    uint64_t packets, bytes, lost;
    uint64_t pps, bps;
    uint64_t loss; /* of the last second: packets per second times ppm */
};

struct tally {
    uint32_t participants, transports, publishers, tracks, subscriptions;
    uint32_t rtt_us; /* the longest of its transports' and subscriptions' */
    struct flow in, out;
};

struct totals {
    struct tally *room, *participant; /* by index */
    handle_t *room_of;                /* participant's index: its room */
    handle_t *participant_of;         /* transport's index: its participant */
    struct tally all;
    uint32_t rooms;
};

/* False if memory is out; free it in any case. */
bool totals_make(struct totals *t, const struct stats_segment *s);
void totals_free(struct totals *t);

/* Percent of the last second's packets that were lost. */
double flow_loss_percent(const struct flow *f);

#endif
