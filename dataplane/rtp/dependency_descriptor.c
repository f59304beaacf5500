/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/dependency_descriptor.h"

#include "common/bytes.h"
#include "dataplane/rtp/bits.h"
#include "dataplane/rtp/sequence.h"

#include <string.h>

#define MANDATORY_BITS 24
#define FLAG_BITS      5
#define STRUCTURE_FLAG 0x80 /* in the fourth byte */

enum next_layer { SAME_LAYER, NEXT_TEMPORAL, NEXT_SPATIAL, NO_MORE_LAYERS };

/* ---- the template dependency structure ---- */

static bool read_layers(struct dd_structure *s, struct bit_reader *r)
{
    uint8_t spatial = 0;
    uint8_t temporal = 0;
    enum next_layer next;
    do {
        if (s->n_templates == DD_TEMPLATES_MAX)
            return false;
        struct dd_template *t = &s->templates[s->n_templates++];
        t->spatial = spatial;
        t->temporal = temporal;
        next = (enum next_layer)read_bits(r, 2);
        if (next == NEXT_TEMPORAL) {
            temporal++;
        } else if (next == NEXT_SPATIAL) {
            temporal = 0;
            spatial++;
        }
        if (temporal >= DD_TEMPORAL_MAX || spatial >= DD_SPATIAL_MAX || r->bad)
            return false;
        s->max_spatial = spatial;
        if (temporal > s->max_temporal)
            s->max_temporal = temporal;
    } while (next != NO_MORE_LAYERS);
    return true;
}

static uint64_t read_dtis(struct bit_reader *r, unsigned n_targets)
{
    uint64_t dtis = 0;
    for (unsigned i = 0; i < n_targets; i++)
        dtis |= (uint64_t)read_bits(r, 2) << (2 * i);
    return dtis;
}

static bool read_template_fdiffs(struct dd_template *t, struct bit_reader *r)
{
    t->n_fdiffs = 0;
    while (read_flag(r)) {
        if (t->n_fdiffs == DD_FDIFFS_MAX)
            return false;
        t->fdiffs[t->n_fdiffs++] = (uint8_t)(read_bits(r, 4) + 1);
    }
    return true;
}

static void read_template_chains(struct dd_structure *s, struct bit_reader *r)
{
    s->n_chains = (uint8_t)read_below(r, s->n_decode_targets + 1U);
    if (s->n_chains == 0)
        return;
    for (unsigned i = 0; i < s->n_decode_targets; i++)
        s->target_protected_by[i] = (uint8_t)read_below(r, s->n_chains);
    for (unsigned i = 0; i < s->n_templates; i++) {
        for (unsigned chain = 0; chain < s->n_chains; chain++)
            s->templates[i].chain_fdiffs[chain] = (uint8_t)read_bits(r, 4);
    }
}

/* A decode target stands for the highest layers among the templates that it takes. */
static void derive_target_layers(struct dd_structure *s)
{
    for (unsigned target = 0; target < s->n_decode_targets; target++) {
        uint8_t spatial = 0;
        uint8_t temporal = 0;
        for (unsigned i = 0; i < s->n_templates; i++) {
            const struct dd_template *t = &s->templates[i];
            if (dd_dti(t->dtis, target) == DD_NOT_PRESENT)
                continue;
            spatial = t->spatial > spatial ? t->spatial : spatial;
            temporal = t->temporal > temporal ? t->temporal : temporal;
        }
        s->target_spatial[target] = spatial;
        s->target_temporal[target] = temporal;
    }
}

static void read_resolutions(struct dd_structure *s, struct bit_reader *r)
{
    if (!read_flag(r))
        return;
    s->n_resolutions = (uint8_t)(s->max_spatial + 1);
    for (unsigned i = 0; i < s->n_resolutions; i++) {
        s->resolutions[i].width_minus_1 = (uint16_t)read_bits(r, 16);
        s->resolutions[i].height_minus_1 = (uint16_t)read_bits(r, 16);
    }
}

