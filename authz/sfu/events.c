/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/sfu/events.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define WAIT_TIME  (40 * USEC_PER_SEC) /* control answers after 25 s at the latest */
#define ANSWER_MAX (4u << 20)
#define RETRY      (500 * USEC_PER_MS)

struct sfu_events {
    struct outbound *out;
    const struct sfu *sfu;
    struct sfu_listener listener;
    struct loop_timer timer;
    struct exchange *exchange;
    struct sfu_events_answer at; /* epoch "": nothing known */
};

static bool take(const json_t *v, char *out, size_t size)
{
    if (!json_is_string(v) || json_string_length(v) >= size)
        return false;
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    return true;
}

static bool read_event(const json_t *v, struct sfu_event *e)
{
    const char *kind = json_string_value(json_object_get(v, "event"));
    *e = (struct sfu_event){0};
    if (kind && strcmp(kind, "joined") == 0)
        e->kind = SFU_EVENT_JOINED;
    else if (kind && strcmp(kind, "left") == 0)
        e->kind = SFU_EVENT_LEFT;
    else if (kind && strcmp(kind, "aborted") == 0)
        e->kind = SFU_EVENT_ABORTED;
    e->reason = sfu_reason_of(json_string_value(json_object_get(v, "reason")));
    return e->kind != SFU_EVENT_OTHER &&
           take(json_object_get(v, "room"), e->room, sizeof(e->room)) &&
           take(json_object_get(v, "identity"), e->identity, sizeof(e->identity));
}

bool sfu_events_read(const char *body, size_t length, struct sfu_events_answer *a,
                     void (*each)(void *ctx, const struct sfu_event *e), void *ctx)
{
    json_t *root = json_loadb(body, length, 0, NULL), *v;
    const json_t *next = json_object_get(root, "next");
    struct sfu_event e;
    size_t i;
    bool ok = take(json_object_get(root, "epoch"), a->epoch, sizeof(a->epoch)) &&
              json_is_integer(next) && json_integer_value(next) >= 0;
    a->next = ok ? (uint64_t)json_integer_value(next) : 0;
    a->missed = json_is_true(json_object_get(root, "missed"));
    json_array_foreach(ok ? json_object_get(root, "events") : NULL, i, v)
    {
        if (read_event(v, &e))
            each(ctx, &e);
    }
    json_decref(root);
    return ok;
}

static void again(struct sfu_events *e, usec_t delay)
{
    loop_timer_after(e->out->loop, &e->timer, delay);
}

static void on_answer(void *arg, const struct transfer_answer *a)
{
    struct sfu_events *e = arg;
    struct sfu_events_answer got;
    e->exchange = NULL;
    bool first = !*e->at.epoch;
    if (a->cause != CAUSE_NONE || a->status != 200 ||
        !sfu_events_read(a->body, a->length, &got, e->listener.event, e->listener.ctx)) {
        again(e, RETRY);
        return;
    }
    if (first || got.missed || strcmp(got.epoch, e->at.epoch) != 0) {
        log_info("sfu", "listening to sluice-control");
        e->listener.restarted(e->listener.ctx);
    }
    e->at = got;
    again(e, 0);
}

static void on_timer(void *arg, usec_t now)
{
    struct sfu_events *e = arg;
    char url[160];
    (void)now;
    if (!sfu_is_local(e->sfu)) {
        again(e, RETRY);
        return;
    }
    snprintf(url, sizeof(url), "http://control/internal/events?epoch=%s&after=%" PRIu64,
             e->at.epoch, e->at.next);
    const struct exchange_request r = {
        .method = "GET",
        .url = url,
        .unix_socket = sfu_local_socket(e->sfu),
        .own = true,
        .plain_http = true,
        .answer_max = ANSWER_MAX,
        .timeout = WAIT_TIME,
    };
    e->exchange = exchange_start(e->out, &r, on_answer, e);
    if (!e->exchange)
        again(e, RETRY);
}

struct sfu_events *sfu_events_create(struct outbound *o, const struct sfu *s,
                                     const struct sfu_listener *l)
{
    struct sfu_events *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->out = o;
    e->sfu = s;
    e->listener = *l;
    e->timer = (struct loop_timer){.fire = on_timer, .arg = e};
    again(e, 0);
    return e;
}

void sfu_events_destroy(struct sfu_events *e)
{
    if (!e)
        return;
    if (e->exchange)
        exchange_cancel(e->exchange);
    loop_timer_cancel(e->out->loop, &e->timer);
    free(e);
}
