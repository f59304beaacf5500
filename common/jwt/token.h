/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit access tokens: JWS compact serialisation (RFC 7515), HS256 only, the key being the bytes
 * of the API secret.
 */
#ifndef SLUICE_COMMON_JWT_TOKEN_H
#define SLUICE_COMMON_JWT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jwt/claims.h"
#include "common/jwt/keys.h"

/* `exp` and `nbf` are forgiven this many seconds. */
#define TOKEN_LEEWAY 60

/* A longer token is not looked at. Metadata of 512 KiB does not fit an HTTP request line. */
#define TOKEN_LENGTH_MAX (1u << 20)

/* Checks a token: signature by the secret of its issuer, algorithm, times. On success fills *out
 * (free it) and returns NULL. Otherwise *out is empty, and the answer is the text that LiveKit
 * answers with status 401, from malloc; "" if memory is out. */
char *token_verify(const struct api_keys *keys, const char *token, size_t length, int64_t unix_now,
                   struct claims *out);

/* Signs the claims with the secret of c->api_key, or with the first key if that is "". Times are
 * written as they stand in the struct, the identity also as claim `identity`. A token from malloc;
 * NULL if there is no such key or memory is out. */
char *token_sign(const struct api_keys *keys, const struct claims *c);

/* Sets nbf, iat and exp for a refreshed token (valid for ten minutes, or as long as the original
 * token would have been), then signs with the first key. */
char *token_sign_refresh(const struct api_keys *keys, const struct claims *c, int64_t unix_now);

/* A token for a webhook body: issuer, times, and `sha256`. valid_s seconds from unix_now. */
char *token_sign_body(const struct api_keys *keys, const char *api_key, const void *body,
                      size_t length, int64_t unix_now, unsigned valid_s);

#endif
