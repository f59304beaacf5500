/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of this directory know of each other.
 */
#ifndef SLUICE_CONTROL_HTTP_SERVER_H
#define SLUICE_CONTROL_HTTP_SERVER_H

#include "control/http/admission.h"
#include "control/http/h2o.h"
#include "control/http/http.h"

#define ROUTES_MAX   128
#define PREFIXES_MAX 8

struct connection;
struct websocket;

struct route {
    char *path, *methods; /* methods NULL: any */
    size_t length;
    enum http_match match;
    http_handler *handler;
    void *arg;
};

struct http_server {
    struct loop *loop;
    struct http_config cfg; /* defaults filled in; prefixes not used */
    char *prefixes[PREFIXES_MAX];
    size_t prefix_count;
    struct route routes[ROUTES_MAX];
    size_t route_count;
    http_guard *guard;
    void *guard_arg;

    h2o_globalconf_t global;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listeners[HTTP_LISTEN_MAX];
    uint16_t ports[HTTP_LISTEN_MAX];
    size_t listener_count;
    bool paused; /* listeners are not read: too many connections or no descriptors */
    struct loop_timer resume, sweep;

    struct connection *connections;
    struct admission admission;
    struct http_counters counters;
};

/* One accepted socket; on its on_close until it is gone. */
struct connection {
    struct http_server *server;
    h2o_socket_t *sock;
    uint32_t place; /* in server->admission, or ADMISSION_REFUSED if it was taken away */
    struct connection *next, *prev;
    struct http_request *request; /* the one being received, answered or sent, or NULL */
    struct websocket *websocket;  /* after the upgrade */
    bool broken;                  /* by connection_break() */
    bool kept;                    /* has had a request, and may wait for the next one */
    usec_t since;                 /* the next request is waited for, or received */
    bool receiving;               /* some of it is there */
};

/* Lives in memory of the h2o request, which ends it. */
struct http_request {
    h2o_req_t *h2o;
    struct connection *connection;
    const char *method, *path;
    struct http_text query;
    bool answered, any_origin;
    struct loop_timer timer; /* for the handler to answer, then for the client to take it */
    void (*gone)(void *arg);
    void *gone_arg;
    void *context;
    void (*release)(void *context);
};

/* connections.c: opening and closing of sockets */
void connections_accept(h2o_socket_t *listener, const char *err);
void connections_pause(struct http_server *s, bool pause);
/* Breaks the connection: pending reads and writes fail. */
void connection_break(struct connection *c);
struct connection *connection_of(h2o_req_t *req);

/* receiving.c: time and memory of requests that are being received */
void receiving_sweep(void *server, usec_t now);
void receiving_watch(struct http_server *s);

/* idle.c: connections between two requests */
void idle_begin(struct connection *c);
/* The one that has waited longest, of those whose place has `key` (0: any); or NULL. */
struct connection *idle_longest(const struct http_server *s, uint64_t key);
/* Ends it; its place is free at once. */
void idle_end(struct connection *c);

/* request.c: h2o's handler */
int request_start(h2o_handler_t *self, h2o_req_t *req);
/* Tells an unanswered request that it ends. */
void request_abandon(struct http_request *r);
/* No more answer is expected; the response is on its way. */
void request_settle(struct http_request *r);

/* route.c */
void route_request(struct http_request *r);
const char *route_strip_prefix(const struct http_server *s, const char *path);

/* cors.c: h2o's filter, for every response that h2o or a handler makes */
void cors_filter(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot);
bool cors_is_preflight(struct http_request *r);
void cors_answer_preflight(struct http_request *r);

/* response.c */
const char *response_reason(int status);

/* websocket.c */
void websocket_abort(struct websocket *w);

static inline h2o_iovec_t iovec_of(const char *text)
{
    return h2o_iovec_init(text, strlen(text));
}

#endif
