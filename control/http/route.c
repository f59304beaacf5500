/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "control/http/server.h"

bool http_route(struct http_server *s, const char *methods, const char *path, enum http_match match,
                http_handler *handler, void *arg)
{
    if (s->route_count == ROUTES_MAX)
        return false;
    struct route route = {.length = strlen(path), .match = match, .handler = handler, .arg = arg};
    route.path = strdup(path);
    route.methods = methods ? strdup(methods) : NULL;
    if (!route.path || (methods && !route.methods)) {
        free(route.path);
        free(route.methods);
        return false;
    }
    s->routes[s->route_count++] = route;
    return true;
}

void http_set_guard(struct http_server *s, http_guard *guard, void *arg)
{
    s->guard = guard;
    s->guard_arg = arg;
}

const char *route_strip_prefix(const struct http_server *s, const char *path)
{
    for (size_t i = 0; i < s->prefix_count; i++) {
        size_t n = strlen(s->prefixes[i]);
        if (strncmp(path, s->prefixes[i], n) != 0 || (path[n] != '/' && path[n] != 0))
            continue;
        path += n;
        while (path[0] == '/' && path[1] == '/')
            path++;
        return *path ? path : "/";
    }
    return path;
}

static bool path_matches(const struct route *route, const char *path)
{
    return route->match == HTTP_EXACT ? strcmp(path, route->path) == 0
                                      : strncmp(path, route->path, route->length) == 0;
}

static bool method_matches(const struct route *route, const char *method)
{
    size_t n = strlen(method);
    const char *at = route->methods;
    while (at && n > 0 && (at = strstr(at, method))) {
        bool begins = at == route->methods || at[-1] == ' ';
        if (begins && (at[n] == ' ' || at[n] == 0))
            return true;
        at += n;
    }
    return !route->methods;
}

void route_request(struct http_request *r)
{
    struct http_server *s = r->connection->server;
    bool path_known = false;
    if (s->guard && !s->guard(r, s->guard_arg))
        return;
    for (size_t i = 0; i < s->route_count; i++) {
        const struct route *route = &s->routes[i];
        if (!path_matches(route, r->path))
            continue;
        path_known = true;
        if (!method_matches(route, r->method))
            continue;
        route->handler(r, route->arg);
        return;
    }
    if (path_known)
        http_respond_text(r, 405, "Method Not Allowed\n");
    else
        http_respond_not_found(r);
}
