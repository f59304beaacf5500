/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records in memory that one thread writes and other processes read: a seqlock. The epoch is odd
 * while the body changes; a reader that sees it change reads again, so it never takes a torn
 * record, and the writer never waits.
 */
#ifndef SLUICE_COMMON_STATS_RECORD_H
#define SLUICE_COMMON_STATS_RECORD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How often a reader tries; after that the writer must have died in the middle of writing. */
#define RECORD_TRIES 1000

struct record {
    _Atomic uint64_t epoch;
    _Atomic uint64_t words[];
};

/* Bytes that a record with a body of `size` (a multiple of 8) takes. */
#define RECORD_SIZE(size) (sizeof(struct record) + (size))

/* By the owning thread only. Each word is released, so that none is seen before the odd epoch. */
static inline void record_write(struct record *r, const void *body, size_t size)
{
    uint64_t epoch = atomic_load_explicit(&r->epoch, memory_order_relaxed);
    atomic_store_explicit(&r->epoch, epoch + 1, memory_order_relaxed);
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t word;
        memcpy(&word, (const char *)body + i * 8, 8);
        atomic_store_explicit(&r->words[i], word, memory_order_release);
    }
    atomic_store_explicit(&r->epoch, epoch + 2, memory_order_release);
}

static inline bool record_try(const struct record *r, void *body, size_t size)
{
    uint64_t before = atomic_load_explicit(&r->epoch, memory_order_acquire);
    for (size_t i = 0; i < size / 8; i++) {
        uint64_t word = atomic_load_explicit(&r->words[i], memory_order_acquire);
        memcpy((char *)body + i * 8, &word, 8);
    }
    return before % 2 == 0 && atomic_load_explicit(&r->epoch, memory_order_relaxed) == before;
}

/* Any thread or process. False if it was never written, or is never whole. */
static inline bool record_read(const struct record *r, void *body, size_t size)
{
    for (int i = 0; i < RECORD_TRIES; i++)
        if (record_try(r, body, size))
            return atomic_load_explicit(&r->epoch, memory_order_relaxed) != 0;
    return false;
}

#endif
