/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guard of all requests: whoever brings a token must bring a good one. Requests without any
 * pass; what needs one says so itself.
 */
#ifndef SLUICE_CONTROL_AUTH_H
#define SLUICE_CONTROL_AUTH_H

#include "common/jwt/token.h"
#include "control/http/http.h"

/* For http_set_guard(); arg is a const struct api_keys *. Answers 401 with LiveKit's texts, or
 * makes the claims (struct claims *) the request's context. */
bool auth_guard(struct http_request *r, void *keys);

#endif
