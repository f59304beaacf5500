/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Curves over a common axis, in panels above each other, from a text like this:
 *
 *   title  what it is            one line each; all but the panel may be absent
 *   x      packets/s log         axes are linear unless their name ends in "log"
 *   panel  lost, %               begins a panel; the text names its axis
 *   limit  0.1                   a line across the panel
 *   series xdp                   begins a curve of the panel
 *   1000 0.02                    its points
 */
#ifndef SLUICE_BENCH_CHART_CHART_H
#define SLUICE_BENCH_CHART_CHART_H

#include <stdbool.h>
#include <stdio.h>

#define CHART_PANELS 4
#define CHART_SERIES 6 /* of one panel */
#define CHART_POINTS 128
#define CHART_TEXT   96

struct chart_axis {
    char name[CHART_TEXT];
    bool log;
};

struct chart_series {
    char name[CHART_TEXT];
    unsigned count;
    double x[CHART_POINTS], y[CHART_POINTS];
};

struct chart_panel {
    struct chart_axis axis;
    bool has_limit;
    double limit;
    unsigned count;
    struct chart_series series[CHART_SERIES];
};

struct chart {
    char title[CHART_TEXT];
    struct chart_axis x;
    unsigned count;
    struct chart_panel panels[CHART_PANELS];
};

/* Returns 0, or the number of the line that is wrong. */
unsigned chart_read(struct chart *c, FILE *f);

/* Writes a PNG. False if memory is out or the file cannot be written. */
bool chart_write(const struct chart *c, const char *path);

#endif
