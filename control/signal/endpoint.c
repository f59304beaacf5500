/* SPDX-License-Identifier: Apache-2.0 */
#include "control/signal/endpoint.h"

#include "common/log.h"
#include "control/http/websocket.h"
#include "control/signal/room_config.h"

#include <stdlib.h>
#include <string.h>

struct endpoint {
    struct loop *loop;
    struct signalling *g;
    struct endpoint_config config;
};

/* One WebSocket. */
struct socket_session {
    struct endpoint *endpoint;
    struct websocket *socket;
    struct signal_session *session;
};

static void touched(struct endpoint *e)
{
    e->config.touched(e->config.arg);
}

static void io_write(void *ctx, bool binary, const void *data, size_t length)
{
    struct socket_session *c = ctx;
    websocket_send(c->socket, binary, data, length);
}

static void io_close(void *ctx)
{
    struct socket_session *c = ctx;
    websocket_close(c->socket, WEBSOCKET_NORMAL, NULL);
}

static void on_message(void *arg, bool binary, const uint8_t *data, size_t length)
{
    struct socket_session *c = arg;
    signal_message(c->session, binary, data, length, clock_monotonic());
    touched(c->endpoint);
}

static void on_closed(void *arg, uint16_t code)
{
    struct socket_session *c = arg;
    log_debug("signal", "socket closed code=%u", code);
    signal_closed(c->session, clock_monotonic());
    touched(c->endpoint);
    free(c);
}

static bool room_exists(void *arg, const char *name)
{
    struct endpoint *e = arg;
    return rooms_find(signalling_rooms(e->g), name) != NULL;
}

static struct join_answer decide(struct endpoint *e, struct http_request *r, bool v1, bool validate,
                                 struct join_params *params)
{
    struct http_text query = http_query_string(r);
    struct join_question q = {
        .query = query.at,
        .query_length = query.length,
        .user_agent = http_header(r, "user-agent"),
        .address = http_client_address(r),
        .claims = http_context(r),
        .v1 = v1,
        .validate = validate,
    };
    return join_decide(&q, &e->config.limits, params);
}

static void refuse(struct http_request *r, int status, const char *text)
{
    log_info("signal", "join refused status=%d reason=\"%s\" address=%s", status, text,
             http_client_address(r));
    http_respond_text(r, status, text);
}

/* From here on the WebSocket says everything. */
static void accept_session(struct endpoint *e, struct http_request *r, const struct signal_join *j)
{
    struct socket_session *c = calloc(1, sizeof *c);
    if (!c) {
        refuse(r, 500, "out of memory");
        return;
    }
    c->endpoint = e;
    struct websocket_options options = {.message_max = e->config.message_max};
    struct websocket_events events = {.message = on_message, .closed = on_closed};
    c->socket = websocket_accept(r, &options, &events, c);
    if (!c->socket) {
        free(c);
        return;
    }
    struct signal_io io = {.ctx = c, .write = io_write, .close = io_close};
    c->session = signal_start(e->g, j, &io, clock_monotonic());
    touched(e);
}

static void start(struct endpoint *e, struct http_request *r, const struct join_params *params)
{
    /* the request, and with it its context, is gone once it is accepted */
    struct claims claims;
    struct room_settings settings;
    struct room_config_texts texts = {0};
    if (!claims_copy(&claims, http_context(r))) {
        refuse(r, 500, "out of memory");
        return;
    }
    room_config_read(claims.room_config, &settings, &texts);
    struct signal_join j = {.claims = &claims, .params = params, .settings = &settings};
    struct signal_refusal no = signal_check(e->g, &j, clock_monotonic());
    if (no.status)
        refuse(r, no.status, no.text);
    else
        accept_session(e, r, &j);
    room_config_free(&texts);
    claims_free(&claims);
}

static void join(struct endpoint *e, struct http_request *r, bool v1)
{
    if (!websocket_requested(r)) {
        http_respond(r, 404, NULL, "", 0);
        return;
    }
    struct join_params params;
    struct join_answer answer = decide(e, r, v1, false, &params);
    if (answer.status != 200) {
        refuse(r, answer.status, answer.text);
        return;
    }
    start(e, r, &params);
    join_params_free(&params);
}

static void validate(struct endpoint *e, struct http_request *r, bool v1)
{
    struct join_params params;
    struct join_answer answer = decide(e, r, v1, true, &params);
    http_allow_any_origin(r);
    http_respond_text(r, answer.status, answer.text);
    if (answer.status == 200)
        join_params_free(&params);
}

static void on_rtc(struct http_request *r, void *arg)
{
    join(arg, r, false);
}

static void on_rtc_v1(struct http_request *r, void *arg)
{
    join(arg, r, true);
}

static void on_validate(struct http_request *r, void *arg)
{
    validate(arg, r, false);
}

static void on_validate_v1(struct http_request *r, void *arg)
{
    validate(arg, r, true);
}

struct endpoint *endpoint_create(struct loop *l, struct http_server *http, struct signalling *g,
                                 const struct endpoint_config *config)
{
    struct endpoint *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->loop = l;
    e->g = g;
    e->config = *config;
    e->config.limits.room_exists = room_exists;
    e->config.limits.room_arg = e;
    http_route(http, NULL, "/rtc", HTTP_EXACT, on_rtc, e);
    http_route(http, NULL, "/rtc/v1", HTTP_EXACT, on_rtc_v1, e);
    http_route(http, NULL, "/rtc/validate", HTTP_EXACT, on_validate, e);
    http_route(http, NULL, "/rtc/v1/validate", HTTP_EXACT, on_validate_v1, e);
    return e;
}

void endpoint_destroy(struct endpoint *e)
{
    free(e);
}
