/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-origin requests (WHATWG Fetch, section 3.2): every Origin may, without credentials. */
#include <string.h>

#include "control/http/server.h"

static const char too_large[] = "request body too large";

static h2o_iovec_t header_of(h2o_req_t *req, const char *name)
{
    ssize_t at = h2o_find_header_by_str(&req->headers, name, strlen(name), -1);
    return at < 0 ? h2o_iovec_init(NULL, 0) : req->headers.entries[at].value;
}

static void add(h2o_req_t *req, const char *name, h2o_iovec_t value)
{
    h2o_add_header_by_str(&req->pool, &req->res.headers, name, strlen(name), 1, NULL, value.base,
                          value.len);
}

/* What a proxied response says itself is left alone. */
static bool has_said(const h2o_req_t *req, const char *name)
{
    return h2o_find_header_by_str(&req->res.headers, name, strlen(name), -1) >= 0;
}

static void add_origin(h2o_req_t *req, const struct http_request *r)
{
    h2o_iovec_t origin = header_of(req, "origin");
    if (r && r->any_origin)
        add(req, "access-control-allow-origin", iovec_of("*"));
    else if (origin.len > 0)
        add(req, "access-control-allow-origin", origin);
    if (origin.len > 0)
        add(req, "access-control-expose-headers", iovec_of("*"));
}

static void send_too_large(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t count,
                           h2o_send_state_t state)
{
    h2o_iovec_t text = iovec_of(too_large);
    (void)bufs;
    h2o_ostream_send_next(self, req, &text, count > 0, state);
}

/* h2o refuses a body over the limit before any handler runs, with words of its own. */
static h2o_ostream_t **replace_too_large(h2o_req_t *req, h2o_ostream_t **slot)
{
    h2o_ostream_t *o = h2o_add_ostream(req, sizeof(*o), slot);
    o->do_send = send_too_large;
    req->res.content_length = strlen(too_large);
    return &o->next;
}

static void add_unless_there(h2o_req_t *req, const char *name, const char *value)
{
    if (h2o_find_header_by_str(&req->res.headers, name, strlen(name), -1) < 0)
        add(req, name, iovec_of(value));
}

static void add_any_origin(h2o_req_t *req, const struct http_cors *cors)
{
    add(req, "access-control-allow-origin", iovec_of("*"));
    add_unless_there(req, "access-control-allow-methods", cors->methods);
    add_unless_there(req, "access-control-allow-headers", cors->headers);
}

void cors_filter(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    (void)self;
    const struct http_request *r = connection_of(req)->request;
    const struct http_cors *any = connection_of(req)->server->cfg.any_origin;
    if (any) {
        add_any_origin(req, any);
        h2o_setup_next_ostream(req, slot);
        return;
    }
    if (r && cors_is_preflight((struct http_request *)r)) {
        h2o_setup_next_ostream(req, slot);
        return;
    }
    if (!has_said(req, "vary"))
        add(req, "vary", iovec_of("Origin"));
    if (!has_said(req, "access-control-allow-origin"))
        add_origin(req, r);
    if (!r && req->res.status == 413)
        slot = replace_too_large(req, slot);
    h2o_setup_next_ostream(req, slot);
}

bool cors_is_preflight(struct http_request *r)
{
    return !r->connection->server->cfg.any_origin && strcmp(r->method, "OPTIONS") == 0 &&
           header_of(r->h2o, "access-control-request-method").len > 0;
}

/* A method other than these is not confirmed. */
static bool method_allowed(h2o_iovec_t method)
{
    static const char *const methods[] = {"OPTIONS", "HEAD", "GET", "POST", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        if (h2o_memis(method.base, method.len, methods[i], strlen(methods[i])))
            return true;
    }
    return false;
}

void cors_answer_preflight(struct http_request *r)
{
    h2o_req_t *req = r->h2o;
    h2o_iovec_t origin = header_of(req, "origin");
    h2o_iovec_t method = header_of(req, "access-control-request-method");
    h2o_iovec_t headers = header_of(req, "access-control-request-headers");
    add(req, "vary",
        iovec_of("Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
    if (origin.len > 0 && method_allowed(method)) {
        add(req, "access-control-allow-origin", origin);
        add(req, "access-control-allow-methods", method);
        if (headers.len > 0)
            add(req, "access-control-allow-headers", headers);
        add(req, "access-control-max-age", iovec_of("86400"));
    }
    http_respond(r, 204, NULL, NULL, 0);
}
