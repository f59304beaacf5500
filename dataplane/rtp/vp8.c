/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/vp8.h"

#include "common/bytes.h"

/* Bits of the first byte, the extension byte, and the picture id. */
#define VP8_X 0x80
#define VP8_N 0x20
#define VP8_S 0x10
#define VP8_I 0x80
#define VP8_L 0x40
#define VP8_T 0x20
#define VP8_K 0x10
#define VP8_M 0x80

static void read_picture_id(struct vp8_descriptor *d, struct reader *r)
{
    uint8_t first = read_u8(r);
    d->long_picture_id = first & VP8_M;
    d->picture_id = first & 0x7f;
    if (d->long_picture_id)
        d->picture_id = (uint16_t)(d->picture_id << 8 | read_u8(r));
}

static void read_extended(struct vp8_descriptor *d, struct reader *r)
{
    uint8_t bits = read_u8(r);
    d->has_picture_id = bits & VP8_I;
    d->has_tl0_picture_index = bits & VP8_L;
    d->has_temporal = bits & VP8_T;
    d->has_key_index = bits & VP8_K;
    if (d->has_picture_id)
        read_picture_id(d, r);
    if (d->has_tl0_picture_index)
        d->tl0_picture_index = read_u8(r);
    if (d->has_temporal || d->has_key_index) {
        uint8_t layer = read_u8(r);
        d->temporal = d->has_temporal ? layer >> 6 : 0;
        d->layer_sync = d->has_temporal && (layer & 0x20);
        d->key_index = d->has_key_index ? layer & 0x1f : 0;
    }
}

bool vp8_parse(struct vp8_descriptor *d, const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    uint8_t first = read_u8(&r);
    *d = (struct vp8_descriptor){
        .extended = first & VP8_X,
        .non_reference = first & VP8_N,
        .start = first & VP8_S,
        .partition = first & 0x07,
    };
    if (d->extended)
        read_extended(d, &r);
    if (r.bad || reader_left(&r) == 0)
        return false;
    d->len = (uint8_t)(r.at - payload);
    d->key_frame = d->start && !(*r.at & 1);
    return true;
}

static void write_picture_id(const struct vp8_descriptor *d, struct writer *w)
{
    if (d->long_picture_id)
        write_be16(w, (uint16_t)(VP8_M << 8 | (d->picture_id & 0x7fff)));
    else
        write_u8(w, d->picture_id & 0x7f);
}

static void write_extended(const struct vp8_descriptor *d, struct writer *w)
{
    write_u8(w, (uint8_t)((d->has_picture_id ? VP8_I : 0) | (d->has_tl0_picture_index ? VP8_L : 0) |
                          (d->has_temporal ? VP8_T : 0) | (d->has_key_index ? VP8_K : 0)));
    if (d->has_picture_id)
        write_picture_id(d, w);
    if (d->has_tl0_picture_index)
        write_u8(w, d->tl0_picture_index);
    if (d->has_temporal || d->has_key_index)
        write_u8(w, (uint8_t)((d->temporal & 3) << 6 | (d->layer_sync ? 0x20 : 0) |
                              (d->key_index & 0x1f)));
}

size_t vp8_write(const struct vp8_descriptor *d, uint8_t *out, size_t cap)
{
    struct writer w = writer_of(out, cap);
    write_u8(&w, (uint8_t)((d->extended ? VP8_X : 0) | (d->non_reference ? VP8_N : 0) |
                           (d->start ? VP8_S : 0) | (d->partition & 7)));
    if (d->extended)
        write_extended(d, &w);
    return w.bad ? 0 : writer_length(&w);
}
