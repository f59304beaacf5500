/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each layer of a track takes on the wire: measured over a second (a screen share: four), and
 * smoothed. Zero-initialise.
 */
#ifndef SLUICE_DATAPLANE_FORWARD_LAYER_RATES_H
#define SLUICE_DATAPLANE_FORWARD_LAYER_RATES_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define LAYER_RATES_SPATIAL  3
#define LAYER_RATES_TEMPORAL 4
#define LAYER_RATES_OVERHEAD 64 /* bytes around a payload: RTP, SRTP, UDP, IP */

struct layer_rates {
    usec_t since; /* of the window; 0: none yet */
    uint32_t bytes[LAYER_RATES_SPATIAL][LAYER_RATES_TEMPORAL];
    float bps[LAYER_RATES_SPATIAL][LAYER_RATES_TEMPORAL]; /* each by itself */
};

static inline void layer_rates_packet(struct layer_rates *r, uint8_t spatial, uint8_t temporal,
                                      uint16_t payload_len)
{
    if (spatial < LAYER_RATES_SPATIAL)
        r->bytes[spatial][temporal % LAYER_RATES_TEMPORAL] +=
            (uint32_t)payload_len + LAYER_RATES_OVERHEAD;
}

/* Ends the window if it is over. Call with every run of packets. */
void layer_rates_check(struct layer_rates *r, bool screen_share, usec_t now);

/* Rate of a layer with all temporal layers up to `temporal`, and (svc) all spatial ones below. */
double layer_rates_of(const struct layer_rates *r, bool svc, uint8_t spatial, uint8_t temporal);

#endif
