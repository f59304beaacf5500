/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/arena.h"

#include "control/room/heap.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 8192
#define ALIGNMENT  16

struct arena_block {
    struct arena_block *next;
    size_t size;
    _Alignas(ALIGNMENT) uint8_t bytes[];
};

void *arena_take(struct arena *a, size_t size)
{
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (size == 0)
        size = ALIGNMENT;
    if (a->left < size) {
        size_t n = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct arena_block *b = heap_new(sizeof *b + n);
        b->next = a->blocks;
        b->size = n;
        a->blocks = b;
        a->left = n;
    }
    void *p = a->blocks->bytes + (a->blocks->size - a->left);
    a->left -= size;
    return p;
}

void *arena_copy(struct arena *a, const void *data, size_t size)
{
    void *p = arena_take(a, size);
    if (size > 0)
        memcpy(p, data, size);
    return p;
}

void arena_free(struct arena *a)
{
    while (a->blocks) {
        struct arena_block *b = a->blocks;
        a->blocks = b->next;
        free(b);
    }
    a->left = 0;
}
