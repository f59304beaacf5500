/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of equal slots between two threads: one writes, one reads, nobody locks or allocates.
 * A doorbell wakes a reader that sleeps in poll(2), at the cost of a system call only then.
 */
#ifndef SLUICE_COMMON_RING_H
#define SLUICE_COMMON_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_CACHE_LINE 64

struct ring {
    /* the writer's line */
    _Alignas(RING_CACHE_LINE) _Atomic uint32_t tail;
    uint32_t head_seen; /* the writer's last look at head */
    /* the reader's line */
    _Alignas(RING_CACHE_LINE) _Atomic uint32_t head;
    uint32_t tail_seen;
    /* constant after ring_create() */
    _Alignas(RING_CACHE_LINE) uint32_t mask;
    uint32_t slot_size;
    uint8_t *slots;
};

/* `slots` is a power of two, slot_size at least 1 (rounded up to 8). NULL if out of memory. */
struct ring *ring_create(uint32_t slots, uint32_t slot_size);
void ring_destroy(struct ring *r);

/* Writer: the next free slot, or NULL if the ring is full. May be filled, then published. Repeated
 * calls without publishing give the same slot. */
void *ring_reserve(struct ring *r);
void ring_publish(struct ring *r);

/* Reader: the oldest slot, or NULL if empty; it stays until ring_consume(). */
void *ring_peek(struct ring *r);
void ring_consume(struct ring *r);

/* Either side, approximate. */
uint32_t ring_used(const struct ring *r);

/* One per sleeping thread: any writer of any of its rings may ring. */
struct doorbell {
    int fd; /* eventfd: poll it for POLLIN */
    _Atomic bool asleep;
    uint64_t owed; /* reader: rings that were not read from fd yet */
};

bool doorbell_init(struct doorbell *d);
void doorbell_close(struct doorbell *d);

/* Reader: call before the last look at the rings and poll(2); answer() after it. */
void doorbell_sleep(struct doorbell *d);
void doorbell_answer(struct doorbell *d);

/* Writer, after publishing: a system call only if the reader said it sleeps. */
void doorbell_ring(struct doorbell *d);

#endif
