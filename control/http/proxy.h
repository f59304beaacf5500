/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handing requests on to a process behind us: the authorisation service. Requests and responses are
 * small there, so both are held whole; each request has a connection of its own.
 */
#ifndef SLUICE_CONTROL_HTTP_PROXY_H
#define SLUICE_CONTROL_HTTP_PROXY_H

#include "control/http/http.h"

#define PROXY_RESPONSE_MAX (1u << 20) /* bytes of a body */
#define PROXY_REQUESTS_MAX 256        /* at once; more get 503 */

struct http_upstream;

/* `where` is "unix:/path" or a numeric address with port ("127.0.0.1:8080"). NULL if it is neither,
 * or memory is out. The timeout (0: 20 s) is for one request as a whole. */
struct http_upstream *http_upstream_create(struct loop *l, const char *where, unsigned timeout_ms);

/* After the server whose requests it answers. */
void http_upstream_destroy(struct http_upstream *u);

/* Answers with what the upstream answers to the same method, path (without the prefix), query,
 * headers and body, plus X-Forwarded-For; 502 if it does not answer properly, 504 if not in time.
 */
void http_proxy(struct http_request *r, struct http_upstream *u);

#endif
