/* SPDX-License-Identifier: Apache-2.0 */
#include "common/output.h"

#include <stdlib.h>
#include <string.h>

bool output_put(struct output *o, size_t max, const uint8_t *data, size_t len)
{
    if (!o->data)
        o->data = malloc(max);
    if (!o->data)
        return false;
    if (len > max - o->end && o->begin > 0) {
        memmove(o->data, o->data + o->begin, o->end - o->begin);
        o->end -= o->begin;
        o->begin = 0;
    }
    if (len > max - o->end)
        return false;
    memcpy(o->data + o->end, data, len);
    o->end += len;
    return true;
}

void output_free(struct output *o)
{
    free(o->data);
    *o = (struct output){0};
}
