/* SPDX-License-Identifier: Apache-2.0 */
/* Where the client API of a server is, and what it says of delayed events. */
#include <stdio.h>
#include <string.h>

#include "authz/discovery/directory_internal.h"

#define QUESTION_TIME (10 * USEC_PER_SEC)
#define VERSIONS_MAX  (256u << 10)
#define REDIRECTS     3

static void fail(struct fact *f, enum cause cause)
{
    fact_learned(f, cause, 0); /* asked anew the next time */
}

static struct exchange_request request_to(const struct fact *f, const char *url)
{
    return (struct exchange_request){
        .method = "GET",
        .url = url,
        .own = f->own != NULL,
        .plain_http = f->own && *f->own->client_url,
        .ca_file = f->own && *f->own->ca_file ? f->own->ca_file : NULL,
        .redirects = REDIRECTS,
        .timeout = QUESTION_TIME,
    };
}

/* Without an answer the unstable paths are taken, which every homeserver of today has. */
static void on_versions(void *arg, const struct transfer_answer *a)
{
    struct fact *f = arg;
    f->exchange = NULL;
    if (a->cause == CAUSE_NONE && a->status == 200)
        f->client_api.delayed_events = versions_delayed_events(a->body, a->length);
    fact_learned(f, CAUSE_NONE, CLIENT_API_LIFETIME);
}

static void ask_versions(struct fact *f)
{
    char url[BASE_URL_SIZE + 64];
    snprintf(url, sizeof(url), "%s/_matrix/client/versions", f->client_api.base_url);
    struct exchange_request r = request_to(f, url);
    r.answer_max = VERSIONS_MAX;
    f->exchange = exchange_start(f->directory->out, &r, on_versions, f);
    if (!f->exchange)
        fail(f, CAUSE_BUSY);
}

static void on_well_known(void *arg, const struct transfer_answer *a)
{
    struct fact *f = arg;
    f->exchange = NULL;
    if (a->cause != CAUSE_NONE)
        fail(f, a->cause);
    else if (a->status != 200)
        fail(f, cause_of_status(a->status));
    else if (!well_known_client(a->body, a->length, f->client_api.base_url))
        fail(f, CAUSE_BODY);
    else if (strncmp(f->client_api.base_url, "https://", 8) != 0)
        fail(f, CAUSE_REFUSED_URL);
    else
        ask_versions(f);
}

static void ask_well_known(struct fact *f)
{
    char url[SERVER_NAME_SIZE + 64];
    snprintf(url, sizeof(url), "https://%s/.well-known/matrix/client", f->server);
    struct exchange_request r = request_to(f, url);
    r.answer_max = WELL_KNOWN_MAX;
    f->exchange = exchange_start(f->directory->out, &r, on_well_known, f);
    if (!f->exchange)
        fail(f, CAUSE_BUSY);
}

void client_api_ask(struct fact *f)
{
    struct server_name name;
    f->client_api = (struct client_api){0};
    if (f->own && *f->own->client_url) {
        snprintf(f->client_api.base_url, sizeof(f->client_api.base_url), "%s", f->own->client_url);
        ask_versions(f);
    } else if (server_name_parse(f->server, strlen(f->server), &name)) {
        ask_well_known(f);
    } else {
        fail(f, CAUSE_NAME);
    }
}
