/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's packet models, shapes and histograms.
 */
#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/model.h"
#include "bench/sluice-bench/shape.h"
#include "bench/sluice-bench/stamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t bytes_of(struct model_frame f)
{
    return (uint64_t)(f.packets - 1) * f.each + f.last;
}

static void split_covers_all_bytes(void **state)
{
    (void)state;
    for (uint32_t bytes = MODEL_PAYLOAD_MIN; bytes <= MODEL_FRAME_MAX * MODEL_PAYLOAD_MAX;
         bytes += 7) {
        struct model_frame f = model_split(bytes);
        assert_int_equal(bytes_of(f), bytes);
        assert_in_range(f.packets, 1, MODEL_FRAME_MAX);
        assert_in_range(f.each, MODEL_PAYLOAD_MIN, MODEL_PAYLOAD_MAX);
        assert_in_range(f.last, MODEL_PAYLOAD_MIN, f.each);
    }
}

static void split_bounds_what_is_too_large_or_small(void **state)
{
    (void)state;
    assert_int_equal(model_split(10000000).packets, MODEL_FRAME_MAX);
    assert_int_equal(bytes_of(model_split(1)), MODEL_PAYLOAD_MIN);
}

static void video_keeps_its_rate(void **state)
{
    (void)state;
    static const uint32_t rates[] = {150000, 450000, 1700000, 8000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct video_model m;
        uint64_t bytes = 0;
        video_model_init(&m, rates[i], 30, 4711);
        for (int frame = 0; frame < 3000; frame++) {
            if (frame % 300 == 299)
                m.key_wanted = true;
            bytes += bytes_of(video_model_next(&m));
        }
        uint64_t expected = rates[i] / 8 * 100;
        assert_in_range(bytes, expected * 97 / 100, expected * 103 / 100);
    }
}

static void video_begins_with_a_large_key_frame(void **state)
{
    (void)state;
    struct video_model m;
    video_model_init(&m, 1700000, 30, 1);
    struct model_frame key = video_model_next(&m), delta = video_model_next(&m);
    assert_true(key.key);
    assert_false(delta.key);
    assert_true(bytes_of(key) > 3 * bytes_of(delta));
}

static void audio_keeps_its_average(void **state)
{
    (void)state;
    struct audio_model m;
    uint64_t bytes = 0;
    audio_model_init(&m, 160, 99);
    for (int i = 0; i < 10000; i++) {
        uint16_t n = audio_model_next(&m);
        assert_in_range(n, 80, 240);
        bytes += n;
    }
    assert_in_range(bytes, 1570000, 1630000);
}

static void shapes_add_up(void **state)
{
    (void)state;
    static const struct {
        const char *words[3];
        int count;
        size_t members, streams;
    } cases[] = {
        {{"audio-room", "3", "100"}, 3, 103, 3 * 2 + 3 * 100},
        {{"meeting", "5"}, 2, 5, 5 * 8},
        {{"livestream", "50"}, 2, 51, 100},
        {{"1-to-1", "7"}, 2, 14, 28},
        {{"churn", "25"}, 2, 25, 10 * 9 + 10 * 9 + 5 * 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shape s;
        size_t streams = 0;
        char *words[3];
        memcpy(words, cases[i].words, sizeof words);
        assert_int_equal(shape_parse(&s, cases[i].count, words), cases[i].count);
        assert_string_equal(shape_name(&s), words[0]);
        assert_int_equal(shape_size(&s), cases[i].members);
        for (size_t k = 0; k < shape_size(&s); k++)
            streams += shape_member(&s, k).expected;
        assert_int_equal(streams, cases[i].streams);
    }
}

static void shapes_refuse_nonsense(void **state)
{
    (void)state;
    struct shape s;
    char *no_number[] = {(char[]){"meeting"}}, *zero[] = {(char[]){"meeting"}, (char[]){"0"}};
    char *word[] = {(char[]){"meeting"}, (char[]){"ten"}}, *name[] = {(char[]){"party"}};
    assert_int_equal(shape_parse(&s, 1, no_number), 0);
    assert_int_equal(shape_parse(&s, 2, zero), 0);
    assert_int_equal(shape_parse(&s, 2, word), 0);
    assert_int_equal(shape_parse(&s, 1, name), 0);
    assert_int_equal(shape_parse(&s, 0, NULL), 0);
}

static void histogram_is_exact_to_three_percent(void **state)
{
    (void)state;
    for (uint64_t v = 0; v < 1ULL << 34; v = v * 5 / 4 + 1) {
        struct histogram h = {0};
        histogram_add(&h, v);
        uint64_t q = histogram_quantile(&h, 0.5);
        assert_in_range(q, v, v + v / 32);
    }
}

static void histogram_buckets_touch(void **state)
{
    (void)state;
    uint64_t expected = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        uint64_t low, high;
        histogram_range(i, &low, &high);
        assert_int_equal(low, expected);
        expected = high + 1;
    }
}

static void histogram_quantiles_rank(void **state)
{
    (void)state;
    static struct histogram h, earlier;
    for (uint64_t v = 0; v < 1000; v++)
        histogram_add(&h, v < 990 ? 10 : 5000);
    assert_int_equal(histogram_total(&h), 1000);
    assert_int_equal(histogram_quantile(&h, 0.5), 10);
    assert_int_equal(histogram_quantile(&h, 0.98), 10);
    assert_in_range(histogram_quantile(&h, 0.995), 5000, 5160);
    histogram_merge(&earlier, &h);
    histogram_add(&h, 7);
    histogram_subtract(&h, &earlier);
    assert_int_equal(histogram_total(&h), 1);
    assert_int_equal(histogram_quantile(&h, 1), 7);
}

static void stamps_show_what_was_changed(void **state)
{
    (void)state;
    uint8_t payload[100] = {0};
    struct stamp in = {.sent = 1790000000123456789ULL, .source = 0xdecafbad}, out;
    stamp_put(payload + sizeof payload, &in);
    assert_true(stamp_get(payload, sizeof payload, &out));
    assert_int_equal(out.sent, in.sent);
    assert_int_equal(out.source, in.source);
    for (size_t i = sizeof payload - STAMP_LENGTH; i < sizeof payload; i++) {
        payload[i] ^= 0x10;
        assert_false(stamp_get(payload, sizeof payload, &out));
        payload[i] ^= 0x10;
    }
    assert_false(stamp_get(payload, STAMP_LENGTH - 1, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_covers_all_bytes),
        cmocka_unit_test(split_bounds_what_is_too_large_or_small),
        cmocka_unit_test(video_keeps_its_rate),
        cmocka_unit_test(video_begins_with_a_large_key_frame),
        cmocka_unit_test(audio_keeps_its_average),
        cmocka_unit_test(shapes_add_up),
        cmocka_unit_test(shapes_refuse_nonsense),
        cmocka_unit_test(histogram_is_exact_to_three_percent),
        cmocka_unit_test(histogram_buckets_touch),
        cmocka_unit_test(histogram_quantiles_rank),
        cmocka_unit_test(stamps_show_what_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
