/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bounded cursors over bits, most significant first. As common/bytes.h: past the end a read yields
 * zero, a write is left out, and `bad` is set.
 */
#ifndef SLUICE_DATAPLANE_RTP_BITS_H
#define SLUICE_DATAPLANE_RTP_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bit_reader {
    const uint8_t *data;
    size_t at, end; /* in bits */
    bool bad;
};

struct bit_writer {
    uint8_t *data;
    size_t at, end; /* in bits */
    bool bad;
};

/* n <= 32 bits. */
static inline uint32_t read_bits(struct bit_reader *r, unsigned n)
{
    if (r->end - r->at < n) {
        r->bad = true;
        r->at = r->end;
        return 0;
    }
    size_t end = r->at + n;
    uint64_t v = 0; /* of at most five bytes */
    for (size_t byte = r->at / 8; byte < (end + 7) / 8; byte++)
        v = v << 8 | r->data[byte];
    r->at = end;
    return (uint32_t)(v >> (-end & 7) & ((1ULL << n) - 1));
}

static inline bool read_flag(struct bit_reader *r)
{
    return read_bits(r, 1);
}

/* A value below `n` (n >= 1), in as few bits as it takes: ns(n) of the AV1 specification 4.10.7. */
static inline uint32_t read_below(struct bit_reader *r, uint32_t n)
{
    unsigned width = 32 - (unsigned)__builtin_clz(n);
    uint32_t short_ones = (uint32_t)((1ULL << width) - n);
    uint32_t v = read_bits(r, width - 1);
    if (v < short_ones)
        return v;
    return (v << 1) - short_ones + read_bits(r, 1);
}

/* n <= 32 bits. The rest of the byte that is written last is zero. */
static inline void write_bits(struct bit_writer *w, uint32_t v, unsigned n)
{
    if (w->end - w->at < n) {
        w->bad = true;
        return;
    }
    while (n > 0) {
        unsigned left = 8 - (unsigned)(w->at % 8);
        unsigned take = n < left ? n : left;
        uint8_t chunk = (uint8_t)((v >> (n - take) & ((1U << take) - 1)) << (left - take));
        uint8_t *byte = &w->data[w->at / 8];
        *byte = left == 8 ? chunk : (uint8_t)(*byte | chunk);
        w->at += take;
        n -= take;
    }
}

/* Copies bits [from, to) of `data`. */
static inline void write_bits_of(struct bit_writer *w, const uint8_t *data, size_t from, size_t to)
{
    struct bit_reader r = {.data = data, .at = from, .end = to};
    while (r.at < r.end && !w->bad) {
        unsigned n = r.end - r.at < 32 ? (unsigned)(r.end - r.at) : 32;
        write_bits(w, read_bits(&r, n), n);
    }
}

#endif
