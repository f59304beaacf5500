/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All delegated leaves: the jobs (job.h) with their clock, the store, the homeservers that are
 * called, and the SFU that is asked and that tells.
 */
#ifndef SLUICE_AUTHZ_DELEGATION_DELEGATION_H
#define SLUICE_AUTHZ_DELEGATION_DELEGATION_H

#include "authz/delegation/job.h"
#include "authz/discovery/directory.h"

#define DELEGATION_JOBS_MAX       20000
#define DELEGATION_PER_SERVER_MAX 2000 /* of one that is not the operator's */
#define DELEGATION_TIMEOUT_LEAST  5000 /* ms, for those; they would make us call all the time */

struct delegation;

/* The arguments stay the caller's. NULL if jobs cannot be kept or memory is out. */
struct delegation *delegation_create(struct outbound *o, struct directory *d, struct sfu *s,
                                     const struct config_authz *c);
void delegation_destroy(struct delegation *d);

struct delegation_request {
    const char *room, *identity, *server, *delay_id;
    int64_t timeout; /* ms */
    bool restricted;
};

enum delegation_result { DELEGATION_ACCEPTED, DELEGATION_BAD, DELEGATION_FULL };

/* Takes over a leave; an earlier one of the same room and identity is forgotten. */
enum delegation_result delegation_add(struct delegation *d, const struct delegation_request *r);

/* The SFU tells. */
void delegation_event(struct delegation *d, const struct sfu_event *e);
void delegation_sfu_restarted(struct delegation *d);

struct delegation_counters {
    uint64_t accepted, replaced, sent, ended, calls, calls_failed;
    size_t jobs;
};

struct delegation_counters delegation_counters(const struct delegation *d);

#endif
