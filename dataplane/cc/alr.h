/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the sender is limited by what there is to send (application limited region) rather than
 * by the estimate: then what arrives says nothing about how much more would.
 */
#ifndef SLUICE_DATAPLANE_CC_ALR_H
#define SLUICE_DATAPLANE_CC_ALR_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct alr {
    bool limited;
    double budget; /* bytes of the estimate that were not used, up to half a second's */
    uint64_t sent; /* bytes, in all, as of `at` */
    usec_t at;     /* 0: never */
};

/* `sent`: bytes sent in all so far. Call at any interval. */
void alr_update(struct alr *a, uint64_t sent, double estimate, usec_t now);

#endif
