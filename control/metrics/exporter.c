/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics/exporter.h"

#include "common/base64.h"
#include "common/log.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BASIC           "Basic "
#define CREDENTIALS_MAX 600
#define CONNECTIONS_MAX 64

struct exporter {
    struct exporter_config config;
    struct http_server *http;
};

static bool is_allowed(const struct exporter *e, struct http_request *r)
{
    const char *header = http_header(r, "authorization");
    if (!*e->config.username && !*e->config.password)
        return true;
    if (!header || strncasecmp(header, BASIC, strlen(BASIC)) != 0)
        return false;
    header += strlen(BASIC);
    char expected[CREDENTIALS_MAX];
    uint8_t given[BASE64_DECODED_SIZE(CREDENTIALS_MAX * 2)];
    int n = snprintf(expected, sizeof expected, "%s:%s", e->config.username, e->config.password);
    size_t length = strlen(header);
    if (n < 0 || (size_t)n >= sizeof expected || length > (size_t)CREDENTIALS_MAX * 2)
        return false;
    size_t k = base64_decode(header, length, BASE64_STANDARD, given);
    return k == (size_t)n && CRYPTO_memcmp(given, expected, k) == 0;
}

static void respond(const struct exporter *e, struct http_request *r)
{
    struct stats_segment stats;
    struct metrics_sources s = e->config.sources;
    struct metrics_text text;
    char err[STATS_ERROR_TEXT];
    if (stats_segment_open(&stats, e->config.stats_path, err))
        s.stats = &stats;
    metrics_collect(&s, &text);
    if (s.stats)
        stats_segment_close(&stats);
    if (text.failed)
        http_respond_text(r, 500, "out of memory");
    else
        http_respond(r, 200, METRICS_CONTENT_TYPE, text.at, text.length);
    metrics_text_free(&text);
}

static void on_request(struct http_request *r, void *arg)
{
    const struct exporter *e = arg;
    if (is_allowed(e, r)) {
        respond(e, r);
        return;
    }
    http_add_header(r, "WWW-Authenticate", "Basic realm=\"metrics\"");
    http_respond_text(r, 401, "Unauthorized");
}

static bool listen_at(struct exporter *e, const char *ip, uint16_t port)
{
    struct net_addr at;
    int error = net_addr_parse(&at, ip, port) ? http_server_listen(e->http, &at) : -1;
    if (error)
        log_warn("metrics", "cannot listen address=%s port=%u error=\"%s\"", ip, port,
                 error > 0 ? strerror(error) : "not an address");
    else
        log_info("metrics", "listening address=%s port=%u", ip, http_server_port(e->http, 0));
    return error == 0;
}

static bool listen_all(struct exporter *e, const char (*addresses)[256], size_t count,
                       uint16_t port)
{
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any = listen_at(e, addresses[i], port) || any;
    if (count > 0)
        return any;
    any = listen_at(e, "0.0.0.0", port);
    return listen_at(e, "::", port) || any;
}

struct exporter *exporter_create(struct loop *l, const struct exporter_config *config,
                                 const char (*addresses)[256], size_t count, uint16_t port)
{
    struct exporter *e = calloc(1, sizeof *e);
    const struct http_config http = {.connections_max = CONNECTIONS_MAX, .body_max = 1024};
    if (!e)
        return NULL;
    e->config = *config;
    e->http = http_server_create(l, &http);
    if (e->http && http_route(e->http, "GET HEAD", "/", HTTP_BELOW, on_request, e) &&
        listen_all(e, addresses, count, port))
        return e;
    exporter_destroy(e);
    return NULL;
}

void exporter_destroy(struct exporter *e)
{
    if (!e)
        return;
    if (e->http)
        http_server_destroy(e->http);
    free(e);
}

uint16_t exporter_port(const struct exporter *e)
{
    return http_server_port(e->http, 0);
}
