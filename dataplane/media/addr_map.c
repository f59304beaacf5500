/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/media/addr_map.h"

#include "common/random.h"

#include <stdlib.h>

bool addr_map_init(struct addr_map *m, uint32_t limit)
{
    uint32_t size = 16;
    while (size < limit * 2)
        size *= 2;
    *m = (struct addr_map){.mask = size - 1, .limit = limit, .seed = random_u64()};
    m->slots = calloc(size, sizeof *m->slots);
    return m->slots != NULL;
}

void addr_map_free(struct addr_map *m)
{
    free(m->slots);
    m->slots = NULL;
}

static uint32_t home(const struct addr_map *m, const struct net_addr *a)
{
    return (uint32_t)net_addr_hash(a, m->seed) & m->mask;
}

static uint32_t place(const struct addr_map *m, const struct net_addr *a)
{
    uint32_t i = home(m, a);
    while (m->slots[i].addr.family && !net_addr_equal(&m->slots[i].addr, a))
        i = (i + 1) & m->mask;
    return i;
}

uint32_t addr_map_find(const struct addr_map *m, const struct net_addr *a)
{
    const struct addr_slot *s = &m->slots[place(m, a)];
    return s->addr.family ? s->session : ADDR_MAP_NONE;
}

bool addr_map_put(struct addr_map *m, const struct net_addr *a, uint32_t session)
{
    uint32_t i = place(m, a);
    if (!a->family)
        return false;
    if (!m->slots[i].addr.family) {
        if (m->count == m->limit)
            return false;
        m->count++;
    }
    m->slots[i] = (struct addr_slot){.addr = *a, .session = session};
    return true;
}

void addr_map_remove(struct addr_map *m, const struct net_addr *a, uint32_t session)
{
    uint32_t gap = place(m, a);
    if (!m->slots[gap].addr.family || m->slots[gap].session != session)
        return;
    for (uint32_t i = (gap + 1) & m->mask; m->slots[i].addr.family; i = (i + 1) & m->mask) {
        uint32_t at = home(m, &m->slots[i].addr);
        if (((i - at) & m->mask) < ((i - gap) & m->mask))
            continue;
        m->slots[gap] = m->slots[i];
        gap = i;
    }
    m->slots[gap].addr.family = 0;
    m->count--;
}
