/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/forward/recent_set.h"

#include <string.h>

#define WORDS (RECENT_SET_SPAN / 64)

static uint64_t *word(struct recent_set *s, uint64_t n)
{
    return &s->bits[n / 64 % WORDS];
}

/* The bits of n's word from n on, up to but without `end`; *take is how many. */
static uint64_t mask(uint64_t n, uint64_t end, unsigned *take)
{
    unsigned bit = n % 64;
    *take = end - n < 64 - bit ? (unsigned)(end - n) : 64 - bit;
    uint64_t ones = *take < 64 ? (1ULL << *take) - 1 : UINT64_MAX;
    return ones << bit;
}

/* [from, end), at most RECENT_SET_SPAN numbers. */
static void fill(struct recent_set *s, uint64_t from, uint64_t end, bool in)
{
    unsigned take;
    for (; from < end; from += take) {
        uint64_t m = mask(from, end, &take);
        *word(s, from) = in ? *word(s, from) | m : *word(s, from) & ~m;
    }
}

void recent_set_add(struct recent_set *s, uint64_t n)
{
    recent_set_add_range(s, n, n + 1);
}

void recent_set_add_range(struct recent_set *s, uint64_t from, uint64_t end)
{
    if (from >= end)
        return;
    if (end - from > RECENT_SET_SPAN)
        from = end - RECENT_SET_SPAN;
    if (s->newest == 0 || from - s->newest >= RECENT_SET_SPAN)
        memset(s->bits, 0, sizeof s->bits);
    else
        fill(s, s->newest + 1, from, false);
    fill(s, from, end, true);
    s->newest = end - 1;
}

bool recent_set_has(const struct recent_set *s, uint64_t n)
{
    if (n > s->newest || recent_set_forgot(s, n))
        return false;
    return s->bits[n / 64 % WORDS] >> (n % 64) & 1;
}

bool recent_set_remove(struct recent_set *s, uint64_t n)
{
    if (!recent_set_has(s, n))
        return false;
    fill(s, n, n + 1, false);
    return true;
}

unsigned recent_set_above(const struct recent_set *s, uint64_t n)
{
    unsigned count = 0, take;
    for (uint64_t at = n + 1; at <= s->newest; at += take) {
        uint64_t m = mask(at, s->newest + 1, &take);
        count += (unsigned)__builtin_popcountll(s->bits[at / 64 % WORDS] & m);
    }
    return count;
}
