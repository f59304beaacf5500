/* SPDX-License-Identifier: Apache-2.0 */
/* Drives the state machine of resolve.h with real answers. */
#include <stdio.h>
#include <string.h>

#include "authz/discovery/directory_internal.h"
#include "authz/outbound/lifetime.h"
#include "common/random.h"

#define WELL_KNOWN_TIME      (5 * USEC_PER_SEC)
#define WELL_KNOWN_REDIRECTS 3

static void step(struct fact *f);

static uint32_t draw(void *arg)
{
    (void)arg;
    return random_u32();
}

static usec_t lifetime_of(const struct transfer_answer *a)
{
    bool said;
    int64_t unix_now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    uint64_t seconds = lifetime_seconds(a->cache_control, a->expires, unix_now, &said);
    return said && seconds == 0 ? WELL_KNOWN_LEAST : seconds * USEC_PER_SEC;
}

static void on_well_known(void *arg, const struct transfer_answer *a)
{
    struct fact *f = arg;
    struct server_name delegated;
    f->exchange = NULL;
    bool ok = a->cause == CAUSE_NONE && a->status == 200 &&
              well_known_server(a->body, a->length, &delegated);
    resolve_well_known(&f->resolve, ok ? &delegated : NULL, ok ? lifetime_of(a) : 0);
    step(f);
}

static void on_services(void *arg, const struct dns_answer *a)
{
    struct fact *f = arg;
    f->query = NULL;
    resolve_srv(&f->resolve, a->records, a->cause == CAUSE_NONE ? a->count : 0, draw, NULL);
    step(f);
}

static void ask_well_known(struct fact *f)
{
    char url[SERVER_HOST_MAX + 96];
    snprintf(url, sizeof(url), "https://%s/.well-known/matrix/server", f->resolve.subject);
    const struct exchange_request r = {
        .method = "GET",
        .url = url,
        .own = f->own != NULL,
        .ca_file = f->own && *f->own->ca_file ? f->own->ca_file : NULL,
        .redirects = WELL_KNOWN_REDIRECTS,
        .answer_max = WELL_KNOWN_MAX,
        .timeout = WELL_KNOWN_TIME,
    };
    f->exchange = exchange_start(f->directory->out, &r, on_well_known, f);
    if (!f->exchange)
        fact_learned(f, CAUSE_BUSY, 0);
}

static void ask_services(struct fact *f)
{
    f->query = dns_services(f->directory->out->dns, f->resolve.subject, on_services, f);
    if (!f->query)
        fact_learned(f, CAUSE_BUSY, 0);
}

static void step(struct fact *f)
{
    switch (f->resolve.question) {
    case RESOLVE_WELL_KNOWN:
        ask_well_known(f);
        break;
    case RESOLVE_SRV:
        ask_services(f);
        break;
    case RESOLVE_DONE:
        fact_learned(f, CAUSE_NONE, f->resolve.lifetime);
        break;
    }
}

void route_ask(struct fact *f)
{
    struct server_name name;
    if (!server_name_parse(f->server, strlen(f->server), &name)) {
        fact_learned(f, CAUSE_NAME, FAILURE_FIRST);
        return;
    }
    resolve_start(&f->resolve, &name);
    step(f);
}
