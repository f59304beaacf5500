/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/media/wheel.h"

#include <stdbool.h>
#include <string.h>

static unsigned slot_of(uint64_t tick)
{
    return tick % WHEEL_SLOTS;
}

static uint64_t tick_of(usec_t due)
{
    return due / USEC_PER_MS + (due % USEC_PER_MS != 0);
}

static bool is_set(const struct timer *t)
{
    return t->due != 0 && t->due != USEC_NEVER;
}

void wheel_init(struct wheel *w)
{
    memset(w, 0, sizeof *w);
    for (unsigned i = 0; i < WHEEL_SLOTS; i++)
        LIST_INIT(&w->slots[i]);
}

/* A slot's bit in `occupied` is cleared when the wheel passes it and finds it empty. */
static void take_out(struct timer *t)
{
    LIST_REMOVE(t, link);
    t->due = USEC_NEVER;
}

void wheel_set(struct wheel *w, struct timer *t, usec_t due)
{
    if (is_set(t)) {
        if (t->due == due)
            return;
        take_out(t);
    }
    if (due == USEC_NEVER)
        return;
    t->due = due ? due : 1;
    uint64_t tick = tick_of(t->due) > w->tick ? tick_of(t->due) : w->tick;
    unsigned slot = slot_of(tick);
    LIST_INSERT_HEAD(&w->slots[slot], t, link);
    w->occupied[slot / 64] |= 1ULL << (slot % 64);
}

void wheel_advance(struct wheel *w, struct timer *t, usec_t due)
{
    if (!is_set(t) || due < t->due)
        wheel_set(w, t, due);
}

static struct timer *due_in(struct wheel *w, unsigned slot, usec_t now)
{
    struct timer *t;
    LIST_FOREACH(t, &w->slots[slot], link)
    {
        if (tick_of(t->due) <= now / USEC_PER_MS)
            return t;
    }
    if (LIST_EMPTY(&w->slots[slot]))
        w->occupied[slot / 64] &= ~(1ULL << (slot % 64));
    return NULL;
}

/* How many slots from `tick` on to the first occupied one, at most a lap; WHEEL_SLOTS if none. */
static unsigned distance(const struct wheel *w)
{
    for (unsigned i = 0; i < WHEEL_SLOTS;) {
        unsigned slot = slot_of(w->tick + i);
        uint64_t word = w->occupied[slot / 64] >> (slot % 64);
        if (word) {
            unsigned at = i + (unsigned)__builtin_ctzll(word);
            return at < WHEEL_SLOTS ? at : WHEEL_SLOTS;
        }
        i += 64 - slot % 64;
    }
    return WHEEL_SLOTS;
}

struct timer *wheel_expire(struct wheel *w, usec_t now)
{
    uint64_t end = now / USEC_PER_MS;
    if (end >= w->tick + WHEEL_SLOTS)
        w->tick = end - WHEEL_SLOTS + 1;
    while (w->tick <= end) {
        unsigned skip = distance(w);
        if (w->tick + skip > end) {
            w->tick = end + 1;
            break;
        }
        w->tick += skip;
        struct timer *t = due_in(w, slot_of(w->tick), now);
        if (t) {
            take_out(t);
            return t;
        }
        w->tick++;
    }
    return NULL;
}

usec_t wheel_next(const struct wheel *w)
{
    unsigned skip = distance(w);
    return skip == WHEEL_SLOTS ? USEC_NEVER : (w->tick + skip) * USEC_PER_MS;
}
