/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/chart/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_LENGTH 256

static void read_axis(struct chart_axis *a, const char *text)
{
    snprintf(a->name, sizeof a->name, "%s", text);
    size_t n = strlen(a->name);
    a->log = n > 4 && strcmp(a->name + n - 4, " log") == 0;
    if (a->log)
        a->name[n - 4] = '\0';
}

static bool begin_panel(struct chart *c, const char *text)
{
    if (c->count == CHART_PANELS)
        return false;
    read_axis(&c->panels[c->count++].axis, text);
    return true;
}

static bool begin_series(struct chart_panel *p, const char *text)
{
    if (!p || p->count == CHART_SERIES)
        return false;
    snprintf(p->series[p->count++].name, CHART_TEXT, "%s", text);
    return true;
}

static bool read_limit(struct chart_panel *p, const char *text)
{
    char *end;
    if (!p)
        return false;
    p->limit = strtod(text, &end);
    p->has_limit = end != text && isfinite(p->limit);
    return p->has_limit;
}

static bool read_point(struct chart_panel *p, const char *line)
{
    if (!p || p->count == 0)
        return false;
    struct chart_series *s = &p->series[p->count - 1];
    char *behind_x, *behind_y;
    double x = strtod(line, &behind_x), y = strtod(behind_x, &behind_y);
    if (behind_x == line || behind_y == behind_x || *behind_y != '\0' || !isfinite(x) ||
        !isfinite(y) || s->count == CHART_POINTS)
        return false;
    s->x[s->count] = x;
    s->y[s->count++] = y;
    return true;
}

static bool read_line(struct chart *c, char *line)
{
    struct chart_panel *p = c->count > 0 ? &c->panels[c->count - 1] : NULL;
    size_t word = strcspn(line, " \t");
    const char *text = line + word + strspn(line + word, " \t");
    if (strncmp(line, "title", word) == 0 && word == 5)
        snprintf(c->title, sizeof c->title, "%s", text);
    else if (word == 1 && line[0] == 'x')
        read_axis(&c->x, text);
    else if (strncmp(line, "panel", word) == 0 && word == 5)
        return begin_panel(c, text);
    else if (strncmp(line, "limit", word) == 0 && word == 5)
        return read_limit(p, text);
    else if (strncmp(line, "series", word) == 0 && word == 6)
        return begin_series(p, text);
    else
        return read_point(p, line);
    return true;
}

unsigned chart_read(struct chart *c, FILE *f)
{
    char line[LINE_MAX_LENGTH];
    unsigned number = 0;
    memset(c, 0, sizeof *c);
    while (fgets(line, sizeof line, f)) {
        number++;
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] != '\0' && line[0] != '#' && !read_line(c, line))
            return number;
    }
    return c->count > 0 ? 0 : number + 1;
}
