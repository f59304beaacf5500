/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the text of a chart, and what is drawn of it.
 */
#include "bench/chart/chart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct chart chart;

static unsigned read_text(const char *text)
{
    FILE *f = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    assert_non_null(f);
    unsigned line = chart_read(&chart, f);
    fclose(f);
    return line;
}

static void reads_panels_series_and_points(void **state)
{
    (void)state;
    assert_int_equal(read_text("# a remark\ntitle Loss by load\nx packets/s log\n\n"
                               "panel lost, %\nlimit 0.1\nseries udp\n1 0\n10 0.05\n1e2 2.5\n"
                               "series xdp\n1 0\npanel latency log\nseries p50\n5 -1\n"),
                     0);
    assert_string_equal(chart.title, "Loss by load");
    assert_string_equal(chart.x.name, "packets/s");
    assert_true(chart.x.log);
    assert_int_equal(chart.count, 2);
    assert_false(chart.panels[0].axis.log);
    assert_true(chart.panels[1].axis.log);
    assert_true(chart.panels[0].has_limit && chart.panels[0].limit > 0.09);
    assert_int_equal(chart.panels[0].count, 2);
    assert_int_equal(chart.panels[0].series[0].count, 3);
    assert_true(chart.panels[0].series[0].x[2] > 99 && chart.panels[0].series[0].y[2] > 2.4);
}

static void refuses_what_it_cannot_draw(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } cases[] = {
        {"title nothing\n", 2},
        {"1 2\n", 1},
        {"series s\n", 1},
        {"limit 1\n", 1},
        {"panel p\n1 2\n", 2},
        {"panel p\nseries s\n1\n", 3},
        {"panel p\nseries s\n1 2 3\n", 3},
        {"panel p\nseries s\n1 nan\n", 3},
        {"panel p\nlimit inf\n", 2},
        {"panel a\npanel b\npanel c\npanel d\npanel e\n", 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(read_text(cases[i].text), cases[i].line);
}

static void refuses_too_many_points(void **state)
{
    (void)state;
    char text[CHART_POINTS * 8 + 64] = "panel p\nseries s\n";
    for (int i = 0; i < CHART_POINTS; i++)
        strcat(text, "1 2\n");
    assert_int_equal(read_text(text), 0);
    strcat(text, "1 2\n");
    assert_int_equal(read_text(text), CHART_POINTS + 3);
}

static long size_of_picture(const char *path)
{
    FILE *f = fopen(path, "rb");
    uint8_t head[8];
    assert_non_null(f);
    assert_int_equal(fread(head, 1, sizeof head, f), sizeof head);
    assert_memory_equal(head, "\x89PNG\r\n\x1a\n", 8);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    fclose(f);
    return size;
}

static void draws_also_empty_and_odd_ones(void **state)
{
    static const char *const texts[] = {
        "panel nothing\n",
        "panel one point\nseries s\n0 0\n",
        "x load log\npanel zeroes on a logarithmic axis log\nseries s\n0 0\n0 5\n",
        "panel large\nseries s\n1e300 1e300\n1e-300 1\n",
        "panel negative\nseries s\n-5 -7\n3 -1e9\n",
    };
    char path[] = "/tmp/sluice-chart-XXXXXX";
    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_text(texts[i]), 0);
        assert_true(chart_write(&chart, path));
        assert_true(size_of_picture(path) > 1000);
    }
    unlink(path);
    assert_false(chart_write(&chart, "/nowhere/at/all.png"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_panels_series_and_points),
        cmocka_unit_test(refuses_what_it_cannot_draw),
        cmocka_unit_test(refuses_too_many_points),
        cmocka_unit_test(draws_also_empty_and_odd_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
