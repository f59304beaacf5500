/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/webhook.h"

#include "common/log.h"
#include "control/webhook/event.h"
#include "control/webhook/journal.h"
#include "control/webhook/ledger.h"
#include "control/webhook/sender.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_VALID_S 300
#define EVENT_COUNT   (TRACK_UNPUBLISHED + 1)

struct webhook {
    struct loop *loop;
    struct webhook_config config;
    uint64_t hashes[WEBHOOK_URLS_MAX];
    struct webhook_queue *queue;
    struct records *journal;
    struct ledger *ledger;
    struct sender *sender;
    struct loop_timer timer;
    uint64_t last_number;
};

static bool is_named(const char (*list)[256], size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], name) == 0)
            return true;
    return false;
}

uint32_t webhook_events(const char (*include)[256], size_t included, const char (*exclude)[256],
                        size_t excluded)
{
    uint32_t mask = 0;
    for (unsigned e = 0; e < EVENT_COUNT; e++) {
        const char *name = webhook_event_name((enum room_event)e);
        if ((included == 0 || is_named(include, included, name)) &&
            !is_named(exclude, excluded, name))
            mask |= 1u << e;
    }
    return mask;
}

/* Runs the queue soon: results and events come from places that must not be re-entered. */
static void arm(struct webhook *w)
{
    usec_t at = webhook_queue_deadline(w->queue);
    if (at == USEC_NEVER)
        loop_timer_cancel(w->loop, &w->timer);
    else
        loop_timer_at(w->loop, &w->timer, at);
}

static void rewrite(struct webhook *w)
{
    if (!records_rewrite_begin(w->journal))
        return;
    for (const struct webhook_item *m = webhook_queue_first(w->queue); m; m = m->next) {
        journal_event(w->journal, m);
        for (unsigned i = 0; i < w->config.url_count; i++)
            if (!(m->pending & 1u << i))
                journal_done(w->journal, m->number, w->hashes[i]);
    }
    records_rewrite_end(w->journal);
}

static void tidy_journal(struct webhook *w)
{
    if (!webhook_queue_first(w->queue))
        records_clear(w->journal);
    else if (records_are_long(w->journal))
        rewrite(w);
}

static void due(void *arg, usec_t now)
{
    struct webhook *w = arg;
    webhook_queue_run(w->queue, now);
    tidy_journal(w);
    arm(w);
}

static bool is_retried(long status)
{
    return status == 0 || status == 429 || (status >= 500 && status != 501);
}

static void log_failure(const struct webhook *w, const struct webhook_line *l, long status,
                        const char *reason)
{
    const char *url = w->config.urls[webhook_line_url(l)];
    unsigned long long number = webhook_line_first(l)->number;
    if (status == 0)
        log_warn("webhook", "not delivered url=%s event=%llu: %s", url, number, reason);
    else if (status >= 300)
        log_warn("webhook", "refused by the receiver url=%s event=%llu status=%ld", url, number,
                 status);
}

static void on_done(void *ctx, void *request, long status, const char *reason, usec_t now)
{
    struct webhook *w = ctx;
    struct webhook_line *l = request;
    log_failure(w, l, status, reason);
    webhook_queue_result(w->queue, l, is_retried(status) ? WEBHOOK_FAILED : WEBHOOK_DELIVERED, now);
    tidy_journal(w);
    arm(w);
}

/* False if it cannot even be tried. */
static bool post(struct webhook *w, struct webhook_line *l, uint32_t dropped)
{
    const struct webhook_config *c = &w->config;
    const struct webhook_item *m = webhook_line_first(l);
    char *body = webhook_event_body(m->event, m->size, dropped);
    if (!body)
        return false;
    size_t length = strlen(body);
    int64_t unix_now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    char *token = token_sign_body(c->keys, c->api_key, body, length, unix_now, TOKEN_VALID_S);
    if (!token)
        log_error("webhook", "cannot be signed: webhook.api_key=%s", c->api_key);
    bool sent =
        token && sender_post(w->sender, c->urls[webhook_line_url(l)], token, body, length, l);
    free(token);
    free(body);
    return sent;
}

static void on_send(void *ctx, struct webhook_line *l, uint32_t dropped)
{
    struct webhook *w = ctx;
    if (!post(w, l, dropped))
        webhook_queue_result(w->queue, l, WEBHOOK_FAILED, clock_monotonic());
}

static void on_item_done(void *ctx, const struct webhook_item *item, unsigned url)
{
    struct webhook *w = ctx;
    journal_done(w->journal, item->number, w->hashes[url]);
}

/* An event that an earlier process left behind. */
static void take_over(void *ctx, const struct journal_event *e)
{
    struct webhook *w = ctx;
    uint64_t unix_now = clock_realtime();
    usec_t now = clock_monotonic();
    usec_t age = unix_now > e->unix_us ? unix_now - e->unix_us : 0;
    const struct webhook_news news = {
        .number = e->number,
        .room = e->room,
        .event = e->event,
        .size = e->size,
        .urls = ~e->done,
        .queued = age < now ? now - age : 0,
        .unix_us = e->unix_us,
    };
    w->last_number = e->number;
    webhook_queue_push(w->queue, &news);
}

