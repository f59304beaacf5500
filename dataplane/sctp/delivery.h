/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a peer takes data: what left the buffer in windows during which something waited.
 */
#ifndef SLUICE_DATAPLANE_SCTP_DELIVERY_H
#define SLUICE_DATAPLANE_SCTP_DELIVERY_H

#include "common/clock.h"

#include <stddef.h>
#include <stdint.h>

#define DELIVERY_WINDOW (200 * USEC_PER_MS)

struct delivery {
    uint64_t queued; /* bytes, ever */
    uint64_t delivered_before;
    usec_t begin;  /* of the window; 0: none */
    uint32_t rate; /* bytes per second in the last window that tells; 0: none yet */
};

/* So many bytes went into the buffer. */
void delivery_queued(struct delivery *d, size_t len);

/* `buffered` of them are in there now. Ends the window if it is long enough; one that begins or
 * ends with an empty buffer tells nothing, for then the sender was the slower one. */
void delivery_sample(struct delivery *d, size_t buffered, usec_t now);

#endif
