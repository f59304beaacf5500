/* SPDX-License-Identifier: Apache-2.0 */
#include "control/proxy/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/outbound/transfer.h"
#include "common/log.h"

#define PATIENCE   (10 * USEC_PER_SEC) /* for authz to be there */
#define PAUSE      (100 * USEC_PER_MS)
#define TIME       (60 * USEC_PER_SEC)
#define ANSWER_MAX (1u << 20)

static const char unreachable[] =
    "{\"errcode\":\"M_UNKNOWN\",\"error\":\"The authorisation service is not running\"}\n";

static const struct {
    const char *path;
    enum http_match match;
} paths[] = {
    {"/sfu/get", HTTP_EXACT},
    {"/sfu/get/", HTTP_EXACT},
    {"/get_token", HTTP_EXACT},
    {"/get_token/", HTTP_EXACT},
    {"/delegate_delayed_leave", HTTP_EXACT},
    {"/delegate_delayed_leave/", HTTP_EXACT},
    {"/sfu_webhook", HTTP_EXACT},
    {"/livekit/jwt/", HTTP_BELOW},
    {"/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", HTTP_EXACT},
    {"/_matrix/client/v1/rtc/transports", HTTP_EXACT},
    {"/.well-known/matrix/client", HTTP_EXACT},
};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

struct proxy {
    struct loop *loop;
    struct transfers *transfers;
    char socket[300];
};

struct handed_on {
    struct proxy *proxy;
    struct http_request *request;
    struct transfer *transfer;
    struct loop_timer timer;
    usec_t deadline;
};

bool proxy_handles(const char *path)
{
    for (size_t i = 0; i < PATHS; i++) {
        size_t n = strlen(paths[i].path);
        if (paths[i].match == HTTP_EXACT ? strcmp(path, paths[i].path) == 0
                                         : strncmp(path, paths[i].path, n) == 0)
            return true;
    }
    return false;
}

static void handed_on_free(struct handed_on *h)
{
    if (h->transfer)
        transfer_cancel(h->transfer);
    loop_timer_cancel(h->proxy->loop, &h->timer);
    free(h);
}

static void on_gone(void *arg)
{
    handed_on_free(arg);
}

static void copy_header(struct http_request *r, const char *name, const char *value)
{
    if (*value)
        http_add_header(r, name, value);
}

static void respond(struct handed_on *h, const struct transfer_answer *a)
{
    struct http_request *r = h->request;
    handed_on_free(h);
    http_allow_any_origin(r);
    copy_header(r, "access-control-allow-methods", a->allow_methods);
    copy_header(r, "access-control-allow-headers", a->allow_headers);
    http_respond(r, a->status, *a->content_type ? a->content_type : NULL, a->body, a->length);
}

static void give_up(struct handed_on *h)
{
    struct http_request *r = h->request;
    log_warn("proxy", "sluice-authz is not reached socket=%s", h->proxy->socket);
    handed_on_free(h);
    http_allow_any_origin(r);
    http_respond(r, 503, "application/json", unreachable, sizeof(unreachable) - 1);
}

/* All that authz does may be asked for twice. */
static void on_answer(void *arg, const struct transfer_answer *a)
{
    struct handed_on *h = arg;
    h->transfer = NULL;
    if (a->cause == CAUSE_NONE)
        respond(h, a);
    else if (clock_monotonic() + PAUSE < h->deadline)
        loop_timer_after(h->proxy->loop, &h->timer, PAUSE);
    else
        give_up(h);
}

/* Whom the request came by, with the peer as the last one; from malloc. */
static char *forwarded_for(struct http_request *r)
{
    const char *before = http_header(r, "x-forwarded-for");
    struct net_addr peer = http_peer(r);
    char ip[NET_ADDR_TEXT], *value = NULL;
    if (peer.family == 0)
        return before ? strdup(before) : NULL;
    net_addr_format_ip(&peer, ip);
    if (asprintf(&value, "%s%s%s", before ? before : "", before ? ", " : "", ip) < 0)
        return NULL;
    return value;
}

static void attempt(struct handed_on *h)
{
    struct http_request *r = h->request;
    struct http_text body = http_body(r), query = http_query_string(r);
    char *url = NULL, *forwarded = forwarded_for(r);
    if (asprintf(&url, "http://authz%s%s%s", http_path(r), query.length ? "?" : "", query.at) < 0)
        url = NULL;
    const struct transfer_request t = {
        .method = http_method(r),
        .url = url,
        .unix_socket = h->proxy->socket,
        .authorization = http_header(r, "authorization"),
        .content_type = http_header(r, "content-type"),
        .forwarded_for = forwarded,
        .body = body.at,
        .body_length = body.length,
        .answer_max = ANSWER_MAX,
        .timeout = TIME,
    };
    if (url)
        h->transfer = transfer_start(h->proxy->transfers, &t, on_answer, h);
    free(url);
    free(forwarded);
    if (!h->transfer)
        give_up(h);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    attempt(arg);
}

static void on_request(struct http_request *r, void *arg)
{
    struct proxy *p = arg;
    struct handed_on *h = calloc(1, sizeof(*h));
    if (!h) {
        http_respond_text(r, 500, "out of memory");
        return;
    }
    h->proxy = p;
    h->request = r;
    h->timer = (struct loop_timer){.fire = on_timer, .arg = h};
    h->deadline = clock_monotonic() + PATIENCE;
    http_on_gone(r, on_gone, h);
    attempt(h);
}

struct proxy *proxy_create(struct loop *l, struct http_server *s, const char *run_dir)
{
    const struct transfer_limits limits = {.connections = 256, .per_host = 256, .kept = 64};
    struct proxy *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->loop = l;
    snprintf(p->socket, sizeof(p->socket), "%s/authz.sock", run_dir);
    p->transfers = transfers_create(l, &limits);
    bool ok = p->transfers != NULL;
    for (size_t i = 0; i < PATHS && ok; i++)
        ok = http_route(s, NULL, paths[i].path, paths[i].match, on_request, p);
    if (ok)
        return p;
    proxy_destroy(p);
    return NULL;
}

void proxy_destroy(struct proxy *p)
{
    if (!p)
        return;
    transfers_destroy(p->transfers);
    free(p);
}
