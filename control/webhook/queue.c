/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/queue.h"

#include "control/room/deadlines.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST (500 * USEC_PER_MS)
#define RETRY_MOST  (8 * USEC_PER_SEC)

/* A line that lost events is remembered for so long, to tell it with the next one. */
#define MEMORY_OF_LOSS (600 * USEC_PER_SEC)

struct queued {
    struct queued *next;
    struct webhook_item *item;
};

/* The events of one room for one URL. */
struct webhook_line {
    struct webhook_queue *queue;
    char *room;
    unsigned url;
    struct queued *first, **tail;
    unsigned count;
    uint32_t dropped, telling; /* telling: of them, in the one that is on its way */
    bool sending, ready;       /* ready: listed with its URL */
    unsigned failures;         /* of the first event */
    struct webhook_line *next_ready;
    struct timer timer; /* retry, or the end of an empty line */
};

/* What one URL has to do. */
struct lane {
    struct webhook_line *ready, **tail;
    unsigned sending;
    struct webhook_counters counters;
};

struct webhook_queue {
    struct webhook_queue_output out;
    unsigned urls;
    struct lane lanes[WEBHOOK_URLS_MAX];
    void *lines; /* of tsearch(3) */
    struct webhook_item *first, *last;
    size_t bytes;
    struct deadlines timers;
    bool work; /* some line is ready */
};

static int compare(const void *x, const void *y)
{
    const struct webhook_line *a = x, *b = y;
    if (a->url != b->url)
        return a->url < b->url ? -1 : 1;
    return strcmp(a->room, b->room);
}

/* ---- items ---- */

static struct webhook_item *new_item(struct webhook_queue *q, const struct webhook_news *news)
{
    struct webhook_item *m = malloc(sizeof *m + news->size);
    char *room = strdup(news->room);
    if (!m || !room) {
        free(m);
        free(room);
        return NULL;
    }
    *m = (struct webhook_item){.number = news->number,
                               .room = room,
                               .size = news->size,
                               .queued = news->queued,
                               .unix_us = news->unix_us,
                               .prev = q->last};
    memcpy(m->event, news->event, news->size);
    *(q->last ? &q->last->next : &q->first) = m;
    q->last = m;
    q->bytes += news->size;
    return m;
}

static void free_item(struct webhook_queue *q, struct webhook_item *m)
{
    *(m->prev ? &m->prev->next : &q->first) = m->next;
    *(m->next ? &m->next->prev : &q->last) = m->prev;
    q->bytes -= m->size;
    free(m->room);
    free(m);
}

/* ---- lines ---- */

static void line_due(void *arg, usec_t now);

static struct webhook_line *find_line(struct webhook_queue *q, const char *room, unsigned url)
{
    struct webhook_line key = {.room = (char *)(uintptr_t)room, .url = url};
    void *at = tfind(&key, &q->lines, compare);
    return at ? *(struct webhook_line **)at : NULL;
}

static void free_line(struct webhook_line *l)
{
    timer_stop(&l->queue->timers, &l->timer);
    free(l->room);
    free(l);
}

static struct webhook_line *open_line(struct webhook_queue *q, const char *room, unsigned url)
{
    struct webhook_line *l = find_line(q, room, url);
    if (l)
        return l;
    l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->queue = q;
    l->url = url;
    l->room = strdup(room);
    l->tail = &l->first;
    l->timer = (struct timer){.fire = line_due, .arg = l};
    if (!l->room || !tsearch(l, &q->lines, compare)) {
        free_line(l);
        return NULL;
    }
    return l;
}

static void make_ready(struct webhook_line *l)
{
    struct lane *lane = &l->queue->lanes[l->url];
    if (l->ready || l->sending || !l->first || timer_running(&l->timer))
        return;
    l->ready = true;
    l->next_ready = NULL;
    *lane->tail = l;
    lane->tail = &l->next_ready;
    l->queue->work = true;
}

/* An empty line goes, unless it has a loss to tell. */
static void settle(struct webhook_line *l, usec_t now)
{
    if (l->first || l->ready)
        return;
    if (l->dropped > 0) {
        timer_start(&l->queue->timers, &l->timer, now + MEMORY_OF_LOSS);
        return;
    }
    tdelete(l, &l->queue->lines, compare);
    free_line(l);
}

/* The first event is done with. */
static void take_first(struct webhook_line *l)
{
    struct webhook_queue *q = l->queue;
    struct queued *e = l->first;
    struct webhook_item *m = e->item;
    l->first = e->next;
    if (!l->first)
        l->tail = &l->first;
    l->count--;
    l->failures = 0;
    q->lanes[l->url].counters.waiting--;
    m->pending &= ~(1u << l->url);
    q->out.done(q->out.ctx, m, l->url);
    if (m->pending == 0)
        free_item(q, m);
    free(e);
}

static void count_dropped(struct webhook_line *l)
{
    l->dropped++;
    l->queue->lanes[l->url].counters.dropped++;
}

static void drop_old(struct webhook_line *l, usec_t now)
{
    while (l->first && now > l->first->item->queued + WEBHOOK_AGE_MAX) {
        count_dropped(l);
        take_first(l);
    }
}

