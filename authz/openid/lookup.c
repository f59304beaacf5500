/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/openid/lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/outbound/lifetime.h"
#include "common/log.h"

#define FIRST_PAUSE   (300 * USEC_PER_MS)
#define ATTEMPT_LEAST (100 * USEC_PER_MS) /* with less time left no attempt is begun */

struct lookup {
    struct directory *directory;
    struct outbound *out;
    const struct config_authz *config;
    const struct config_homeserver *own;
    char server[SERVER_NAME_SIZE];
    char *path; /* with the token in it */
    lookup_done *done;
    void *arg;
    usec_t deadline, pause;
    struct route *route; /* with as many targets as there are; NULL if asked directly */
    size_t target;
    struct directory_question *question;
    struct exchange *exchange;
    struct loop_timer timer; /* the next attempt */
};

static void attempt(struct lookup *l);

static void lookup_free(struct lookup *l)
{
    if (l->question)
        directory_cancel(l->question);
    if (l->exchange)
        exchange_cancel(l->exchange);
    loop_timer_cancel(l->out->loop, &l->timer);
    if (l->path)
        explicit_bzero(l->path, strlen(l->path));
    free(l->path);
    free(l->route);
    free(l);
}

static void end(struct lookup *l, enum cause cause, const char *user_id)
{
    l->done(l->arg, cause, user_id);
    lookup_free(l);
}

/* Later again if that may help and there is time. */
static void failed(struct lookup *l, enum cause cause, const char *detail, int64_t wait_s)
{
    usec_t now = clock_monotonic(), pause = l->pause;
    if (wait_s > 0 && (usec_t)wait_s * USEC_PER_SEC > pause)
        pause = (usec_t)wait_s * USEC_PER_SEC;
    log_info("openid", "lookup failed server=%s cause=%s detail=\"%s\"", l->server,
             cause_name(cause), detail);
    if (!cause_is_transient(cause) || now + pause + ATTEMPT_LEAST > l->deadline) {
        end(l, cause, "");
        return;
    }
    l->pause = 2 * l->pause;
    loop_timer_after(l->out->loop, &l->timer, pause);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    attempt(arg);
}

static void ask_target(struct lookup *l);

/* No connection came about: the next target may be alive. */
static bool not_reached(enum cause cause)
{
    return cause == CAUSE_DNS || cause == CAUSE_DNS_TIMEOUT || cause == CAUSE_TCP ||
           cause == CAUSE_TCP_TIMEOUT || cause == CAUSE_REFUSED_ADDRESS;
}

static void on_userinfo(void *arg, const struct transfer_answer *a)
{
    struct lookup *l = arg;
    char user_id[USER_ID_SIZE];
    enum cause cause = a->cause;
    l->exchange = NULL;
    if (cause == CAUSE_NONE && a->status == 200)
        cause = userinfo_read(a->body, a->length, l->server, user_id);
    else if (cause == CAUSE_NONE)
        cause = cause_of_status(a->status);
    if (cause == CAUSE_NONE) {
        end(l, cause, user_id);
    } else if (not_reached(cause) && l->route && ++l->target < l->route->target_count) {
        ask_target(l);
    } else {
        if (not_reached(cause))
            directory_doubt(l->directory, l->server);
        int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
        failed(l, cause, a->detail, retry_after_seconds(a->retry_after, now));
    }
}

static usec_t time_left(const struct lookup *l)
{
    usec_t now = clock_monotonic();
    return l->deadline > now + ATTEMPT_LEAST ? l->deadline - now : ATTEMPT_LEAST;
}

static void ask(struct lookup *l, const struct exchange_request *r)
{
    l->exchange = exchange_start(l->out, r, on_userinfo, l);
    if (!l->exchange)
        failed(l, CAUSE_BUSY, "", 0);
}

static struct exchange_request request_to(const struct lookup *l, const char *url)
{
    return (struct exchange_request){
        .method = "GET",
        .url = url,
        .own = l->own != NULL,
        .ca_file = l->own && *l->own->ca_file ? l->own->ca_file : NULL,
        .answer_max = USERINFO_MAX,
        .timeout = time_left(l),
    };
}

static void ask_target(struct lookup *l)
{
    char *url = NULL;
    const struct route *route = l->route;
    const struct route_target *t = &route->targets[l->target];
    const char *format = route->tls_kind == HOST_IPV6 ? "https://[%s]:%u%s" : "https://%s:%u%s";
    if (asprintf(&url, format, route->tls_host, t->port, l->path) < 0) {
        failed(l, CAUSE_BUSY, "", 0);
        return;
    }
    struct exchange_request r = request_to(l, url);
    r.target = t->host;
    r.target_port = t->port;
    r.host_header = route->host_header;
    ask(l, &r);
    free(url);
}

/* Of a thousand lookups at once most have one target. */
static struct route *copy_route(const struct route *r)
{
    size_t size = offsetof(struct route, targets) + r->target_count * sizeof(r->targets[0]);
    struct route *copy = malloc(size);
    if (copy)
        memcpy(copy, r, size);
    return copy;
}

static void on_route(void *arg, const struct directory_answer *a)
{
    struct lookup *l = arg;
    l->question = NULL;
    if (a->cause != CAUSE_NONE) {
        failed(l, a->cause, "", 0);
        return;
    }
    free(l->route);
    l->route = copy_route(a->route);
    l->target = 0;
    if (l->route)
        ask_target(l);
    else
        failed(l, CAUSE_BUSY, "", 0);
}

/* A homeserver of our own, by the URL that its operator gave. */
static void ask_directly(struct lookup *l)
{
    char *url = NULL;
    if (asprintf(&url, "%s%s", l->own->federation_url, l->path) < 0) {
        failed(l, CAUSE_BUSY, "", 0);
        return;
    }
    struct exchange_request r = request_to(l, url);
    r.plain_http = true;
    ask(l, &r);
    free(url);
}

static void attempt(struct lookup *l)
{
    if (l->own && *l->own->federation_url) {
        ask_directly(l);
        return;
    }
    l->question = directory_route(l->directory, l->server, on_route, l);
    if (!l->question)
        failed(l, CAUSE_BUSY, "", 0);
}

static bool make_path(struct lookup *l, const char *access_token)
{
    size_t base = strlen(USERINFO_PATH), size = 3 * strlen(access_token) + 1;
    l->path = malloc(base + size);
    if (!l->path)
        return false;
    memcpy(l->path, USERINFO_PATH, base);
    percent_encode(access_token, l->path + base, size);
    return true;
}

struct lookup *lookup_start(struct directory *d, struct outbound *o, const struct config_authz *c,
                            const char *server, const char *access_token, lookup_done *done,
                            void *arg)
{
    struct lookup *l = calloc(1, sizeof(*l));
    if (!l || !make_path(l, access_token)) {
        free(l);
        return NULL;
    }
    l->directory = d;
    l->out = o;
    l->config = c;
    l->own = config_authz_homeserver(c, server);
    snprintf(l->server, sizeof(l->server), "%s", server);
    l->done = done;
    l->arg = arg;
    l->pause = FIRST_PAUSE;
    l->deadline = clock_monotonic() + c->lookup_time;
    l->timer = (struct loop_timer){.fire = on_timer, .arg = l};
    loop_timer_after(o->loop, &l->timer, 0);
    return l;
}

void lookup_cancel(struct lookup *l)
{
    lookup_free(l);
}
