/* SPDX-License-Identifier: Apache-2.0 */
#include "control/stats/stats.h"

#include "common/log.h"
#include "common/stats/server.h"
#include "control/stats/chronicle.h"
#include "control/stats/lines.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct control_stats {
    struct stats_sources sources;
    struct chronicle chronicle;
    struct stats_server *server;
    struct loop *loop;
    struct loop_watch watch;
    struct loop_timer timer;
};

/* Rooms change while an answer goes out, so it is made as a whole. */
struct answer {
    json_t *lines;
    size_t next;
};

static void add(struct answer *a, json_t *line)
{
    json_array_append_new(a->lines, line);
}

static bool is_participant(const struct query *q, const struct participant *p)
{
    return !*q->participant || strcmp(q->participant, p->claims.identity) == 0 ||
           strcmp(q->participant, p->sid) == 0;
}

static bool is_track(const struct query *q, const struct publication *t)
{
    return !*q->track || strcmp(q->track, t->sid) == 0;
}

static void add_participant(struct answer *a, const struct query *q, const struct participant *p,
                            bool all)
{
    if (!all && !is_participant(q, p))
        return;
    if (q->get != QUERY_TRACK)
        add(a, line_participant(p));
    for (const struct publication *t = p->publications; t; t = t->next)
        if (all || is_track(q, t))
            add(a, line_track(t));
}

static void add_rooms(struct answer *a, const struct query *q, const struct rooms *rs)
{
    bool all = q->get == QUERY_ALL;
    for (const struct room *r = rs->first; r; r = r->next) {
        if (!all && q->get != QUERY_ROOMS && *q->room && strcmp(q->room, r->name) != 0)
            continue;
        if (all || q->get == QUERY_ROOMS || q->get == QUERY_ROOM)
            add(a, line_room(r));
        for (const struct participant *p = r->participants; p && q->get != QUERY_ROOMS; p = p->next)
            add_participant(a, q, p, all);
    }
}

static void add_webhooks(struct answer *a, const struct webhook *w)
{
    for (unsigned i = 0; w && i < webhook_url_count(w); i++)
        add(a, line_webhook(w, i));
}

static bool is_of_rooms(const struct query *q)
{
    return q->get == QUERY_ROOMS || q->get == QUERY_ROOM || q->get == QUERY_PARTICIPANT ||
           q->get == QUERY_TRACK || q->get == QUERY_ALL;
}

static void *open_answer(void *context, const struct query *q, const struct stats_clients *clients)
{
    const struct stats_sources *s = &((struct control_stats *)context)->sources;
    struct answer *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->lines = json_array();
    if (query_wants(q, QUERY_PROCESS)) {
        add(a, line_process(s, clients));
        add(a, line_signalling(s));
        add_webhooks(a, s->webhook);
    }
    if (query_wants(q, QUERY_ADDRESS) && s->address)
        add(a, line_address(s));
    if (is_of_rooms(q))
        add_rooms(a, q, s->rooms);
    return a;
}

static json_t *next_line(void *context, void *answer)
{
    struct answer *a = answer;
    (void)context;
    json_t *line = json_incref(json_array_get(a->lines, a->next));
    if (line)
        json_array_set(a->lines, a->next++, json_null()); /* told: its memory is free */
    return line;
}

static void close_answer(void *context, void *answer)
{
    struct answer *a = answer;
    (void)context;
    json_decref(a->lines);
    free(a);
}

static uint64_t newest_event(void *context)
{
    return ((struct control_stats *)context)->chronicle.newest;
}

static json_t *next_event(void *context, const struct query *q, uint64_t *after)
{
    return chronicle_next(&((struct control_stats *)context)->chronicle, q, after);
}

/* ---- the socket in the loop ---- */

static void run(struct control_stats *s, usec_t now)
{
    stats_server_run(s->server, now);
    usec_t at = stats_server_deadline(s->server);
    if (at == USEC_NEVER)
        loop_timer_cancel(s->loop, &s->timer);
    else
        loop_timer_at(s->loop, &s->timer, at);
}

static void ready(void *arg, unsigned events)
{
    (void)events;
    run(arg, clock_monotonic());
}

static void due(void *arg, usec_t now)
{
    run(arg, now);
}

static bool listen_at(struct control_stats *s, const char *run_dir)
{
    char path[PATH_MAX], err[STATS_SERVER_ERROR_TEXT];
    const struct stats_source source = {.context = s,
                                        .name = "control",
                                        .open = open_answer,
                                        .next = next_line,
                                        .close = close_answer,
                                        .newest = newest_event,
                                        .event = next_event};
    snprintf(path, sizeof(path), "%s/control-stats.sock", run_dir);
    s->server = stats_server_open(path, &source, err);
    if (!s->server) {
        log_error("stats", "%s", err);
        return false;
    }
    s->watch = (struct loop_watch){.ready = ready, .arg = s, .fd = stats_server_fd(s->server)};
    s->timer = (struct loop_timer){.fire = due, .arg = s};
    return loop_watch(s->loop, &s->watch, LOOP_READ);
}

struct control_stats *control_stats_open(struct loop *l, const char *run_dir,
                                         const struct stats_sources *sources)
{
    struct control_stats *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->sources = *sources;
    s->loop = l;
    if (listen_at(s, run_dir))
        return s;
    control_stats_close(s);
    return NULL;
}

void control_stats_close(struct control_stats *s)
{
    if (!s)
        return;
    if (s->watch.watched)
        loop_unwatch(s->loop, &s->watch);
    loop_timer_cancel(s->loop, &s->timer);
    stats_server_close(s->server);
    chronicle_free(&s->chronicle);
    free(s);
}

void control_stats_event(struct control_stats *s, enum room_event e, const struct room *r,
                         const struct participant *p, const struct publication *t)
{
    chronicle_room_event(&s->chronicle, e, r, p, t);
}

void control_stats_note(struct control_stats *s, const char *kind, const char *text)
{
    chronicle_note(&s->chronicle, kind, text);
}
