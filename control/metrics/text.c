/* SPDX-License-Identifier: Apache-2.0 */
#include "control/metrics/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct metrics_text *t, size_t n)
{
    if (t->failed)
        return false;
    if (t->length + n < t->room)
        return true;
    size_t room = 2 * (t->length + n + 4096);
    char *more = realloc(t->at, room);
    t->failed = !more;
    if (t->failed)
        return false;
    t->at = more;
    t->room = room;
    return true;
}

static void put(struct metrics_text *t, const char *text, size_t n)
{
    if (!reserve(t, n + 1))
        return;
    memcpy(t->at + t->length, text, n);
    t->length += n;
    t->at[t->length] = 0;
}

static void put_text(struct metrics_text *t, const char *text)
{
    put(t, text, strlen(text));
}

static void __attribute__((format(printf, 2, 3)))
put_format(struct metrics_text *t, const char *format, ...)
{
    char line[512];
    va_list list;
    va_start(list, format);
    int n = vsnprintf(line, sizeof line, format, list);
    va_end(list);
    if (n > 0)
        put(t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

static void put_escaped(struct metrics_text *t, const char *value)
{
    for (; *value; value++) {
        if (*value == '\n')
            put_text(t, "\\n");
        else if (*value == '"' || *value == '\\')
            put(t, (const char[]){'\\', *value}, 2);
        else
            put(t, value, 1);
    }
}

void metrics_family(struct metrics_text *t, const char *name, const char *type, const char *help)
{
    t->family = name;
    put_format(t, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_labels(struct metrics_text *t, const struct metrics_label *labels,
                       const struct metrics_label *extra)
{
    const char *separator = "";
    put_text(t, "{");
    if (t->constant && *t->constant) {
        put_text(t, t->constant);
        separator = ",";
    }
    for (const struct metrics_label *l = labels; l && l->name; l++, separator = ",") {
        put_format(t, "%s%s=\"", separator, l->name);
        put_escaped(t, l->value);
        put_text(t, "\"");
    }
    if (extra)
        put_format(t, "%s%s=\"%s\"", separator, extra->name, extra->value);
    put_text(t, "} ");
}

void metrics_count(struct metrics_text *t, const struct metrics_label *labels, uint64_t value)
{
    put_text(t, t->family);
    put_labels(t, labels, NULL);
    put_format(t, "%llu\n", (unsigned long long)value);
}

void metrics_value(struct metrics_text *t, const struct metrics_label *labels, double value)
{
    put_text(t, t->family);
    put_labels(t, labels, NULL);
    put_format(t, "%.10g\n", value);
}

void metrics_observe(struct metrics_histogram *h, double value)
{
    size_t i = 0;
    while (i < h->count && value > h->bounds[i])
        i++;
    h->in[i]++;
    h->sum += value;
}

void metrics_buckets(struct metrics_text *t, const struct metrics_label *labels,
                     const struct metrics_histogram *h)
{
    uint64_t n = 0;
    for (size_t i = 0; i <= h->count; i++) {
        char bound[32] = "+Inf";
        if (i < h->count)
            snprintf(bound, sizeof bound, "%.10g", h->bounds[i]);
        n += h->in[i];
        put_format(t, "%s_bucket", t->family);
        put_labels(t, labels, &(struct metrics_label){"le", bound});
        put_format(t, "%llu\n", (unsigned long long)n);
    }
    put_format(t, "%s_sum", t->family);
    put_labels(t, labels, NULL);
    put_format(t, "%.10g\n%s_count", h->sum, t->family);
    put_labels(t, labels, NULL);
    put_format(t, "%llu\n", (unsigned long long)n);
}

void metrics_text_free(struct metrics_text *t)
{
    free(t->at);
    *t = (struct metrics_text){0};
}
