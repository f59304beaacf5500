/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory on the packet path: frames, history, rings, handles. Per operation and its undoing.
 */
#include "bench/micro/count.h"
#include "common/handle.h"
#include "common/ring.h"
#include "dataplane/forward/history.h"

#include <stdlib.h>

#define ROUNDS  10000
#define FRAMES  1024
#define HISTORY 512

struct store {
    struct frame_pool pool;
    struct history history;
    struct frame *slots[HISTORY];
    struct handle_pool handles;
    struct ring *ring;
};

static void take_and_release(void *subject)
{
    struct store *s = subject;
    for (unsigned i = 0; i < ROUNDS; i++)
        frame_release(&s->pool, frame_take(&s->pool));
}

static void keep(void *subject)
{
    struct store *s = subject;
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct frame *f = frame_take(&s->pool);
        f->info.seq = i + 1;
        history_put(&s->history, &s->pool, f);
        frame_release(&s->pool, f);
    }
}

static void look_up(void *subject)
{
    struct store *s = subject;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (!history_get16(&s->history, (uint16_t)(ROUNDS - i % (HISTORY / 2))))
            abort();
    }
}

static void pass(void *subject)
{
    struct store *s = subject;
    for (unsigned i = 0; i < ROUNDS; i++) {
        *(uint64_t *)ring_reserve(s->ring) = i;
        ring_publish(s->ring);
        if (*(uint64_t *)ring_peek(s->ring) != i)
            abort();
        ring_consume(s->ring);
    }
}

static void name(void *subject)
{
    struct store *s = subject;
    for (unsigned i = 0; i < ROUNDS; i++) {
        handle_t h = handle_take(&s->handles);
        if (!handle_live(&s->handles, h) || !handle_give(&s->handles, h))
            abort();
    }
}

void count_pools(void)
{
    static const struct {
        const char *name;
        count_fn *f;
    } cases[] = {
        {"frame: take, release", take_and_release},
        {"history: put", keep},
        {"history: get", look_up},
        {"ring: write, read", pass},
        {"handle: take, give", name},
    };
    struct store *s = calloc(1, sizeof *s);
    if (!s || !frame_pool_init(&s->pool, FRAMES) || !handle_pool_init(&s->handles, FRAMES) ||
        !(s->ring = ring_create(64, sizeof(uint64_t))))
        abort();
    history_init(&s->history, s->slots, HISTORY);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        count_call(cases[i].f, s);
        count_end(cases[i].name, ROUNDS);
    }
    history_clear(&s->history, &s->pool);
    frame_pool_free(&s->pool);
    handle_pool_free(&s->handles);
    ring_destroy(s->ring);
    free(s);
}
