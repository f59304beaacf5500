/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/id_map.h"

#include "common/random.h"

#include <assert.h>
#include <stdlib.h>

bool id_map_init(struct id_map *m, uint32_t capacity)
{
    uint32_t size = 16;
    while (size < capacity * 2)
        size *= 2;
    *m = (struct id_map){.mask = size - 1, .seed = random_u64()};
    m->ids = calloc(size, sizeof(*m->ids));
    m->handles = calloc(size, sizeof(*m->handles));
    if (m->ids && m->handles)
        return true;
    id_map_free(m);
    return false;
}

void id_map_free(struct id_map *m)
{
    free(m->ids);
    free(m->handles);
    *m = (struct id_map){0};
}

static uint32_t home_of(const struct id_map *m, uint64_t id)
{
    uint64_t h = (id ^ m->seed) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(h >> 32) & m->mask;
}

/* The place of id, or the empty place where it would stand. */
static uint32_t place_of(const struct id_map *m, uint64_t id)
{
    uint32_t i = home_of(m, id);
    while (m->ids[i] != 0 && m->ids[i] != id)
        i = (i + 1) & m->mask;
    return i;
}

handle_t id_map_get(const struct id_map *m, uint64_t id)
{
    uint32_t i = place_of(m, id);
    return id != 0 && m->ids[i] == id ? m->handles[i] : HANDLE_NONE;
}

void id_map_put(struct id_map *m, uint64_t id, handle_t h)
{
    uint32_t i = place_of(m, id);
    assert(id != 0 && m->ids[i] == 0);
    m->ids[i] = id;
    m->handles[i] = h;
}

void id_map_remove(struct id_map *m, uint64_t id)
{
    uint32_t hole = place_of(m, id);
    if (id == 0 || m->ids[hole] != id)
        return;
    /* Close the gap: whoever probed past the hole moves up into it. */
    for (uint32_t i = (hole + 1) & m->mask; m->ids[i] != 0; i = (i + 1) & m->mask) {
        uint32_t home = home_of(m, m->ids[i]);
        if (((i - home) & m->mask) < ((i - hole) & m->mask))
            continue;
        m->ids[hole] = m->ids[i];
        m->handles[hole] = m->handles[i];
        hole = i;
    }
    m->ids[hole] = 0;
    m->handles[hole] = HANDLE_NONE;
}
