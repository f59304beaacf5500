/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/discovery/srv.h"

#include <stdlib.h>

/* Weight 0 first within a priority, as RFC 2782 wants the list before drawing. */
static int compare(const void *a, const void *b)
{
    const struct srv_record *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority < y->priority ? -1 : 1;
    return (x->weight > 0) - (y->weight > 0);
}

static void swap(struct srv_record *a, struct srv_record *b)
{
    struct srv_record t = *a;
    *a = *b;
    *b = t;
}

/* Which of `count` records of one priority is next. */
static size_t draw_one(const struct srv_record *r, size_t count, uint32_t random)
{
    uint32_t total = 0, running = 0;
    for (size_t i = 0; i < count; i++)
        total += r[i].weight;
    uint32_t mark = random % (total + 1);
    for (size_t i = 0; i < count; i++) {
        running += r[i].weight;
        if (running >= mark)
            return i;
    }
    return 0;
}

void srv_order(struct srv_record *records, size_t count, uint32_t (*draw)(void *arg), void *arg)
{
    qsort(records, count, sizeof(*records), compare);
    for (size_t i = 0; i + 1 < count; i++) {
        size_t same = 1;
        while (i + same < count && records[i + same].priority == records[i].priority)
            same++;
        size_t chosen = i + draw_one(records + i, same, draw(arg));
        /* keep the order of the rest: zero weights stay in front */
        for (; chosen > i; chosen--)
            swap(&records[chosen], &records[chosen - 1]);
    }
}
