/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Internet checksum (RFC 1071), in the machine's own byte order: sums are of 16-bit words as
 * they lie in memory, and so is the folded result.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_CHECKSUM_H
#define SLUICE_DATAPLANE_PKTIO_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Two sums at once, of the lower and upper halves of 64-bit lanes: 16 bytes a step on any machine
 * with vectors of that size, and right on all others. */
typedef uint64_t checksum_lanes __attribute__((vector_size(16)));

static inline uint64_t checksum_tail(const uint8_t *p, size_t len)
{
    uint32_t words[4] = {0};
    memcpy(words, p, len);
    return (uint64_t)words[0] + words[1] + words[2] + words[3];
}

/* Adds `len` bytes, as if zero bytes followed; `sum` has room for 2^31 words. Only the last piece
 * of a sum may be of odd length. */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t len)
{
    const checksum_lanes lower = {0xffffffff, 0xffffffff};
    checksum_lanes a = {0, 0}, b = {0, 0}, v, w;
    for (; len >= 32; p += 32, len -= 32) {
        memcpy(&v, p, 16);
        memcpy(&w, p + 16, 16);
        a += (v & lower) + (v >> 32);
        b += (w & lower) + (w >> 32);
    }
    if (len >= 16) {
        memcpy(&v, p, 16);
        a += (v & lower) + (v >> 32);
        p += 16;
        len -= 16;
    }
    a += b;
    return sum + a[0] + a[1] + checksum_tail(p, len);
}

/* The one's complement of the sum in 16 bits: store it with memcpy. */
static inline uint16_t checksum_fold(uint64_t sum)
{
    sum = (sum & 0xffffffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

#endif
