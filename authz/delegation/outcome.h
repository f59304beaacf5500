/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a homeserver's answer to restart or send of a delayed event (MSC4140) means.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_OUTCOME_H
#define SLUICE_AUTHZ_DELEGATION_OUTCOME_H

#include "authz/discovery/well_known.h"
#include "common/clock.h"

enum outcome {
    OUTCOME_DONE,
    OUTCOME_GONE,      /* 404: sent, cancelled or never there */
    OUTCOME_CONFLICT,  /* 409: finalised the other way */
    OUTCOME_FORBIDDEN, /* 401, 403: not ours to do */
    OUTCOME_LATER,     /* 429: not before `wait` is over */
    OUTCOME_TRANSIENT, /* everything else, and no answer */
};

struct outcome_of_call {
    enum outcome outcome;
    usec_t wait; /* OUTCOME_LATER; 0: as long as we like */
};

/* Status 0: no answer came. retry_after: the header or "". */
struct outcome_of_call outcome_of(int status, const char *retry_after, const char *body,
                                  size_t length, int64_t unix_now);

#define DELAY_ID_MAX 255

/* Ids that may become part of a path: not empty, not "." or "..", not too long. */
bool delay_id_valid(const char *delay_id);

enum delayed_event_action { DELAYED_EVENT_RESTART, DELAYED_EVENT_SEND };

#define DELAYED_EVENT_URL (BASE_URL_SIZE + 3 * DELAY_ID_MAX + 128)

/* The URL of an action, the id percent-encoded. */
void delayed_event_url(const char *base_url, bool stable, const char *delay_id,
                       enum delayed_event_action action, char out[static DELAYED_EVENT_URL]);

#endif
