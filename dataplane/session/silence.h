/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers that went silent: told to control, and called by checks of our own. Private to this
 * directory.
 *
 * An ICE-lite agent need not check, but may. If our public address has changed, a check that leaves
 * by the new one makes an unmodified peer learn it as a peer-reflexive candidate (RFC 8445 section
 * 7.3.1.3), unless a filter of its own NAT is in the way; no signalling is needed for that.
 */
#ifndef SLUICE_DATAPLANE_SESSION_SILENCE_H
#define SLUICE_DATAPLANE_SESSION_SILENCE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_LOOK    (125 * USEC_PER_MS)
#define SILENCE_BUCKETS 16 /* of SILENCE_LOOK: what media came of late */
#define SILENCE_NOTHING 5  /* this many empty buckets ... */
#define SILENCE_FLOW    60 /* ... after so many packets in the others mean that all is silent */

/* Browsers check a good pair every 2.5 s. */
#define SILENCE_AFTER  (3500 * USEC_PER_MS)
#define SILENCE_REPEAT (1 * USEC_PER_SEC)
#define CHECKS_EVERY   (250 * USEC_PER_MS)

#define LINE_PATIENCE (60 * USEC_PER_SEC)

struct silence {
    usec_t look_at; /* USEC_NEVER while nobody is connected */
    uint64_t seen;  /* media packets, as last counted */
    uint32_t bucket[SILENCE_BUCKETS];
    unsigned newest;
    bool silent;
    usec_t told_at, checks_at;
};

#endif
