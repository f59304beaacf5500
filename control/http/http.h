/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server in front of handlers (RFC 9112). No TLS: a reverse proxy ends it. No HTTP/2
 * in any form: neither the `h2c` upgrade nor the preface is answered.
 *
 * Per request, in this order: CORS (every Origin; a preflight is answered here), leading slashes
 * collapsed to one, known prefixes stripped, body limit (413), the guard, the route (else 404
 * `404 page not found`).
 *
 * A request belongs to the server. It lives until it is answered or its client is gone (see
 * http_on_gone()); a handler may answer at once or later. Everything runs in the loop's thread.
 */
#ifndef SLUICE_CONTROL_HTTP_HTTP_H
#define SLUICE_CONTROL_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "control/http/loop.h"

struct http_server;
struct http_request;

/* Request line and headers together may have this many bytes, and at most 100 headers; more is
 * answered 400. The query of /rtc/v1 (a token and a compressed SDP) needs about 4 KiB. */
#define HTTP_HEAD_MAX (8192u + 4096u * 100u)

#define HTTP_LISTEN_MAX 16

/* Headers of every response, for services that any page may use. Both texts are static. */
struct http_cors {
    const char *methods, *headers; /* Access-Control-Allow-Methods and -Headers, unless the handler
                                      adds its own */
};

/* Zero selects the default of each number. */
struct http_config {
    const char *const *prefixes; /* stripped once from the front of a path: "/livekit/sfu" */
    size_t prefix_count;
    const struct http_cors *any_origin; /* not NULL: every response says `*` and these, and
                                           preflights go the way of other requests */
    uint64_t body_max;                  /* bytes; default 10 MiB */
    uint64_t receive_max;               /* bytes of requests being received, on all connections;
                                           default 64 MiB: over it the largest are cut off */
    unsigned connections_max;           /* default 4096: more wait in the kernel's queue */
    unsigned connections_per_address;   /* default 256; an IPv6 address counts by its /64. Loopback,
                                           private and link-local peers (proxies) are exempt */
    unsigned request_timeout_ms;        /* to receive a whole request; default 10 s */
    unsigned idle_timeout_ms;   /* between two requests; default 180 s: reverse proxies keep theirs
                                   for 60 to 120 s, and must be the ones who close. An idle
                                   connection makes way for a new one where a limit is reached */
    unsigned answer_timeout_ms; /* for a handler to answer (else 504); default 30 s */
    unsigned send_timeout_ms;   /* for the client to take the response; default 30 s */
};

/* A server without listeners. Keeps a copy of cfg. NULL if out of memory. */
struct http_server *http_server_create(struct loop *l, const struct http_config *cfg);

/* Opens a listener (IPv6 ones are IPv6 only, so that both families can be bound). Port 0 lets the
 * kernel choose. Returns 0 or an errno. */
int http_server_listen(struct http_server *s, const struct net_addr *at);

/* Takes over a listening socket (socket activation, or a Unix socket). Returns 0 or an errno. */
int http_server_listen_fd(struct http_server *s, int fd);

/* The port of listener `index`, in order of opening; 0 if there is none. */
uint16_t http_server_port(const struct http_server *s, size_t index);

/* Closes the listeners. Connections go on; kept-alive ones end after their current request. */
void http_server_stop_listening(struct http_server *s);

/* Ends every connection at once and runs the loop for the turns that needs. Requests and
 * WebSockets get their `gone` and `closed` callbacks. Not from within a callback. */
void http_server_destroy(struct http_server *s);

/* Answers the request, now or later. */
typedef void http_handler(struct http_request *r, void *arg);

/* Runs before the route for every request but preflights. Returns false if it has answered. */
typedef bool http_guard(struct http_request *r, void *arg);

/* What a path means in http_route(): the path alone, or all below it too (end it with '/'). */
enum http_match { HTTP_EXACT, HTTP_BELOW };

/* The first matching route in order of registration answers. `methods` is NULL for any, or a
 * space-separated list ("GET HEAD"): others get 405. `path` is copied. False if the table (128) is
 * full. */
bool http_route(struct http_server *s, const char *methods, const char *path, enum http_match match,
                http_handler *handler, void *arg);

void http_set_guard(struct http_server *s, http_guard *guard, void *arg);

/* --- request --- */

/* Bytes of the request's; `at` ends with a NUL that `length` does not count, or is NULL. */
struct http_text {
    const char *at;
    size_t length;
};

const char *http_method(const struct http_request *r);

/* The path, percent-decoded, slashes collapsed, prefix stripped, without query. */
const char *http_path(const struct http_request *r);

/* The query as it came, without '?'; "" if there is none. */
struct http_text http_query_string(const struct http_request *r);

/* The first value of a query field, decoded (application/x-www-form-urlencoded). Kept until the
 * request ends. `at` is NULL if absent, not well-formed, or if it contains a NUL byte. */
struct http_text http_query(struct http_request *r, const char *name);

/* The same for a form: a POST body of type application/x-www-form-urlencoded first, then the
 * query. */
struct http_text http_form(struct http_request *r, const char *name);

/* The first header of that name (any case), or NULL. */
const char *http_header(struct http_request *r, const char *name);

/* The Host header, or "". */
const char *http_host(const struct http_request *r);

/* Not followed by a NUL. */
struct http_text http_body(const struct http_request *r);

/* The other end of the TCP connection; unset for a Unix socket. */
struct net_addr http_peer(const struct http_request *r);

/* The client as LiveKit sees it: CF-Connecting-IP, else X-Forwarded-For as it came, else
 * X-Real-IP, else the peer's address without port. For display, not for decisions: headers are
 * anyone's to write. */
const char *http_client_address(struct http_request *r);

/* A value for the handler that follows (a guard's token), freed with the request. */
void http_set_context(struct http_request *r, void *context, void (*release)(void *));
void *http_context(const struct http_request *r);

/* Called if the request ends unanswered: client gone, answer timeout, server destroyed. The
 * request must not be used after. Replaces an earlier callback; NULL clears it. */
void http_on_gone(struct http_request *r, void (*gone)(void *arg), void *arg);

/* --- response --- */

/* Adds a header to the response to come; both texts are copied. */
void http_add_header(struct http_request *r, const char *name, const char *value);

/* Makes Access-Control-Allow-Origin `*` whatever the Origin, or without one. */
void http_allow_any_origin(struct http_request *r);

/* Answers; the request is gone after. The body is copied. Without content_type no such header is
 * sent. HEAD gets the headers only. */
void http_respond(struct http_request *r, int status, const char *content_type, const void *body,
                  size_t length);

/* Answers with text/plain; charset=utf-8. */
void http_respond_text(struct http_request *r, int status, const char *text);

/* `404 page not found`, as every unknown path gets. */
void http_respond_not_found(struct http_request *r);

/* --- what the server has seen --- */

struct http_counters {
    unsigned connections, websockets; /* now */
    uint64_t accepted;
    uint64_t refused_per_address; /* closed at accept */
    uint64_t refused_for_memory;  /* cut off for receive_max */
    uint64_t idle_closed;         /* idle ones that made way for others */
    uint64_t requests, request_timeouts, answer_timeouts, send_timeouts;
};

struct http_counters http_server_counters(const struct http_server *s);

#endif
