/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "authz/outbound/transfers.h"

#define CONNECT_MS  5000L
#define BUFFER_SIZE 4096L /* of each transfer; answers are small */

/* --- what comes in --- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *x = arg;
    size_t n = size * count;
    if (n > x->answer_max - x->length) {
        x->too_large = true;
        return 0;
    }
    if (x->length + n + 1 > x->capacity) {
        size_t want = 2 * (x->length + n) + 512;
        char *grown = realloc(x->body, want);
        if (!grown)
            return 0;
        x->body = grown;
        x->capacity = want;
    }
    memcpy(x->body + x->length, data, n);
    x->length += n;
    x->body[x->length] = 0;
    return n;
}

static void keep_header(const char *line, size_t n, const char *name, char *out, size_t size)
{
    size_t length = strlen(name);
    if (n <= length || line[length] != ':' || strncasecmp(line, name, length) != 0)
        return;
    line += length + 1;
    n -= length + 1;
    while (n > 0 && (*line == ' ' || *line == '\t'))
        line++, n--;
    while (n > 0 && (line[n - 1] == '\r' || line[n - 1] == '\n' || line[n - 1] == ' '))
        n--;
    if (n < size) {
        memcpy(out, line, n);
        out[n] = 0;
    }
}

static size_t on_header(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *x = arg;
    size_t n = size * count;
    keep_header(data, n, "location", x->location, sizeof(x->location));
    keep_header(data, n, "cache-control", x->cache_control, sizeof(x->cache_control));
    keep_header(data, n, "expires", x->expires, sizeof(x->expires));
    keep_header(data, n, "content-type", x->content_type, sizeof(x->content_type));
    keep_header(data, n, "access-control-allow-methods", x->allow_methods,
                sizeof(x->allow_methods));
    keep_header(data, n, "access-control-allow-headers", x->allow_headers,
                sizeof(x->allow_headers));
    keep_header(data, n, "retry-after", x->retry_after, sizeof(x->retry_after));
    return n;
}

/* The last word on where a connection goes: only to what was looked at and found good. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    const struct transfer *x = arg;
    struct net_addr to;
    bool allowed = x->unix_socket && a->family == AF_UNIX;
    (void)purpose;
    if (!allowed && net_addr_from_sockaddr(&to, &a->addr)) {
        for (size_t i = 0; i < x->pinned_count; i++)
            allowed = allowed || net_addr_same_ip(&to, &x->pinned[i]);
    }
    if (!allowed)
        return CURL_SOCKET_BAD;
    return socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);
}

static int on_connected(void *arg, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
    struct transfer *x = arg;
    (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
    transfers_connected(x->owner, x);
    return CURL_PREREQFUNC_OK;
}

/* --- the end --- */

static enum cause cause_of_timeout(CURL *easy)
{
    curl_off_t connected = 0, secured = 0;
    char *scheme = NULL;
    curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
    if (connected == 0)
        return CAUSE_TCP_TIMEOUT;
    return secured == 0 && scheme && strcasecmp(scheme, "https") == 0 ? CAUSE_TLS : CAUSE_TIMEOUT;
}

static enum cause cause_of(const struct transfer *x, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return CAUSE_NONE;
    case CURLE_OUT_OF_MEMORY:
        return CAUSE_BUSY;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
        return CAUSE_TCP;
    case CURLE_OPERATION_TIMEDOUT:
        return cause_of_timeout(x->easy);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
        return CAUSE_CERTIFICATE;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
        return CAUSE_TLS;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return CAUSE_REFUSED_URL;
    case CURLE_WRITE_ERROR:
        return x->too_large ? CAUSE_TOO_LARGE : CAUSE_PROTOCOL;
    default:
        return CAUSE_PROTOCOL;
    }
}

static void transfer_free(struct transfer *x)
{
    transfers_remove(x->owner, x);
    if (x->easy)
        transfers_give_handle(x->owner, x->easy);
    curl_slist_free_all(x->headers);
    curl_slist_free_all(x->resolve);
    curl_slist_free_all(x->connect_to);
    free(x->body);
    free(x);
}

