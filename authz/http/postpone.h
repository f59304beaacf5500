/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Token requests in the order and at the pace that their source may have (rate.h).
 */
#ifndef SLUICE_AUTHZ_HTTP_POSTPONE_H
#define SLUICE_AUTHZ_HTTP_POSTPONE_H

#include "authz/http/service.h"
#include "authz/token/request.h"

/* Reads `rate`, `rate_burst` and `trusted_proxies`. False, with a line in the log. */
bool postpone_open(struct service *s);
void postpone_close(struct service *s);

/* Begins the request now, when its time has come, or refuses it. */
void postpone(struct service *s, struct http_request *r, enum endpoint endpoint);

#endif
