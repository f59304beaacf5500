/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/vp9.h"

#include "common/bytes.h"

#define VP9_I 0x80
#define VP9_P 0x40
#define VP9_L 0x20
#define VP9_F 0x10
#define VP9_B 0x08
#define VP9_E 0x04
#define VP9_V 0x02
#define VP9_Z 0x01

static void read_picture_id(struct vp9_descriptor *d, struct reader *r)
{
    uint8_t first = read_u8(r);
    d->long_picture_id = first & 0x80;
    d->picture_id = first & 0x7f;
    if (d->long_picture_id)
        d->picture_id = (uint16_t)(d->picture_id << 8 | read_u8(r));
}

static void read_layers(struct vp9_descriptor *d, struct reader *r)
{
    uint8_t bits = read_u8(r);
    d->temporal = bits >> 5;
    d->switching_up = bits & 0x10;
    d->spatial = bits >> 1 & 7;
    d->inter_layer = bits & 1;
    if (!d->flexible)
        d->tl0_picture_index = read_u8(r);
}

static bool read_references(struct vp9_descriptor *d, struct reader *r)
{
    uint8_t bits;
    do {
        if (d->n_references == VP9_REFERENCES_MAX)
            return false;
        bits = read_u8(r);
        d->references[d->n_references++] = bits >> 1;
    } while (bits & 1);
    return true;
}

static void read_picture_group(struct vp9_scalability *s, struct reader *r)
{
    s->n_pictures = read_u8(r);
    for (unsigned i = 0; i < s->n_pictures; i++) {
        uint8_t bits = read_u8(r);
        read_bytes(r, bits >> 2 & 3); /* reference distances */
    }
}

static void read_scalability(struct vp9_scalability *s, struct reader *r)
{
    uint8_t bits = read_u8(r);
    s->n_spatial = (uint8_t)((bits >> 5) + 1);
    s->has_resolutions = bits & 0x10;
    for (unsigned i = 0; s->has_resolutions && i < s->n_spatial; i++) {
        s->width[i] = read_be16(r);
        s->height[i] = read_be16(r);
    }
    if (bits & 0x08)
        read_picture_group(s, r);
}

static void clear_but_scalability(struct vp9_descriptor *d, uint8_t bits)
{
    d->picture_id = 0;
    d->long_picture_id = false;
    d->has_picture_id = bits & VP9_I;
    d->inter_predicted = bits & VP9_P;
    d->has_layers = bits & VP9_L;
    d->flexible = bits & VP9_F;
    d->start = bits & VP9_B;
    d->end = bits & VP9_E;
    d->has_scalability = bits & VP9_V;
    d->not_reference = bits & VP9_Z;
    d->temporal = d->spatial = d->tl0_picture_index = d->n_references = 0;
    d->switching_up = d->inter_layer = false;
}

bool vp9_parse(struct vp9_descriptor *d, const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    clear_but_scalability(d, read_u8(&r));
    if (d->has_picture_id)
        read_picture_id(d, &r);
    if (d->has_layers)
        read_layers(d, &r);
    if (d->flexible && d->inter_predicted && !read_references(d, &r))
        return false;
    if (d->has_scalability) {
        d->scalability = (struct vp9_scalability){0};
        read_scalability(&d->scalability, &r);
    }
    if (r.bad || reader_left(&r) == 0)
        return false;
    d->len = (uint16_t)(r.at - payload);
    return true;
}

/* Uncompressed header (VP9 bitstream specification section 6.2): frame_marker, profile (and a
 * reserved bit in profile 3), show_existing_frame 0, frame_type 0. */
static bool frame_header_is_key(uint8_t first)
{
    bool profile_3 = (first & 0x30) == 0x30;
    return first >> 6 == 2 && (first & (profile_3 ? 0x06 : 0x0c)) == 0;
}

bool vp9_key_frame(const struct vp9_descriptor *d, const uint8_t *payload, size_t len,
                   bool encrypted)
{
    if (!d->start || len <= d->len)
        return false;
    if (encrypted)
        return !d->inter_predicted && d->spatial == 0;
    return frame_header_is_key(payload[d->len]);
}
