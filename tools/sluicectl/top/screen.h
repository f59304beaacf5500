/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text with a look each, as many and as long as a terminal has room for. */
#ifndef SLUICE_TOOLS_SLUICECTL_TOP_SCREEN_H
#define SLUICE_TOOLS_SLUICECTL_TOP_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "tools/sluicectl/table.h"

#define SCREEN_ROWS 256
#define SCREEN_LINE 1024 /* bytes */

enum look { LOOK_PLAIN, LOOK_BOLD, LOOK_HEADING, LOOK_WARNING, LOOK_DIM };

struct screen {
    size_t rows, columns; /* of the terminal; 0: no limit */
    size_t used;
    struct {
        enum look look;
        char text[SCREEN_LINE];
    } line[SCREEN_ROWS];
};

void screen_begin(struct screen *s, size_t rows, size_t columns);

/* How many more lines there is room for. */
size_t screen_room(const struct screen *s);

/* A line, cut to the width; dropped if there is no room. */
void screen_line(struct screen *s, enum look look, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A table's headings and as many rows as there is room for, less `keep` lines. */
void screen_table(struct screen *s, const struct table *t, size_t keep);

/* As plain text, or drawn over what a terminal shows. */
void screen_print(const struct screen *s, FILE *to);
void screen_draw(const struct screen *s, FILE *to);

#endif
