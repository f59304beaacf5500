/* SPDX-License-Identifier: Apache-2.0 */
#include "common/handle.h"

#include <stdlib.h>

bool handle_pool_init(struct handle_pool *p, uint32_t size)
{
    *p = (struct handle_pool){.size = size};
    if (size == 0 || size > HANDLE_INDEX_MAX)
        return false;
    p->next = calloc(size, sizeof(*p->next));
    p->generation = calloc(size, sizeof(*p->generation));
    p->taken = calloc(size, sizeof(*p->taken));
    if (!p->next || !p->generation || !p->taken) {
        handle_pool_free(p);
        return false;
    }
    for (uint32_t i = 0; i < size; i++)
        p->next[i] = i + 1;
    return true;
}

void handle_pool_free(struct handle_pool *p)
{
    free(p->next);
    free(p->generation);
    free(p->taken);
    *p = (struct handle_pool){0};
}

handle_t handle_take(struct handle_pool *p)
{
    uint32_t i = p->free_head;
    if (i >= p->size)
        return HANDLE_NONE;
    p->free_head = p->next[i];
    p->taken[i] = true;
    p->generation[i] = (uint16_t)handle_next_generation(p->generation[i]);
    if (++p->used > p->high_water)
        p->high_water = p->used;
    return handle_make(i, p->generation[i]);
}

bool handle_live(const struct handle_pool *p, handle_t h)
{
    uint32_t i = handle_index(h);
    return i < p->size && p->taken[i] && p->generation[i] == handle_generation(h);
}

bool handle_give(struct handle_pool *p, handle_t h)
{
    if (!handle_live(p, h))
        return false;
    uint32_t i = handle_index(h);
    p->taken[i] = false;
    p->next[i] = p->free_head;
    p->free_head = i;
    p->used--;
    return true;
}
