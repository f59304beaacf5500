/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For operators, on the Unix socket of control/internal:
 *
 *   GET  /internal/address           what address_service_report() says
 *   POST /internal/address/refresh   looks anew at once -> {}
 */
#ifndef SLUICE_CONTROL_ADDRESS_ROUTES_H
#define SLUICE_CONTROL_ADDRESS_ROUTES_H

#include "control/address/service.h"
#include "control/http/http.h"

/* False if memory is out. */
bool address_routes(struct http_server *http, struct address_service *s);

#endif
