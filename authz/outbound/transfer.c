/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CONNECT_MS 5000L

struct transfers {
    struct loop *loop;
    CURLM *multi;
    CURLSH *share; /* TLS sessions */
    struct loop_timer timer;
    struct loop_task reap;
    struct transfer *all;
};

struct transfer {
    struct transfers *owner;
    struct transfer *next, *prev;
    CURL *easy;
    struct curl_slist *headers, *resolve, *connect_to;
    transfer_done *done;
    void *arg;
    struct net_addr pinned[16];
    size_t pinned_count;
    bool unix_socket, too_large;
    char *body;
    size_t length, capacity, answer_max;
    char location[TRANSFER_HEADER_MAX], cache_control[256], expires[64], retry_after[64];
    char content_type[128], allow_methods[128], allow_headers[256];
    char error[CURL_ERROR_SIZE];
};

/* A socket that libcurl wants watched. */
struct transfer_socket {
    struct transfers *owner;
    struct loop_watch watch;
};

/* --- libcurl's sockets and timer on the loop --- */

static void act(struct transfers *t, curl_socket_t fd, int mask)
{
    int running;
    curl_multi_socket_action(t->multi, fd, mask, &running);
    loop_post(t->loop, &t->reap);
}

static void on_ready(void *arg, unsigned events)
{
    const struct transfer_socket *s = arg;
    int mask =
        (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0);
    act(s->owner, s->watch.fd, mask);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int set_timer(CURLM *multi, long ms, void *arg)
{
    struct transfers *t = arg;
    (void)multi;
    if (ms < 0)
        loop_timer_cancel(t->loop, &t->timer);
    else
        loop_timer_after(t->loop, &t->timer, (usec_t)ms * USEC_PER_MS);
    return 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct transfers *t = arg;
    struct transfer_socket *s = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (s)
            loop_unwatch(t->loop, &s->watch);
        free(s);
        curl_multi_assign(t->multi, fd, NULL);
        return 0;
    }
    if (!s) {
        s = calloc(1, sizeof(*s));
        if (!s)
            return -1;
        s->owner = t;
        s->watch = (struct loop_watch){.ready = on_ready, .arg = s, .fd = fd};
        curl_multi_assign(t->multi, fd, s);
    }
    unsigned events =
        (what & CURL_POLL_IN ? LOOP_READ : 0u) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0u);
    return loop_watch(t->loop, &s->watch, events) ? 0 : -1;
}

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
    struct transfers *t = x->owner;
    if (x->prev)
        x->prev->next = x->next;
    else
        t->all = x->next;
    if (x->next)
        x->next->prev = x->prev;
    if (x->easy) {
        curl_multi_remove_handle(t->multi, x->easy);
        curl_easy_cleanup(x->easy);
    }
    curl_slist_free_all(x->headers);
    curl_slist_free_all(x->resolve);
    curl_slist_free_all(x->connect_to);
    free(x->body);
    free(x);
}

static void finish(struct transfer *x, CURLcode code)
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

static void reap(void *arg)
{
    struct transfers *t = arg;
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(t->multi, &left))) {
        struct transfer *x = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        CURLcode code = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &x);
        finish(x, code);
    }
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
           append(&x->headers, "Expect", "") &&
           curl_easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) == CURLE_OK;
}

/* "target:port:ip,ip" for the resolver's place, and "::target:port" for where to connect. */
static bool set_addresses(struct transfer *x, const struct transfer_request *r)
{
    char line[SERVER_HOST_MAX + 64 + 16 * NET_ADDR_TEXT], text[NET_ADDR_TEXT];
    bool v6_literal = strchr(r->target, ':') != NULL;
    const char *open = v6_literal ? "[" : "", *close = v6_literal ? "]" : "";
    snprintf(line, sizeof(line), "::%s%s%s:%u", open, r->target, close, r->target_port);
    x->connect_to = curl_slist_append(NULL, line);
    int n = snprintf(line, sizeof(line), "%s:%u:", r->target, r->target_port);
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
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x->error);
}

static bool set_options(struct transfer *x, const struct transfer_request *r)
{
    CURL *easy = x->easy;
    set_callbacks(easy, x);
    curl_easy_setopt(easy, CURLOPT_SHARE, x->owner->share);
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
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(r->timeout / USEC_PER_MS) + 1);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 16384L);
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
    struct transfer *x = calloc(1, sizeof(*x));
    if (!x)
        return NULL;
    x->owner = t;
    x->done = done;
    x->arg = arg;
    x->answer_max = r->answer_max;
    x->next = t->all;
    if (t->all)
        t->all->prev = x;
    t->all = x;
    x->easy = curl_easy_init();
    if (x->easy && set_options(x, r) && curl_multi_add_handle(t->multi, x->easy) == CURLM_OK)
        return x;
    transfer_free(x);
    return NULL;
}

void transfer_cancel(struct transfer *x)
{
    transfer_free(x);
}

struct transfers *transfers_create(struct loop *l, const struct transfer_limits *limits)
{
    struct transfers *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->loop = l;
    t->timer = (struct loop_timer){.fire = on_timer, .arg = t};
    t->reap = (struct loop_task){.run = reap, .arg = t};
    t->multi = curl_multi_init();
    t->share = curl_share_init();
    if (!t->multi || !t->share) {
        curl_multi_cleanup(t->multi);
        curl_share_cleanup(t->share);
        free(t);
        return NULL;
    }
    curl_share_setopt(t->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, limits->connections);
    curl_multi_setopt(t->multi, CURLMOPT_MAX_HOST_CONNECTIONS, limits->per_host);
    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, limits->connections);
    curl_multi_setopt(t->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    return t;
}

void transfers_destroy(struct transfers *t)
{
    if (!t)
        return;
    for (struct transfer *x = t->all, *next; x; x = next) {
        next = x->next;
        transfer_free(x);
    }
    curl_multi_cleanup(t->multi);
    curl_share_cleanup(t->share);
    loop_timer_cancel(t->loop, &t->timer);
    loop_unpost(t->loop, &t->reap);
    free(t);
}
