/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/transports/transports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/http/answer.h"

#define WHOAMI_TIME (10 * USEC_PER_SEC)
#define WHOAMI_MAX  16384

static const struct refusal no_token = {401, "M_MISSING_TOKEN", "Missing access token"};
static const struct refusal bad_token = {401, "M_UNKNOWN_TOKEN", "Unrecognised access token"};
static const struct refusal no_answer = {502, "M_UNKNOWN", "The homeserver does not answer"};

struct whoami {
    struct service *service;
    struct http_request *request;
    const struct config_homeserver *server;
    char *authorization;
    struct directory_question *question;
    struct exchange *exchange;
};

static json_t *foci(const struct service *s)
{
    return json_pack("[{s:s, s:s}]", "type", "livekit", "livekit_service_url",
                     s->config->service_url);
}

static void whoami_free(struct whoami *w)
{
    if (w->question)
        directory_cancel(w->question);
    if (w->exchange)
        exchange_cancel(w->exchange);
    if (w->authorization)
        explicit_bzero(w->authorization, strlen(w->authorization));
    free(w->authorization);
    free(w);
}

static void on_gone(void *arg)
{
    whoami_free(arg);
}

static void refuse(struct whoami *w, const struct refusal *why)
{
    answer_refusal(w->request, why);
    whoami_free(w);
}

static void on_whoami(void *arg, const struct transfer_answer *a)
{
    struct whoami *w = arg;
    w->exchange = NULL;
    if (a->cause != CAUSE_NONE || a->status >= 500) {
        refuse(w, &no_answer);
    } else if (a->status != 200) {
        refuse(w, &bad_token);
    } else {
        answer_json(w->request, 200, json_pack("{s:o}", "rtc_transports", foci(w->service)));
        whoami_free(w);
    }
}

static void on_client_api(void *arg, const struct directory_answer *a)
{
    struct whoami *w = arg;
    char url[BASE_URL_SIZE + 64];
    w->question = NULL;
    if (a->cause != CAUSE_NONE) {
        refuse(w, &no_answer);
        return;
    }
    snprintf(url, sizeof(url), "%s/_matrix/client/v3/account/whoami", a->client_api->base_url);
    const struct exchange_request q = {
        .method = "GET",
        .url = url,
        .authorization = w->authorization,
        .own = true,
        .plain_http = *w->server->client_url != 0,
        .ca_file = *w->server->ca_file ? w->server->ca_file : NULL,
        .answer_max = WHOAMI_MAX,
        .timeout = WHOAMI_TIME,
    };
    w->exchange = exchange_start(&w->service->outbound, &q, on_whoami, w);
    if (!w->exchange)
        refuse(w, &no_answer);
}

/* The first server whose users may create rooms. */
static const struct config_homeserver *our_homeserver(const struct config_authz *c)
{
    for (size_t i = 0; i < c->n_homeservers; i++) {
        if (c->homeservers[i].full_access && strcmp(c->homeservers[i].name, "*") != 0)
            return &c->homeservers[i];
    }
    return NULL;
}

static void ask_whoami(struct service *s, struct http_request *r, const char *authorization)
{
    const struct config_homeserver *h = our_homeserver(s->config);
    struct whoami *w = h ? calloc(1, sizeof(*w)) : NULL;
    if (!w) {
        answer_refusal(r, &no_answer);
        return;
    }
    w->service = s;
    w->request = r;
    w->server = h;
    w->authorization = strdup(authorization);
    w->question =
        w->authorization ? directory_client_api(s->directory, h->name, on_client_api, w) : NULL;
    if (!w->question)
        refuse(w, &no_answer);
    else
        http_on_gone(r, on_gone, w);
}

static void add_cors(struct http_request *r)
{
    http_add_header(r, "access-control-allow-methods", "GET, OPTIONS");
    http_add_header(r, "access-control-allow-headers", "Authorization, Content-Type");
}

void transports_answer(struct service *s, struct http_request *r)
{
    const char *authorization = http_header(r, "authorization");
    add_cors(r);
    if (!*s->config->service_url)
        http_respond_not_found(r);
    else if (strcmp(http_method(r), "OPTIONS") == 0)
        answer_empty(r, 200);
    else if (strcmp(http_method(r), "GET") != 0)
        answer_empty(r, 405);
    else if (!authorization || strncmp(authorization, "Bearer ", 7) != 0)
        answer_refusal(r, &no_token);
    else
        ask_whoami(s, r, authorization);
}

void transports_answer_well_known(struct service *s, struct http_request *r)
{
    const struct config_authz *c = s->config;
    add_cors(r);
    if (!*c->service_url || !*c->well_known_base_url)
        http_respond_not_found(r);
    else
        answer_json(r, 200,
                    json_pack("{s:{s:s}, s:o}", "m.homeserver", "base_url", c->well_known_base_url,
                              "org.matrix.msc4143.rtc_foci", foci(s)));
}
