/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/plot.h"

#include "bench/sluice-bench/canvas.h"

#include <stdio.h>
#include <string.h>

#define WIDTH        900
#define PANEL_HEIGHT 150
#define TOP          28
#define LEFT         80
#define RIGHT        20
#define GAP          40 /* between panels: names and numbers */
#define GRID         4  /* parts of an axis */

static const struct colour black = {0, 0, 0}, grey = {215, 215, 215}, shade = {238, 244, 252};
static const struct colour first_colour = {20, 90, 180}, second_colour = {200, 70, 20};

/* A curve: its name and its value in one second. */
struct curve {
    const char *name;
    double (*value)(const struct report_second *s);
};

static double received(const struct report_second *s)
{
    return s->received_pps;
}

static double sent(const struct report_second *s)
{
    return s->sent_pps;
}

static double loss(const struct report_second *s)
{
    return 100 * s->loss;
}

static double median(const struct report_second *s)
{
    return (double)s->p50;
}

static double slow(const struct report_second *s)
{
    return (double)s->p99;
}

static double server(const struct report_second *s)
{
    return 100 * s->server_cpu;
}

static double own(const struct report_second *s)
{
    return 100 * s->own_cpu;
}

static const struct curve panels[][2] = {
    {{"packets/s from the server", received}, {"to the server", sent}},
    {{"lost, %", loss}, {NULL, NULL}},
    {{"latency p50, us", median}, {"p99", slow}},
    {{"CPU of the server, % of a core", server}, {"sluice-bench", own}},
};

#define PANELS (sizeof panels / sizeof *panels)

struct axes {
    int y;         /* top of the panel */
    double most_x; /* seconds */
    double most_y;
};

static int place_x(const struct axes *a, double seconds)
{
    return LEFT + (int)(seconds / a->most_x * (WIDTH - LEFT - RIGHT));
}

static int place_y(const struct axes *a, double value)
{
    return a->y + PANEL_HEIGHT - (int)(value / a->most_y * PANEL_HEIGHT);
}

/* The next of 1, 2, 5, 10, ... that is not less. */
static double round_up(double v)
{
    static const double steps[] = {1, 2, 5, 10};
    double power = 1e-3;
    while (power * 10 < v)
        power *= 10;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] * power >= v)
            return steps[i] * power;
    }
    return v;
}

static double greatest(const struct report *r, const struct curve *c)
{
    double most = 0;
    for (size_t i = 0; c->value && i < r->second_count; i++) {
        double v = c->value(&r->seconds[i]);
        most = v > most ? v : most;
    }
    return most;
}

static void draw_measured(struct canvas *c, const struct report *r, const struct axes *a)
{
    double from = -1, to = 0;
    for (size_t i = 0; i < r->second_count; i++) {
        if (!r->seconds[i].measured)
            continue;
        from = from < 0 && i > 0 ? r->seconds[i - 1].at : from;
        to = r->seconds[i].at;
    }
    if (from >= 0)
        canvas_box(c, place_x(a, from), a->y, place_x(a, to) - place_x(a, from), PANEL_HEIGHT,
                   shade);
}

static void draw_axes(struct canvas *c, const struct axes *a)
{
    char text[32];
    for (int i = 0; i <= GRID; i++) {
        double x = a->most_x * i / GRID, y = a->most_y * i / GRID;
        canvas_line(c, LEFT, place_y(a, y), WIDTH - RIGHT, place_y(a, y), grey);
        int len = snprintf(text, sizeof text, "%.6g", y);
        canvas_text(c, LEFT - 6 - len * CANVAS_CHARACTER_WIDTH, place_y(a, y) - 3, text, black);
        snprintf(text, sizeof text, "%.1f s", x);
        canvas_text(c, place_x(a, x) - 12, a->y + PANEL_HEIGHT + 5, text, black);
    }
    canvas_line(c, LEFT, a->y, LEFT, a->y + PANEL_HEIGHT, black);
    canvas_line(c, LEFT, a->y + PANEL_HEIGHT, WIDTH - RIGHT, a->y + PANEL_HEIGHT, black);
}

static void draw_curve(struct canvas *c, const struct report *r, const struct axes *a,
                       const struct curve *curve, struct colour colour)
{
    for (size_t i = 1; i < r->second_count; i++) {
        const struct report_second *s = &r->seconds[i - 1];
        canvas_line(c, place_x(a, s[0].at), place_y(a, curve->value(&s[0])), place_x(a, s[1].at),
                    place_y(a, curve->value(&s[1])), colour);
    }
}

static void draw_panel(struct canvas *c, const struct report *r, size_t index)
{
    const struct curve *curves = panels[index];
    double most = greatest(r, &curves[0]), other = greatest(r, &curves[1]);
    struct axes a = {.y = TOP + (int)index * (PANEL_HEIGHT + GAP) + 14,
                     .most_x = r->second_count > 0 ? r->seconds[r->second_count - 1].at : 1,
                     .most_y = round_up(other > most ? other : most)};
    draw_measured(c, r, &a);
    draw_axes(c, &a);
    canvas_text(c, LEFT, a.y - 12, curves[0].name, first_colour);
    draw_curve(c, r, &a, &curves[0], first_colour);
    if (!curves[1].value)
        return;
    int behind = LEFT + ((int)strlen(curves[0].name) + 3) * CANVAS_CHARACTER_WIDTH;
    canvas_text(c, behind, a.y - 12, curves[1].name, second_colour);
    draw_curve(c, r, &a, &curves[1], second_colour);
}

bool plot_write(const struct report *r, const char *path)
{
    struct canvas c;
    char title[160];
    if (!canvas_init(&c, WIDTH, TOP + (int)PANELS * (PANEL_HEIGHT + GAP)))
        return false;
    snprintf(title, sizeof title, "%s %u / %u, %.2f us of server CPU per packet, lost %.4f %%",
             shape_name(&r->settings->shape), r->settings->shape.publishers,
             r->settings->shape.subscribers, r->per_packet, 100 * r->loss);
    canvas_text(&c, LEFT, 10, title, black);
    for (size_t i = 0; i < PANELS; i++)
        draw_panel(&c, r, i);
    bool done = canvas_write_png(&c, path);
    canvas_free(&c);
    return done;
}
