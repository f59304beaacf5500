/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/heap.h"

#include "common/log.h"

#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (!p) {
        log_error("room", "out of memory");
        abort();
    }
    return p;
}

void *heap_new(size_t size)
{
    return checked(calloc(1, size));
}

char *heap_text(const char *s)
{
    return checked(strdup(s ? s : ""));
}

char *heap_text_of(const char *at, size_t n)
{
    char *copy = heap_new(n + 1);
    if (n > 0)
        memcpy(copy, at, n);
    return copy;
}

void *heap_grow(void *p, size_t n, size_t size)
{
    return checked(reallocarray(p, n, size));
}
