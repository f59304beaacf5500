/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VP8 payload descriptor (RFC 7741 section 4.2), from the one byte that Chromium sends when the
 * dependency descriptor carries the layers, to the full six.
 */
#ifndef SLUICE_DATAPLANE_RTP_VP8_H
#define SLUICE_DATAPLANE_RTP_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP8_DESCRIPTOR_MAX 6

struct vp8_descriptor {
    uint16_t picture_id;
    uint8_t len; /* bytes on the wire, as parsed */
    uint8_t partition;
    uint8_t tl0_picture_index;
    uint8_t temporal;
    uint8_t key_index;
    bool extended;      /* X: the byte of I, L, T, K bits is there */
    bool non_reference; /* N */
    bool start;         /* S */
    bool has_picture_id;
    bool long_picture_id; /* M: 15 bits, else 7 */
    bool has_tl0_picture_index;
    bool has_temporal;
    bool has_key_index;
    bool layer_sync; /* Y */
    bool key_frame;  /* S, and the first byte behind says key frame; the partition is not checked */
};

/* False if the descriptor, or the first byte behind it, is not there. */
bool vp8_parse(struct vp8_descriptor *d, const uint8_t *payload, size_t len);

/* Writes the descriptor from its fields (`len` and `key_frame` are not read). Returns its length,
 * or 0 if it does not fit. */
size_t vp8_write(const struct vp8_descriptor *d, uint8_t *out, size_t cap);

#endif
