/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded cursors over network bytes. A read past the end yields zero and sets `bad`, a write past
 * the end is left out and sets `bad`: check once, after the last field.
 */
#ifndef SLUICE_COMMON_BYTES_H
#define SLUICE_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
    const uint8_t *at, *end;
    bool bad;
};

struct writer {
    uint8_t *begin, *at, *end;
    bool bad;
};

static inline uint16_t be16_get(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t be32_get(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t be64_get(const uint8_t *p)
{
    return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}

static inline void be16_put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void be32_put(uint8_t *p, uint32_t v)
{
    be16_put(p, (uint16_t)(v >> 16));
    be16_put(p + 2, (uint16_t)v);
}

static inline void be64_put(uint8_t *p, uint64_t v)
{
    be32_put(p, (uint32_t)(v >> 32));
    be32_put(p + 4, (uint32_t)v);
}

static inline struct reader reader_of(const void *data, size_t len)
{
    const uint8_t *p = data;
    return (struct reader){.at = p, .end = p + len};
}

static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* The next n bytes, or NULL. */
static inline const uint8_t *read_bytes(struct reader *r, size_t n)
{
    if (reader_left(r) < n) {
        r->bad = true;
        r->at = r->end;
        return NULL;
    }
    const uint8_t *p = r->at;
    r->at += n;
    return p;
}

static inline uint8_t read_u8(struct reader *r)
{
    const uint8_t *p = read_bytes(r, 1);
    return p ? *p : 0;
}

static inline uint16_t read_be16(struct reader *r)
{
    const uint8_t *p = read_bytes(r, 2);
    return p ? be16_get(p) : 0;
}

static inline uint32_t read_be32(struct reader *r)
{
    const uint8_t *p = read_bytes(r, 4);
    return p ? be32_get(p) : 0;
}

static inline struct writer writer_of(void *data, size_t cap)
{
    uint8_t *p = data;
    return (struct writer){.begin = p, .at = p, .end = p + cap};
}

static inline size_t writer_length(const struct writer *w)
{
    return (size_t)(w->at - w->begin);
}

/* Room for n bytes, advanced over, or NULL. */
static inline uint8_t *write_space(struct writer *w, size_t n)
{
    if ((size_t)(w->end - w->at) < n) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->at;
    w->at += n;
    return p;
}

static inline void write_bytes(struct writer *w, const void *data, size_t n)
{
    uint8_t *p = write_space(w, n);
    if (p && n > 0)
        memcpy(p, data, n);
}

static inline void write_u8(struct writer *w, uint8_t v)
{
    uint8_t *p = write_space(w, 1);
    if (p)
        *p = v;
}

static inline void write_be16(struct writer *w, uint16_t v)
{
    uint8_t *p = write_space(w, 2);
    if (p)
        be16_put(p, v);
}

static inline void write_be32(struct writer *w, uint32_t v)
{
    uint8_t *p = write_space(w, 4);
    if (p)
        be32_put(p, v);
}

#endif
