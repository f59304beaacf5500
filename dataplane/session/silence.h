/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Peers that are not heard any more: called by checks of our own, and told to control. Private to
 * this directory.
 *
 * Every SILENCE_LOOK it is looked at what came of each connected transport. Nothing when something
 * was due makes it suspected, and it is sent connectivity checks; no answer to them makes it
 * silent. An ICE-lite agent need not check, but may. If our public address has changed, a check
 * that leaves by the new one makes an unmodified peer learn it as a peer-reflexive candidate (RFC
 * 8445 section 7.3.1.3), unless a filter of its own NAT is in the way; no signalling is needed for
 * that.
 */
#ifndef SLUICE_DATAPLANE_SESSION_SILENCE_H
#define SLUICE_DATAPLANE_SESSION_SILENCE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stdint.h>

#define SILENCE_LOOK   (125 * USEC_PER_MS)
#define SILENCE_QUIET  (500 * USEC_PER_MS)  /* no media, where it came more often ... */
#define SILENCE_GAPS   5                    /* ... than so many times in that while */
#define SILENCE_AFTER  (2750 * USEC_PER_MS) /* nothing at all; browsers check every 2.5 s */
#define SILENCE_ANSWER (350 * USEC_PER_MS)  /* that a check of ours may take */
#define SILENCE_REPEAT (1 * USEC_PER_SEC)
#define CHECKS_EVERY   (250 * USEC_PER_MS)

#define LINE_PATIENCE (60 * USEC_PER_SEC)

/* What is heard of one peer. */
struct hearing {
    uint32_t packets;    /* of media, as last counted */
    usec_t gap;          /* between them, smoothed */
    usec_t media_at;     /* the last look at which some had come; 0: never */
    usec_t answered_at;  /* a check of our own */
    usec_t suspected_at; /* 0: it is heard */
    usec_t checked_at;   /* by us, last */
    bool silent;
    usec_t missed_at; /* last suspected */
    bool unsettled;   /* since then it has nominated no pair, and sent no media */
};

struct silence {
    usec_t look_at; /* USEC_NEVER while nobody is connected */
    uint32_t look;
    uint32_t suspected; /* participants, as last seen */
    bool silent;
    usec_t told_at;
};

#endif
