/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's picture, read back from the file.
 */
#include "bench/sluice-bench/canvas.h"
#include "bench/sluice-bench/plot.h"
#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define WIDTH  40
#define HEIGHT 20

struct picture {
    uint32_t width, height;
    uint8_t *rows; /* each with its filter byte in front */
};

static void read_file(const char *path, uint8_t *data, size_t cap, size_t *len)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    *len = fread(data, 1, cap, f);
    fclose(f);
}

/* Checks framing and sums of all chunks and unpacks the one with the pixels. */
static struct picture read_png(const char *path)
{
    static uint8_t data[1 << 20];
    size_t len;
    struct picture p = {0};
    read_file(path, data, sizeof data, &len);
    assert_memory_equal(data, "\x89PNG\r\n\x1a\n", 8);
    for (size_t at = 8; at < len;) {
        uint32_t n = be32_get(data + at);
        const uint8_t *type = data + at + 4, *body = data + at + 8;
        assert_int_equal(be32_get(body + n), crc32(0, type, n + 4));
        if (memcmp(type, "IHDR", 4) == 0) {
            p.width = be32_get(body);
            p.height = be32_get(body + 4);
        } else if (memcmp(type, "IDAT", 4) == 0) {
            uLongf size = (uLongf)(p.width * 3 + 1) * p.height;
            static uint8_t rows[8 << 20]; /* of the picture that was read last */
            assert_in_range(size, 1, sizeof rows);
            p.rows = rows;
            assert_int_equal(uncompress(p.rows, &size, body, n), Z_OK);
            assert_int_equal(size, (p.width * 3 + 1) * p.height);
        }
        at += 12 + n;
    }
    assert_non_null(p.rows);
    return p;
}

static const uint8_t *pixel(const struct picture *p, uint32_t x, uint32_t y)
{
    return p->rows + y * (p->width * 3 + 1) + 1 + x * 3;
}

static char path[] = "/tmp/sluice-test-plot-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 || close(fd) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void lines_and_text_are_where_they_should_be(void **state)
{
    (void)state;
    struct canvas c;
    struct colour red = {255, 0, 0};
    assert_true(canvas_init(&c, WIDTH, HEIGHT));
    canvas_line(&c, -5, 3, WIDTH + 5, 3, red);
    canvas_line(&c, 0, 0, 19, 19, red);
    canvas_text(&c, 30, 10, "i", red);
    assert_true(canvas_write_png(&c, path));
    canvas_free(&c);
    struct picture p = read_png(path);
    assert_int_equal(p.width, WIDTH);
    assert_int_equal(p.height, HEIGHT);
    assert_memory_equal(pixel(&p, 0, 3), "\xff\0\0", 3);
    assert_memory_equal(pixel(&p, WIDTH - 1, 3), "\xff\0\0", 3);
    assert_memory_equal(pixel(&p, 15, 15), "\xff\0\0", 3);
    assert_memory_equal(pixel(&p, 32, 13), "\xff\0\0", 3);
    assert_memory_equal(pixel(&p, 15, 14), "\xff\xff\xff", 3);
}

static void a_run_makes_a_picture(void **state)
{
    (void)state;
    static struct settings settings = {.threads = 1, .shape = {.publishers = 1}};
    static struct report r;
    static struct snapshot a, b;
    report_init(&r, &settings);
    for (unsigned i = 1; i <= 5; i++) {
        b.at = i * USEC_PER_SEC;
        b.counters.received_packets = b.counters.expected_packets = 1000 * i;
        assert_non_null(report_second(&r, 0, &a, &b, i > 2));
        a = b;
    }
    assert_true(plot_write(&r, path));
    assert_false(plot_write(&r, "/no/such/directory/plot.png"));
    struct picture p = read_png(path);
    size_t blue = 0;
    for (uint32_t i = 0; i < p.width * p.height; i++)
        blue += memcmp(pixel(&p, i % p.width, i / p.width), "\x14\x5a\xb4", 3) == 0;
    assert_true(blue > 500);
    report_free(&r);
}

static void a_run_of_nothing_does_too(void **state)
{
    (void)state;
    static struct settings settings;
    static struct report r;
    report_init(&r, &settings);
    assert_true(plot_write(&r, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_and_text_are_where_they_should_be),
        cmocka_unit_test(a_run_makes_a_picture),
        cmocka_unit_test(a_run_of_nothing_does_too),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
