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

static inline uint64_t checksum_load(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof(v));
    return (v & 0xffffffff) + (v >> 32);
}

/* Adds `len` bytes, as if zero bytes followed; `sum` has room for 2^31 words. Only the last piece
 * of a sum may be of odd length. */
static inline uint64_t checksum_add(uint64_t sum, const uint8_t *p, size_t len)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    for (; len >= 32; p += 32, len -= 32) {
        a += checksum_load(p);
        b += checksum_load(p + 8);
        c += checksum_load(p + 16);
        d += checksum_load(p + 24);
    }
    for (; len >= 8; p += 8, len -= 8)
        a += checksum_load(p);
    uint8_t rest[8] = {0};
    for (size_t i = 0; i < len; i++)
        rest[i] = p[i];
    return sum + a + b + c + d + checksum_load(rest);
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
