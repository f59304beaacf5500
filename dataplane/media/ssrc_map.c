/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/media/ssrc_map.h"

#include "common/random.h"

#include <stdlib.h>

bool ssrc_map_init(struct ssrc_map *m, uint32_t limit)
{
    uint32_t size = 16;
    while (size < limit * 2)
        size *= 2;
    *m = (struct ssrc_map){.mask = size - 1, .limit = limit, .seed = random_u64() | 1};
    m->slots = calloc(size, sizeof *m->slots);
    return m->slots != NULL;
}

void ssrc_map_free(struct ssrc_map *m)
{
    free(m->slots);
    m->slots = NULL;
}

static uint32_t home(const struct ssrc_map *m, uint32_t session, uint32_t ssrc)
{
    uint64_t h = ((uint64_t)session << 32 | ssrc) ^ m->seed;
    h = (h ^ h >> 31) * 0x9e3779b97f4a7c15ULL;
    h = (h ^ h >> 29) * (m->seed | 1);
    return (uint32_t)(h >> 32) & m->mask;
}

/* Where it is, or the free place where it belongs. */
static uint32_t place(const struct ssrc_map *m, uint32_t session, uint32_t ssrc)
{
    uint32_t i = home(m, session, ssrc);
    while (m->slots[i].used && (m->slots[i].session != session || m->slots[i].ssrc != ssrc))
        i = (i + 1) & m->mask;
    return i;
}

const struct ssrc_slot *ssrc_map_find(const struct ssrc_map *m, uint32_t session, uint32_t ssrc)
{
    const struct ssrc_slot *s = &m->slots[place(m, session, ssrc)];
    return s->used ? s : NULL;
}

bool ssrc_map_put(struct ssrc_map *m, struct ssrc_slot slot)
{
    uint32_t i = place(m, slot.session, slot.ssrc);
    if (!m->slots[i].used) {
        if (m->count == m->limit)
            return false;
        m->count++;
    }
    slot.used = true;
    m->slots[i] = slot;
    return true;
}

/* Entries behind the gap move up, so that no search stops short of them. */
static void close_gap(struct ssrc_map *m, uint32_t gap)
{
    for (uint32_t i = (gap + 1) & m->mask; m->slots[i].used; i = (i + 1) & m->mask) {
        uint32_t at = home(m, m->slots[i].session, m->slots[i].ssrc);
        if (((i - at) & m->mask) < ((i - gap) & m->mask))
            continue;
        m->slots[gap] = m->slots[i];
        gap = i;
    }
    m->slots[gap].used = false;
}

void ssrc_map_remove(struct ssrc_map *m, uint32_t session, uint32_t ssrc, uint32_t index)
{
    uint32_t i = place(m, session, ssrc);
    if (!m->slots[i].used || m->slots[i].index != index)
        return;
    close_gap(m, i);
    m->count--;
}
