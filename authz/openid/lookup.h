/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One lookup of a token at its homeserver, with everything that may take: discovery, the targets
 * one after the other, new attempts.
 */
#ifndef SLUICE_AUTHZ_OPENID_LOOKUP_H
#define SLUICE_AUTHZ_OPENID_LOOKUP_H

#include "authz/discovery/directory.h"
#include "authz/openid/userinfo.h"

struct lookup;

typedef void lookup_done(void *arg, enum cause cause, const char *user_id);

/* Told in a later turn, once. NULL if memory is out. */
struct lookup *lookup_start(struct directory *d, struct outbound *o, const struct config_authz *c,
                            const char *server, const char *access_token, lookup_done *done,
                            void *arg);
void lookup_cancel(struct lookup *l);

#endif
