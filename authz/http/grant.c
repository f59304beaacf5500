/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/http/grant.h"

#include <stdlib.h>
#include <string.h>

#include "authz/http/answer.h"
#include "authz/token/ticket.h"
#include "common/log.h"

static const struct refusal unauthorized = {401, "M_UNAUTHORIZED",
                                            "The request could not be authorised."};
static const char only_full_access[] =
    "Delegation of delayed events is only supported for full access users";
static const struct refusal not_delegated = {400, "M_BAD_JSON", only_full_access};
static const struct refusal forbidden = {403, "M_FORBIDDEN", only_full_access};
static const struct refusal internal = {500, "M_UNKNOWN", "Internal Server Error"};
static const struct refusal no_client_api = {400, "M_BAD_JSON",
                                             "Unable to resolve client-server API"};
static const struct refusal no_room = {500, "M_UNKNOWN", "Unable to create room on SFU"};
static const struct refusal bad_job = {400, "M_BAD_JSON", "The delayed event cannot be delegated"};
static const struct refusal unsupported = {400, "M_BAD_JSON", "Delegation is not supported"};
static const struct refusal busy = {503, "M_UNKNOWN", "Too many requests are waiting"};

/* What is still needed of a token_request, without the room that its texts might have taken. */
struct question {
    enum endpoint endpoint;
    int64_t delay_timeout;
    const char *room_id, *slot_id, *member_id, *claimed_user_id, *device_id, *server_name,
        *delay_id;
    char *texts; /* all of them */
};

struct grant {
    struct service *service;
    struct http_request *request;
    bool full_access;
    struct validation *validation;
    struct directory_question *client_api;
    struct sfu_question *room_question;
    char *jwt;
    char room[NAME_HASH_SIZE];
    char *identity;
    struct question q;
};

static void grant_free(struct grant *g)
{
    if (g->validation)
        validation_cancel(g->validation);
    if (g->client_api)
        directory_cancel(g->client_api);
    if (g->room_question)
        sfu_cancel(g->room_question);
    free(g->q.texts);
    free(g->identity);
    free(g->jwt);
    free(g);
}

/* The client is gone, or was not answered in time. */
static void on_gone(void *arg)
{
    grant_free(arg);
}

static void refuse(struct grant *g, const struct refusal *why)
{
    struct service_counters *c = &g->service->counters;
    *(why->status >= 500 ? &c->failed : &c->refused) += 1;
    answer_refusal(g->request, why);
    grant_free(g);
}

static void succeed(struct grant *g)
{
    if (g->q.endpoint == ENDPOINT_DELEGATE) {
        answer_json(g->request, 200, json_object());
    } else {
        g->service->counters.tokens++;
        answer_json(g->request, 200,
                    json_pack("{s:s, s:s}", "url", g->service->config->livekit_url, "jwt", g->jwt));
    }
    grant_free(g);
}

static bool wants_delegation(const struct grant *g)
{
    return *g->q.delay_id != 0;
}

/* --- the last steps: the room, then the job --- */

static void add_job(struct grant *g)
{
    if (!wants_delegation(g)) {
        succeed(g);
        return;
    }
    const struct delegation_request r = {
        .room = g->room,
        .identity = g->identity,
        .server = g->q.server_name,
        .delay_id = g->q.delay_id,
        .timeout = g->q.delay_timeout,
        .restricted = !g->full_access,
    };
    if (delegation_add(g->service->delegation, &r) != DELEGATION_ACCEPTED) {
        refuse(g, &bad_job);
        return;
    }
    g->service->counters.delegations++;
    succeed(g);
}

static void on_room(void *arg, bool exists, enum cause cause)
{
    struct grant *g = arg;
    (void)cause;
    g->room_question = NULL;
    if (exists)
        add_job(g);
    else
        refuse(g, &no_room);
}

static void make_room(struct grant *g)
{
    if (!g->full_access || g->q.endpoint == ENDPOINT_DELEGATE) {
        add_job(g);
        return;
    }
    g->room_question = sfu_create_room(g->service->sfu, g->room, on_room, g);
    if (!g->room_question)
        refuse(g, &busy);
}

/* --- who may do what --- */

static bool may_publish(const struct grant *g)
{
    switch (g->service->config->restricted_publish) {
    case AUTHZ_PUBLISH_FALSE:
        return g->full_access;
    case AUTHZ_PUBLISH_AUTO:
        return g->full_access || g->q.endpoint == ENDPOINT_SFU_GET;
    default:
        return true;
    }
}

