/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/stats/answer.h"

#include "dataplane/stats/lines.h"

#include <stdlib.h>
#include <string.h>

/* The parts of an answer, in this order. */
enum part {
    PART_PROCESS,
    PART_THREADS,
    PART_QUEUES,
    PART_POOLS,
    PART_ROOMS,
    PART_PARTICIPANTS,
    PART_TRACKS,
    PART_SUBSCRIPTIONS,
    PART_COUNT
};

struct answer {
    struct query query;
    struct stats_clients clients;
    struct totals totals;
    enum part part;
    uint32_t index;
};

static void *open_answer(void *context, const struct query *q, const struct stats_clients *clients)
{
    struct answer *a = calloc(1, sizeof(*a));
    if (!a)
        return NULL;
    a->query = *q;
    a->clients = *clients;
    if (totals_make(&a->totals, context))
        return a;
    totals_free(&a->totals);
    free(a);
    return NULL;
}

static void close_answer(void *context, void *answer)
{
    struct answer *a = answer;
    (void)context;
    totals_free(&a->totals);
    free(a);
}

/* ---- which parts, and how many elements they have ---- */

static bool wants_part(const struct query *q, enum part part)
{
    static const enum query_get whole[] = {
        [PART_PROCESS] = QUERY_PROCESS, [PART_THREADS] = QUERY_THREADS,
        [PART_QUEUES] = QUERY_QUEUES,   [PART_POOLS] = QUERY_POOLS,
        [PART_ROOMS] = QUERY_ROOMS,
    };
    if (q->get == QUERY_ALL)
        return true;
    if (part < PART_ROOMS || (part == PART_ROOMS && q->get == QUERY_ROOMS))
        return q->get == whole[part];
    switch (q->get) {
    case QUERY_ROOM:
        return true;
    case QUERY_PARTICIPANT:
        return part >= PART_PARTICIPANTS;
    case QUERY_TRACK:
        return part >= PART_TRACKS;
    default:
        return false;
    }
}

static uint32_t part_size(const struct stats_segment *s, enum part part)
{
    switch (part) {
    case PART_PROCESS:
        return 1;
    case PART_THREADS:
        return stats_count(s, STATS_THREADS);
    case PART_QUEUES:
        return line_queue_count(s);
    case PART_POOLS:
        return line_pool_count(s);
    case PART_ROOMS:
        return stats_count(s, STATS_ROOMS);
    case PART_PARTICIPANTS:
        return stats_count(s, STATS_PARTICIPANTS);
    case PART_TRACKS:
        return stats_count(s, STATS_TRACKS);
    case PART_SUBSCRIPTIONS:
        return stats_count(s, STATS_SUBSCRIPTIONS);
    case PART_COUNT:
        break;
    }
    return 0;
}

/* ---- which elements ---- */

static bool room_selected(const struct query *q, const struct stats_room *r)
{
    return !*q->room || strcmp(q->room, r->name) == 0;
}

static bool who_selected(const struct query *q, const struct who *w)
{
    return room_selected(q, &w->room) &&
           (!*q->participant || strcmp(q->participant, w->participant.identity) == 0 ||
            strcmp(q->participant, w->participant.sid) == 0);
}

static bool by_room(const struct stats_segment *s, const struct query *q, uint32_t index)
{
    struct stats_room r;
    return stats_get(s, STATS_ROOMS, index, &r, sizeof(r)) && room_selected(q, &r);
}

static bool by_participant(const struct stats_segment *s, const struct query *q, uint32_t index)
{
    struct who w;
    return stats_get(s, STATS_PARTICIPANTS, index, &w.participant, sizeof(w.participant)) &&
           stats_get(s, STATS_ROOMS, handle_index(w.participant.room), &w.room, sizeof(w.room)) &&
           who_selected(q, &w);
}

static bool track_selected(const struct query *q, const struct stats_track *t)
{
    return !*q->track || strcmp(q->track, t->sid) == 0;
}

static bool by_track(const struct stats_segment *s, const struct answer *a, uint32_t index)
{
    struct stats_track t;
    struct who w;
    return stats_get(s, STATS_TRACKS, index, &t, sizeof(t)) && t.handle &&
           track_selected(&a->query, &t) && who_is(s, &a->totals, t.transport, &w) &&
           who_selected(&a->query, &w);
}

