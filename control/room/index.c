/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/index.h"

#include "common/log.h"
#include "common/random.h"

#include <search.h>
#include <stddef.h>
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    uint64_t x = ((const struct indexed *)a)->id, y = ((const struct indexed *)b)->id;
    return (x > y) - (x < y);
}

void index_add(struct index *x, struct indexed *o)
{
    if (!tsearch(o, &x->root, compare)) {
        log_error("room", "out of memory");
        abort();
    }
}

void index_remove(struct index *x, struct indexed *o)
{
    tdelete(o, &x->root, compare);
}

void *index_find(const struct index *x, uint64_t id)
{
    struct indexed key = {.id = id};
    void *node = tfind(&key, &x->root, compare);
    return node ? *(void **)node : NULL;
}

uint64_t index_new_id(void)
{
    for (;;) {
        uint64_t id = random_u64();
        if (id != 0)
            return id;
    }
}
