/* SPDX-License-Identifier: Apache-2.0 */
/* What clients reach behind the homeserver: the authorisation service and the SFU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/sfu/sfu.h"
#include "authz/token/ticket.h"
#include "common/random.h"
#include "tools/sluicectl/doctor/matrix.h"

static const char bad_route[] =
    "the proxy in front must pass /sfu/get, /get_token, /delegate_delayed_leave and /sfu_webhook "
    "(with or without its prefix) to sluice";

/* --- the authorisation service, as browsers see it --- */

static void check_endpoint(struct doctor *d, const char *base, const char *path,
                           struct doctor_answer *a)
{
    char url[AUTHZ_URL + 64];
    snprintf(url, sizeof(url), "%s%s", base, path);
    struct exchange_request r = {.method = "POST",
                                 .url = url,
                                 .content_type = "application/json",
                                 .own = true,
                                 .plain_http = true};
    doctor_ask(d, &r, a);
    if (a->cause != CAUSE_NONE)
        report_bad(d->report, doctor_explain(a->cause), "%s: not reached (%s)", path,
                   cause_name(a->cause));
    else if (a->status == 400 && doctor_errcode(a, "M_NOT_JSON") && a->cors)
        report_good(d->report, "%s: answers, with CORS", path);
    else if (a->status == 400 && doctor_errcode(a, "M_NOT_JSON"))
        report_bad(d->report,
                   "browsers take this for a network failure; does the proxy strip headers?",
                   "%s: answers without CORS headers", path);
    else if (a->status == 404 && a->cors && !d->config->delegation)
        report_note(d->report, "%s: switched off", path);
    else
        report_bad(d->report, bad_route, "%s: status %d", path, a->status);
}

void doctor_service(struct doctor *d)
{
    static const char *const paths[] = {"/sfu/get", "/get_token", "/delegate_delayed_leave"};
    struct doctor_answer *a = calloc(1, sizeof(*a));
    char base[AUTHZ_URL];
    const char *given = d->config->service_url;
    if (!a)
        return;
    if (*given)
        snprintf(base, sizeof(base), "%s", given);
    else
        snprintf(base, sizeof(base), "http://%s%s", *d->config->listen[0] == ':' ? "127.0.0.1" : "",
                 d->config->listen[0]);
    report_heading(d->report, "authorisation service", base);
    if (!*given)
        report_note(d->report, "asked where it listens; service_url says how clients reach it");
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        check_endpoint(d, base, paths[i], a);
    free(a);
}

/* --- the SFU, with our key --- */

static char *sign(const struct doctor *d, const char *room, bool join)
{
    const struct api_key *key = &d->config->keys.list[0];
    const struct ticket t = {
        .key = key->key,
        .secret = key->secret,
        .identity = join ? "@doctor:localhost:DOCTOR" : NULL,
        .room = room,
        .join = join,
        .room_admin = !join,
        .now = (int64_t)(clock_realtime() / USEC_PER_SEC),
        .valid_s = 60,
    };
    return ticket_sign(&t);
}

/* GetParticipant of nobody: a definite "not found" shows that address, prefix and key are right. */
static bool check_key(struct doctor *d, const char *api, const char *room, struct doctor_answer *a)
{
    char url[AUTHZ_URL + 64], authorization[2048];
    char *token = sign(d, room, false);
    snprintf(url, sizeof(url), "%s/twirp/livekit.RoomService/GetParticipant", api);
    snprintf(authorization, sizeof(authorization), "Bearer %s", token ? token : "");
    free(token);
    char body[128];
    int n = snprintf(body, sizeof(body), "{\"room\":\"%s\",\"identity\":\"doctor\"}", room);
    struct exchange_request r = {.method = "POST",
                                 .url = url,
                                 .authorization = authorization,
                                 .content_type = "application/json",
                                 .body = body,
                                 .body_length = (size_t)n,
                                 .own = true,
                                 .plain_http = true};
    doctor_ask(d, &r, a);
    if (a->cause != CAUSE_NONE)
        report_bad(d->report, doctor_explain(a->cause), "API: not reached (%s)",
                   cause_name(a->cause));
    else if (a->status == 401 || a->status == 403)
        report_bad(d->report, "keys of the SFU and of sluice-authz must be the same",
                   "API: refuses our key");
    else if (a->status == 404 && strstr(a->body, "not_found"))
        report_good(d->report, "API: answers, and knows our key");
    else
        report_bad(d->report, "does the proxy pass /twirp/ (with or without its prefix)?",
                   "API: status %d", a->status);
    return a->cause == CAUSE_NONE && a->status == 404 && strstr(a->body, "not_found");
}

/* A restricted user must not be able to open a room by joining it. */
static void check_auto_create(struct doctor *d, const char *api, const char *room,
                              struct doctor_answer *a)
{
    char *token = sign(d, room, true), *url = NULL;
    if (!token || asprintf(&url, "%s/rtc/validate?access_token=%s", api, token) < 0)
        url = NULL;
    free(token);
    if (!url)
        return;
    struct exchange_request r = {.method = "GET", .url = url, .own = true, .plain_http = true};
    doctor_ask(d, &r, a);
    free(url);
    if (a->cause == CAUSE_NONE && a->status == 404 &&
        strstr(a->body, "requested room does not exist"))
        report_good(d->report,
                    "rooms are opened by full-access users only (room.auto_create is off)");
    else if (a->cause == CAUSE_NONE && a->status == 200)
        report_bad(d->report, "anybody with a token can open rooms. Set room: auto_create: false",
                   "rooms are opened by whoever joins");
    else
        report_bad(d->report, "does the proxy pass /rtc (with or without its prefix)?",
                   "signalling: status %d", a->status);
}

void doctor_sfu(struct doctor *d)
{
    struct doctor_answer *a = calloc(1, sizeof(*a));
    char api[AUTHZ_URL], room[40];
    if (!a)
        return;
    report_heading(d->report, "SFU", d->config->livekit_url);
    random_id(room, "doctor-", 16);
    if (!sfu_api_url(d->config->livekit_url, api, sizeof(api)))
        report_bad(d->report, "wss://... is what clients need", "LIVEKIT_URL is no URL of an SFU");
    else if (check_key(d, api, room, a))
        check_auto_create(d, api, room, a);
    if (strncmp(d->config->livekit_url, "ws://", 5) == 0)
        report_note(d->report, "LIVEKIT_URL is ws://: pages served by https cannot use it");
    free(a);
}
