/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/drop_map.h"

#include <string.h>

static void set(struct drop_map *m, uint64_t n)
{
    m->bits[n / 64 % (DROP_MAP_SPAN / 64)] |= 1ULL << (n % 64);
}

static void clear(struct drop_map *m, uint64_t n)
{
    m->bits[n / 64 % (DROP_MAP_SPAN / 64)] &= ~(1ULL << (n % 64));
}

void drop_map_add(struct drop_map *m, uint64_t n)
{
    if (m->newest == 0 || n - m->newest >= DROP_MAP_SPAN) {
        memset(m->bits, 0, sizeof m->bits);
    } else {
        for (uint64_t i = m->newest + 1; i < n; i++)
            clear(m, i);
    }
    set(m, n);
    m->newest = n;
}

bool drop_map_has(const struct drop_map *m, uint64_t n)
{
    if (n > m->newest || drop_map_forgot(m, n))
        return false;
    return m->bits[n / 64 % (DROP_MAP_SPAN / 64)] >> (n % 64) & 1;
}

unsigned drop_map_above(const struct drop_map *m, uint64_t n)
{
    if (n >= m->newest)
        return 0;
    unsigned count = 0;
    uint64_t from = n + 1, end = m->newest + 1;
    while (from < end) {
        unsigned bit = from % 64;
        uint64_t take = end - from < 64 - bit ? end - from : 64 - bit;
        uint64_t word = m->bits[from / 64 % (DROP_MAP_SPAN / 64)] >> bit;
        if (take < 64)
            word &= (1ULL << take) - 1;
        count += (unsigned)__builtin_popcountll(word);
        from += take;
    }
    return count;
}
