/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/delegation/delegation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/delegation/pace.h"
#include "authz/delegation/store.h"
#include "common/hash.h"
#include "common/log.h"

#define BUCKETS    4096
#define CALL_TIME  (5 * USEC_PER_SEC)
#define ANSWER_MAX (64u << 10)

/* A homeserver that has jobs. */
struct homeserver {
    struct homeserver *next;
    size_t jobs;
    struct pace pace;
    const struct config_homeserver *own;
    char name[SERVER_NAME_SIZE];
};

struct entry {
    struct delegation *delegation;
    struct entry *next; /* in its bucket */
    struct job job;
    struct homeserver *server;
    char *room, *identity, *delay_id;
    struct loop_timer timer;
    struct sfu_question *look;
    enum job_action action; /* of the call under way */
    struct directory_question *question;
    struct loop_timer paced;
    struct exchange *exchange;
    char base_url[BASE_URL_SIZE];
    bool stable;
};

struct delegation {
    struct loop *loop;
    struct outbound *out;
    struct directory *directory;
    struct sfu *sfu;
    const struct config_authz *config;
    struct store *store;
    struct job_times times;
    struct entry *buckets[BUCKETS];
    struct homeserver *servers;
    struct delegation_counters counters;
};

static void step(struct entry *e);

/* --- homeservers --- */

static struct homeserver *server_take(struct delegation *d, const char *name)
{
    struct homeserver *h = d->servers;
    while (h && strcmp(h->name, name) != 0)
        h = h->next;
    if (!h) {
        h = calloc(1, sizeof(*h));
        if (!h)
            return NULL;
        snprintf(h->name, sizeof(h->name), "%s", name);
        h->own = config_authz_homeserver(d->config, name);
        pace_init(&h->pace, h->own ? h->own->delayed_event_rate : 0);
        h->next = d->servers;
        d->servers = h;
    }
    h->jobs++;
    return h;
}

static void server_give(struct delegation *d, struct homeserver *h)
{
    struct homeserver **at = &d->servers;
    if (--h->jobs > 0)
        return;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    free(h);
}

/* --- entries --- */

static struct entry **find(struct delegation *d, const char *room, const char *identity)
{
    uint64_t h = hash_text(hash_text(HASH_START, room), identity);
    struct entry **at = &d->buckets[h % BUCKETS];
    while (*at && (strcmp((*at)->room, room) != 0 || strcmp((*at)->identity, identity) != 0))
        at = &(*at)->next;
    return at;
}

static void entry_free(struct entry *e)
{
    struct delegation *d = e->delegation;
    loop_timer_cancel(d->loop, &e->timer);
    loop_timer_cancel(d->loop, &e->paced);
    if (e->look)
        sfu_cancel(e->look);
    if (e->question)
        directory_cancel(e->question);
    if (e->exchange)
        exchange_cancel(e->exchange);
    if (e->server)
        server_give(d, e->server);
    free(e->room);
    free(e->identity);
    free(e->delay_id);
    free(e);
}

static void remove_entry(struct entry **at)
{
    struct entry *e = *at;
    *at = e->next;
    e->delegation->counters.jobs--;
    entry_free(e);
}

static void on_timer(void *arg, usec_t now)
{
    (void)now;
    step(arg);
}

static void call(struct entry *e);

static void on_paced(void *arg, usec_t now)
{
    (void)now;
    call(arg);
}

static struct entry *entry_new(struct delegation *d, const char *room, const char *identity,
                               const char *server, const char *delay_id)
{
    struct entry *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->delegation = d;
    e->timer = (struct loop_timer){.fire = on_timer, .arg = e};
    e->paced = (struct loop_timer){.fire = on_paced, .arg = e};
    e->room = strdup(room);
    e->identity = strdup(identity);
    e->delay_id = strdup(delay_id);
    e->server = server_take(d, server);
    if (e->room && e->identity && e->delay_id && e->server)
        return e;
    entry_free(e);
    return NULL;
}

static void insert(struct entry *e)
{
    struct entry **at = find(e->delegation, e->room, e->identity);
    e->next = *at;
    *at = e;
    e->delegation->counters.jobs++;
    loop_timer_after(e->delegation->loop, &e->timer, 0);
}

/* When the event fires, as the time of its last restart. */
static void save(struct entry *e)
{
    struct delegation *d = e->delegation;
    usec_t now = clock_monotonic(), unix_now = clock_realtime();
    usec_t restarted = e->job.fires - e->job.timeout;
    const struct job_record r = {
        .room = e->room,
        .identity = e->identity,
        .server = e->server->name,
        .delay_id = e->delay_id,
        .timeout = e->job.timeout,
        .restarted_at = restarted < now ? unix_now - (now - restarted) : unix_now,
        .restricted = e->job.restricted,
        .joined = e->job.joined,
    };
    d->store->methods->put(d->store, &r);
}

