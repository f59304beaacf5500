/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which path means what. A path counts by its end, so that proxies may strip their prefix or not.
 */
#ifndef SLUICE_AUTHZ_HTTP_ROUTES_H
#define SLUICE_AUTHZ_HTTP_ROUTES_H

#include "authz/http/service.h"

enum path {
    PATH_UNKNOWN,
    PATH_SFU_GET,
    PATH_GET_TOKEN,
    PATH_DELEGATE,
    PATH_WEBHOOK,
    PATH_HEALTH,
    PATH_METRICS,
    PATH_TRANSPORTS,
    PATH_WELL_KNOWN,
};

/* Slashes are collapsed, and one at the end is nothing. */
enum path path_of(const char *path);

/* All paths of the server. */
bool routes_add(struct service *s);

#endif
