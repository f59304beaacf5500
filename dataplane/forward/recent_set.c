/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/recent_set.h"

#include <string.h>

static void set(struct recent_set *s, uint64_t n)
{
    s->bits[n / 64 % (RECENT_SET_SPAN / 64)] |= 1ULL << (n % 64);
}

static void clear(struct recent_set *s, uint64_t n)
{
    s->bits[n / 64 % (RECENT_SET_SPAN / 64)] &= ~(1ULL << (n % 64));
}

void recent_set_add(struct recent_set *s, uint64_t n)
{
    if (s->newest == 0 || n - s->newest >= RECENT_SET_SPAN) {
        memset(s->bits, 0, sizeof s->bits);
    } else {
        for (uint64_t i = s->newest + 1; i < n; i++)
            clear(s, i);
    }
    set(s, n);
    s->newest = n;
}

bool recent_set_has(const struct recent_set *s, uint64_t n)
{
    if (n > s->newest || recent_set_forgot(s, n))
        return false;
    return s->bits[n / 64 % (RECENT_SET_SPAN / 64)] >> (n % 64) & 1;
}

bool recent_set_remove(struct recent_set *s, uint64_t n)
{
    if (!recent_set_has(s, n))
        return false;
    clear(s, n);
    return true;
}

unsigned recent_set_above(const struct recent_set *s, uint64_t n)
{
    if (n >= s->newest)
        return 0;
    unsigned count = 0;
    uint64_t from = n + 1, end = s->newest + 1;
    while (from < end) {
        unsigned bit = from % 64;
        uint64_t take = end - from < 64 - bit ? end - from : 64 - bit;
        uint64_t word = s->bits[from / 64 % (RECENT_SET_SPAN / 64)] >> bit;
        if (take < 64)
            word &= (1ULL << take) - 1;
        count += (unsigned)__builtin_popcountll(word);
        from += take;
    }
    return count;
}
