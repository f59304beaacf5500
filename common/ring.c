/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ring.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ring *ring_create(uint32_t slots, uint32_t slot_size)
{
    if (slots == 0 || (slots & (slots - 1)) != 0 || slot_size == 0)
        return NULL;
    struct ring *r = aligned_alloc(RING_CACHE_LINE, sizeof(*r));
    if (!r)
        return NULL;
    *r = (struct ring){.mask = slots - 1, .slot_size = (slot_size + 7) & ~7u};
    size_t bytes = (size_t)slots * r->slot_size;
    r->slots = aligned_alloc(RING_CACHE_LINE,
                             (bytes + RING_CACHE_LINE - 1) / RING_CACHE_LINE * RING_CACHE_LINE);
    if (!r->slots) {
        free(r);
        return NULL;
    }
    return r;
}

void ring_destroy(struct ring *r)
{
    if (!r)
        return;
    free(r->slots);
    free(r);
}

void *ring_reserve(struct ring *r)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail - r->head_seen > r->mask) {
        r->head_seen = atomic_load_explicit(&r->head, memory_order_acquire);
        if (tail - r->head_seen > r->mask)
            return NULL;
    }
    return r->slots + (size_t)(tail & r->mask) * r->slot_size;
}

void ring_publish(struct ring *r)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    atomic_store_explicit(&r->tail, tail + 1, memory_order_release);
}

void *ring_peek(struct ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (head == r->tail_seen) {
        r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
        if (head == r->tail_seen)
            return NULL;
    }
    return r->slots + (size_t)(head & r->mask) * r->slot_size;
}

void ring_consume(struct ring *r)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    atomic_store_explicit(&r->head, head + 1, memory_order_release);
}

uint32_t ring_used(const struct ring *r)
{
    return atomic_load_explicit(&r->tail, memory_order_relaxed) -
           atomic_load_explicit(&r->head, memory_order_relaxed);
}

bool doorbell_init(struct doorbell *d)
{
    d->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    d->owed = 0;
    atomic_init(&d->asleep, false);
    return d->fd >= 0;
}

void doorbell_close(struct doorbell *d)
{
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

void doorbell_sleep(struct doorbell *d)
{
    /* Sequentially consistent on both sides: either the writer sees `asleep`, or the reader's look
     * at the rings after this sees what was published. */
    atomic_store(&d->asleep, true);
    atomic_thread_fence(memory_order_seq_cst);
}

void doorbell_answer(struct doorbell *d)
{
    if (!atomic_exchange_explicit(&d->asleep, false, memory_order_relaxed))
        d->owed++; /* by whoever took it, and wrote to fd or is about to */
    uint64_t n;
    if (d->owed > 0 && read(d->fd, &n, sizeof(n)) > 0)
        d->owed -= n;
}

void doorbell_ring(struct doorbell *d)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&d->asleep, memory_order_relaxed) ||
        !atomic_exchange_explicit(&d->asleep, false, memory_order_relaxed))
        return;
    uint64_t one = 1;
    /* EAGAIN means that it rings already. */
    ssize_t n = write(d->fd, &one, sizeof(one));
    (void)n;
}
