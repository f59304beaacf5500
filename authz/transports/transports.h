/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where clients learn of us, for homeservers that cannot tell them: the rtc/transports endpoint
 * (MSC4143) and /.well-known/matrix/client. Both are there only if the configuration names what
 * they say.
 */
#ifndef SLUICE_AUTHZ_TRANSPORTS_TRANSPORTS_H
#define SLUICE_AUTHZ_TRANSPORTS_TRANSPORTS_H

#include "authz/http/service.h"

/* For users of our homeserver: their access token is checked by its whoami. */
void transports_answer(struct service *s, struct http_request *r);

void transports_answer_well_known(struct service *s, struct http_request *r);

#endif
