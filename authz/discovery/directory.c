/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/discovery/directory_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/hash.h"
#include "common/log.h"

#define DOUBT_AFTER (60 * USEC_PER_SEC)

static size_t bucket_of(const char *server, enum fact_kind kind)
{
    return hash_text(HASH_START + kind, server) % DIRECTORY_BUCKETS;
}

struct directory *directory_create(struct outbound *o, const struct config_authz *c)
{
    struct directory *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->out = o;
    d->config = c;
    return d;
}

static void fact_free(struct fact *f)
{
    while (f->questions) {
        struct directory_question *q = f->questions;
        f->questions = q->next;
        free(q);
    }
    if (f->exchange)
        exchange_cancel(f->exchange);
    if (f->query)
        dns_cancel(f->query);
    loop_unpost(f->directory->out->loop, &f->task);
    f->directory->count--;
    free(f);
}

void directory_destroy(struct directory *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < DIRECTORY_BUCKETS; i++) {
        while (d->buckets[i]) {
            struct fact *f = d->buckets[i];
            d->buckets[i] = f->next;
            fact_free(f);
        }
    }
    free(d);
}

static struct fact **find(struct directory *d, const char *server, enum fact_kind kind)
{
    struct fact **at = &d->buckets[bucket_of(server, kind)];
    while (*at && ((*at)->kind != kind || strcmp((*at)->server, server) != 0))
        at = &(*at)->next;
    return at;
}

/* The place of the fact that was asked for longest ago and that nobody waits for. */
static struct fact **find_oldest(struct directory *d)
{
    struct fact **oldest = NULL;
    for (size_t i = 0; i < DIRECTORY_BUCKETS; i++) {
        for (struct fact **at = &d->buckets[i]; *at; at = &(*at)->next) {
            if (!(*at)->asking && !(*at)->questions && (!oldest || (*at)->asked < (*oldest)->asked))
                oldest = at;
        }
    }
    return oldest;
}

static void make_room(struct directory *d)
{
    struct fact **at = d->count < DIRECTORY_SERVERS_MAX ? NULL : find_oldest(d);
    if (!at)
        return;
    struct fact *f = *at;
    *at = f->next;
    fact_free(f);
}

static void tell(void *arg)
{
    struct fact *f = arg;
    const struct directory_answer a = {
        .cause = f->cause,
        .route = f->kind == FACT_ROUTE ? &f->resolve.route : NULL,
        .client_api = f->kind == FACT_CLIENT_API ? &f->client_api : NULL,
    };
    struct directory_question *q = f->questions;
    f->questions = NULL;
    while (q) {
        struct directory_question *next = q->next;
        if (q->done)
            q->done(q->arg, &a);
        free(q);
        q = next;
    }
}

static struct fact *fact_new(struct directory *d, const char *server, enum fact_kind kind)
{
    make_room(d);
    struct fact *f = calloc(1, sizeof(*f)), **at = find(d, server, kind);
    if (!f)
        return NULL;
    f->directory = d;
    f->kind = kind;
    snprintf(f->server, sizeof(f->server), "%s", server);
    f->own = config_authz_homeserver(d->config, server);
    f->task = (struct loop_task){.run = tell, .arg = f};
    f->next = *at;
    *at = f;
    d->count++;
    return f;
}

void fact_learned(struct fact *f, enum cause cause, usec_t lifetime)
{
    f->asking = false;
    f->cause = cause;
    f->learned = clock_monotonic();
    f->expires = f->learned + lifetime;
    if (cause != CAUSE_NONE)
        log_info("discovery", "%s not found server=%s cause=%s",
                 f->kind == FACT_ROUTE ? "federation API" : "client API", f->server,
                 cause_name(cause));
    loop_post(f->directory->out->loop, &f->task);
}

static struct directory_question *ask(struct directory *d, const char *server, enum fact_kind kind,
                                      directory_done *done, void *arg)
{
    struct fact *f = *find(d, server, kind);
    struct directory_question *q = calloc(1, sizeof(*q));
    if (q && !f)
        f = fact_new(d, server, kind);
    if (!q || !f) {
        free(q);
        return NULL;
    }
    *q = (struct directory_question){.fact = f, .next = f->questions, .done = done, .arg = arg};
    f->questions = q;
    f->asked = clock_monotonic();
    if (f->asking)
        return q;
    if (f->asked < f->expires) {
        loop_post(d->out->loop, &f->task);
        return q;
    }
    f->asking = true;
    if (kind == FACT_ROUTE)
        route_ask(f);
    else
        client_api_ask(f);
    return q;
}

struct directory_question *directory_route(struct directory *d, const char *server,
                                           directory_done *done, void *arg)
{
    return ask(d, server, FACT_ROUTE, done, arg);
}

struct directory_question *directory_client_api(struct directory *d, const char *server,
                                                directory_done *done, void *arg)
{
    return ask(d, server, FACT_CLIENT_API, done, arg);
}

void directory_cancel(struct directory_question *q)
{
    q->done = NULL;
}

void directory_doubt(struct directory *d, const char *server)
{
    struct fact *f = *find(d, server, FACT_ROUTE);
    usec_t now = clock_monotonic();
    if (f && !f->asking && now - f->learned > DOUBT_AFTER)
        f->expires = 0;
}
