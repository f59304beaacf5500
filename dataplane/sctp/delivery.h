/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a peer takes data: what left the buffer in windows during which something waited. And
 * how much of what waits is lossy, so that a long reliable transfer does not count against it.
 */
#ifndef SLUICE_DATAPLANE_SCTP_DELIVERY_H
#define SLUICE_DATAPLANE_SCTP_DELIVERY_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DELIVERY_WINDOW (200 * USEC_PER_MS)

#define DELIVERY_MARKS     64
#define DELIVERY_MARK_STEP 4096 /* bytes */

struct delivery {
    uint64_t queued, lossy; /* bytes, ever: all, and the lossy ones of them */
    struct delivery_mark {
        uint64_t queued, lossy; /* as they were */
    } marks[DELIVERY_MARKS];    /* ring */
    uint32_t mark;              /* the newest */
    uint64_t delivered_before;
    usec_t begin;  /* of the window; 0: none */
    uint32_t rate; /* bytes per second in the last window that tells; 0: none yet */
};

/* So many bytes went into the buffer. */
void delivery_queued(struct delivery *d, size_t len, bool lossy);

/* How many lossy bytes are among the last `buffered`: those that wait if all leave in order. */
size_t delivery_lossy_waiting(const struct delivery *d, size_t buffered);

/* `buffered` of them are in there now. Ends the window if it is long enough; one that begins or
 * ends with an empty buffer tells nothing, for then the sender was the slower one. */
void delivery_sample(struct delivery *d, size_t buffered, usec_t now);

#endif
