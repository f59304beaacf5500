/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Redundant audio payloads (RFC 2198).
 */
#ifndef SLUICE_DATAPLANE_RTP_RED_H
#define SLUICE_DATAPLANE_RTP_RED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RED_REDUNDANT_MAX 8
#define RED_BLOCK_MAX     1023  /* bytes: the length field has 10 bits */
#define RED_OFFSET_MAX    16383 /* timestamp units: 14 bits */

struct red_block {
    const uint8_t *data;
    uint16_t len;       /* 0 is legal: nothing to repeat (DTX) */
    uint16_t ts_offset; /* redundant blocks: this much before the packet's timestamp */
    uint8_t pt;
};

struct red_payload {
    struct red_block primary;
    unsigned n_redundant;
    struct red_block redundant[RED_REDUNDANT_MAX]; /* oldest first, as on the wire */
};

/* Splits a payload; blocks point into it. False if headers or blocks are cut short, or there are
 * more redundant blocks than fit. */
bool red_parse(struct red_payload *r, const uint8_t *payload, size_t len);

/* The header byte in front of a payload without redundancy. */
static inline uint8_t red_primary_header(uint8_t pt)
{
    return pt & 0x7f;
}

#endif
