/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recorded stream as the load generator's source: reading IVF, and playing it.
 */
#include "bench/sluice-bench/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FILE_MAX 65536

static uint8_t file[FILE_MAX];
static size_t file_len;

static void put32(uint32_t v)
{
    for (int i = 0; i < 4; i++)
        file[file_len++] = (uint8_t)(v >> 8 * i);
}

static void begin_file(const char *codec, uint32_t rate, uint32_t scale)
{
    memset(file, 0, sizeof file);
    memcpy(file, "DKIF\0\0 \0", 8);
    memcpy(file + 8, codec, 4);
    file_len = 16;
    put32(rate);
    put32(scale);
    file_len = 32;
}

static void add_frame(uint32_t bytes, uint32_t at, bool key)
{
    put32(bytes);
    put32(at);
    put32(0);
    file[file_len] = key ? 0x10 : 0x11;
    file_len += bytes;
}

static const char *read_file(struct recording *r)
{
    FILE *f = fmemopen(file, file_len, "r");
    assert_non_null(f);
    const char *error = recording_read(r, f);
    fclose(f);
    return error;
}

static void write_three_frames(void)
{
    begin_file("VP80", 1000, 1);
    add_frame(5000, 0, true);
    add_frame(1000, 40, false);
    add_frame(2000, 100, false);
}

static void reads_sizes_times_and_keys(void **state)
{
    struct recording r;
    (void)state;
    write_three_frames();
    assert_null(read_file(&r));
    assert_int_equal(r.count, 3);
    assert_int_equal(r.frames[0].interval, 40000);
    assert_int_equal(r.frames[1].interval, 60000);
    assert_int_equal(r.frames[2].interval, 50000); /* the average: then it begins again */
    assert_true(r.frames[0].key && !r.frames[1].key && !r.frames[2].key);
    assert_int_equal(r.key_bytes, 5000);
    assert_int_equal(r.bits_per_second, 8000 * 8 * 1000 / 150);
    recording_free(&r);
}

static uint64_t bytes_of(struct model_frame f)
{
    return (uint64_t)(f.packets - 1) * f.each + f.last;
}

static void plays_it_over_and_over_scaled(void **state)
{
    struct recording r;
    struct video_model m;
    (void)state;
    write_three_frames();
    assert_null(read_file(&r));
    video_model_init(&m, 1, 30, 1);
    video_model_play(&m, &r, (uint32_t)r.bits_per_second / 2);
    static const uint64_t sizes[] = {2500, 500, 1000, 2500};
    static const usec_t intervals[] = {40000, 60000, 50000, 40000};
    for (size_t i = 0; i < 4; i++) {
        struct model_frame f = video_model_next(&m);
        assert_in_range(bytes_of(f), sizes[i] - sizes[i] / 100, sizes[i] + sizes[i] / 100);
        assert_int_equal(m.interval, intervals[i]);
        assert_int_equal(f.key, i % 3 == 0);
    }
    m.key_wanted = true; /* out of turn: as large as the recorded one */
    struct model_frame f = video_model_next(&m);
    assert_true(f.key);
    assert_in_range(bytes_of(f), 2475, 2525);
    recording_free(&r);
}

static void refuses_what_is_no_recording(void **state)
{
    struct recording r;
    (void)state;
    begin_file("VP90", 30, 1);
    add_frame(10, 0, true);
    add_frame(10, 1, true);
    assert_string_equal(read_file(&r), "not VP8");
    begin_file("VP80", 0, 1);
    assert_string_equal(read_file(&r), "no time base");
    begin_file("VP80", 30, 1);
    add_frame(10, 0, true);
    assert_string_equal(read_file(&r), "fewer than two frames");
    begin_file("VP80", 30, 1);
    add_frame(10, 7, true);
    add_frame(10, 7, false);
    assert_string_equal(read_file(&r), "its frames have no times");
    begin_file("VP80", 30, 1);
    add_frame(10, 0, true);
    put32(0xffffffff);
    put32(1);
    put32(0);
    file_len++;
    assert_string_equal(read_file(&r), "a frame is broken");
    file[0] = 'X';
    assert_string_equal(read_file(&r), "no IVF file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_sizes_times_and_keys),
        cmocka_unit_test(plays_it_over_and_over_scaled),
        cmocka_unit_test(refuses_what_is_no_recording),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
