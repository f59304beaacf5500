/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/history.h"

#include "dataplane/rtp/sequence.h"

static struct frame **slot(const struct history *h, uint64_t seq)
{
    return &h->slots[seq & (h->size - 1)];
}

static void drop(struct history *h, struct frame_pool *p, struct frame **at)
{
    if (!*at)
        return;
    frame_release(p, *at);
    *at = NULL;
    h->used--;
}

static bool drop_oldest(struct history *h, struct frame_pool *p)
{
    uint32_t used = h->used;
    for (uint32_t i = 1; i <= h->size && h->used == used && used > 0; i++)
        drop(h, p, slot(h, h->newest + i));
    return h->used < used;
}

void history_put(struct history *h, struct frame_pool *p, struct frame *f)
{
    uint64_t seq = f->info.seq;
    if (h->size == 0 || seq + h->size <= h->newest)
        return;
    if (p->size - p->used < p->size / HISTORY_RESERVE && !drop_oldest(h, p))
        return;
    struct frame **at = slot(h, seq);
    drop(h, p, at);
    frame_hold(f);
    *at = f;
    h->used++;
    if (seq > h->newest)
        h->newest = seq;
}

struct frame *history_get(const struct history *h, uint64_t seq)
{
    if (h->size == 0)
        return NULL;
    struct frame *f = *slot(h, seq);
    return f && f->info.seq == seq ? f : NULL;
}

struct frame *history_get16(const struct history *h, uint16_t seq)
{
    return history_get(h, sequence_near(h->newest, seq));
}

void history_shed(struct history *h, struct frame_pool *p)
{
    while (p->used == p->size && drop_oldest(h, p))
        ;
}

void history_clear(struct history *h, struct frame_pool *p)
{
    for (uint32_t i = 0; i < h->size && h->used > 0; i++)
        drop(h, p, &h->slots[i]);
    h->newest = 0;
}
