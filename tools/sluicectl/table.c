/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sluicectl/format.h"

#define GAP 2 /* blanks between columns */

static char *new_cell(struct table *t)
{
    if (t->cells == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 64;
        void *grown = realloc(t->cell, capacity * TABLE_CELL);
        if (!grown)
            return NULL;
        t->cell = grown;
        t->capacity = capacity;
    }
    return t->cell[t->cells++];
}

void table_begin(struct table *t, const char *headings)
{
    *t = (struct table){0};
    while (*headings && t->columns < TABLE_COLUMNS) {
        size_t n = strcspn(headings, "|");
        t->right[t->columns] = *headings == '>';
        char *cell = new_cell(t);
        if (!cell)
            return;
        snprintf(cell, TABLE_CELL, "%.*s", (int)(n - t->right[t->columns]),
                 headings + t->right[t->columns]);
        t->columns++;
        headings += n + (headings[n] == '|');
    }
}

void table_cell(struct table *t, const char *fmt, ...)
{
    va_list ap;
    char *cell = new_cell(t);
    if (!cell)
        return;
    va_start(ap, fmt);
    vsnprintf(cell, TABLE_CELL, fmt, ap);
    va_end(ap);
}

void table_text(struct table *t, const char *text)
{
    char *cell = new_cell(t);
    if (cell)
        format_clean(text && *text ? text : "-", cell, TABLE_CELL);
}

size_t table_rows(const struct table *t)
{
    return t->columns ? t->cells / t->columns - 1 : 0;
}

static size_t column_width(const struct table *t, size_t column)
{
    size_t widest = 0;
    for (size_t i = column; i < t->cells; i += t->columns) {
        size_t w = format_width(t->cell[i]);
        widest = w > widest ? w : widest;
    }
    return widest;
}

/* Cuts a line after so many columns. */
static void cut(char *line, size_t width)
{
    while (format_width(line) > width) {
        size_t n = strlen(line) - 1;
        while (n > 0 && ((unsigned char)line[n] & 0xc0) == 0x80)
            n--;
        line[n] = 0;
    }
}

const char *table_line(const struct table *t, size_t row, size_t width, char *buf, size_t size)
{
    size_t at = 0;
    buf[0] = 0;
    for (size_t c = 0; c < t->columns && at < size; c++) {
        const char *text = t->cell[row * t->columns + c];
        size_t pad = column_width(t, c) - format_width(text);
        bool last = c + 1 == t->columns;
        at += (size_t)snprintf(buf + at, size - at, "%*s%s%*s", t->right[c] ? (int)pad : 0, "",
                               text, last ? 0 : (int)((t->right[c] ? 0 : pad) + GAP), "");
    }
    if (width > 0)
        cut(buf, width);
    return buf;
}

void table_print(const struct table *t, FILE *to)
{
    char line[TABLE_COLUMNS * (TABLE_CELL + GAP)];
    for (size_t row = 0; row <= table_rows(t); row++)
        fprintf(to, "  %s\n", table_line(t, row, 0, line, sizeof(line)));
}

void table_end(struct table *t)
{
    free(t->cell);
    *t = (struct table){0};
}
