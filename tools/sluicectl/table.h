/* SPDX-License-Identifier: Apache-2.0 */
/* Rows under headings, columns as wide as they need to be. */
#ifndef SLUICE_TOOLS_SLUICECTL_TABLE_H
#define SLUICE_TOOLS_SLUICECTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS 16
#define TABLE_CELL    72 /* bytes, with NUL; longer texts are cut */

struct table {
    size_t columns, cells, capacity;
    bool right[TABLE_COLUMNS]; /* numbers */
    char (*cell)[TABLE_CELL];  /* row by row; the headings first */
};

/* `headings`: "ROOM|>IN|>OUT"; '>' makes a column of numbers. */
void table_begin(struct table *t, const char *headings);

/* The next cell; texts of strangers go through format_clean(). */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_text(struct table *t, const char *text); /* NULL: "-" */

/* Rows without the headings. */
size_t table_rows(const struct table *t);

/* One line, row 0 is the headings, without a newline; cut at `width` columns (0: not at all).
 * Returns buf. */
const char *table_line(const struct table *t, size_t row, size_t width, char *buf, size_t size);

/* All of it, with two blanks before each line. */
void table_print(const struct table *t, FILE *to);
void table_end(struct table *t);

#endif
