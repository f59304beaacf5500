/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose OpenID token is this? Asks the homeserver that the token names (federation API
 * /openid/userinfo). Transient failures are asked again until lookup_time is over: clients take any
 * refusal for the last word. The same token asked for at the same time is asked once, and its
 * owner is remembered for a minute.
 *
 * Failures are logged and counted by class. Tokens are never logged.
 */
#ifndef SLUICE_AUTHZ_OPENID_VALIDATOR_H
#define SLUICE_AUTHZ_OPENID_VALIDATOR_H

#include "authz/discovery/directory.h"
#include "authz/openid/userinfo.h"

#define VALIDATOR_REMEMBERED_MAX 8192
#define VALIDATOR_REMEMBER       (60 * USEC_PER_SEC)

struct validator;
struct validation;

/* cause CAUSE_NONE: `user_id` owns the token, and is of the server that was asked. */
typedef void validation_done(void *arg, enum cause cause, const char *user_id);

/* The arguments stay the caller's. NULL if memory is out. */
struct validator *validator_create(struct directory *d, struct outbound *o,
                                   const struct config_authz *c);

/* Open questions end without a word. */
void validator_destroy(struct validator *v);

/* Told in a later turn. NULL if there is no room for another question. */
struct validation *validator_ask(struct validator *v, const char *server, const char *access_token,
                                 validation_done *done, void *arg);
void validation_cancel(struct validation *q);

struct validator_counters {
    uint64_t answered[CAUSE_COUNT]; /* lookups by how they ended */
    uint64_t remembered;            /* answered from memory */
    uint64_t joined;                /* waited for a lookup that was under way */
};

const struct validator_counters *validator_counters(const struct validator *v);

#endif
