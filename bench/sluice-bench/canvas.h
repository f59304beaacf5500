/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small picture: lines and text on white, written as PNG (RFC 2083).
 */
#ifndef SLUICE_BENCH_CANVAS_H
#define SLUICE_BENCH_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

struct canvas {
    int width, height;
    uint8_t *pixels; /* RGB, rows from the top */
};

struct colour {
    uint8_t red, green, blue;
};

/* False if memory is out. */
bool canvas_init(struct canvas *c, int width, int height);
void canvas_free(struct canvas *c);

/* What is outside the picture is left out. */
void canvas_line(struct canvas *c, int x0, int y0, int x1, int y1, struct colour colour);
void canvas_box(struct canvas *c, int x, int y, int width, int height, struct colour colour);

#define CANVAS_CHARACTER_WIDTH  6
#define CANVAS_CHARACTER_HEIGHT 8

/* Digits, letters (as capitals), space and . , : / % - ( ) = *; others are left blank. */
void canvas_text(struct canvas *c, int x, int y, const char *text, struct colour colour);

bool canvas_write_png(const struct canvas *c, const char *path);

#endif
