/* SPDX-License-Identifier: Apache-2.0 */
/* h2o has a client too, but the packaged one asserts on some malformed responses. */
#include "control/http/proxy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "control/http/response_head.h"
#include "control/http/server.h"

#define READ_SIZE 16384

struct http_upstream {
    struct loop *loop;
    char *name;
    struct sockaddr_storage address;
    socklen_t address_length;
    unsigned in_flight;
    usec_t timeout;
};

struct exchange {
    struct http_upstream *upstream;
    struct http_request *request;
    struct loop_watch watch;
    struct loop_timer timer;
    char *out; /* the request; NULL when it is sent */
    size_t out_length, out_sent;
    char *in; /* the response; always with a NUL behind */
    size_t in_length, in_size;
    bool head_done;
    struct response_head head;
};

/* --- the upstream --- */

static bool parse_unix(const char *path, struct http_upstream *u)
{
    struct sockaddr_un *a = (struct sockaddr_un *)&u->address;
    size_t n = strlen(path);
    if (path[0] != '/' || n >= sizeof(a->sun_path))
        return false;
    a->sun_family = AF_UNIX;
    memcpy(a->sun_path, path, n + 1);
    u->address_length = sizeof(*a);
    return true;
}

static bool parse_tcp(const char *where, struct http_upstream *u)
{
    char ip[NET_ADDR_TEXT];
    struct net_addr a;
    const char *colon = strrchr(where, ':');
    size_t n = colon ? (size_t)(colon - where) : sizeof(ip);
    unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;
    if (n >= sizeof(ip) || port == 0 || port > 65535)
        return false;
    memcpy(ip, where, n);
    ip[n] = 0;
    if (!net_addr_parse(&a, ip, (uint16_t)port))
        return false;
    u->address_length = net_addr_to_sockaddr(&a, &u->address);
    return true;
}

struct http_upstream *http_upstream_create(struct loop *l, const char *where, unsigned timeout_ms)
{
    struct http_upstream *u = calloc(1, sizeof(*u));
    if (!u)
        return NULL;
    u->loop = l;
    u->timeout = (timeout_ms ? timeout_ms : 20000) * USEC_PER_MS;
    u->name = strdup(where);
    bool is_unix = strncmp(where, "unix:", 5) == 0;
    if (!u->name || !(is_unix ? parse_unix(where + 5, u) : parse_tcp(where, u))) {
        http_upstream_destroy(u);
        return NULL;
    }
    return u;
}

void http_upstream_destroy(struct http_upstream *u)
{
    if (!u)
        return;
    free(u->name);
    free(u);
}

/* --- the request that goes on --- */

/* What belongs to one connection (RFC 9110 section 7.6.1), and what is said anew. */
static bool is_passed_on(const char *name, size_t length)
{
    static const char *const held[] = {"connection", "keep-alive",        "proxy-connection",
                                       "te",         "trailer",           "upgrade",
                                       "host",       "transfer-encoding", "content-length",
                                       "expect",     "x-forwarded-for",   "date",
                                       "server"};
    for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++) {
        if (length == strlen(held[i]) && strncasecmp(name, held[i], length) == 0)
            return false;
    }
    return true;
}

static void append_path(FILE *f, const char *path)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789-._~/:@!$&'()*,;=+";
    for (; *path; path++) {
        if (strchr(plain, *path))
            fputc(*path, f);
        else
            fprintf(f, "%%%02X", (unsigned char)*path);
    }
}

static void append_forwarded(FILE *f, struct http_request *r)
{
    char text[NET_ADDR_TEXT];
    struct net_addr peer = http_peer(r);
    const char *before = http_header(r, "x-forwarded-for");
    bool known = peer.family != 0;
    if (before || known)
        fprintf(f, "x-forwarded-for: %s%s%s\r\n", before ? before : "", before && known ? ", " : "",
                known ? net_addr_format_ip(&peer, text) : "");
}

/* Version 1.0, so that the response comes without chunked coding. */
static void append_request(FILE *f, struct http_request *r)
{
    struct http_text query = http_query_string(r), body = http_body(r);
    const h2o_headers_t *headers = &r->h2o->headers;
    fprintf(f, "%s ", r->method);
    append_path(f, r->path);
    fprintf(f, "%s%s HTTP/1.0\r\nhost: %s\r\n", query.length ? "?" : "", query.at, http_host(r));
    for (size_t i = 0; i < headers->size; i++) {
        const h2o_header_t *h = &headers->entries[i];
        if (is_passed_on(h->name->base, h->name->len))
            fprintf(f, "%.*s: %.*s\r\n", (int)h->name->len, h->name->base, (int)h->value.len,
                    h->value.base);
    }
    append_forwarded(f, r);
    if (body.length > 0 || r->method[0] == 'P')
        fprintf(f, "content-length: %zu\r\n", body.length);
    fputs("\r\n", f);
    if (body.length > 0)
        fwrite(body.at, 1, body.length, f);
}

static bool build_request(struct exchange *x)
{
    FILE *f = open_memstream(&x->out, &x->out_length);
    if (!f)
        return false;
    append_request(f, x->request);
    return fclose(f) == 0;
}

/* --- the end of an exchange --- */

