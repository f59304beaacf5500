/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rate that loss allows, for links that drop where others queue: down above ten percent, up
 * again below two (draft-ietf-rmcat-gcc-02 section 6). Loss that does not fall with the rate is not
 * of our making, and no reason to go on lowering it.
 */
#ifndef SLUICE_DATAPLANE_CC_LOSS_BOUND_H
#define SLUICE_DATAPLANE_CC_LOSS_BOUND_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

struct loss_bound {
    double rate, max; /* bit/s */
    uint32_t lost, told;
    double fraction;       /* of the last full sample */
    bool high;             /* it was too much */
    bool fresh;            /* the rate was not lowered for it yet */
    usec_t sampled, began; /* the last sample; the one at hand */
    usec_t high_since;
    usec_t changed, lowered;           /* 0: never */
    double first_rate, first_fraction; /* when it began to be too much */
};

void loss_bound_init(struct loss_bound *l, double max);

/* What a feedback tells: packets of which `lost` are missing. */
void loss_bound_packets(struct loss_bound *l, uint32_t told, uint32_t lost, usec_t now);

/* Follows. `rate` is what is sent at most now, `acked` what arrives (0: unknown). */
void loss_bound_update(struct loss_bound *l, double rate, double acked, usec_t rtt, usec_t now);

/* Another source knows better. */
void loss_bound_raise(struct loss_bound *l, double rate);

#endif
