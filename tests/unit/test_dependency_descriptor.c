/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bytes.h"
#include "dataplane/rtp/bits.h"
#include "dataplane/rtp/dependency_descriptor.h"
#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Captured from browsers: L3T3 of a 480x270 camera, and L3T3_KEY at 1280x720. */
#define L3T3                                                                                       \
    "c1017280081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926" \
    "e"                                                                                            \
    "082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca877530077004200ef008601d" \
    "f"                                                                                            \
    "010d"
#define L3T3_KEY                                                                                   \
    "8f008581e81485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d54924" \
    "1"                                                                                            \
    "b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"

static struct dd_stream stream;
static struct dependency_descriptor d;
static uint64_t frame;

static enum dd_result read_hex(const char *hex, bool in_order)
{
    uint8_t b[DD_LENGTH_MAX];
    return dd_stream_read(&stream, &d, &frame, in_order, b, hex_bytes(hex, b, sizeof b));
}

static int reset(void **state)
{
    (void)state;
    memset(&stream, 0, sizeof stream);
    return 0;
}

static void structure_of_l3t3(void **state)
{
    (void)state;
    assert_int_equal(read_hex(L3T3, true), DD_OK);
    assert_true(d.start_of_frame && d.end_of_frame && d.has_structure);
    assert_int_equal(d.frame_number, 0x172);
    assert_int_equal(d.active_targets, 0x1ff);
    const struct dd_structure *s = &stream.structure;
    assert_int_equal(s->n_decode_targets, 9);
    assert_int_equal(s->n_chains, 3);
    assert_int_equal(s->max_spatial, 2);
    assert_int_equal(s->max_temporal, 2);
    assert_int_equal(s->n_resolutions, 3);
    assert_int_equal(s->resolutions[0].width_minus_1 + 1, 120);
    assert_int_equal(s->resolutions[2].width_minus_1 + 1, 480);
    assert_int_equal(s->resolutions[2].height_minus_1 + 1, 270);
    for (unsigned target = 0; target < 9; target++) {
        assert_int_equal(s->target_spatial[target], target / 3);
        assert_int_equal(s->target_temporal[target], target % 3);
        assert_int_equal(s->target_protected_by[target], target / 3);
    }
}

static void frames_of_l3t3(void **state)
{
    (void)state;
    assert_int_equal(read_hex(L3T3, true), DD_OK);
    uint64_t first = frame;
    assert_int_equal(d.spatial, 0);
    assert_int_equal(d.n_fdiffs, 0);
    assert_int_equal(read_hex("86017340fc", true), DD_OK);
    assert_int_equal(d.active_targets, 0x3f); /* not of the highest spatial layer */
    assert_int_equal(frame, first + 1);
    assert_int_equal(d.spatial, 1);
    assert_int_equal(d.temporal, 0);
    assert_int_equal(d.n_fdiffs, 1);
    assert_int_equal(d.fdiffs[0], 1);
    assert_int_equal(read_hex("860173", true), DD_OK);
    assert_int_equal(d.active_targets, 0x3f); /* as last told */
    assert_int_equal(read_hex("0b0174", true), DD_OK);
    assert_false(d.start_of_frame || d.end_of_frame);
    assert_int_equal(d.spatial, 2);
    for (unsigned target = 0; target < 6; target++)
        assert_int_equal(dd_dti(d.dtis, target), DD_NOT_PRESENT);
    for (unsigned target = 6; target < 9; target++)
        assert_int_not_equal(dd_dti(d.dtis, target), DD_NOT_PRESENT);
}

static void structure_of_l3t3_key(void **state)
{
    (void)state;
    assert_int_equal(read_hex(L3T3_KEY, true), DD_OK);
    assert_int_equal(stream.structure.template_id_offset, 15);
    assert_int_equal(stream.structure.resolutions[2].width_minus_1 + 1, 1280);
    assert_int_equal(d.spatial, 0);
    assert_int_equal(d.temporal, 0);
    assert_int_equal(dd_dti(d.dtis, 0), DD_SWITCH);
    assert_int_equal(read_hex("0a0086", true), DD_MALFORMED); /* template 59 of fewer */
}

