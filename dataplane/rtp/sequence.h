/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wrapping counters made 64 bits wide. A value is taken to be the one nearest to the highest so
 * far; exactly half the range away counts as behind.
 *
 * The first value is placed in cycle 1, so that packets from before it do not fall below zero. Low
 * bits stay those of the wire.
 */
#ifndef SLUICE_DATAPLANE_RTP_SEQUENCE_H
#define SLUICE_DATAPLANE_RTP_SEQUENCE_H

#include <stdbool.h>
#include <stdint.h>

#define SEQUENCE_FIRST_CYCLE  (1ULL << 16)
#define TIMESTAMP_FIRST_CYCLE (1ULL << 32)

/* The 64-bit value nearest to `reference` that ends in the 16, 32 or `bits` bits given. */
static inline uint64_t sequence_near(uint64_t reference, uint16_t seq)
{
    return reference + (uint64_t)(int64_t)(int16_t)(uint16_t)(seq - (uint16_t)reference);
}

static inline uint64_t timestamp_near(uint64_t reference, uint32_t ts)
{
    return reference + (uint64_t)(int64_t)(int32_t)(ts - (uint32_t)reference);
}

static inline uint64_t counter_near(uint64_t reference, uint32_t value, unsigned bits)
{
    uint32_t shift = 32 - bits; /* bits: 1..32; the sign bit of the difference comes to bit 31 */
    int32_t diff = (int32_t)((value - (uint32_t)reference) << shift) >> shift;
    return reference + (uint64_t)(int64_t)diff;
}

struct sequence {
    uint64_t highest; /* 0: none yet */
};

struct timestamp {
    uint64_t highest; /* 0: none yet */
};

/* Widens without taking note; before the first value as if it were the first. */
static inline uint64_t sequence_peek(const struct sequence *s, uint16_t seq)
{
    return s->highest ? sequence_near(s->highest, seq) : SEQUENCE_FIRST_CYCLE + seq;
}

static inline uint64_t sequence_extend(struct sequence *s, uint16_t seq)
{
    uint64_t wide = sequence_peek(s, seq);
    if (wide > s->highest)
        s->highest = wide;
    return wide;
}

static inline uint64_t timestamp_peek(const struct timestamp *t, uint32_t ts)
{
    return t->highest ? timestamp_near(t->highest, ts) : TIMESTAMP_FIRST_CYCLE + ts;
}

static inline uint64_t timestamp_extend(struct timestamp *t, uint32_t ts)
{
    uint64_t wide = timestamp_peek(t, ts);
    if (wide > t->highest)
        t->highest = wide;
    return wide;
}

#endif
