/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/routes.h"

#include <stdlib.h>
#include <string.h>

static void on_report(struct http_request *r, void *arg)
{
    json_t *o = address_service_report(arg, clock_monotonic());
    char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
    if (text)
        http_respond(r, 200, "application/json", text, strlen(text));
    else
        http_respond_text(r, 500, "out of memory");
    free(text);
    json_decref(o);
}

static void on_refresh(struct http_request *r, void *arg)
{
    address_service_refresh(arg, "an operator asks");
    http_respond(r, 200, "application/json", "{}", 2);
}

bool address_routes(struct http_server *http, struct address_service *s)
{
    return http_route(http, "GET", "/internal/address", HTTP_EXACT, on_report, s) &&
           http_route(http, "POST", "/internal/address/refresh", HTTP_EXACT, on_refresh, s);
}
