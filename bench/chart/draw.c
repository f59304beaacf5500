/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/chart/chart.h"
#include "bench/sluice-bench/canvas.h"

#include <math.h>
#include <string.h>

#define WIDTH        760
#define PANEL_HEIGHT 210
#define TOP          30
#define LEFT         80
#define RIGHT        24
#define GAP          52 /* under a panel: numbers, names */
#define GRID         5  /* parts of a linear axis */
#define MARK         2  /* half of a point's side */

static const struct colour black = {0, 0, 0}, grey = {220, 220, 220}, red = {200, 0, 0};
static const struct colour colours[CHART_SERIES] = {{20, 90, 180},  {200, 90, 20}, {30, 140, 60},
                                                    {140, 40, 150}, {90, 90, 90},  {0, 150, 160}};

/* One axis between two places of the picture. */
struct scale {
    double least, most; /* of the values; of their logarithms if log */
    bool log;
    int from, to; /* pixels */
};

static double scaled(const struct scale *s, double v)
{
    if (!s->log)
        return v;
    return v > 0 ? log10(v) : s->least;
}

/* What is far outside the axis stays near it. */
static int place(const struct scale *s, double v)
{
    double share = fmin(fmax((scaled(s, v) - s->least) / (s->most - s->least), -0.05), 1.05);
    return s->from + (int)lround(share * (s->to - s->from));
}

/* The next of 1, 2, 2.5, 5, 10, ... that is not less. */
static double round_up(double v)
{
    static const double steps[] = {1, 2, 2.5, 5, 10};
    double power = pow(10, floor(log10(v > 0 ? v : 1)));
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] * power >= v * 0.9999)
            return steps[i] * power;
    }
    return v;
}

static void finish_scale(struct scale *s, double least, double most)
{
    if (s->log) {
        s->least = floor(log10(least > 0 ? least : 1));
        s->most = ceil(log10(most > 0 ? most : 1));
    } else {
        s->least = 0;
        s->most = round_up(most);
    }
    if (s->most <= s->least)
        s->most = s->least + 1;
}

/* The least positive and the greatest of some values so far. */
static void widen(double *least, double *most, const double *v, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (v[i] > *most)
            *most = v[i];
        if (v[i] > 0 && (*least == 0 || v[i] < *least))
            *least = v[i];
    }
}

static struct scale scale_x(const struct chart *c)
{
    struct scale s = {.log = c->x.log, .from = LEFT, .to = WIDTH - RIGHT};
    double least = 0, most = 0;
    for (unsigned p = 0; p < c->count; p++) {
        for (unsigned i = 0; i < c->panels[p].count; i++)
            widen(&least, &most, c->panels[p].series[i].x, c->panels[p].series[i].count);
    }
    finish_scale(&s, least, most);
    return s;
}

static struct scale scale_y(const struct chart_panel *p, int top)
{
    struct scale s = {.log = p->axis.log, .from = top + PANEL_HEIGHT, .to = top};
    double least = 0, most = 0;
    for (unsigned i = 0; i < p->count; i++)
        widen(&least, &most, p->series[i].y, p->series[i].count);
    if (p->has_limit)
        widen(&least, &most, &p->limit, 1);
    finish_scale(&s, least, most);
    return s;
}

/* Value number i of the marks of an axis; false behind the last. */
static bool mark_at(const struct scale *s, unsigned i, double *v)
{
    if (s->log) {
        double exponent = s->least + i;
        *v = pow(10, exponent);
        return exponent <= s->most + 1e-9;
    }
    *v = s->most * i / GRID;
    return i <= GRID;
}

static void number_text(char *out, size_t cap, double v)
{
    if (v >= 1e6)
        snprintf(out, cap, "%gM", v / 1e6);
    else if (v >= 1e4)
        snprintf(out, cap, "%gk", v / 1e3);
    else
        snprintf(out, cap, "%.4g", v);
}

static void draw_axes(struct canvas *c, const struct scale *x, const struct scale *y)
{
    char text[32];
    double v;
    for (unsigned i = 0; mark_at(x, i, &v); i++) {
        canvas_line(c, place(x, v), y->from, place(x, v), y->to, grey);
        number_text(text, sizeof text, v);
        int half = (int)strlen(text) * CANVAS_CHARACTER_WIDTH / 2;
        canvas_text(c, place(x, v) - half, y->from + 6, text, black);
    }
    for (unsigned i = 0; mark_at(y, i, &v); i++) {
        canvas_line(c, x->from, place(y, v), x->to, place(y, v), grey);
        number_text(text, sizeof text, v);
        int length = (int)strlen(text) * CANVAS_CHARACTER_WIDTH;
        canvas_text(c, x->from - 6 - length, place(y, v) - 3, text, black);
    }
    canvas_line(c, x->from, y->from, x->to, y->from, black);
    canvas_line(c, x->from, y->from, x->from, y->to, black);
}

static void draw_series(struct canvas *c, const struct chart_series *s, const struct scale *x,
                        const struct scale *y, struct colour colour)
{
    for (unsigned i = 0; i < s->count; i++) {
        int px = place(x, s->x[i]), py = place(y, s->y[i]);
        canvas_box(c, px - MARK, py - MARK, 2 * MARK + 1, 2 * MARK + 1, colour);
        if (i > 0)
            canvas_line(c, place(x, s->x[i - 1]), place(y, s->y[i - 1]), px, py, colour);
    }
}

static void draw_panel(struct canvas *c, const struct chart *chart, const struct scale *x,
                       unsigned index)
{
    const struct chart_panel *p = &chart->panels[index];
    int top = TOP + 16 + (int)index * (PANEL_HEIGHT + GAP), at = LEFT;
    struct scale y = scale_y(p, top);
    draw_axes(c, x, &y);
    if (p->has_limit)
        canvas_line(c, x->from, place(&y, p->limit), x->to, place(&y, p->limit), red);
    canvas_text(c, at, top - 13, p->axis.name, black);
    at += ((int)strlen(p->axis.name) + 3) * CANVAS_CHARACTER_WIDTH;
    for (unsigned i = 0; i < p->count; i++) {
        draw_series(c, &p->series[i], x, &y, colours[i]);
        canvas_text(c, at, top - 13, p->series[i].name, colours[i]);
        at += ((int)strlen(p->series[i].name) + 3) * CANVAS_CHARACTER_WIDTH;
    }
    int length = (int)strlen(chart->x.name) * CANVAS_CHARACTER_WIDTH;
    canvas_text(c, WIDTH - RIGHT - length, y.from + 20, chart->x.name, black);
}

bool chart_write(const struct chart *chart, const char *path)
{
    struct canvas c;
    struct scale x = scale_x(chart);
    if (!canvas_init(&c, WIDTH, TOP + 16 + (int)chart->count * (PANEL_HEIGHT + GAP)))
        return false;
    canvas_text(&c, LEFT, 12, chart->title, black);
    for (unsigned i = 0; i < chart->count; i++)
        draw_panel(&c, chart, &x, i);
    bool done = canvas_write_png(&c, path);
    canvas_free(&c);
    return done;
}
