/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/routes.h"

#include <string.h>

#include "authz/http/answer.h"
#include "authz/http/metrics.h"
#include "authz/http/postpone.h"
#include "authz/transports/transports.h"
#include "common/log.h"

#define PATH_MAX_BYTES 1024

static const struct refusal too_large = {413, "M_TOO_LARGE", "The request body is too large"};

static const struct {
    const char *end;
    enum path path;
} ends[] = {
    {"/sfu/get", PATH_SFU_GET},
    {"/get_token", PATH_GET_TOKEN},
    {"/delegate_delayed_leave", PATH_DELEGATE},
    {"/sfu_webhook", PATH_WEBHOOK},
    {"/healthz", PATH_HEALTH},
    {"/metrics", PATH_METRICS},
    {"/_matrix/client/unstable/org.matrix.msc4143/rtc/transports", PATH_TRANSPORTS},
    {"/_matrix/client/v1/rtc/transports", PATH_TRANSPORTS},
    {"/.well-known/matrix/client", PATH_WELL_KNOWN},
};

enum path path_of(const char *path)
{
    char clean[PATH_MAX_BYTES];
    size_t n = 0;
    for (; *path; path++) {
        if (*path == '/' && n > 0 && clean[n - 1] == '/')
            continue;
        if (n + 1 == sizeof(clean))
            return PATH_UNKNOWN;
        clean[n++] = *path;
    }
    while (n > 1 && clean[n - 1] == '/')
        n--;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        size_t length = strlen(ends[i].end);
        if (n >= length && memcmp(clean + n - length, ends[i].end, length) == 0)
            return ends[i].path;
    }
    return PATH_UNKNOWN;
}

/* POST and OPTIONS, a body of a size that makes sense. */
static void on_grant(struct service *s, struct http_request *r, enum endpoint endpoint)
{
    if (strcmp(http_method(r), "OPTIONS") == 0)
        answer_empty(r, 200);
    else if (strcmp(http_method(r), "POST") != 0)
        answer_empty(r, 405);
    else if (http_body(r).length > REQUEST_BODY_MAX)
        answer_refusal(r, &too_large);
    else
        postpone(s, r, endpoint);
}

/* Always 200: the sender can do nothing about what we think of it. */
static void on_webhook(struct service *s, struct http_request *r)
{
    struct http_text body = http_body(r);
    struct sfu_event e;
    int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    bool ok = body.at &&
              webhook_authentic(&s->config->keys, http_header(r, "authorization"), body.at,
                                body.length, now) &&
              webhook_read(body.at, body.length, &e);
    s->counters.webhooks++;
    if (!ok) {
        s->counters.webhooks_bad++;
        log_warn("sfu", "webhook refused: not signed with our key, or not readable");
    } else if (s->delegation && e.kind != SFU_EVENT_OTHER) {
        delegation_event(s->delegation, &e);
    }
    http_respond(r, 200, NULL, NULL, 0);
}

/* For probes: GET or HEAD. */
static bool is_read(struct http_request *r)
{
    return strcmp(http_method(r), "GET") == 0 || strcmp(http_method(r), "HEAD") == 0;
}

static void on_read(struct service *s, struct http_request *r, enum path path)
{
    if (!is_read(r))
        http_respond(r, 405, NULL, NULL, 0);
    else if (path == PATH_METRICS)
        metrics_answer(s, r);
    else
        http_respond(r, 200, NULL, NULL, 0);
}

static void on_request(struct http_request *r, void *arg)
{
    struct service *s = arg;
    enum path path = path_of(http_path(r));
    s->counters.requests++;
    switch (path) {
    case PATH_SFU_GET:
        on_grant(s, r, ENDPOINT_SFU_GET);
        break;
    case PATH_GET_TOKEN:
        on_grant(s, r, ENDPOINT_GET_TOKEN);
        break;
    case PATH_DELEGATE:
        if (s->delegation)
            on_grant(s, r, ENDPOINT_DELEGATE);
        else
            http_respond_not_found(r);
        break;
    case PATH_WEBHOOK:
        on_webhook(s, r);
        break;
    case PATH_HEALTH:
    case PATH_METRICS:
        on_read(s, r, path);
        break;
    case PATH_TRANSPORTS:
        transports_answer(s, r);
        break;
    case PATH_WELL_KNOWN:
        transports_answer_well_known(s, r);
        break;
    case PATH_UNKNOWN:
        http_respond_not_found(r);
        break;
    }
}

bool routes_add(struct service *s)
{
    return http_route(s->http, NULL, "/", HTTP_BELOW, on_request, s);
}
