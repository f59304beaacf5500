/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handles: how objects in fixed pools are named. An index into the pool and the generation of that
 * place, so that a handle of something that is gone is noticed instead of hitting its successor.
 */
#ifndef SLUICE_COMMON_HANDLE_H
#define SLUICE_COMMON_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

/* Generation (upper 12 bits, never 0) and index (lower 20 bits). 0 names nothing. */
typedef uint32_t handle_t;

#define HANDLE_NONE      0u
#define HANDLE_INDEX_MAX 0xfffffu

static inline uint32_t handle_index(handle_t h)
{
    return h & HANDLE_INDEX_MAX;
}

static inline uint32_t handle_generation(handle_t h)
{
    return h >> 20;
}

static inline handle_t handle_make(uint32_t index, uint32_t generation)
{
    return generation << 20 | index;
}

/* The generation after g: skips 0. */
static inline uint32_t handle_next_generation(uint32_t g)
{
    return g >= 0xfff ? 1 : g + 1;
}

/* Which places of a pool of `size` objects are taken. Not thread-safe: one owner gives out handles.
 * The objects themselves live in an array of the owner's, at handle_index(). */
struct handle_pool {
    uint32_t size, used, high_water; /* high_water: most ever in use at once */
    uint32_t free_head;
    uint32_t *next;       /* free list; [size] */
    uint16_t *generation; /* current or last generation; [size] */
    bool *taken;          /* [size] */
};

/* Allocates the tables. False if out of memory or size > HANDLE_INDEX_MAX. */
bool handle_pool_init(struct handle_pool *p, uint32_t size);
void handle_pool_free(struct handle_pool *p);

/* Takes a place; HANDLE_NONE if the pool is used up. */
handle_t handle_take(struct handle_pool *p);

/* Gives it back; false if h is not a live handle of this pool. */
bool handle_give(struct handle_pool *p, handle_t h);

/* True if h was taken from this pool and not given back. */
bool handle_live(const struct handle_pool *p, handle_t h);

#endif