static bool sign(struct grant *g)
{
    const struct config_authz *c = g->service->config;
    const struct ticket t = {
        .key = c->keys.list[0].key,
        .secret = c->keys.list[0].secret,
        .identity = g->identity,
        .room = g->room,
        .join = true,
        .can_publish = may_publish(g),
        .can_update_own_metadata = c->can_update_own_metadata,
        .now = (int64_t)(clock_realtime() / USEC_PER_SEC),
        .valid_s = TICKET_VALID_S,
    };
    g->jwt = ticket_sign(&t);
    return g->jwt != NULL;
}

static void on_client_api(void *arg, const struct directory_answer *a)
{
    struct grant *g = arg;
    g->client_api = NULL;
    if (a->cause == CAUSE_NONE)
        make_room(g);
    else
        refuse(g, &no_client_api);
}

static void find_client_api(struct grant *g)
{
    if (!wants_delegation(g)) {
        make_room(g);
        return;
    }
    g->client_api = directory_client_api(g->service->directory, g->q.server_name, on_client_api, g);
    if (!g->client_api)
        refuse(g, &busy);
}

static bool set_names(struct grant *g, const char *user_id)
{
    const struct question *q = &g->q;
    char identity[IDENTITY_SIZE];
    bool ok = name_room(q->room_id, q->slot_id, g->room) &&
              (q->endpoint == ENDPOINT_SFU_GET
                   ? name_device(user_id, q->device_id, identity)
                   : name_member(user_id, q->device_id, q->member_id, identity));
    g->identity = ok ? strdup(identity) : NULL;
    return g->identity != NULL;
}

static void admit(struct grant *g, const char *user_id)
{
    const struct config_authz *c = g->service->config;
    bool delegate_endpoint = g->q.endpoint == ENDPOINT_DELEGATE;
    g->full_access = config_authz_full_access(c, g->q.server_name);
    if (wants_delegation(g) && !g->service->delegation) {
        refuse(g, &unsupported);
        return;
    }
    if (wants_delegation(g) && !g->full_access && !c->delegate_restricted) {
        refuse(g, delegate_endpoint ? &forbidden : &not_delegated);
        return;
    }
    if (!set_names(g, user_id) || (!delegate_endpoint && !sign(g)))
        refuse(g, &internal);
    else
        find_client_api(g);
}

static void on_validated(void *arg, enum cause cause, const char *user_id)
{
    struct grant *g = arg;
    bool claims = g->q.endpoint != ENDPOINT_SFU_GET;
    g->validation = NULL;
    if (cause != CAUSE_NONE) {
        refuse(g, &unauthorized);
    } else if (claims && strcmp(g->q.claimed_user_id, user_id) != 0) {
        log_info("openid", "claimed user is not the owner of the token server=%s",
                 g->q.server_name);
        refuse(g, &unauthorized);
    } else {
        admit(g, user_id);
    }
}

static bool keep_question(struct question *q, const struct token_request *r)
{
    const char *const from[] = {r->room_id,   r->slot_id,     r->member_id, r->claimed_user_id,
                                r->device_id, r->server_name, r->delay_id};
    const char **const to[] = {&q->room_id,   &q->slot_id,     &q->member_id, &q->claimed_user_id,
                               &q->device_id, &q->server_name, &q->delay_id};
    size_t count = sizeof(from) / sizeof(from[0]), size = 0;
    for (size_t i = 0; i < count; i++)
        size += strlen(from[i]) + 1;
    char *at = q->texts = malloc(size);
    for (size_t i = 0; at && i < count; i++) {
        *to[i] = at;
        at = stpcpy(at, from[i]) + 1;
    }
    q->endpoint = r->endpoint;
    q->delay_timeout = r->delay_timeout;
    return at != NULL;
}

static void begin(struct service *s, struct http_request *r, const struct token_request *q)
{
    struct grant *g = calloc(1, sizeof(*g));
    if (!g || !keep_question(&g->q, q)) {
        free(g);
        answer_refusal(r, &internal);
        return;
    }
    g->service = s;
    g->request = r;
    http_on_gone(r, on_gone, g);
    g->validation = validator_ask(s->validator, q->server_name, q->access_token, on_validated, g);
    if (!g->validation)
        refuse(g, &busy);
}

void grant_begin(struct service *s, struct http_request *r, enum endpoint endpoint)
{
    struct http_text body = http_body(r);
    struct token_request q;
    const struct refusal *why =
        token_request_read(endpoint, body.at ? body.at : "", body.length, &q);
    if (why) {
        s->counters.refused++;
        answer_refusal(r, why);
    } else {
        begin(s, r, &q);
    }
    explicit_bzero(q.access_token, sizeof(q.access_token));
}
