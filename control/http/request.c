/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "control/http/query.h"
#include "control/http/server.h"

void request_settle(struct http_request *r)
{
    r->answered = true;
    r->gone = NULL;
    loop_timer_cancel(r->connection->server->loop, &r->timer);
}

void request_abandon(struct http_request *r)
{
    void (*gone)(void *) = r->gone;
    request_settle(r);
    if (gone)
        gone(r->gone_arg);
}

/* h2o clears the memory of the request: its response is sent, or its connection is gone. */
static void on_dispose(void *memory)
{
    struct http_request *r = memory;
    if (r->connection->request == r) {
        r->connection->request = NULL;
        idle_begin(r->connection);
    }
    if (!r->answered)
        request_abandon(r);
    loop_timer_cancel(r->connection->server->loop, &r->timer);
    if (r->release)
        r->release(r->context);
}

static void on_answer_timeout(void *arg, usec_t now)
{
    struct http_request *r = arg;
    (void)now;
    r->connection->server->counters.answer_timeouts++;
    request_abandon(r);
    r->answered = false;
    http_respond_text(r, 504, "no answer in time");
}

static bool parse_target(struct http_request *r)
{
    h2o_iovec_t target = r->h2o->path;
    char *path = h2o_mem_alloc_pool(&r->h2o->pool, target.len + 2);
    size_t before = query_path(target.base, target.len, path);
    r->path = "";
    r->query = (struct http_text){"", 0};
    if (before == QUERY_BAD)
        return false;
    r->path = route_strip_prefix(r->connection->server, path);
    if (before < target.len) {
        h2o_iovec_t q =
            h2o_strdup(&r->h2o->pool, target.base + before + 1, target.len - before - 1);
        r->query = (struct http_text){q.base, q.len};
    }
    return true;
}

int request_start(h2o_handler_t *self, h2o_req_t *req)
{
    (void)self;
    struct connection *c = connection_of(req);
    struct http_server *s = c->server;
    struct http_request *r = h2o_mem_alloc_shared(&req->pool, sizeof(*r), on_dispose);
    *r = (struct http_request){.h2o = req, .connection = c};
    r->method = h2o_strdup(&req->pool, req->method.base, req->method.len).base;
    r->timer = (struct loop_timer){.fire = on_answer_timeout, .arg = r};
    c->request = r;
    c->receiving = false;
    s->counters.requests++;
    loop_timer_after(s->loop, &r->timer, s->cfg.answer_timeout_ms * USEC_PER_MS);
    bool path_ok = parse_target(r);
    if (cors_is_preflight(r))
        cors_answer_preflight(r);
    else if (!path_ok)
        http_respond_text(r, 400, "bad request target");
    else
        route_request(r);
    return 0;
}

const char *http_method(const struct http_request *r)
{
    return r->method;
}

const char *http_path(const struct http_request *r)
{
    return r->path;
}

struct http_text http_query_string(const struct http_request *r)
{
    return r->query;
}

static struct http_text find_field(struct http_request *r, struct http_text fields,
                                   const char *name)
{
    const char *value;
    size_t length;
    if (!fields.at || !query_find(fields.at, fields.length, name, &value, &length))
        return (struct http_text){NULL, 0};
    char *out = h2o_mem_alloc_pool(&r->h2o->pool, length + 1);
    size_t n = query_decode(value, length, true, out);
    return n == QUERY_BAD ? (struct http_text){NULL, 0} : (struct http_text){out, n};
}

struct http_text http_query(struct http_request *r, const char *name)
{
    return find_field(r, r->query, name);
}

struct http_text http_form(struct http_request *r, const char *name)
{
    static const char form[] = "application/x-www-form-urlencoded";
    const char *type = http_header(r, "content-type");
    if (type && strncasecmp(type, form, sizeof(form) - 1) == 0) {
        struct http_text value = find_field(r, http_body(r), name);
        if (value.at)
            return value;
    }
    return http_query(r, name);
}

const char *http_header(struct http_request *r, const char *name)
{
    char lower[64];
    size_t n = strlen(name);
    if (n >= sizeof(lower))
        return NULL;
    memcpy(lower, name, n + 1);
    h2o_strtolower(lower, n);
    ssize_t at = h2o_find_header_by_str(&r->h2o->headers, lower, n, -1);
    if (at < 0)
        return NULL;
    h2o_iovec_t v = r->h2o->headers.entries[at].value;
    return h2o_strdup(&r->h2o->pool, v.base, v.len).base;
}

const char *http_host(const struct http_request *r)
{
    h2o_iovec_t v = r->h2o->authority;
    return h2o_strdup(&r->h2o->pool, v.base, v.len).base;
}

struct http_text http_body(const struct http_request *r)
{
    return (struct http_text){r->h2o->entity.base, r->h2o->entity.len};
}

struct net_addr http_peer(const struct http_request *r)
{
    struct sockaddr_storage ss = {0};
    struct net_addr peer = {0};
    h2o_conn_t *conn = r->h2o->conn;
    if (conn->callbacks->get_peername(conn, (struct sockaddr *)&ss) > 0)
        net_addr_from_sockaddr(&peer, (struct sockaddr *)&ss);
    return peer;
}

const char *http_client_address(struct http_request *r)
{
    static const char *const names[] = {"cf-connecting-ip", "x-forwarded-for", "x-real-ip"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = http_header(r, names[i]);
        if (value && *value)
            return value;
    }
    struct net_addr peer = http_peer(r);
    char text[NET_ADDR_TEXT];
    return h2o_strdup(&r->h2o->pool, net_addr_format_ip(&peer, text), SIZE_MAX).base;
}

void http_set_context(struct http_request *r, void *context, void (*release)(void *))
{
    if (r->release)
        r->release(r->context);
    r->context = context;
    r->release = release;
}

void *http_context(const struct http_request *r)
{
    return r->context;
}

void http_on_gone(struct http_request *r, void (*gone)(void *arg), void *arg)
{
    r->gone = gone;
    r->gone_arg = arg;
}
