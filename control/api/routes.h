/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server API's place in the HTTP server: /twirp/.
 */
#ifndef SLUICE_CONTROL_API_ROUTES_H
#define SLUICE_CONTROL_API_ROUTES_H

#include "control/api/api.h"
#include "control/http/http.h"

struct api_routes;

/* `touched` is called after every request, as timers of the rooms may have changed. NULL if out of
 * memory. */
struct api_routes *api_routes_create(struct http_server *http, struct rooms *rs,
                                     const struct api_limits *limits, void (*touched)(void *arg),
                                     void *arg);

/* After the server whose requests it answers. */
void api_routes_destroy(struct api_routes *a);

struct api *api_routes_api(struct api_routes *a);

#endif