static void line_due(void *arg, usec_t now)
{
    struct webhook_line *l = arg;
    if (l->first) {
        make_ready(l);
        return;
    }
    l->dropped = 0;
    settle(l, now);
}

/* ---- the queue ---- */

struct webhook_queue *webhook_queue_create(unsigned urls, const struct webhook_queue_output *out)
{
    struct webhook_queue *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->out = *out;
    q->urls = urls < WEBHOOK_URLS_MAX ? urls : WEBHOOK_URLS_MAX;
    for (unsigned i = 0; i < WEBHOOK_URLS_MAX; i++)
        q->lanes[i].tail = &q->lanes[i].ready;
    return q;
}

static void destroy_line(void *arg)
{
    struct webhook_line *l = arg;
    while (l->first) {
        struct queued *e = l->first;
        l->first = e->next;
        free(e);
    }
    free_line(l);
}

void webhook_queue_destroy(struct webhook_queue *q)
{
    if (!q)
        return;
    tdestroy(q->lines, destroy_line);
    for (struct webhook_item *m = q->first, *next; m; m = next) {
        next = m->next;
        free(m->room);
        free(m);
    }
    deadlines_free(&q->timers);
    free(q);
}

/* False if the line is full. */
static bool append(struct webhook_queue *q, struct webhook_item *m, unsigned url)
{
    struct webhook_line *l = open_line(q, m->room, url);
    struct queued *e = calloc(1, sizeof *e);
    if (!l || !e || l->count >= WEBHOOK_DEPTH_MAX || q->bytes > WEBHOOK_BYTES_MAX) {
        if (l)
            count_dropped(l);
        if (l && !l->first)
            settle(l, m->queued);
        free(e);
        return false;
    }
    e->item = m;
    *l->tail = e;
    l->tail = &e->next;
    if (l->count++ == 0 && !l->sending)
        timer_stop(&q->timers, &l->timer);
    m->pending |= 1u << url;
    q->lanes[url].counters.waiting++;
    make_ready(l);
    return true;
}

const struct webhook_item *webhook_queue_push(struct webhook_queue *q,
                                              const struct webhook_news *news)
{
    struct webhook_item *m = new_item(q, news);
    if (!m)
        return NULL;
    for (unsigned i = 0; i < q->urls; i++)
        if (news->urls & 1u << i)
            append(q, m, i);
    if (m->pending != 0)
        return m;
    free_item(q, m);
    return NULL;
}

static void send_first(struct webhook_line *l)
{
    struct webhook_queue *q = l->queue;
    l->sending = true;
    l->telling = l->dropped;
    q->lanes[l->url].sending++;
    q->out.send(q->out.ctx, l, l->dropped);
}

static void run_lane(struct webhook_queue *q, struct lane *lane, usec_t now)
{
    while (lane->ready && lane->sending < WEBHOOK_AT_ONCE) {
        struct webhook_line *l = lane->ready;
        lane->ready = l->next_ready;
        if (!lane->ready)
            lane->tail = &lane->ready;
        l->ready = false;
        drop_old(l, now);
        if (l->first)
            send_first(l);
        else
            settle(l, now);
    }
    q->work = q->work || (lane->ready && lane->sending < WEBHOOK_AT_ONCE);
}

void webhook_queue_run(struct webhook_queue *q, usec_t now)
{
    deadlines_run(&q->timers, now);
    q->work = false;
    for (unsigned i = 0; i < q->urls; i++)
        run_lane(q, &q->lanes[i], now);
}

static usec_t pause_after(unsigned failures)
{
    usec_t pause = RETRY_FIRST;
    while (failures-- > 1 && pause < RETRY_MOST)
        pause *= 2;
    return pause < RETRY_MOST ? pause : RETRY_MOST;
}

static void retry(struct webhook_line *l, usec_t now)
{
    usec_t at = now + pause_after(++l->failures);
    if (at > l->first->item->queued + WEBHOOK_AGE_MAX) {
        count_dropped(l);
        take_first(l);
        return;
    }
    l->queue->lanes[l->url].counters.retried++;
    timer_start(&l->queue->timers, &l->timer, at);
}

void webhook_queue_result(struct webhook_queue *q, struct webhook_line *line,
                          enum webhook_result result, usec_t now)
{
    struct lane *lane = &q->lanes[line->url];
    lane->sending--;
    line->sending = false;
    if (result == WEBHOOK_DELIVERED) {
        line->dropped -= line->telling;
        lane->counters.delivered++;
        take_first(line);
    } else {
        retry(line, now);
    }
    q->work = q->work || lane->ready;
    make_ready(line);
    settle(line, now);
}

unsigned webhook_line_url(const struct webhook_line *l)
{
    return l->url;
}

const struct webhook_item *webhook_line_first(const struct webhook_line *l)
{
    return l->first->item;
}

usec_t webhook_queue_deadline(const struct webhook_queue *q)
{
    return q->work ? 0 : deadlines_next(&q->timers);
}

const struct webhook_item *webhook_queue_first(const struct webhook_queue *q)
{
    return q->first;
}

const struct webhook_counters *webhook_queue_counters(const struct webhook_queue *q, unsigned url)
{
    return &q->lanes[url].counters;
}