static void exchange_free(struct exchange *x)
{
    struct loop *l = x->upstream->loop;
    x->upstream->in_flight--;
    loop_timer_cancel(l, &x->timer);
    loop_unwatch(l, &x->watch);
    if (x->watch.fd >= 0)
        close(x->watch.fd);
    free(x->out);
    free(x->in);
    free(x);
}

static void refuse(struct exchange *x, int status, const char *why)
{
    struct http_request *r = x->request;
    log_warn("http", "proxy upstream=%s path=%s status=%d error=\"%s\"", x->upstream->name, r->path,
             status, why);
    exchange_free(x);
    http_on_gone(r, NULL, NULL);
    http_respond_text(r, status, status == 504 ? "upstream timeout" : "bad gateway");
}

static void copy_headers(struct exchange *x)
{
    h2o_mem_pool_t *pool = &x->request->h2o->pool;
    struct response_header h;
    size_t at = x->head.headers;
    while (response_head_next(x->in, &at, &h)) {
        if (!is_passed_on(h.name, h.name_length))
            continue;
        http_add_header(x->request, h2o_strdup(pool, h.name, h.name_length).base,
                        h2o_strdup(pool, h.value, h.value_length).base);
    }
}

static void finish(struct exchange *x, size_t body_length)
{
    copy_headers(x);
    http_respond(x->request, x->head.status, NULL, x->in + x->head.length, body_length);
    exchange_free(x);
}

/* --- reading the answer --- */

static bool has_no_body(const struct exchange *x)
{
    return x->head.status == 204 || x->head.status == 304 ||
           strcmp(x->request->method, "HEAD") == 0;
}

/* Looks at what has come; `ended` tells that no more will. */
static void advance(struct exchange *x, bool ended)
{
    if (!x->head_done) {
        enum response_head_result result = response_head_parse(x->in, x->in_length, &x->head);
        if (result == RESPONSE_BAD || (result == RESPONSE_PARTIAL && ended))
            refuse(x, 502, result == RESPONSE_BAD ? "malformed response" : "no response");
        if (result != RESPONSE_COMPLETE)
            return;
        x->head_done = true;
    }
    size_t have = x->in_length - x->head.length;
    uint64_t want = has_no_body(x) ? 0 : x->head.content_length;
    if (have > PROXY_RESPONSE_MAX || (want != RESPONSE_UNTIL_END && want > PROXY_RESPONSE_MAX))
        refuse(x, 502, "response too large");
    else if (have >= want)
        finish(x, (size_t)want);
    else if (ended && want != RESPONSE_UNTIL_END)
        refuse(x, 502, "response cut short");
    else if (ended)
        finish(x, have);
}

static bool make_room(struct exchange *x)
{
    if (x->in_size - x->in_length > READ_SIZE)
        return true;
    size_t size = x->in_size * 2 + READ_SIZE + 1;
    char *grown = realloc(x->in, size);
    if (!grown)
        return false;
    x->in = grown;
    x->in_size = size;
    return true;
}

static void read_some(struct exchange *x)
{
    if (!make_room(x)) {
        refuse(x, 502, "out of memory");
        return;
    }
    ssize_t n = recv(x->watch.fd, x->in + x->in_length, READ_SIZE, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        x->in_length += (size_t)n;
    x->in[x->in_length] = 0;
    advance(x, n <= 0);
}

static void write_some(struct exchange *x)
{
    ssize_t n = send(x->watch.fd, x->out + x->out_sent, x->out_length - x->out_sent, MSG_NOSIGNAL);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n < 0) {
        refuse(x, 502, strerror(errno));
        return;
    }
    x->out_sent += (size_t)n;
    if (x->out_sent < x->out_length)
        return;
    free(x->out);
    x->out = NULL;
    loop_watch(x->upstream->loop, &x->watch, LOOP_READ);
}

static void on_ready(void *arg, unsigned events)
{
    struct exchange *x = arg;
    (void)events;
    if (x->out)
        write_some(x);
    else
        read_some(x);
}

static void on_timeout(void *arg, usec_t now)
{
    (void)now;
    refuse(arg, 504, "timeout");
}

static void on_gone(void *arg)
{
    exchange_free(arg);
}

/* --- the beginning --- */

static bool start(struct exchange *x)
{
    const struct http_upstream *u = x->upstream;
    int fd = socket(u->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    x->watch.fd = fd;
    if (fd < 0 || !build_request(x))
        return false;
    if (connect(fd, (const struct sockaddr *)&u->address, u->address_length) != 0 &&
        errno != EINPROGRESS)
        return false;
    return loop_watch(u->loop, &x->watch, LOOP_WRITE);
}

void http_proxy(struct http_request *r, struct http_upstream *u)
{
    struct exchange *x = u->in_flight < PROXY_REQUESTS_MAX ? calloc(1, sizeof(*x)) : NULL;
    if (!x) {
        http_respond_text(r, 503, "too many requests at once");
        return;
    }
    u->in_flight++;
    x->upstream = u;
    x->request = r;
    x->watch = (struct loop_watch){.ready = on_ready, .arg = x, .fd = -1};
    x->timer = (struct loop_timer){.fire = on_timeout, .arg = x};
    http_on_gone(r, on_gone, x);
    if (!start(x)) {
        refuse(x, 502, strerror(errno));
        return;
    }
    loop_timer_after(u->loop, &x->timer, u->timeout);
}