static bool read_structure(struct dd_structure *s, struct bit_reader *r)
{
    memset(s, 0, sizeof *s);
    s->template_id_offset = (uint8_t)read_bits(r, 6);
    s->n_decode_targets = (uint8_t)(read_bits(r, 5) + 1);
    if (!read_layers(s, r))
        return false;
    for (unsigned i = 0; i < s->n_templates; i++)
        s->templates[i].dtis = read_dtis(r, s->n_decode_targets);
    for (unsigned i = 0; i < s->n_templates; i++) {
        if (!read_template_fdiffs(&s->templates[i], r))
            return false;
    }
    read_template_chains(s, r);
    derive_target_layers(s);
    read_resolutions(s, r);
    return !r->bad;
}

/* ---- the frame ---- */

static void take_template(struct dependency_descriptor *d, const struct dd_structure *s,
                          const struct dd_template *t)
{
    d->spatial = t->spatial;
    d->temporal = t->temporal;
    d->dtis = t->dtis;
    d->n_fdiffs = t->n_fdiffs;
    for (unsigned i = 0; i < t->n_fdiffs; i++)
        d->fdiffs[i] = t->fdiffs[i];
    memcpy(d->chain_fdiffs, t->chain_fdiffs, s->n_chains);
}

static bool read_custom_fdiffs(struct dependency_descriptor *d, struct bit_reader *r)
{
    d->n_fdiffs = 0;
    for (uint32_t nibbles = read_bits(r, 2); nibbles != 0; nibbles = read_bits(r, 2)) {
        if (d->n_fdiffs == DD_FDIFFS_MAX)
            return false;
        d->fdiffs[d->n_fdiffs++] = (uint16_t)(read_bits(r, 4 * nibbles) + 1);
    }
    return true;
}

static bool read_custom(struct dependency_descriptor *d, const struct dd_structure *s,
                        struct bit_reader *r)
{
    if (d->custom_dtis)
        d->dtis = read_dtis(r, s->n_decode_targets);
    if (d->custom_fdiffs && !read_custom_fdiffs(d, r))
        return false;
    for (unsigned chain = 0; d->custom_chains && chain < s->n_chains; chain++)
        d->chain_fdiffs[chain] = (uint8_t)read_bits(r, 8);
    return !r->bad;
}

static uint32_t all_targets(const struct dd_structure *s)
{
    return (uint32_t)((1ULL << s->n_decode_targets) - 1);
}

static void read_mandatory(struct dependency_descriptor *d, const uint8_t *data)
{
    d->start_of_frame = data[0] & 0x80;
    d->end_of_frame = data[0] & 0x40;
    d->template_id = data[0] & 0x3f;
    d->frame_number = be16_get(data + 1);
}

static void read_flags(struct dependency_descriptor *d, struct bit_reader *r)
{
    bool extended = r->end > MANDATORY_BITS;
    uint32_t flags = extended ? read_bits(r, FLAG_BITS) : 0;
    d->has_structure = flags & 0x10;
    d->has_active_targets = flags & 0x08;
    d->custom_dtis = flags & 0x04;
    d->custom_fdiffs = flags & 0x02;
    d->custom_chains = flags & 0x01;
}

enum dd_result dd_parse(struct dependency_descriptor *d, const struct dd_structure *known,
                        struct dd_structure *attached, const uint8_t *data, size_t len)
{
    if (len < DD_LENGTH_MIN || len > DD_LENGTH_MAX)
        return DD_MALFORMED;
    struct bit_reader r = {.data = data, .at = MANDATORY_BITS, .end = len * 8};
    read_mandatory(d, data);
    read_flags(d, &r);
    if (d->has_structure && (!attached || !read_structure(attached, &r)))
        return DD_MALFORMED;
    const struct dd_structure *s = d->has_structure ? attached : known;
    if (!s || s->n_templates == 0)
        return DD_NO_STRUCTURE;
    d->structure_end = (uint16_t)r.at;
    d->active_targets = d->has_active_targets ? read_bits(&r, s->n_decode_targets) : all_targets(s);
    d->custom_begin = (uint16_t)r.at;
    unsigned index = (d->template_id + 64U - s->template_id_offset) % 64;
    if (index >= s->n_templates)
        return DD_MALFORMED;
    take_template(d, s, &s->templates[index]);
    if (!read_custom(d, s, &r))
        return DD_MALFORMED;
    d->end = (uint16_t)r.at;
    return DD_OK;
}