static bool open_all(struct webhook *w)
{
    struct sender_output sending = {.ctx = w, .done = on_done};
    struct webhook_queue_output out = {.ctx = w, .send = on_send, .done = on_item_done};
    for (unsigned i = 0; i < w->config.url_count; i++)
        w->hashes[i] = journal_url_hash(w->config.urls[i]);
    w->queue = webhook_queue_create(w->config.url_count, &out);
    w->sender = sender_create(w->loop, &sending);
    if (!w->queue || !w->sender)
        return false;
    const struct journal_reader reader = {
        .url_hashes = w->hashes, .urls = w->config.url_count, .take = take_over, .ctx = w};
    w->journal = journal_open(w->config.path, &reader);
    w->ledger = ledger_open(w->config.ledger_path);
    return w->ledger != NULL;
}

struct webhook *webhook_create(struct loop *l, const struct webhook_config *config)
{
    struct webhook *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->loop = l;
    w->config = *config;
    w->timer = (struct loop_timer){.fire = due, .arg = w};
    if (!open_all(w)) {
        webhook_destroy(w);
        return NULL;
    }
    tidy_journal(w);
    arm(w);
    return w;
}

void webhook_destroy(struct webhook *w)
{
    if (!w)
        return;
    loop_timer_cancel(w->loop, &w->timer);
    sender_destroy(w->sender);
    webhook_queue_destroy(w->queue);
    records_close(w->journal);
    ledger_close(w->ledger);
    free(w);
}

static void push(struct webhook *w, enum room_event e, const char *room, const void *event,
                 size_t size)
{
    if (!(w->config.events & 1u << e))
        return;
    const struct webhook_news news = {
        .number = ++w->last_number,
        .room = room,
        .event = event,
        .size = size,
        .urls = UINT32_MAX,
        .queued = clock_monotonic(),
        .unix_us = clock_realtime(),
    };
    const struct webhook_item *item = webhook_queue_push(w->queue, &news);
    if (item)
        journal_event(w->journal, item);
    arm(w);
}

static int64_t unix_seconds(void)
{
    return (int64_t)(clock_realtime() / USEC_PER_SEC);
}

void webhook_event(struct webhook *w, enum room_event e, const struct room *r,
                   const struct participant *p, const struct publication *t)
{
    size_t size;
    uint8_t *event = webhook_event_pack(e, r, p, t, w->config.full_room, unix_seconds(), &size);
    if (!event)
        return;
    ledger_note(w->ledger, e, t ? t->sid : p ? p->sid : r->sid, event, size);
    push(w, e, r->name, event, size);
    free(event);
}

/* ---- what ended while nobody looked ---- */

static bool has_track(const struct participant *p, const char *sid)
{
    for (const struct publication *t = p->publications; t; t = t->next)
        if (t->published && strcmp(t->sid, sid) == 0)
            return true;
    return false;
}

static bool in_room(const struct room *r, enum room_event begun, const char *sid)
{
    if (begun == ROOM_STARTED)
        return strcmp(r->sid, sid) == 0;
    for (const struct participant *p = r->participants; p; p = p->next)
        if (begun == PARTICIPANT_JOINED ? strcmp(p->sid, sid) == 0 : has_track(p, sid))
            return true;
    return false;
}

struct settling {
    struct webhook *webhook;
    const struct rooms *rooms;
};

static bool exists(void *ctx, enum room_event begun, const char *sid)
{
    const struct settling *s = ctx;
    for (const struct room *r = s->rooms->first; r; r = r->next)
        if (in_room(r, begun, sid))
            return true;
    return false;
}

static enum room_event end_of(enum room_event begun)
{
    return begun == ROOM_STARTED         ? ROOM_FINISHED
           : begun == PARTICIPANT_JOINED ? PARTICIPANT_LEFT
                                         : TRACK_UNPUBLISHED;
}

static void gone(void *ctx, enum room_event begun, const void *event, size_t size)
{
    const struct settling *s = ctx;
    char *room;
    size_t end_size;
    uint8_t *end = webhook_event_end(event, size, unix_seconds(), &room, &end_size);
    if (end)
        push(s->webhook, end_of(begun), room, end, end_size);
    free(room);
    free(end);
}

void webhook_settle(struct webhook *w, const struct rooms *rs)
{
    struct settling s = {w, rs};
    const struct ledger_output out = {.ctx = &s, .exists = exists, .gone = gone};
    ledger_settle(w->ledger, &out);
}

unsigned webhook_url_count(const struct webhook *w)
{
    return w->config.url_count;
}

const char *webhook_url(const struct webhook *w, unsigned url)
{
    return w->config.urls[url];
}

const struct webhook_counters *webhook_counters(const struct webhook *w, unsigned url)
{
    return webhook_queue_counters(w->queue, url);
}
