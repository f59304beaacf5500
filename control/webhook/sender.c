/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/sender.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONTENT_TYPE "Content-Type: application/webhook+json"
#define IDLE_MAX     32L /* connections that are kept open */

struct transfer {
    struct transfer *next, *prev;
    struct sender *sender;
    CURL *easy;
    struct curl_slist *headers;
    void *request;
};

/* A socket of libcurl's. */
struct watched {
    struct watched *next, *prev;
    struct sender *sender;
    struct loop_watch watch;
};

struct sender {
    struct loop *loop;
    struct sender_output out;
    CURLM *multi;
    struct loop_timer timer;
    struct transfer *transfers;
    struct watched *sockets;
};

static void end_transfer(struct transfer *t)
{
    *(t->prev ? &t->prev->next : &t->sender->transfers) = t->next;
    if (t->next)
        t->next->prev = t->prev;
    curl_multi_remove_handle(t->sender->multi, t->easy);
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->headers);
    free(t);
}

static void report_done(struct sender *s)
{
    CURLMsg *m;
    int left;
    while ((m = curl_multi_info_read(s->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        struct transfer *t = NULL;
        long status = 0;
        const char *reason = curl_easy_strerror(m->data.result);
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
        if (m->data.result == CURLE_OK)
            curl_easy_getinfo(m->easy_handle, CURLINFO_RESPONSE_CODE, &status);
        void *request = t->request;
        end_transfer(t);
        s->out.done(s->out.ctx, request, status, reason, clock_monotonic());
    }
}

static void act(struct sender *s, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(s->multi, fd, events, &running);
    report_done(s);
}

static void on_ready(void *arg, unsigned events)
{
    const struct watched *w = arg;
    act(w->sender, w->watch.fd,
        (events & LOOP_READ ? CURL_CSELECT_IN : 0) | (events & LOOP_WRITE ? CURL_CSELECT_OUT : 0));
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void forget_socket(struct watched *w)
{
    loop_unwatch(w->sender->loop, &w->watch);
    *(w->prev ? &w->prev->next : &w->sender->sockets) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    free(w);
}

static struct watched *new_socket(struct sender *s, curl_socket_t fd)
{
    struct watched *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->sender = s;
    w->watch = (struct loop_watch){.ready = on_ready, .arg = w, .fd = fd};
    w->next = s->sockets;
    if (w->next)
        w->next->prev = w;
    s->sockets = w;
    curl_multi_assign(s->multi, fd, w);
    return w;
}

/* libcurl: watch this socket for these events, or no more. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
    (void)easy;
    struct watched *w = known;
    if (what == CURL_POLL_REMOVE) {
        if (w)
            forget_socket(w);
        return 0;
    }
    if (!w)
        w = new_socket(arg, fd);
    unsigned events =
        (what & CURL_POLL_IN ? LOOP_READ : 0) | (what & CURL_POLL_OUT ? LOOP_WRITE : 0);
    return w && loop_watch(w->sender->loop, &w->watch, events) ? 0 : -1;
}

static int on_timeout(CURLM *multi, long ms, void *arg)
{
    (void)multi;
    struct sender *s = arg;
    if (ms < 0)
        loop_timer_cancel(s->loop, &s->timer);
    else
        loop_timer_after(s->loop, &s->timer, (usec_t)ms * USEC_PER_MS);
    return 0;
}

struct sender *sender_create(struct loop *l, const struct sender_output *out)
{
    struct sender *s = calloc(1, sizeof *s);
    if (!s || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(s);
        return NULL;
    }
    s->loop = l;
    s->out = *out;
    s->timer = (struct loop_timer){.fire = on_timer, .arg = s};
    s->multi = curl_multi_init();
    if (!s->multi) {
        sender_destroy(s);
        return NULL;
    }
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
    curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, IDLE_MAX);
    return s;
}

void sender_destroy(struct sender *s)
{
    if (!s)
        return;
    while (s->transfers)
        end_transfer(s->transfers);
    if (s->multi)
        curl_multi_cleanup(s->multi);
    while (s->sockets)
        forget_socket(s->sockets);
    loop_timer_cancel(s->loop, &s->timer);
    curl_global_cleanup();
    free(s);
}

/* What receivers answer is of no interest. */
static size_t discard(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static bool prepare(struct transfer *t, const char *url, const char *authorization,
                    const void *body, size_t length)
{
    size_t n = strlen(authorization) + sizeof "Authorization: ";
    char *line = malloc(n);
    if (!line)
        return false;
    snprintf(line, n, "Authorization: %s", authorization);
    t->headers = curl_slist_append(t->headers, CONTENT_TYPE);
    t->headers = curl_slist_append(t->headers, "Expect:"); /* no waiting for 100 Continue */
    t->headers = curl_slist_append(t->headers, line);
    free(line);
    CURL *e = t->easy;
    curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(e, CURLOPT_HTTPHEADER, t->headers);
    curl_easy_setopt(e, CURLOPT_USERAGENT, "sluice");
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)SENDER_TIMEOUT_MS);
    curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)SENDER_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(e, CURLOPT_PRIVATE, t);
    curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    return curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_COPYPOSTFIELDS, body) == CURLE_OK;
}

bool sender_post(struct sender *s, const char *url, const char *authorization, const void *body,
                 size_t length, void *request)
{
    struct transfer *t = calloc(1, sizeof *t);
    if (!t)
        return false;
    t->sender = s;
    t->request = request;
    t->easy = curl_easy_init();
    t->next = s->transfers;
    if (t->next)
        t->next->prev = t;
    s->transfers = t;
    if (t->easy && prepare(t, url, authorization, body, length) &&
        curl_multi_add_handle(s->multi, t->easy) == CURLM_OK)
        return true;
    end_transfer(t);
    return false;
}