/* Subscriptions are their subscribers'; of a track that is asked for, all are told. */
static bool by_subscription(const struct stats_segment *s, const struct answer *a, uint32_t index)
{
    struct stats_subscription sub;
    struct stats_track t;
    struct who w;
    return stats_get(s, STATS_SUBSCRIPTIONS, index, &sub, sizeof(sub)) && sub.handle &&
           stats_get(s, STATS_TRACKS, handle_index(sub.track), &t, sizeof(t)) &&
           track_selected(&a->query, &t) && who_is(s, &a->totals, sub.transport, &w) &&
           who_selected(&a->query, &w);
}

/* Names select only where the request is for something that has them. */
static bool selects(const struct query *q)
{
    return q->get == QUERY_ROOM || q->get == QUERY_PARTICIPANT || q->get == QUERY_TRACK;
}

static bool selected(const struct stats_segment *s, const struct answer *a)
{
    if (!selects(&a->query))
        return true;
    switch (a->part) {
    case PART_ROOMS:
        return by_room(s, &a->query, a->index);
    case PART_PARTICIPANTS:
        return by_participant(s, &a->query, a->index);
    case PART_TRACKS:
        return by_track(s, a, a->index);
    case PART_SUBSCRIPTIONS:
        return by_subscription(s, a, a->index);
    default:
        return true;
    }
}

static json_t *make_line(const struct stats_segment *s, const struct answer *a)
{
    switch (a->part) {
    case PART_PROCESS:
        return line_process(s, &a->totals, &a->clients);
    case PART_THREADS:
        return line_thread(s, a->index);
    case PART_QUEUES:
        return line_queue(s, a->index);
    case PART_POOLS:
        return line_pool(s, a->index);
    case PART_ROOMS:
        return line_room(s, &a->totals, a->index);
    case PART_PARTICIPANTS:
        return line_participant(s, &a->totals, a->index);
    case PART_TRACKS:
        return line_track(s, &a->totals, a->index);
    case PART_SUBSCRIPTIONS:
        return line_subscription(s, &a->totals, a->index);
    case PART_COUNT:
        break;
    }
    return NULL;
}

static json_t *next_line(void *context, void *answer)
{
    const struct stats_segment *s = context;
    struct answer *a = answer;
    for (; a->part < PART_COUNT; a->part++, a->index = 0) {
        uint32_t size = wants_part(&a->query, a->part) ? part_size(s, a->part) : 0;
        for (; a->index < size; a->index++) {
            json_t *line = selected(s, a) ? make_line(s, a) : NULL;
            if (!line)
                continue;
            a->index++;
            return line;
        }
    }
    return NULL;
}

/* ---- events ---- */

static uint64_t newest_event(void *context)
{
    const struct stats_segment *s = context;
    return atomic_load_explicit(&s->header->events, memory_order_acquire);
}

static bool event_selected(const struct query *q, const struct stats_event *e)
{
    return (!*q->room || strcmp(q->room, e->room) == 0) &&
           (!*q->participant || strcmp(q->participant, e->identity) == 0 ||
            strcmp(q->participant, e->participant) == 0);
}

static json_t *next_event(void *context, const struct query *q, uint64_t *after)
{
    const struct stats_segment *s = context;
    uint64_t newest = newest_event(context);
    struct stats_event e;
    if (newest > STATS_EVENTS && *after < newest - STATS_EVENTS)
        *after = newest - STATS_EVENTS;
    while (*after < newest) {
        uint64_t number = ++*after;
        /* another number: overwritten since */
        if (stats_get(s, STATS_EVENT_RING, (uint32_t)(number % STATS_EVENTS), &e, sizeof(e)) &&
            e.number == number && event_selected(q, &e))
            return line_event(&e);
    }
    return NULL;
}

struct stats_source answer_source(const struct stats_segment *s)
{
    return (struct stats_source){.context = (void *)(uintptr_t)s,
                                 .name = "dataplane",
                                 .open = open_answer,
                                 .next = next_line,
                                 .close = close_answer,
                                 .newest = newest_event,
                                 .event = next_event};
}
