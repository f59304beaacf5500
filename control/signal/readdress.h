/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our addresses changed while calls go on: make before break. Each client is told the new
 * candidates at once; who is not heard a moment later is told to resume, not all at one time.
 */
#ifndef SLUICE_CONTROL_SIGNAL_READDRESS_H
#define SLUICE_CONTROL_SIGNAL_READDRESS_H

#include "control/signal/signalling.h"

#define READDRESS_FIRST (1200 * USEC_PER_MS) /* after the candidates, for who is not heard */
#define READDRESS_AGAIN (500 * USEC_PER_MS)
#define READDRESS_LOOKS 6
#define READDRESS_JITTER                                                                           \
    (100 * USEC_PER_MS) /* at least; and 5 ms for each participant, at most:                       \
                         */
#define READDRESS_SPREAD (2 * USEC_PER_SEC)
#define READDRESS_SILENT 3200 /* ms without a connectivity check; browsers make one every 2500 */

/* What is offered from now on; at most CANDIDATE_ADDRESSES_MAX. */
void readdress(struct signalling *g, const struct candidate_address *list, size_t count,
               usec_t now);

/* The dataplane's answer to command_query_silent(). */
void readdress_silent(struct signalling *g, const Sluice__Link__SilentTransports *m, usec_t now);

#endif
