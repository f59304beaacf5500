/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer of /_matrix/federation/v1/openid/userinfo.
 */
#ifndef SLUICE_AUTHZ_OPENID_USERINFO_H
#define SLUICE_AUTHZ_OPENID_USERINFO_H

#include "authz/outbound/cause.h"

#include <stddef.h>

#define USERINFO_MAX  16384 /* bytes of the answer */
#define USERINFO_PATH "/_matrix/federation/v1/openid/userinfo?access_token="
#define USER_ID_SIZE  256

/* Takes `sub` out of the body of a 200. It must be a user id of that server: CAUSE_SUB_MISMATCH
 * else, CAUSE_BODY if there is none. */
enum cause userinfo_read(const char *body, size_t length, const char *server,
                         char out[static USER_ID_SIZE]);

/* Percent-encodes all but unreserved characters (RFC 3986 section 2.3), with NUL. `size` must be at
 * least 3 * strlen(text) + 1. */
void percent_encode(const char *text, char *out, size_t size);

#endif
