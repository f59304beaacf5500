/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Claims as JSON: the payload of a token. Field names as livekit-protocol writes them.
 */
#ifndef SLUICE_COMMON_JWT_CLAIMS_JSON_H
#define SLUICE_COMMON_JWT_CLAIMS_JSON_H

#include <jansson.h>

#include "common/jwt/claims.h"

/* Fills *out from a payload object. False if a field has a wrong type or memory is out: *out is
 * freed then. */
bool claims_from_json(const json_t *payload, struct claims *out);

/* A new object, or NULL if memory is out. Empty and unset fields are left out. */
json_t *claims_to_json(const struct claims *c);

#endif