void transfer_finish(struct transfer *x, CURLcode code)
{
    long status = 0;
    char *ip = NULL;
    struct transfer_answer a = {
        .cause = cause_of(x, code),
        .body = x->body ? x->body : "",
        .length = x->length,
        .location = x->location,
        .cache_control = x->cache_control,
        .expires = x->expires,
        .retry_after = x->retry_after,
        .content_type = x->content_type,
        .allow_methods = x->allow_methods,
        .allow_headers = x->allow_headers,
        .detail = x->error,
    };
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    if (curl_easy_getinfo(x->easy, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK && ip)
        net_addr_parse(&a.peer, ip, 0);
    a.status = (int)status;
    x->done(x->arg, &a);
    transfer_free(x);
}

/* --- the beginning --- */

static bool append(struct curl_slist **list, const char *name, const char *value)
{
    char line[5000];
    if (!value)
        return true;
    int n = snprintf(line, sizeof(line), "%s: %s", name, value);
    struct curl_slist *grown =
        n > 0 && (size_t)n < sizeof(line) ? curl_slist_append(*list, line) : NULL;
    if (grown)
        *list = grown;
    return grown != NULL;
}

static bool set_headers(struct transfer *x, const struct transfer_request *r)
{
    return append(&x->headers, "Host", r->host_header) &&
           append(&x->headers, "Authorization", r->authorization) &&
           append(&x->headers, "Content-Type", r->content_type) &&
           append(&x->headers, "X-Forwarded-For", r->forwarded_for) &&
           append(&x->headers, "Expect", "") &&
           curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

/* "+target:port:ip,ip" (to be forgotten some time) for the resolver's place, and "::target:port"
 * for where to connect. */
static bool set_addresses(struct transfer *x, const struct transfer_request *r)
{
    char line[SERVER_HOST_MAX + 64 + 16 * NET_ADDR_TEXT], text[NET_ADDR_TEXT];
    bool v6_literal = strchr(r->target, ':') != NULL;
    const char *open = v6_literal ? "[" : "", *close = v6_literal ? "]" : "";
    snprintf(line, sizeof(line), "::%s%s%s:%u", open, r->target, close, r->target_port);
    x->connect_to = curl_slist_append(NULL, line);
    int n = snprintf(line, sizeof(line), "+%s:%u:", r->target, r->target_port);
    for (size_t i = 0; i < r->pinned_count && i < 16; i++) {
        x->pinned[x->pinned_count++] = r->pinned[i];
        bool v6 = r->pinned[i].family == 6;
        n += snprintf(line + n, sizeof(line) - (size_t)n, "%s%s%s%s", i ? "," : "", v6 ? "[" : "",
                      net_addr_format_ip(&r->pinned[i], text), v6 ? "]" : "");
    }
    x->resolve = v6_literal ? NULL : curl_slist_append(NULL, line);
    curl_easy_setopt(x->easy, CURLOPT_RESOLVE, x->resolve);
    curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->connect_to);
    return x->connect_to && (v6_literal || x->resolve);
}

/* Without a directory of certificates libcurl reads the file once for all transfers. */
static void set_tls(CURL *easy, const struct transfer_request *r)
{
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    if (r->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, r->ca_file);
    if (!r->insecure)
        return;
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

static void set_callbacks(CURL *easy, struct transfer *x)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, x);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, x);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
}

static bool set_options(struct transfer *x, const struct transfer_request *r)
{
    CURL *easy = x->easy;
    set_callbacks(easy, x);
    curl_easy_setopt(easy, CURLOPT_URL, r->url);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, NULL);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sluice-authz");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
    set_tls(easy, r);
    if (strcmp(r->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else if (strcmp(r->method, "GET") != 0 && strcmp(r->method, "POST") != 0)
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, r->method);
    if (strcmp(r->method, "POST") == 0) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)r->body_length);
        curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, r->body ? r->body : "");
    }
    if (r->unix_socket) {
        x->unix_socket = true;
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, r->unix_socket);
    }
    return set_headers(x, r) && (r->unix_socket || set_addresses(x, r));
}

struct transfer *transfer_start(struct transfers *t, const struct transfer_request *r,
                                transfer_done *done, void *arg)
{
    char host[SERVER_HOST_MAX + 16];
    struct transfer *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->owner = t;
    x->done = done;
    x->arg = arg;
    x->answer_max = r->answer_max;
    snprintf(host, sizeof(host), "%s:%u", r->unix_socket ? r->unix_socket : r->target,
             r->target_port);
    x->easy = transfers_take_handle(t, host);
    bool ok = x->easy && set_options(x, r);
    if (transfers_add(t, x, host, r->timeout) && ok)
        return x;
    transfer_free(x);
    return NULL;
}

void transfer_cancel(struct transfer *x)
{
    transfer_free(x);
}
