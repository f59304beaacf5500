/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rate that queues allow: up while they are short, down to what arrives when they grow
 * (draft-ietf-rmcat-gcc-02 section 5.5). Up by eight percent a second far from where it was too
 * much last, by a packet a response time near it.
 */
#ifndef SLUICE_DATAPLANE_CC_AIMD_H
#define SLUICE_DATAPLANE_CC_AIMD_H

#include "common/clock.h"
#include "dataplane/cc/trendline.h"

#include <stdbool.h>

/* Where the link's capacity seems to be: mean and spread of what arrived when it was too much. */
struct capacity {
    bool known;
    double kbps, deviation;
};

struct aimd {
    double rate, min, max; /* bit/s */
    enum { AIMD_HOLD, AIMD_INCREASE } state;
    struct capacity capacity;
    usec_t changed; /* 0: never */
};

void aimd_init(struct aimd *a, double start, double min, double max);

/* acked: bit/s that arrive; 0: unknown. rtt: 0 unknown. */
void aimd_update(struct aimd *a, enum cc_usage usage, double acked, usec_t rtt, usec_t now);

/* Another source knows better. */
void aimd_set(struct aimd *a, double rate, usec_t now);

#endif
