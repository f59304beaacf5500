/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Receivers that estimate themselves (REMB, draft-alvestrand-rmcat-remb-03): what they say grows
 * from little however good the way is, so only a fall, below what is sent, tells congestion.
 */
#ifndef SLUICE_DATAPLANE_CC_REMB_MONITOR_H
#define SLUICE_DATAPLANE_CC_REMB_MONITOR_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct remb_monitor {
    double newest, peak; /* bit/s; peak: of the last seconds */
    usec_t peak_at;      /* 0: nothing was heard yet */
    usec_t fell_at;      /* it is low since; 0: it is not */
    double sent_rate;    /* bit/s */
    uint64_t sent;       /* bytes in all, at `at` */
    usec_t at;
};

/* A REMB of so many bit/s; `sent`: bytes sent in all so far. True if the way is congested: it
 * carries about that. */
bool remb_monitor_heard(struct remb_monitor *r, double bps, uint64_t sent, usec_t now);

#endif
