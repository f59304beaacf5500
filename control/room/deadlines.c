/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/deadlines.h"

#include "control/room/heap.h"

#include <stdlib.h>

void deadlines_free(struct deadlines *ts)
{
    free(ts->heap);
    *ts = (struct deadlines){0};
}

bool timer_running(const struct timer *t)
{
    return t->place != 0;
}

static void put(struct deadlines *ts, struct timer *t, size_t place)
{
    ts->heap[place] = t;
    t->place = place;
}

static void sift_up(struct deadlines *ts, struct timer *t)
{
    size_t i = t->place;
    while (i > 1 && ts->heap[i / 2]->at > t->at) {
        put(ts, ts->heap[i / 2], i);
        i /= 2;
    }
    put(ts, t, i);
}

static void sift_down(struct deadlines *ts, struct timer *t)
{
    size_t i = t->place;
    for (size_t child = 2 * i; child <= ts->count; child = 2 * i) {
        if (child < ts->count && ts->heap[child + 1]->at < ts->heap[child]->at)
            child++;
        if (ts->heap[child]->at >= t->at)
            break;
        put(ts, ts->heap[child], i);
        i = child;
    }
    put(ts, t, i);
}

void timer_stop(struct deadlines *ts, struct timer *t)
{
    if (t->place == 0)
        return;
    struct timer *last = ts->heap[ts->count--];
    size_t place = t->place;
    t->place = 0;
    if (last == t)
        return;
    put(ts, last, place);
    sift_up(ts, last);
    sift_down(ts, last);
}

void timer_start(struct deadlines *ts, struct timer *t, usec_t at)
{
    timer_stop(ts, t);
    if (ts->count + 2 > ts->room) {
        ts->room = ts->room ? ts->room * 2 : 64;
        ts->heap = heap_grow(ts->heap, ts->room, sizeof *ts->heap);
    }
    t->at = at;
    put(ts, t, ++ts->count);
    sift_up(ts, t);
}

void timer_start_before(struct deadlines *ts, struct timer *t, usec_t at)
{
    if (!timer_running(t) || t->at > at)
        timer_start(ts, t, at);
}

usec_t deadlines_next(const struct deadlines *ts)
{
    return ts->count > 0 ? ts->heap[1]->at : USEC_NEVER;
}

void deadlines_run(struct deadlines *ts, usec_t now)
{
    while (ts->count > 0 && ts->heap[1]->at <= now) {
        struct timer *t = ts->heap[1];
        timer_stop(ts, t);
        t->fire(t->arg, now);
    }
}
