/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast a homeserver is called: a token bucket per server, closed while the server asks for
 * patience (429). Homeservers count our calls by our address, whoever they are for.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_PACE_H
#define SLUICE_AUTHZ_DELEGATION_PACE_H

#include "common/clock.h"

#include <stdint.h>

#define PACE_BURST 4 /* calls at once after a pause */

struct pace {
    usec_t interval; /* between calls in the long run */
    usec_t next;     /* when the bucket would be empty of debts */
    usec_t closed_until;
};

/* `rate`: calls per second; 0: one. */
void pace_init(struct pace *p, uint32_t rate);

/* Takes a place and returns when the call may be made: now, or later. */
usec_t pace_take(struct pace *p, usec_t now);

/* No call before `until`. */
void pace_close(struct pace *p, usec_t until);

#endif
