/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api/routes.h"

#include <stdlib.h>

struct api_routes {
    struct api *api;
    void (*touched)(void *arg);
    void *arg;
};

/* A request that waits for its answer. */
struct caller {
    struct api_routes *routes;
    struct http_request *request;
    struct api_waiting *waiting;
};

static void respond(struct http_request *r, const struct twirp_response *out)
{
    http_respond(r, out->status, out->content_type, out->body ? out->body : "", out->length);
    free(out->body);
}

static void on_answer(void *ctx, void *arg, const struct twirp_response *out)
{
    (void)ctx;
    struct caller *c = arg;
    http_on_gone(c->request, NULL, NULL);
    respond(c->request, out);
    free(c);
}

static void on_gone(void *arg)
{
    struct caller *c = arg;
    api_forget(c->waiting);
    free(c);
}

static void serve(struct api_routes *a, struct http_request *r, struct caller *c)
{
    struct http_text body = http_body(r);
    const struct twirp_request q = {
        .method = http_method(r),
        .path = http_path(r),
        .content_type = http_header(r, "content-type"),
        .body = body.at,
        .length = body.length,
    };
    struct twirp_response out;
    switch (api_serve(a->api, &q, http_context(r), c, clock_monotonic(), &out, &c->waiting)) {
    case API_NO_SUCH_SERVICE:
        http_respond_not_found(r);
        break;
    case API_ANSWERED:
        respond(r, &out);
        break;
    case API_WAITING:
        http_on_gone(r, on_gone, c);
        return;
    }
    free(c);
}

static void on_twirp(struct http_request *r, void *arg)
{
    struct api_routes *a = arg;
    struct caller *c = calloc(1, sizeof *c);
    if (!c) {
        http_respond_text(r, 500, "out of memory");
        return;
    }
    c->routes = a;
    c->request = r;
    serve(a, r, c);
    a->touched(a->arg);
}

struct api_routes *api_routes_create(struct http_server *http, struct rooms *rs,
                                     const struct api_limits *limits, void (*touched)(void *arg),
                                     void *arg)
{
    struct api_routes *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    struct api_output out = {.ctx = a, .answer = on_answer};
    a->api = api_create(rs, limits, &out);
    if (!a->api || !http_route(http, NULL, "/twirp/", HTTP_BELOW, on_twirp, a)) {
        api_routes_destroy(a);
        return NULL;
    }
    a->touched = touched;
    a->arg = arg;
    return a;
}

void api_routes_destroy(struct api_routes *a)
{
    if (!a)
        return;
    api_destroy(a->api);
    free(a);
}

struct api *api_routes_api(struct api_routes *a)
{
    return a->api;
}
