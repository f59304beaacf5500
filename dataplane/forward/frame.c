/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/frame.h"

#include <stdlib.h>

bool frame_pool_init(struct frame_pool *p, uint32_t size)
{
    *p = (struct frame_pool){.size = size};
    p->frames = aligned_alloc(64, sizeof(struct frame) * size);
    return p->frames != NULL;
}

void frame_pool_free(struct frame_pool *p)
{
    free(p->frames);
    *p = (struct frame_pool){0};
}

struct frame *frame_take(struct frame_pool *p)
{
    struct frame *f = p->free;
    if (f)
        p->free = f->next;
    else if (p->touched < p->size)
        f = &p->frames[p->touched++];
    else
        return NULL;
    f->refs = 1;
    if (++p->used > p->high_water)
        p->high_water = p->used;
    return f;
}

void frame_release(struct frame_pool *p, struct frame *f)
{
    if (--f->refs > 0)
        return;
    f->next = p->free;
    p->free = f;
    p->used--;
}
