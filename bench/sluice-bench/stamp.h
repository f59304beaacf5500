/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The last bytes of every payload that is published: when it was sent and by which stream, with a
 * check over both. A server rewrites headers and codec descriptors, but must not touch these.
 */
#ifndef SLUICE_BENCH_STAMP_H
#define SLUICE_BENCH_STAMP_H

#include "common/bytes.h"

#define STAMP_LENGTH 16

struct stamp {
    uint64_t sent; /* Unix nanoseconds */
    uint32_t source;
};

static inline uint32_t stamp_check(const struct stamp *s)
{
    uint64_t x = (s->sent ^ (uint64_t)s->source << 32) * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(x >> 32);
}

static inline void stamp_put(uint8_t *end, const struct stamp *s)
{
    be64_put(end - 16, s->sent);
    be32_put(end - 8, s->source);
    be32_put(end - 4, stamp_check(s));
}

/* False if the payload does not end in a stamp. */
static inline bool stamp_get(const uint8_t *payload, size_t len, struct stamp *s)
{
    if (len < STAMP_LENGTH)
        return false;
    const uint8_t *end = payload + len;
    *s = (struct stamp){.sent = be64_get(end - 16), .source = be32_get(end - 8)};
    return be32_get(end - 4) == stamp_check(s);
}

#endif