/* ---- a stream of them ---- */

static uint64_t widen_frame(const struct dd_stream *s, uint16_t frame_number)
{
    return s->highest_frame ? sequence_near(s->highest_frame, frame_number)
                            : SEQUENCE_FIRST_CYCLE + frame_number;
}

static enum dd_result read_with_structure(struct dd_stream *s, struct dependency_descriptor *d,
                                          uint64_t *frame, bool in_order, const uint8_t *data,
                                          size_t len)
{
    struct dd_structure attached;
    enum dd_result result = dd_parse(d, NULL, &attached, data, len);
    if (result != DD_OK)
        return result;
    if (in_order && *frame < s->highest_frame) /* a restarted encoder counts from lower: go on */
        *frame += 1U << 16;
    s->structure = attached;
    s->structure_frame = *frame;
    s->active_targets = d->active_targets;
    return DD_OK;
}

static enum dd_result read_with_known(struct dd_stream *s, struct dependency_descriptor *d,
                                      bool in_order, const uint8_t *data, size_t len)
{
    enum dd_result result = dd_parse(d, &s->structure, NULL, data, len);
    if (result != DD_OK)
        return result;
    if (!d->has_active_targets)
        d->active_targets = s->active_targets;
    else if (in_order)
        s->active_targets = d->active_targets;
    return DD_OK;
}

enum dd_result dd_stream_read(struct dd_stream *s, struct dependency_descriptor *d, uint64_t *frame,
                              bool in_order, const uint8_t *data, size_t len)
{
    if (len < DD_LENGTH_MIN)
        return DD_MALFORMED;
    *frame = widen_frame(s, be16_get(data + 1));
    if (!in_order && *frame < s->structure_frame)
        return DD_STALE;
    bool brings = len > DD_LENGTH_MIN && (data[DD_LENGTH_MIN] & STRUCTURE_FLAG);
    enum dd_result result = brings ? read_with_structure(s, d, frame, in_order, data, len)
                                   : read_with_known(s, d, in_order, data, len);
    if (result == DD_OK && *frame > s->highest_frame)
        s->highest_frame = *frame;
    return result;
}

/* ---- writing ---- */

static size_t rewrite_frame_number(uint8_t *out, size_t cap, const uint8_t *data, size_t len,
                                   uint16_t frame_number)
{
    if (len > cap)
        return 0;
    memcpy(out, data, len);
    be16_put(out + 1, frame_number);
    return len;
}

static uint32_t flags_with_mask(const struct dependency_descriptor *d)
{
    return (d->has_structure ? 0x10U : 0) | 0x08U | (d->custom_dtis ? 0x04U : 0) |
           (d->custom_fdiffs ? 0x02U : 0) | (d->custom_chains ? 0x01U : 0);
}

size_t dd_rewrite(uint8_t *out, size_t cap, const struct dependency_descriptor *d,
                  const uint8_t *data, size_t len, unsigned n_decode_targets, uint16_t frame_number,
                  const uint32_t *mask)
{
    if (len < DD_LENGTH_MIN)
        return 0;
    if (!mask)
        return rewrite_frame_number(out, cap, data, len, frame_number);
    if (cap > DD_LENGTH_MAX)
        cap = DD_LENGTH_MAX;
    if (rewrite_frame_number(out, cap, data, DD_LENGTH_MIN, frame_number) == 0)
        return 0;
    struct bit_writer w = {.data = out, .at = MANDATORY_BITS, .end = cap * 8};
    write_bits(&w, flags_with_mask(d), FLAG_BITS);
    if (d->has_structure)
        write_bits_of(&w, data, MANDATORY_BITS + FLAG_BITS, d->structure_end);
    write_bits(&w, *mask, n_decode_targets);
    write_bits_of(&w, data, d->custom_begin, d->end);
    return w.bad ? 0 : (w.at + 7) / 8;
}
