/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dependency descriptor header extension (AV1 RTP payload format, appendix A): which frame a
 * packet belongs to, which decode targets need it, what it refers to.
 *
 * Most packets name a template of a structure that came with a key frame; so reading needs state,
 * one struct dd_stream per received stream, owned by the caller and zeroed at first.
 */
#ifndef SLUICE_DATAPLANE_RTP_DEPENDENCY_DESCRIPTOR_H
#define SLUICE_DATAPLANE_RTP_DEPENDENCY_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DD_TEMPLATES_MAX      64
#define DD_DECODE_TARGETS_MAX 32
#define DD_CHAINS_MAX         32
#define DD_SPATIAL_MAX        4
#define DD_TEMPORAL_MAX       8
#define DD_FDIFFS_MAX         16
#define DD_LENGTH_MIN         3
#define DD_LENGTH_MAX         255 /* what the two-byte extension form can carry */

/* Decode target indication: what a frame is to a decode target. */
enum dd_dti { DD_NOT_PRESENT, DD_DISCARDABLE, DD_SWITCH, DD_REQUIRED };

struct dd_template {
    uint64_t dtis; /* two bits per decode target, target 0 lowest: see dd_dti() */
    uint8_t spatial, temporal;
    uint8_t n_fdiffs;
    uint8_t fdiffs[DD_FDIFFS_MAX];       /* 1..16 frames back */
    uint8_t chain_fdiffs[DD_CHAINS_MAX]; /* 0..15; 0: no earlier frame in the chain */
};

struct dd_resolution {
    uint16_t width_minus_1, height_minus_1;
};

struct dd_structure {
    uint8_t template_id_offset;
    uint8_t n_templates; /* 0: no structure */
    uint8_t n_decode_targets;
    uint8_t n_chains;
    uint8_t max_spatial, max_temporal;             /* highest ids used */
    uint8_t n_resolutions;                         /* max_spatial + 1, or 0: not given */
    uint8_t target_spatial[DD_DECODE_TARGETS_MAX]; /* the layer a decode target stands for */
    uint8_t target_temporal[DD_DECODE_TARGETS_MAX];
    uint8_t target_protected_by[DD_DECODE_TARGETS_MAX]; /* chain; meaningful with n_chains > 0 */
    struct dd_resolution resolutions[DD_SPATIAL_MAX];
    struct dd_template templates[DD_TEMPLATES_MAX];
};

/* One packet's descriptor, resolved with its structure. */
struct dependency_descriptor {
    uint64_t dtis;
    uint32_t active_targets; /* bit per decode target, in force for this packet */
    uint16_t frame_number;
    uint16_t structure_end; /* bit offsets in the extension: behind the attached structure, */
    uint16_t custom_begin;  /* and at the custom fields: for dd_rewrite() */
    uint16_t end;           /* where the fields end and the padding starts */
    uint16_t fdiffs[DD_FDIFFS_MAX];      /* 1..4096 frames back */
    uint8_t chain_fdiffs[DD_CHAINS_MAX]; /* 0..255; n_chains of the structure are set */
    uint8_t n_fdiffs;
    uint8_t template_id;
    uint8_t spatial, temporal;
    bool start_of_frame, end_of_frame;
    bool has_structure;      /* a structure is attached: the frame is a key frame */
    bool has_active_targets; /* the bit mask is on the wire */
    bool custom_dtis, custom_fdiffs, custom_chains;
};

/* State of one received stream. */
struct dd_stream {
    struct dd_structure structure;
    uint64_t highest_frame;   /* 64-bit frame numbers: low 16 bits as on the wire; 0: none yet */
    uint64_t structure_frame; /* the frame that brought the structure */
    uint32_t active_targets;  /* as last told */
};

enum dd_result {
    DD_OK,
    DD_MALFORMED,
    DD_NO_STRUCTURE, /* no key frame seen yet */
    DD_STALE,        /* of a frame before the structure in force: cannot be resolved */
};

static inline enum dd_dti dd_dti(uint64_t dtis, unsigned target)
{
    return (enum dd_dti)(dtis >> (2 * target) & 3);
}

/* Reads one descriptor. `known` is the structure in force (NULL or n_templates 0: none); `attached`
 * is filled if the packet brings its own (has_structure), and then used instead (NULL: such a
 * packet is refused). active_targets is all ones without one on the wire. */
enum dd_result dd_parse(struct dependency_descriptor *d, const struct dd_structure *known,
                        struct dd_structure *attached, const uint8_t *data, size_t len);

/* Reads one descriptor of a stream and takes over the structure and the active targets it brings.
 * `in_order`: the packet has the highest sequence number so far; a late packet does not replace a
 * newer structure. `frame` gets the 64-bit frame number, which goes on growing
 * when a restarted encoder counts from lower. On anything but DD_OK the stream is as
 * before. */
enum dd_result dd_stream_read(struct dd_stream *s, struct dependency_descriptor *d, uint64_t *frame,
                              bool in_order, const uint8_t *data, size_t len);

/* Writes the descriptor `data` (that `d` was parsed from, with n_decode_targets of its structure)
 * again with another frame number and, if `mask`, that bit mask of active decode targets in place
 * of its own; structure and custom fields are copied. Returns the length, or 0 if it does not fit
 * `cap`. `out` may not overlap `data`. */
size_t dd_rewrite(uint8_t *out, size_t cap, const struct dependency_descriptor *d,
                  const uint8_t *data, size_t len, unsigned n_decode_targets, uint16_t frame_number,
                  const uint32_t *mask);

#endif
