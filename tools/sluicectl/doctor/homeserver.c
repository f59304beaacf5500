/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of one homeserver: found, reached, its OpenID, its client API. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/openid/userinfo.h"
#include "tools/sluicectl/doctor/matrix.h"

#define TRANSPORTS "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"

static const char delayed_events_off[] =
    "who crashes stays in the call for others. Synapse: max_event_delay_duration: 24h";
static const char no_transports[] = "Element Call from 0.24 on finds no SFU. Synapse: "
                                    "experimental_features: msc4143_enabled: true, "
                                    "and matrix_rtc: transports: [{type: livekit, "
                                    "livekit_service_url: ...}]; or route this path to "
                                    "sluice-authz (service_url)";
static const char no_listener[] =
    "the listener that answers there serves neither federation nor openid. Synapse: resources: "
    "[{names: [client, openid]}], and let the proxy pass /_matrix/federation/v1/openid/userinfo";

/* --- what the directory says, waited for --- */

struct found {
    bool done;
    enum cause cause;
    struct route route;
    struct client_api client_api;
};

static void on_found(void *arg, const struct directory_answer *a)
{
    struct found *f = arg;
    f->done = true;
    f->cause = a->cause;
    if (a->route)
        f->route = *a->route;
    if (a->client_api)
        f->client_api = *a->client_api;
}

static void wait_for(struct doctor *d, struct found *f, struct directory_question *q)
{
    if (!q)
        f->cause = CAUSE_BUSY;
    while (q && !f->done)
        loop_turn(d->loop, USEC_PER_SEC);
}

/* --- federation and OpenID --- */

static struct exchange_request question(const struct config_homeserver *own, const char *url)
{
    return (struct exchange_request){
        .method = "GET",
        .url = url,
        .own = own != NULL,
        .plain_http = own != NULL,
        .ca_file = own && *own->ca_file ? own->ca_file : NULL,
    };
}

static void judge_openid(struct doctor *d, const struct doctor_answer *a)
{
    if (a->cause != CAUSE_NONE)
        report_bad(d->report, doctor_explain(a->cause), "OpenID: not reached (%s)%s%s",
                   cause_name(a->cause), *a->detail ? ": " : "", a->detail);
    else if (a->status == 401 && doctor_errcode(a, "M_UNKNOWN_TOKEN"))
        report_good(d->report, "OpenID: answers, and refuses a token that is none");
    else if (a->status == 404)
        report_bad(d->report, no_listener, "OpenID: 404");
    else
        report_bad(d->report, "a proxy in between, or no homeserver?", "OpenID: status %d",
                   a->status);
}

/* Each target in turn, as lookups do: the first that is reached decides. */
static void check_route(struct doctor *d, const char *server, const struct config_homeserver *own,
                        struct doctor_answer *a)
{
    struct found f = {0};
    char url[SERVER_HOST_MAX + 256];
    wait_for(d, &f, directory_route(d->directory, server, on_found, &f));
    if (f.cause != CAUSE_NONE) {
        report_bad(d->report, doctor_explain(f.cause), "federation: not found (%s)",
                   cause_name(f.cause));
        return;
    }
    for (size_t i = 0; i < f.route.target_count; i++) {
        const struct route_target *t = &f.route.targets[i];
        report_note(d->report, "federation: connects to %s port %u, certificate of %s", t->host,
                    t->port, f.route.tls_host);
        snprintf(url, sizeof(url),
                 f.route.tls_kind == HOST_IPV6 ? "https://[%s]:%u%s%s" : "https://%s:%u%s%s",
                 f.route.tls_host, t->port, USERINFO_PATH, "sluicectl-doctor");
        struct exchange_request r = question(own, url);
        r.plain_http = false;
        r.target = t->host;
        r.target_port = t->port;
        r.host_header = f.route.host_header;
        doctor_ask(d, &r, a);
        if (a->cause == CAUSE_NONE)
            break;
    }
    judge_openid(d, a);
}

static void check_federation(struct doctor *d, const char *server,
                             const struct config_homeserver *own, struct doctor_answer *a)
{
    char url[AUTHZ_URL + 256];
    if (!own || !*own->federation_url) {
        check_route(d, server, own, a);
        return;
    }
    report_note(d->report, "federation: by federation_url %s", own->federation_url);
    snprintf(url, sizeof(url), "%s%ssluicectl-doctor", own->federation_url, USERINFO_PATH);
    struct exchange_request r = question(own, url);
    doctor_ask(d, &r, a);
    judge_openid(d, a);
}

/* --- the client API --- */

