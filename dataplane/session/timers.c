/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/timers.h"

#include <assert.h>
#include <stdlib.h>

bool timers_init(struct timers *t, uint32_t capacity)
{
    *t = (struct timers){.capacity = capacity};
    t->deadline = calloc(capacity, sizeof(*t->deadline));
    t->place = calloc(capacity, sizeof(*t->place));
    t->heap = calloc(capacity, sizeof(*t->heap));
    if (t->deadline && t->place && t->heap)
        return true;
    timers_free(t);
    return false;
}

void timers_free(struct timers *t)
{
    free(t->deadline);
    free(t->place);
    free(t->heap);
    *t = (struct timers){0};
}

static void put(struct timers *t, uint32_t at, uint32_t object)
{
    t->heap[at] = object;
    t->place[object] = at + 1;
}

static void sift_up(struct timers *t, uint32_t at)
{
    uint32_t object = t->heap[at];
    while (at > 0) {
        uint32_t parent = (at - 1) / 2;
        if (t->deadline[t->heap[parent]] <= t->deadline[object])
            break;
        put(t, at, t->heap[parent]);
        at = parent;
    }
    put(t, at, object);
}

static void sift_down(struct timers *t, uint32_t at)
{
    uint32_t object = t->heap[at];
    for (;;) {
        uint32_t child = at * 2 + 1;
        if (child >= t->count)
            break;
        if (child + 1 < t->count && t->deadline[t->heap[child + 1]] < t->deadline[t->heap[child]])
            child++;
        if (t->deadline[object] <= t->deadline[t->heap[child]])
            break;
        put(t, at, t->heap[child]);
        at = child;
    }
    put(t, at, object);
}

static void take_out(struct timers *t, uint32_t object)
{
    uint32_t at = t->place[object] - 1;
    t->place[object] = 0;
    uint32_t last = t->heap[--t->count];
    if (at == t->count)
        return;
    put(t, at, last);
    sift_up(t, at);
    sift_down(t, t->place[last] - 1);
}

void timers_set(struct timers *t, uint32_t object, usec_t deadline)
{
    assert(object < t->capacity);
    if (deadline == USEC_NEVER) {
        if (t->place[object])
            take_out(t, object);
        return;
    }
    t->deadline[object] = deadline;
    if (!t->place[object])
        put(t, t->count++, object);
    sift_up(t, t->place[object] - 1);
    sift_down(t, t->place[object] - 1);
}

usec_t timers_next(const struct timers *t)
{
    return t->count ? t->deadline[t->heap[0]] : USEC_NEVER;
}

bool timers_expire(struct timers *t, usec_t now, uint32_t *object)
{
    if (timers_next(t) > now)
        return false;
    *object = t->heap[0];
    take_out(t, *object);
    return true;
}