static void grows_by_the_active_targets(void **state)
{
    (void)state;
    uint8_t in[8];
    uint8_t out[16];
    assert_int_equal(read_hex(L3T3, true), DD_OK);
    size_t len = hex_bytes("850002", in, sizeof in);
    assert_int_equal(dd_parse(&d, &stream.structure, NULL, in, len), DD_OK);
    const uint32_t all = 0x1ff;
    assert_int_equal(dd_rewrite(out, sizeof out, &d, in, len, 9, 8, &all), 5);
    assert_memory_equal(out, "\x85\x00\x08\x47\xfc", 5);
    assert_int_equal(dd_rewrite(out, 4, &d, in, len, 9, 8, &all), 0);
    assert_int_equal(dd_rewrite(out, sizeof out, &d, in, len, 9, 0xfffe, NULL), 3);
    assert_memory_equal(out, "\x85\xff\xfe", 3);
    const uint32_t base = 7;
    assert_int_equal(dd_rewrite(out, sizeof out, &d, in, len, 9, 8, &base), 5);
    assert_memory_equal(out, "\x85\x00\x08\x40\x1c", 5);
}

static void rewritten_mask_in_front_of_a_structure(void **state)
{
    (void)state;
    static struct dd_structure known;
    static struct dd_structure again;
    uint8_t in[DD_LENGTH_MAX];
    uint8_t out[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3, in, sizeof in);
    assert_int_equal(dd_parse(&d, NULL, &known, in, len), DD_OK);
    const uint32_t mask = 0x3f;
    size_t out_len = dd_rewrite(out, sizeof out, &d, in, len, 9, 77, &mask);
    assert_in_range(out_len, len, len + 2);
    struct dependency_descriptor e;
    assert_int_equal(dd_parse(&e, NULL, &again, out, out_len), DD_OK);
    assert_memory_equal(&known, &again, sizeof known);
    assert_int_equal(e.frame_number, 77);
    assert_int_equal(e.active_targets, mask);
    assert_int_equal(e.dtis, d.dtis);
}

static void truncated_structures(void **state)
{
    (void)state;
    uint8_t whole[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3, whole, sizeof whole);
    for (size_t n = 0; n < len; n++) {
        uint8_t *b = malloc(n ? n : 1);
        memcpy(b, whole, n);
        assert_int_not_equal(dd_stream_read(&stream, &d, &frame, true, b, n), DD_OK);
        free(b);
    }
    assert_int_equal(stream.structure.n_templates, 0);
    assert_int_equal(stream.highest_frame, 0);
}

static void needs_a_structure(void **state)
{
    (void)state;
    assert_int_equal(read_hex("860173", true), DD_NO_STRUCTURE);
    assert_int_equal(read_hex("8601", true), DD_MALFORMED);
    assert_int_equal(read_hex("", true), DD_MALFORMED);
    uint8_t longer[DD_LENGTH_MAX + 1] = {0};
    assert_int_equal(dd_parse(&d, NULL, NULL, longer, sizeof longer), DD_MALFORMED);
}

static void frame_numbers_wrap(void **state)
{
    (void)state;
    uint8_t b[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3, b, sizeof b);
    be16_put(b + 1, 0xfffe);
    assert_int_equal(dd_stream_read(&stream, &d, &frame, true, b, len), DD_OK);
    uint64_t first = frame;
    assert_int_equal(read_hex("86ffff", true), DD_OK);
    assert_int_equal(read_hex("860001", true), DD_OK);
    assert_int_equal(frame, first + 3);
    assert_int_equal(read_hex("860000", false), DD_OK);
    assert_int_equal(frame, first + 2);
}

static void late_packets(void **state)
{
    (void)state;
    uint8_t b[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3_KEY, b, sizeof b);
    be16_put(b + 1, 0x0180);
    assert_int_equal(read_hex(L3T3, true), DD_OK);
    assert_int_equal(dd_stream_read(&stream, &d, &frame, true, b, len), DD_OK);
    assert_int_equal(read_hex("86017f", false), DD_STALE); /* of the structure before */
    assert_int_equal(read_hex(L3T3, false), DD_STALE);
    assert_int_equal(stream.structure.template_id_offset, 15);
    assert_int_equal(read_hex("8f0181", false), DD_OK);
}