static void check_delayed_events(struct doctor *d, const struct delayed_events_support *s)
{
    if (!s->known)
        report_bad(d->report, "is this really the client API?",
                   "client API: /versions cannot be read");
    else if (s->any || s->stable)
        report_good(d->report, "delayed events: on");
    else
        report_bad(d->report, delayed_events_off, "delayed events: off");
}

static bool same_url(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    while (n > 0 && a[n - 1] == '/')
        n--;
    while (m > 0 && b[m - 1] == '/')
        m--;
    return n == m && memcmp(a, b, n) == 0;
}

/* The first livekit entry is what clients take. */
static void judge_foci(struct doctor *d, const char *where, const json_t *list)
{
    size_t i;
    const json_t *v;
    const char *ours = d->config->service_url;
    json_array_foreach(list, i, v)
    {
        const char *type = json_string_value(json_object_get(v, "type"));
        const char *url = json_string_value(json_object_get(v, "livekit_service_url"));
        if (!type || strcmp(type, "livekit") != 0 || !url)
            continue;
        if (!*ours || same_url(url, ours))
            report_good(d->report, "%s: %s", where, url);
        else
            report_bad(d->report, "it should be our service_url", "%s: names %s, not %s", where,
                       url, ours);
        return;
    }
    report_bad(d->report, no_transports, "%s: no entry of type livekit", where);
}

static void check_transports(struct doctor *d, const struct config_homeserver *own,
                             const char *base_url, struct doctor_answer *a)
{
    char url[BASE_URL_SIZE + 128], authorization[1024];
    snprintf(url, sizeof(url), "%s%s", base_url, TRANSPORTS);
    struct exchange_request r = question(own, url);
    if (d->token) {
        snprintf(authorization, sizeof(authorization), "Bearer %s", d->token);
        r.authorization = authorization;
    }
    doctor_ask(d, &r, a);
    if (a->cause != CAUSE_NONE) {
        report_bad(d->report, doctor_explain(a->cause), "rtc/transports: %s", cause_name(a->cause));
    } else if (a->status == 200) {
        json_t *root = json_loadb(a->body, a->length, 0, NULL);
        judge_foci(d, "rtc/transports", json_object_get(root, "rtc_transports"));
        json_decref(root);
    } else if (a->status == 401 && d->token) {
        report_bad(d->report, "give an access token of a user of this server",
                   "rtc/transports: 401");
    } else if (a->status == 401) {
        report_good(d->report, "rtc/transports: is there");
        report_note(d->report, "what it says is for users only: --token reads it");
    } else {
        report_bad(d->report, no_transports, "rtc/transports: status %d", a->status);
    }
}

/* Older clients look here; newer ones do not, so that it may be missing. */
static void check_well_known(struct doctor *d, const char *server,
                             const struct config_homeserver *own, struct doctor_answer *a)
{
    char url[SERVER_NAME_SIZE + 64];
    snprintf(url, sizeof(url), "https://%s/.well-known/matrix/client", server);
    struct exchange_request r = question(own, url);
    r.plain_http = false;
    r.redirects = 3;
    doctor_ask(d, &r, a);
    json_t *root =
        a->cause == CAUSE_NONE && a->status == 200 ? json_loadb(a->body, a->length, 0, NULL) : NULL;
    const json_t *foci = json_object_get(root, "org.matrix.msc4143.rtc_foci");
    if (foci)
        judge_foci(d, "well-known rtc_foci", foci);
    else
        report_note(d->report,
                    "well-known: no rtc_foci (Element Call before 0.24 and Element X need it)");
    json_decref(root);
}

static void check_client_api(struct doctor *d, const char *server,
                             const struct config_homeserver *own, struct doctor_answer *a)
{
    struct found f = {0};
    wait_for(d, &f, directory_client_api(d->directory, server, on_found, &f));
    if (f.cause != CAUSE_NONE) {
        report_bad(d->report,
                   "/.well-known/matrix/client must name m.homeserver.base_url, or client_url of "
                   "the homeserver or LIVEKIT_CS_API_URL_OVERRIDES name it here",
                   "client API: not found (%s)", cause_name(f.cause));
        return;
    }
    report_good(d->report, "client API: %s", f.client_api.base_url);
    check_delayed_events(d, &f.client_api.delayed_events);
    check_transports(d, own, f.client_api.base_url, a);
}

void doctor_homeserver(struct doctor *d, const char *server)
{
    const struct config_homeserver *own = config_authz_homeserver(d->config, server);
    struct doctor_answer *a = calloc(1, sizeof(*a));
    if (!a)
        return;
    report_heading(d->report, "homeserver", server);
    if (!config_authz_full_access(d->config, server))
        report_note(d->report, "its users are restricted: they cannot open rooms");
    check_federation(d, server, own, a);
    check_client_api(d, server, own, a);
    check_well_known(d, server, own, a);
    free(a);
}
