/* SPDX-License-Identifier: Apache-2.0 */
/* What a client meets on its way to signalling: TLS, the reverse proxy, our key behind it. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "common/jwt/token.h"
#include "tools/sluicectl/doctor/network.h"

#define URL_MAX         1024
#define BODY_MAX        4096
#define PATIENCE        10L /* seconds */
#define CLOCK_TOLERATED 30

struct answer {
    CURLcode error;
    long status;
    long long date; /* of the header, Unix seconds; 0: none */
    long days;      /* until the certificate expires; -1: unknown */
    size_t length;
    char body[BODY_MAX + 1];
};

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct answer *a = arg;
    size_t room = BODY_MAX - a->length, len = size * n < room ? size * n : room;
    memcpy(a->body + a->length, data, len);
    a->length += len;
    a->body[a->length] = 0;
    return size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
    struct answer *a = arg;
    char line[128];
    if (size * n < sizeof(line) && strncasecmp(data, "date:", 5) == 0) {
        memcpy(line, data + 5, size * n - 5);
        line[size * n - 5] = 0;
        a->date = (long long)curl_getdate(line, NULL);
        if (a->date < 0)
            a->date = 0;
    }
    return size * n;
}

static long days_left(CURL *curl)
{
    struct curl_certinfo *info = NULL;
    long days = -1;
    if (curl_easy_getinfo(curl, CURLINFO_CERTINFO, &info) != CURLE_OK || !info ||
        info->num_of_certs < 1)
        return -1;
    for (struct curl_slist *s = info->certinfo[0]; s; s = s->next) {
        if (strncmp(s->data, "Expire date:", 12) == 0)
            days = (long)(difftime(curl_getdate(s->data + 12, NULL), time(NULL)) / 86400);
    }
    return days;
}

/* "ws" and "http" are one to a proxy. */
static bool http_url(const char *url, const char *path, char out[static URL_MAX])
{
    const char *colon = strstr(url, "://");
    if (!colon)
        return false;
    size_t scheme = (size_t)(colon - url), len = strlen(colon);
    while (len > 3 && colon[len - 1] == '/')
        len--;
    bool tls = (scheme == 3 && strncmp(url, "wss", 3) == 0) ||
               (scheme == 5 && strncmp(url, "https", 5) == 0);
    bool plain = (scheme == 2 && strncmp(url, "ws", 2) == 0) ||
                 (scheme == 4 && strncmp(url, "http", 4) == 0);
    int n = snprintf(out, URL_MAX, "%s%.*s%s", tls ? "https" : "http", (int)len, colon, path);
    return (tls || plain) && n > 0 && n < URL_MAX;
}

static void ask(const char *url, const char *path, struct curl_slist *headers, struct answer *a)
{
    char full[URL_MAX];
    CURL *curl = curl_easy_init();
    *a = (struct answer){.error = CURLE_URL_MALFORMAT, .days = -1};
    if (curl && http_url(url, path, full)) {
        curl_easy_setopt(curl, CURLOPT_URL, full);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT, PATIENCE);
        curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
        curl_easy_setopt(curl, CURLOPT_CERTINFO, 1L);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
        curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
        curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
        a->error = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a->status);
        a->days = days_left(curl);
    }
    curl_easy_cleanup(curl);
}

static const char *advice_for(CURLcode error)
{
    switch (error) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return "DNS: is there a record for the name, as seen from this machine?";
    case CURLE_COULDNT_CONNECT:
        return "nobody listens there: does the proxy run, is the port forwarded, does the router "
               "let inside reach outside addresses (hairpin)?";
    case CURLE_OPERATION_TIMEDOUT:
        return "a firewall drops the packets, or the proxy waits for a server that is not there";
    case CURLE_PEER_FAILED_VERIFICATION:
        return "browsers refuse it too: the certificate is of another name, has expired, lacks its "
               "intermediate certificate, or is by a private authority";
    case CURLE_SSL_CONNECT_ERROR:
        return "is this port plain http?";
    case CURLE_URL_MALFORMAT:
        return "wss://host[:port][/path] is what clients use";
    default:
        return "see the error";
    }
}

