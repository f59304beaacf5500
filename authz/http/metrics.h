/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters in Prometheus' text format.
 */
#ifndef SLUICE_AUTHZ_HTTP_METRICS_H
#define SLUICE_AUTHZ_HTTP_METRICS_H

#include "authz/http/service.h"

void metrics_answer(struct service *s, struct http_request *r);

#endif
