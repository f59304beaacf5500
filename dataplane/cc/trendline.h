/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether queues grow: the slope of the accumulated delay over the last groups, by linear
 * regression, against a threshold that adapts to what is usual on this path (as in libwebrtc; the
 * threshold: draft-ietf-rmcat-gcc-02 section 5.4).
 */
#ifndef SLUICE_DATAPLANE_CC_TRENDLINE_H
#define SLUICE_DATAPLANE_CC_TRENDLINE_H

#include "common/clock.h"
#include "dataplane/cc/arrival_groups.h"

#include <stdbool.h>
#include <stdint.h>

#define TRENDLINE_WINDOW 20 /* groups */

enum cc_usage {
    CC_USAGE_NORMAL,
    CC_USAGE_OVER,  /* queues grow */
    CC_USAGE_UNDER, /* queues drain */
};

struct trendline {
    enum cc_usage usage;
    unsigned deltas; /* seen so far, up to DELTAS_COUNTED */
    unsigned n, at;  /* of the window */
    double arrived_ms[TRENDLINE_WINDOW], delay_ms[TRENDLINE_WINDOW];
    double elapsed_ms, accumulated_ms, smoothed_ms; /* elapsed: without jumps of the clock */
    double slope, threshold;
    double over_ms; /* time in over-use; below 0: not */
    unsigned over_count;
    usec_t adapted; /* 0: never */
};

void trendline_init(struct trendline *t);

/* A group more, told at `now`. */
void trendline_update(struct trendline *t, const struct arrival_delta *d, usec_t now);

#endif
