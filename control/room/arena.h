/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for one message: taken piece by piece, given back at once. The allocation functions here
 * and in heap.h never return NULL: out of memory ends the process, and a new control process goes
 * on from what the dataplane holds.
 */
#ifndef SLUICE_CONTROL_ROOM_ARENA_H
#define SLUICE_CONTROL_ROOM_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    size_t left; /* in the newest block */
};

/* Zeroed, aligned for any type. */
void *arena_take(struct arena *a, size_t size);
void *arena_copy(struct arena *a, const void *data, size_t size);
void arena_free(struct arena *a);

/* A message of the type with its descriptor set: ARENA_MESSAGE(a, Livekit__Room, livekit__room). */
#define ARENA_MESSAGE(arena, type, prefix)                                                         \
    __extension__({                                                                                \
        type *message_ = arena_take((arena), sizeof(type));                                        \
        prefix##__init(message_);                                                                  \
        message_;                                                                                  \
    })

/* An array of n pointers (or other values). */
#define ARENA_ARRAY(arena, type, n) ((type *)arena_take((arena), sizeof(type) * ((n) + 1)))

#endif
