/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VP9 payload descriptor (RFC 9628 section 4.2).
 */
#ifndef SLUICE_DATAPLANE_RTP_VP9_H
#define SLUICE_DATAPLANE_RTP_VP9_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VP9_REFERENCES_MAX 3
#define VP9_SPATIAL_MAX    8

/* Scalability structure. The picture group is checked and counted, not kept. */
struct vp9_scalability {
    uint8_t n_spatial; /* 1..8 */
    bool has_resolutions;
    uint8_t n_pictures; /* in the picture group; 0: none given */
    uint16_t width[VP9_SPATIAL_MAX], height[VP9_SPATIAL_MAX];
};

struct vp9_descriptor {
    uint16_t len; /* bytes on the wire */
    uint16_t picture_id;
    bool has_picture_id, long_picture_id; /* I, M */
    bool inter_predicted;                 /* P */
    bool has_layers;                      /* L */
    bool flexible;                        /* F */
    bool start, end;                      /* B, E: of a frame of one spatial layer */
    bool has_scalability;                 /* V */
    bool not_reference;                   /* Z: not for upper spatial layers */
    uint8_t temporal, spatial;
    bool switching_up; /* U */
    bool inter_layer;  /* D */
    uint8_t tl0_picture_index;
    uint8_t n_references;
    uint8_t references[VP9_REFERENCES_MAX];
    struct vp9_scalability scalability; /* filled only with has_scalability */
};

/* False if the descriptor is cut short or breaks a bound. */
bool vp9_parse(struct vp9_descriptor *d, const uint8_t *payload, size_t len);

/* Whether a key frame starts here. `payload` is the whole RTP payload that `d` was parsed from. In
 * the clear the frame header decides; with `encrypted` (end to end) it cannot be read, and the
 * descriptor does: the start of a lowest-layer frame that refers to no earlier picture. */
bool vp9_key_frame(const struct vp9_descriptor *d, const uint8_t *payload, size_t len,
                   bool encrypted);

#endif