static void a_restarted_encoder(void **state)
{
    (void)state;
    uint8_t b[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3, b, sizeof b);
    uint64_t last = 0;
    for (unsigned i = 0; i < 10; i++) { /* counts from 0 again and again */
        be16_put(b + 1, 0);
        assert_int_equal(dd_stream_read(&stream, &d, &frame, true, b, len), DD_OK);
        assert_true(frame > last);
        last = frame;
        assert_int_equal(read_hex("864000", true), DD_OK);
        assert_int_equal(frame, last + 0x4000);
    }
}

/* ---- structures made here ---- */

static struct bit_writer w;
static uint8_t made[DD_LENGTH_MAX];

static void begin(unsigned flags, unsigned targets)
{
    memset(made, 0, sizeof made);
    w = (struct bit_writer){.data = made, .end = sizeof made * 8};
    write_bits(&w, 0xc0, 8);
    write_bits(&w, 1, 16);
    write_bits(&w, flags, 5);
    write_bits(&w, 0, 6);
    write_bits(&w, targets - 1, 5);
}

static enum dd_result read_made(void)
{
    return dd_stream_read(&stream, &d, &frame, true, made, (w.at + 7) / 8);
}

static void layer_limits(void **state)
{
    (void)state;
    begin(0x10, 1);
    for (unsigned i = 0; i < 8; i++)
        write_bits(&w, 1, 2); /* a ninth temporal layer */
    w.at += 400;
    assert_int_equal(read_made(), DD_MALFORMED);
    begin(0x10, 1);
    for (unsigned i = 0; i < 4; i++)
        write_bits(&w, 2, 2); /* a fifth spatial layer */
    w.at += 400;
    assert_int_equal(read_made(), DD_MALFORMED);
    begin(0x10, 1);
    for (unsigned i = 0; i < 64; i++)
        write_bits(&w, 0, 2); /* a 65th template */
    w.at += 400;
    assert_int_equal(read_made(), DD_MALFORMED);
}

static void largest_structure(void **state)
{
    (void)state;
    begin(0x10, 1);
    for (unsigned i = 0; i < 63; i++)
        write_bits(&w, 0, 2);
    write_bits(&w, 3, 2);
    for (unsigned i = 0; i < 64; i++)
        write_bits(&w, DD_REQUIRED, 2);
    write_bits(&w, 0, 32);
    write_bits(&w, 0, 32);
    write_bits(&w, 0, 1); /* no chains */
    write_bits(&w, 0, 1); /* no resolutions */
    assert_int_equal(read_made(), DD_OK);
    assert_int_equal(stream.structure.n_templates, 64);
    assert_int_equal(read_hex("bf0002", true), DD_OK);
}

static void thirty_two_targets(void **state)
{
    (void)state;
    begin(0x18, 32);
    write_bits(&w, 3, 2);
    for (unsigned i = 0; i < 32; i++)
        write_bits(&w, i % 4, 2);
    write_bits(&w, 0, 1);
    write_bits(&w, 0, 5); /* no chains, of up to 32 */
    write_bits(&w, 0, 1);
    write_bits(&w, 0xdeadbeef, 32);
    assert_int_equal(read_made(), DD_OK);
    assert_int_equal(d.active_targets, 0xdeadbeef);
    assert_int_equal(dd_dti(d.dtis, 31), DD_REQUIRED);
    assert_int_equal(dd_dti(d.dtis, 29), DD_DISCARDABLE);
}

static void fdiffs_are_bounded(void **state)
{
    (void)state;
    for (unsigned n = DD_FDIFFS_MAX; n <= DD_FDIFFS_MAX + 1; n++) {
        begin(0x10, 1);
        write_bits(&w, 3, 2);
        write_bits(&w, DD_SWITCH, 2);
        for (unsigned i = 0; i < n; i++)
            write_bits(&w, 0x1f, 5);
        write_bits(&w, 0, 3);
        assert_int_equal(read_made(), n == DD_FDIFFS_MAX ? DD_OK : DD_MALFORMED);
    }
    assert_int_equal(d.n_fdiffs, DD_FDIFFS_MAX);
    assert_int_equal(d.fdiffs[0], 16);
}

