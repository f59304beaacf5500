/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/exchange.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct transfer_limits own_limits = {.connections = 512, .per_host = 256, .kept = 128};
static const struct transfer_limits stranger_limits = {
    .connections = 1024, .per_host = 64, .kept = 512};

/* Copies of the request's texts, in one piece. */
enum { TEXT_TARGET, TEXT_SOCKET, TEXT_HOST, TEXT_AUTHORIZATION, TEXT_TYPE, TEXT_CA, TEXT_COUNT };

struct exchange {
    struct outbound *out;
    struct exchange_request r;
    char *texts[TEXT_COUNT];
    void *body;
    CURLU *url;
    char *url_text, *host;
    uint16_t port;
    transfer_done *done;
    void *arg;
    usec_t deadline;
    struct dns_query *query;
    struct transfer *transfer;
    struct loop_task task;  /* begins, or tells a failure */
    enum cause early_cause; /* for task: CAUSE_NONE to begin */
};

bool outbound_init(struct outbound *o, struct loop *l, const char *dns_servers)
{
    *o = (struct outbound){.loop = l};
    o->dns = dns_create(l, dns_servers);
    o->own = transfers_create(l, &own_limits);
    o->strangers = transfers_create(l, &stranger_limits);
    return o->dns && o->own && o->strangers;
}

void outbound_free(struct outbound *o)
{
    transfers_destroy(o->own);
    transfers_destroy(o->strangers);
    dns_destroy(o->dns);
}

static void exchange_free(struct exchange *x)
{
    if (x->query)
        dns_cancel(x->query);
    if (x->transfer)
        transfer_cancel(x->transfer);
    loop_unpost(x->out->loop, &x->task);
    for (size_t i = 0; i < TEXT_COUNT; i++)
        free(x->texts[i]);
    free(x->body);
    curl_free(x->url_text);
    curl_free(x->host);
    curl_url_cleanup(x->url);
    x->out->exchanges--;
    free(x);
}

static void end(struct exchange *x, const struct transfer_answer *a)
{
    x->done(x->arg, a);
    exchange_free(x);
}

static void fail(struct exchange *x, enum cause cause)
{
    const struct transfer_answer a = {.cause = cause,
                                      .body = "",
                                      .location = "",
                                      .cache_control = "",
                                      .expires = "",
                                      .retry_after = "",
                                      .content_type = "",
                                      .allow_methods = "",
                                      .allow_headers = "",
                                      .detail = ""};
    end(x, &a);
}

/* --- the URL --- */

