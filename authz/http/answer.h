/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the service: JSON objects, Matrix errors.
 */
#ifndef SLUICE_AUTHZ_HTTP_ANSWER_H
#define SLUICE_AUTHZ_HTTP_ANSWER_H

#include <jansson.h>

#include "authz/token/request.h"
#include "control/http/http.h"

/* Takes over `body`. A line feed ends it. */
void answer_json(struct http_request *r, int status, json_t *body);

void answer_refusal(struct http_request *r, const struct refusal *why);

/* No body, type application/json. */
void answer_empty(struct http_request *r, int status);

#endif