/* Two targets, one chain. */
static void make_small_structure(unsigned flags)
{
    begin(flags, 2);
    write_bits(&w, 1, 2);
    write_bits(&w, 3, 2);
    for (unsigned i = 0; i < 4; i++)
        write_bits(&w, i == 2 ? 0 : 2, 2);
    write_bits(&w, 0, 2); /* no fdiffs */
    write_bits(&w, 2, 2); /* ns(3): one chain */
    write_bits(&w, 0x35, 8);
    write_bits(&w, 0, 1);
}

static void custom_fields(void **state)
{
    (void)state;
    make_small_structure(0x17);
    write_bits(&w, 0xd, 4);               /* DTIs: required, discardable */
    write_bits(&w, 1U << 4 | 0xf, 2 + 4); /* 16 back */
    write_bits(&w, 3U << 12 | 0xfff, 14); /* 4096 back */
    write_bits(&w, 0, 2);
    write_bits(&w, 200, 8); /* chain */
    assert_int_equal(read_made(), DD_OK);
    assert_int_equal(stream.structure.n_chains, 1);
    assert_int_equal(stream.structure.templates[1].chain_fdiffs[0], 5);
    assert_int_equal(dd_dti(d.dtis, 0), DD_REQUIRED);
    assert_int_equal(dd_dti(d.dtis, 1), DD_DISCARDABLE);
    assert_int_equal(d.n_fdiffs, 2);
    assert_int_equal(d.fdiffs[0], 16);
    assert_int_equal(d.fdiffs[1], 4096);
    assert_int_equal(d.chain_fdiffs[0], 200);
    uint8_t out[DD_LENGTH_MAX];
    static struct dd_structure again;
    struct dependency_descriptor e;
    const uint32_t mask = 1;
    size_t len = dd_rewrite(out, sizeof out, &d, made, (w.at + 7) / 8, 2, 9, &mask);
    assert_int_equal(dd_parse(&e, NULL, &again, out, len), DD_OK);
    assert_int_equal(e.active_targets, 1);
    assert_int_equal(e.n_fdiffs, 2);
    assert_int_equal(e.fdiffs[1], 4096);
    assert_int_equal(e.chain_fdiffs[0], 200);
    assert_int_equal(e.dtis, d.dtis);
}

static void truncated_custom_fields(void **state)
{
    (void)state;
    make_small_structure(0x11);
    size_t short_by = (w.at + 7) / 8;
    assert_int_equal(dd_stream_read(&stream, &d, &frame, true, made, short_by), DD_MALFORMED);
    make_small_structure(0x12);
    for (unsigned i = 0; i < DD_FDIFFS_MAX + 1; i++)
        write_bits(&w, 1U << 4, 6);
    write_bits(&w, 0, 2);
    assert_int_equal(read_made(), DD_MALFORMED);
}

static void values_below_a_bound(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 33; n++) {
        unsigned width = 0;
        while (n >> width)
            width++;
        uint32_t m = (1U << width) - n;
        for (uint32_t v = 0; v < n; v++) {
            uint8_t b[2] = {0};
            struct bit_writer out = {.data = b, .end = 16};
            if (v < m)
                write_bits(&out, v, width - 1);
            else
                write_bits(&out, v + m, width);
            struct bit_reader r = {.data = b, .end = 16};
            assert_int_equal(read_below(&r, n), v);
            assert_int_equal(r.at, out.at);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(structure_of_l3t3, reset),
        cmocka_unit_test_setup(frames_of_l3t3, reset),
        cmocka_unit_test_setup(structure_of_l3t3_key, reset),
        cmocka_unit_test_setup(grows_by_the_active_targets, reset),
        cmocka_unit_test_setup(rewritten_mask_in_front_of_a_structure, reset),
        cmocka_unit_test_setup(truncated_structures, reset),
        cmocka_unit_test_setup(needs_a_structure, reset),
        cmocka_unit_test_setup(frame_numbers_wrap, reset),
        cmocka_unit_test_setup(late_packets, reset),
        cmocka_unit_test_setup(a_restarted_encoder, reset),
        cmocka_unit_test_setup(layer_limits, reset),
        cmocka_unit_test_setup(largest_structure, reset),
        cmocka_unit_test_setup(thirty_two_targets, reset),
        cmocka_unit_test_setup(fdiffs_are_bounded, reset),
        cmocka_unit_test_setup(custom_fields, reset),
        cmocka_unit_test_setup(truncated_custom_fields, reset),
        cmocka_unit_test(values_below_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