/* --- calls to the homeserver --- */

static void called(struct entry *e, struct outcome_of_call o)
{
    struct delegation *d = e->delegation;
    usec_t now = clock_monotonic();
    bool done = o.outcome == OUTCOME_DONE;
    d->counters.calls++;
    d->counters.calls_failed += !done;
    d->counters.sent += done && e->action == JOB_SEND;
    if (o.outcome == OUTCOME_LATER)
        pace_close(&e->server->pace, now + (o.wait ? o.wait : USEC_PER_SEC));
    job_called(&e->job, e->action, o, now);
    step(e);
}

static void on_answer(void *arg, const struct transfer_answer *a)
{
    struct entry *e = arg;
    int status = a->cause == CAUSE_NONE ? a->status : 0;
    int64_t now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    e->exchange = NULL;
    log_info("delegation", "%s server=%s status=%d%s%s", e->action == JOB_SEND ? "send" : "restart",
             e->server->name, status, status ? "" : " cause=", status ? "" : cause_name(a->cause));
    called(e, outcome_of(status, a->retry_after, a->body, a->length, now));
}

static void call(struct entry *e)
{
    struct delegation *d = e->delegation;
    const struct config_homeserver *own = e->server->own;
    char url[DELAYED_EVENT_URL];
    delayed_event_url(e->base_url, e->stable, e->delay_id,
                      e->action == JOB_SEND ? DELAYED_EVENT_SEND : DELAYED_EVENT_RESTART, url);
    const struct exchange_request r = {
        .method = "POST",
        .url = url,
        .content_type = "application/json",
        .body = "{}",
        .body_length = 2,
        .own = own != NULL,
        .plain_http = own && *own->client_url,
        .ca_file = own && *own->ca_file ? own->ca_file : NULL,
        .answer_max = ANSWER_MAX,
        .timeout = CALL_TIME,
    };
    e->exchange = exchange_start(d->out, &r, on_answer, e);
    if (!e->exchange)
        called(e, (struct outcome_of_call){.outcome = OUTCOME_TRANSIENT});
}

static void on_client_api(void *arg, const struct directory_answer *a)
{
    struct entry *e = arg;
    usec_t now = clock_monotonic();
    e->question = NULL;
    if (a->cause != CAUSE_NONE) {
        called(e, (struct outcome_of_call){.outcome = OUTCOME_TRANSIENT});
        return;
    }
    snprintf(e->base_url, sizeof(e->base_url), "%s", a->client_api->base_url);
    e->stable = a->client_api->delayed_events.stable;
    loop_timer_at(e->delegation->loop, &e->paced, pace_take(&e->server->pace, now));
}

static void begin_call(struct entry *e, enum job_action action)
{
    e->action = action;
    e->question = directory_client_api(e->delegation->directory, e->server->name, on_client_api, e);
    if (!e->question)
        called(e, (struct outcome_of_call){.outcome = OUTCOME_TRANSIENT});
}

/* --- the clock of a job --- */

static void on_presence(void *arg, enum presence p)
{
    struct entry *e = arg;
    e->look = NULL;
    job_presence(&e->job, p, clock_monotonic());
    step(e);
}

static void look(struct entry *e)
{
    e->look = sfu_presence(e->delegation->sfu, e->room, e->identity, on_presence, e);
    if (!e->look)
        job_presence(&e->job, PRESENCE_UNKNOWN, clock_monotonic());
}

static void finish(struct entry *e)
{
    struct delegation *d = e->delegation;
    d->counters.ended++;
    d->store->methods->remove(d->store, e->room, e->identity);
    remove_entry(find(d, e->room, e->identity));
}

/* Does one thing that is due, and comes back for the next in a later turn. */
static void step(struct entry *e)
{
    struct delegation *d = e->delegation;
    usec_t now = clock_monotonic();
    enum job_action action = job_next(&e->job, now);
    if (action == JOB_END) {
        finish(e);
        return;
    }
    if (e->job.changed)
        save(e);
    e->job.changed = false;
    usec_t at = action == JOB_NOTHING ? job_deadline(&e->job) : now;
    if (at == USEC_NEVER)
        loop_timer_cancel(d->loop, &e->timer);
    else
        loop_timer_at(d->loop, &e->timer, at);
    if (action == JOB_LOOK)
        look(e);
    else if (action != JOB_NOTHING)
        begin_call(e, action);
}

