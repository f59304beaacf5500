/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request for a token, or for a delegation: from the body to the answer.
 */
#ifndef SLUICE_AUTHZ_HTTP_GRANT_H
#define SLUICE_AUTHZ_HTTP_GRANT_H

#include "authz/http/service.h"
#include "authz/token/request.h"

/* Answers r, now or later. */
void grant_begin(struct service *s, struct http_request *r, enum endpoint endpoint);

#endif
