/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "control/http/server.h"

const char *response_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {412, "Precondition Failed"},
        {413, "Request Entity Too Large"},
        {415, "Unsupported Media Type"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Status";
}

void http_add_header(struct http_request *r, const char *name, const char *value)
{
    h2o_mem_pool_t *pool = &r->h2o->pool;
    h2o_iovec_t n = h2o_strdup(pool, name, SIZE_MAX), v = h2o_strdup(pool, value, SIZE_MAX);
    h2o_strtolower(n.base, n.len);
    h2o_add_header_by_str(pool, &r->h2o->res.headers, n.base, n.len, 1, NULL, v.base, v.len);
}

void http_allow_any_origin(struct http_request *r)
{
    r->any_origin = true;
}

static void on_send_timeout(void *arg, usec_t now)
{
    struct http_request *r = arg;
    (void)now;
    r->connection->server->counters.send_timeouts++;
    connection_break(r->connection);
}

void http_respond(struct http_request *r, int status, const char *content_type, const void *body,
                  size_t length)
{
    struct http_server *s = r->connection->server;
    h2o_req_t *req = r->h2o;
    if (r->answered)
        return;
    request_settle(r);
    r->timer.fire = on_send_timeout;
    loop_timer_after(s->loop, &r->timer, s->cfg.send_timeout_ms * USEC_PER_MS);
    req->res.status = status;
    req->res.reason = response_reason(status);
    if (status != 204 && status != 304)
        req->res.content_length = length;
    if (content_type)
        http_add_header(r, "content-type", content_type);
    h2o_send_inline(req, length ? body : "", length);
}

void http_respond_text(struct http_request *r, int status, const char *text)
{
    http_respond(r, status, "text/plain; charset=utf-8", text, strlen(text));
}

void http_respond_not_found(struct http_request *r)
{
    http_add_header(r, "x-content-type-options", "nosniff");
    http_respond_text(r, 404, "404 page not found\n");
}