/* --- from outside --- */

static bool acceptable(const struct delegation_request *r)
{
    return delay_id_valid(r->delay_id) && r->timeout > 0 &&
           (!r->restricted || r->timeout >= DELEGATION_TIMEOUT_LEAST);
}

enum delegation_result delegation_add(struct delegation *d, const struct delegation_request *r)
{
    if (!acceptable(r))
        return DELEGATION_BAD;
    struct entry **old = find(d, r->room, r->identity);
    bool replaces = *old != NULL;
    if (replaces)
        remove_entry(old);
    struct entry *e = d->counters.jobs < DELEGATION_JOBS_MAX
                          ? entry_new(d, r->room, r->identity, r->server, r->delay_id)
                          : NULL;
    if (e && r->restricted && e->server->jobs > DELEGATION_PER_SERVER_MAX) {
        entry_free(e);
        e = NULL;
    }
    if (!e) {
        if (replaces)
            d->store->methods->remove(d->store, r->room, r->identity);
        return DELEGATION_FULL;
    }
    job_start(&e->job, &d->times, (usec_t)r->timeout * USEC_PER_MS, r->restricted,
              clock_monotonic());
    d->counters.accepted++;
    d->counters.replaced += replaces;
    save(e);
    insert(e);
    return DELEGATION_ACCEPTED;
}

void delegation_event(struct delegation *d, const struct sfu_event *event)
{
    struct entry *e = *find(d, event->room, event->identity);
    if (!e)
        return;
    job_event(&e->job, event->kind, event->reason, clock_monotonic());
    step(e);
}

void delegation_sfu_restarted(struct delegation *d)
{
    usec_t now = clock_monotonic();
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *e = d->buckets[i]; e; e = e->next) {
            job_sfu_restarted(&e->job, now);
            loop_timer_after(d->loop, &e->timer, 0);
        }
    }
}

struct delegation_counters delegation_counters(const struct delegation *d)
{
    return d->counters;
}

/* --- the store --- */

static void on_loaded(void *ctx, const struct job_record *r)
{
    struct delegation *d = ctx;
    usec_t now = clock_monotonic(), unix_now = clock_realtime();
    usec_t restarted = r->restarted_at < unix_now ? r->restarted_at : unix_now;
    if (*find(d, r->room, r->identity))
        return; /* ours is newer */
    usec_t timeout =
        r->timeout < DELAY_TIMEOUT_MAX * USEC_PER_MS ? r->timeout : DELAY_TIMEOUT_MAX * USEC_PER_MS;
    bool fired = restarted + timeout <= unix_now || !delay_id_valid(r->delay_id);
    struct entry *e = fired || d->counters.jobs >= DELEGATION_JOBS_MAX
                          ? NULL
                          : entry_new(d, r->room, r->identity, r->server, r->delay_id);
    if (!e) {
        d->store->methods->remove(d->store, r->room, r->identity);
        return;
    }
    job_resume(&e->job, &d->times, timeout, r->restricted, r->joined,
               now + (restarted + timeout - unix_now), now);
    insert(e);
}

/* What was added while the store was away is written now. */
static void on_all_loaded(void *ctx)
{
    struct delegation *d = ctx;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry *e = d->buckets[i]; e; e = e->next)
            save(e);
    }
    if (d->counters.jobs > 0)
        log_info("delegation", "going on with jobs=%zu", d->counters.jobs);
}

static struct store *open_store(struct delegation *d)
{
    const struct store_events events = {d, on_loaded, on_all_loaded};
    if (*d->config->redis_url)
        return store_redis_open(d->loop, d->config->redis_url, d->config->redis_password, &events);
    return store_sqlite_open(d->config->state_dir, &events);
}

struct delegation *delegation_create(struct outbound *o, struct directory *directory, struct sfu *s,
                                     const struct config_authz *c)
{
    struct delegation *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->loop = o->loop;
    d->out = o;
    d->directory = directory;
    d->sfu = s;
    d->config = c;
    d->times = (struct job_times){
        .grace = c->grace, .start_grace = c->start_grace, .sanity = c->sanity_interval};
    d->store = open_store(d);
    if (!d->store) {
        free(d);
        return NULL;
    }
    d->store->methods->load(d->store);
    return d;
}

void delegation_destroy(struct delegation *d)
{
    if (!d)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (d->buckets[i])
            remove_entry(&d->buckets[i]);
    }
    d->store->methods->destroy(d->store);
    free(d);
}