static bool take_url_parts(struct exchange *x)
{
    char *scheme = NULL, *port = NULL;
    curl_free(x->url_text);
    curl_free(x->host);
    x->url_text = x->host = NULL;
    bool ok = curl_url_get(x->url, CURLUPART_URL, &x->url_text, 0) == CURLUE_OK &&
              curl_url_get(x->url, CURLUPART_HOST, &x->host, 0) == CURLUE_OK &&
              curl_url_get(x->url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
              curl_url_get(x->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK;
    if (ok) {
        size_t n = strlen(x->host);
        if (*x->host == '[') { /* the rest of us knows literals without brackets */
            memmove(x->host, x->host + 1, n - 2);
            x->host[n - 2] = 0;
        }
        x->port = (uint16_t)strtoul(port, NULL, 10);
        ok = strcmp(scheme, "https") == 0 || (x->r.plain_http && strcmp(scheme, "http") == 0);
    }
    curl_free(scheme);
    curl_free(port);
    return ok && x->port > 0 && strlen(x->host) <= SERVER_HOST_MAX;
}

/* Names without user and password; relative to the present one if there is one. */
static bool set_url(struct exchange *x, const char *text)
{
    return strlen(text) < EXCHANGE_URL_MAX &&
           curl_url_set(x->url, CURLUPART_URL, text, CURLU_DISALLOW_USER | CURLU_PATH_AS_IS) ==
               CURLUE_OK &&
           curl_url_set(x->url, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK && take_url_parts(x);
}

/* --- the steps --- */

static void resolve(struct exchange *x);

static bool may_redirect(const struct exchange *x, const struct transfer_answer *a)
{
    switch (a->status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
        return a->cause == CAUSE_NONE && *a->location && strcmp(x->r.method, "GET") == 0;
    default:
        return false;
    }
}

static void redirect(struct exchange *x, const char *location)
{
    x->r.plain_http = false;
    x->r.target = NULL;
    x->r.host_header = NULL;
    x->r.authorization = NULL;
    if (x->r.redirects-- == 0)
        fail(x, CAUSE_REDIRECTS);
    else if (!set_url(x, location))
        fail(x, CAUSE_REFUSED_URL);
    else
        resolve(x);
}

static void on_transfer(void *arg, const struct transfer_answer *a)
{
    struct exchange *x = arg;
    x->transfer = NULL;
    if (may_redirect(x, a))
        redirect(x, a->location);
    else
        end(x, a);
}

static void transfer(struct exchange *x, const struct net_addr *pinned, size_t count)
{
    usec_t now = clock_monotonic();
    if (now >= x->deadline) {
        fail(x, CAUSE_TIMEOUT);
        return;
    }
    const struct transfer_request t = {
        .method = x->r.method,
        .url = x->url_text,
        .unix_socket = x->r.unix_socket,
        .target = x->r.target ? x->r.target : x->host,
        .target_port = x->r.target ? x->r.target_port : x->port,
        .pinned = pinned,
        .pinned_count = count,
        .host_header = x->r.host_header,
        .authorization = x->r.authorization,
        .content_type = x->r.content_type,
        .body = x->body,
        .body_length = x->r.body_length,
        .ca_file = x->r.ca_file ? x->r.ca_file : x->out->ca_file,
        .insecure = x->out->insecure,
        .answer_max = x->r.answer_max,
        .timeout = x->deadline - now,
    };
    x->transfer = transfer_start(x->r.own ? x->out->own : x->out->strangers, &t, on_transfer, x);
    if (!x->transfer)
        fail(x, CAUSE_BUSY);
}

static bool allowed(const struct exchange *x, const struct net_addr *a)
{
    if (x->r.own || guard_global(a))
        return true;
    for (size_t i = 0; i < x->out->allowed_count; i++) {
        if (guard_network_has(&x->out->allowed[i], a))
            return true;
    }
    return false;
}

static void use_addresses(struct exchange *x, const struct net_addr *all, size_t count)
{
    struct net_addr good[DNS_ADDRESSES_MAX];
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (allowed(x, &all[i]))
            good[n++] = all[i];
    }
    if (n == 0)
        fail(x, CAUSE_REFUSED_ADDRESS);
    else
        transfer(x, good, n);
}

static void on_addresses(void *arg, const struct dns_answer *a)
{
    struct exchange *x = arg;
    x->query = NULL;
    if (a->cause != CAUSE_NONE)
        fail(x, a->cause);
    else
        use_addresses(x, a->addresses, a->count);
}

static void resolve(struct exchange *x)
{
    if (x->r.unix_socket) {
        transfer(x, NULL, 0);
        return;
    }
    const char *host = x->r.target ? x->r.target : x->host;
    uint16_t port = x->r.target ? x->r.target_port : x->port;
    struct net_addr literal;
    if (net_addr_parse(&literal, host, port)) {
        use_addresses(x, &literal, 1);
        return;
    }
    x->query = dns_addresses(x->out->dns, host, port, on_addresses, x);
    if (!x->query)
        fail(x, CAUSE_BUSY);
}

static void begin(void *arg)
{
    struct exchange *x = arg;
    if (x->early_cause != CAUSE_NONE)
        fail(x, x->early_cause);
    else
        resolve(x);
}

static bool copy_text(struct exchange *x, size_t i, const char **text)
{
    if (!*text)
        return true;
    x->texts[i] = strdup(*text);
    *text = x->texts[i];
    return x->texts[i] != NULL;
}

static bool copy_request(struct exchange *x)
{
    struct exchange_request *r = &x->r;
    if (r->body_length > 0) {
        x->body = malloc(r->body_length);
        if (!x->body)
            return false;
        memcpy(x->body, r->body, r->body_length);
    }
    return copy_text(x, TEXT_TARGET, &r->target) && copy_text(x, TEXT_SOCKET, &r->unix_socket) &&
           copy_text(x, TEXT_HOST, &r->host_header) &&
           copy_text(x, TEXT_AUTHORIZATION, &r->authorization) &&
           copy_text(x, TEXT_TYPE, &r->content_type) && copy_text(x, TEXT_CA, &r->ca_file);
}

struct exchange *exchange_start(struct outbound *o, const struct exchange_request *r,
                                transfer_done *done, void *arg)
{
    if (o->exchanges >= EXCHANGES_MAX)
        return NULL;
    struct exchange *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    o->exchanges++;
    x->out = o;
    x->r = *r;
    x->done = done;
    x->arg = arg;
    x->deadline = clock_monotonic() + r->timeout;
    x->task = (struct loop_task){.run = begin, .arg = x};
    x->url = curl_url();
    if (!x->url || !copy_request(x)) {
        exchange_free(x);
        return NULL;
    }
    x->early_cause = set_url(x, r->url) ? CAUSE_NONE : CAUSE_REFUSED_URL;
    loop_post(o->loop, &x->task);
    return x;
}

void exchange_cancel(struct exchange *x)
{
    exchange_free(x);
}