static bool check_health(struct network *n, const char *url)
{
    struct answer a;
    ask(url, "/", NULL, &a);
    if (a.error != CURLE_OK) {
        report_bad(n->report, advice_for(a.error), "not reached: %s", curl_easy_strerror(a.error));
        return false;
    }
    if (a.days >= 0 && a.days < 14)
        report_bad(n->report, "is its renewal broken?", "the certificate expires in %ld days",
                   a.days);
    else if (a.days >= 0)
        report_good(n->report, "TLS: the certificate is good for %ld days", a.days);
    if (a.date > 0 && llabs(a.date - (long long)time(NULL)) > CLOCK_TOLERATED)
        report_bad(n->report, "one of the two clocks is wrong; tokens are refused if it is ours",
                   "the proxy's clock and ours are %lld s apart",
                   llabs(a.date - (long long)time(NULL)));
    if (a.status == 200 && strcmp(a.body, "OK") == 0)
        report_good(n->report, "the proxy passes requests on to sluice");
    else if (a.status == 406)
        report_bad(n->report, "see processes, above", "sluice answers that it is not ready");
    else if (a.status == 502 || a.status == 503 || a.status == 504)
        report_bad(n->report, "where does the proxy look for sluice?",
                   "the proxy does not reach sluice (status %ld)", a.status);
    else
        report_bad(n->report, "the whole path below the URL has to go to sluice",
                   "another server answers (status %ld)", a.status);
    return true;
}

/* Without a token a WebSocket is refused with 401, and what does not ask for one with 404: so it
 * is seen whether the proxy passes the wish on, and nobody joins. */
static void check_upgrade(struct network *n, const char *url)
{
    struct answer a;
    struct curl_slist *h = curl_slist_append(NULL, "Connection: Upgrade");
    h = curl_slist_append(h, "Upgrade: websocket");
    h = curl_slist_append(h, "Sec-WebSocket-Version: 13");
    h = curl_slist_append(h, "Sec-WebSocket-Key: c2x1aWNlY3RsIGRvY3Rvcg==");
    ask(url, "/rtc", h, &a);
    curl_slist_free_all(h);
    if (a.error == CURLE_OK && a.status == 401)
        report_good(n->report, "the proxy passes WebSockets");
    else if (a.error == CURLE_OK && a.status == 404)
        report_bad(n->report,
                   "nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
                   "proxy_set_header Connection \"upgrade\"; Caddy does it by itself",
                   "the proxy does not pass WebSockets");
    else
        report_bad(n->report, a.error ? advice_for(a.error) : "does the proxy pass /rtc?",
                   "WebSocket: %s (status %ld)", curl_easy_strerror(a.error), a.status);
}

static char *sign(const struct network *n)
{
    static struct api_keys keys;
    struct claims c;
    char *token = NULL;
    keys.count = 0;
    if (n->config->n_keys == 0 ||
        !api_keys_add(&keys, n->config->keys[0].key, n->config->keys[0].secret) || !claims_init(&c))
        return NULL;
    c.expires = (int64_t)time(NULL) + 60;
    c.video.present = c.video.room_join = c.video.room_create = true;
    if (claims_set_text(&c.identity, "sluicectl-doctor") &&
        claims_set_text(&c.video.room, "sluicectl-doctor"))
        token = token_sign(&keys, &c);
    claims_free(&c);
    api_keys_wipe(&keys);
    return token;
}

static void check_token(struct network *n, const char *url)
{
    struct answer a;
    char *token = sign(n), *header = NULL;
    if (token && asprintf(&header, "Authorization: Bearer %s", token) > 0) {
        struct curl_slist *h = curl_slist_append(NULL, header);
        ask(url, "/rtc/validate", h, &a);
        curl_slist_free_all(h);
        if (a.error == CURLE_OK && a.status == 200)
            report_good(n->report, "a token of our first API key is accepted");
        else if (a.error == CURLE_OK && a.status == 401)
            report_bad(n->report, "is it another server, with other keys? Is a clock wrong?",
                       "a token of our first API key is refused: %.200s", a.body);
        else
            report_bad(n->report, "does the proxy pass /rtc/validate?",
                       "checking a token: %s (status %ld)", curl_easy_strerror(a.error), a.status);
    }
    free(header);
    free(token);
}

void check_proxy(struct network *n, const char *url)
{
    report_heading(n->report, "signalling", url);
    if (strncmp(url, "ws://", 5) == 0 || strncmp(url, "http://", 7) == 0)
        report_note(n->report, "without TLS: pages served by https cannot use it");
    if (!check_health(n, url))
        return;
    check_upgrade(n, url);
    check_token(n, url);
}
