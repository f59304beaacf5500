/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/canvas.h"

#include "common/bytes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GLYPH_COLUMNS 5
#define GLYPH_ROWS    7

/* Columns from the left, the lowest bit at the top. */
static const uint8_t glyphs[128][GLYPH_COLUMNS] = {
    [' '] = {0x00, 0x00, 0x00, 0x00, 0x00}, ['%'] = {0x23, 0x13, 0x08, 0x64, 0x62},
    ['('] = {0x00, 0x1c, 0x22, 0x41, 0x00}, [')'] = {0x00, 0x41, 0x22, 0x1c, 0x00},
    [','] = {0x00, 0x50, 0x30, 0x00, 0x00}, ['-'] = {0x08, 0x08, 0x08, 0x08, 0x08},
    ['.'] = {0x00, 0x60, 0x60, 0x00, 0x00}, ['/'] = {0x20, 0x10, 0x08, 0x04, 0x02},
    ['0'] = {0x3e, 0x51, 0x49, 0x45, 0x3e}, ['1'] = {0x00, 0x42, 0x7f, 0x40, 0x00},
    ['2'] = {0x42, 0x61, 0x51, 0x49, 0x46}, ['3'] = {0x21, 0x41, 0x45, 0x4b, 0x31},
    ['4'] = {0x18, 0x14, 0x12, 0x7f, 0x10}, ['5'] = {0x27, 0x45, 0x45, 0x45, 0x39},
    ['6'] = {0x3c, 0x4a, 0x49, 0x49, 0x30}, ['7'] = {0x01, 0x71, 0x09, 0x05, 0x03},
    ['8'] = {0x36, 0x49, 0x49, 0x49, 0x36}, ['9'] = {0x06, 0x49, 0x49, 0x29, 0x1e},
    [':'] = {0x00, 0x36, 0x36, 0x00, 0x00}, ['='] = {0x14, 0x14, 0x14, 0x14, 0x14},
    ['A'] = {0x7e, 0x11, 0x11, 0x11, 0x7e}, ['B'] = {0x7f, 0x49, 0x49, 0x49, 0x36},
    ['C'] = {0x3e, 0x41, 0x41, 0x41, 0x22}, ['D'] = {0x7f, 0x41, 0x41, 0x22, 0x1c},
    ['E'] = {0x7f, 0x49, 0x49, 0x49, 0x41}, ['F'] = {0x7f, 0x09, 0x09, 0x09, 0x01},
    ['G'] = {0x3e, 0x41, 0x49, 0x49, 0x7a}, ['H'] = {0x7f, 0x08, 0x08, 0x08, 0x7f},
    ['I'] = {0x00, 0x41, 0x7f, 0x41, 0x00}, ['J'] = {0x20, 0x40, 0x41, 0x3f, 0x01},
    ['K'] = {0x7f, 0x08, 0x14, 0x22, 0x41}, ['L'] = {0x7f, 0x40, 0x40, 0x40, 0x40},
    ['M'] = {0x7f, 0x02, 0x0c, 0x02, 0x7f}, ['N'] = {0x7f, 0x04, 0x08, 0x10, 0x7f},
    ['O'] = {0x3e, 0x41, 0x41, 0x41, 0x3e}, ['P'] = {0x7f, 0x09, 0x09, 0x09, 0x06},
    ['Q'] = {0x3e, 0x41, 0x51, 0x21, 0x5e}, ['R'] = {0x7f, 0x09, 0x19, 0x29, 0x46},
    ['S'] = {0x46, 0x49, 0x49, 0x49, 0x31}, ['T'] = {0x01, 0x01, 0x7f, 0x01, 0x01},
    ['U'] = {0x3f, 0x40, 0x40, 0x40, 0x3f}, ['V'] = {0x1f, 0x20, 0x40, 0x20, 0x1f},
    ['W'] = {0x3f, 0x40, 0x38, 0x40, 0x3f}, ['X'] = {0x63, 0x14, 0x08, 0x14, 0x63},
    ['Y'] = {0x07, 0x08, 0x70, 0x08, 0x07}, ['Z'] = {0x61, 0x51, 0x49, 0x45, 0x43},
};

bool canvas_init(struct canvas *c, int width, int height)
{
    size_t bytes = (size_t)width * (size_t)height * 3;
    *c = (struct canvas){.width = width, .height = height, .pixels = malloc(bytes)};
    if (c->pixels)
        memset(c->pixels, 0xff, bytes);
    return c->pixels != NULL;
}

void canvas_free(struct canvas *c)
{
    free(c->pixels);
    *c = (struct canvas){0};
}

static void set_pixel(struct canvas *c, int x, int y, struct colour colour)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height)
        return;
    uint8_t *p = c->pixels + ((size_t)y * (size_t)c->width + (size_t)x) * 3;
    p[0] = colour.red;
    p[1] = colour.green;
    p[2] = colour.blue;
}

/* Bresenham. */
void canvas_line(struct canvas *c, int x0, int y0, int x1, int y1, struct colour colour)
{
    int dx = abs(x1 - x0), dy = -abs(y1 - y0), sx = x0 < x1 ? 1 : -1, sy = y0 < y1 ? 1 : -1;
    int error = dx + dy;
    for (;;) {
        set_pixel(c, x0, y0, colour);
        if (x0 == x1 && y0 == y1)
            return;
        int twice = 2 * error;
        if (twice >= dy) {
            error += dy;
            x0 += sx;
        }
        if (twice <= dx) {
            error += dx;
            y0 += sy;
        }
    }
}

void canvas_box(struct canvas *c, int x, int y, int width, int height, struct colour colour)
{
    for (int row = y; row < y + height; row++)
        canvas_line(c, x, row, x + width - 1, row, colour);
}

static void draw_glyph(struct canvas *c, int x, int y, const uint8_t *columns, struct colour colour)
{
    for (int i = 0; i < GLYPH_COLUMNS; i++) {
        for (int k = 0; k < GLYPH_ROWS; k++) {
            if (columns[i] >> k & 1)
                set_pixel(c, x + i, y + k, colour);
        }
    }
}

void canvas_text(struct canvas *c, int x, int y, const char *text, struct colour colour)
{
    for (; *text; text++, x += CANVAS_CHARACTER_WIDTH)
        draw_glyph(c, x, y, glyphs[toupper((unsigned char)*text) & 0x7f], colour);
}

/* --- PNG --- */

static bool write_chunk(FILE *f, const char *type, const uint8_t *data, size_t len)
{
    uint8_t head[8], tail[4];
    be32_put(head, (uint32_t)len);
    memcpy(head + 4, type, 4);
    uLong crc = crc32(0, head + 4, 4);
    if (len > 0)
        crc = crc32(crc, data, (uInt)len);
    be32_put(tail, (uint32_t)crc);
    return fwrite(head, 1, 8, f) == 8 && fwrite(data, 1, len, f) == len &&
           fwrite(tail, 1, 4, f) == 4;
}

/* Rows with filter 0, compressed; from malloc. */
static uint8_t *compress_rows(const struct canvas *c, size_t *len)
{
    size_t row = (size_t)c->width * 3, raw_len = (row + 1) * (size_t)c->height;
    uLongf packed_len = compressBound(raw_len);
    uint8_t *raw = malloc(raw_len), *packed = malloc(packed_len);
    for (int y = 0; raw && y < c->height; y++) {
        raw[(row + 1) * (size_t)y] = 0;
        memcpy(raw + (row + 1) * (size_t)y + 1, c->pixels + row * (size_t)y, row);
    }
    if (!raw || !packed || compress(packed, &packed_len, raw, raw_len) != Z_OK) {
        free(packed);
        packed = NULL;
    }
    free(raw);
    *len = packed_len;
    return packed;
}

bool canvas_write_png(const struct canvas *c, const char *path)
{
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    uint8_t header[13] = {[8] = 8 /* bits */, [9] = 2 /* RGB */};
    size_t len;
    uint8_t *rows = compress_rows(c, &len);
    FILE *f = rows ? fopen(path, "we") : NULL;
    if (!f) {
        free(rows);
        return false;
    }
    be32_put(header, (uint32_t)c->width);
    be32_put(header + 4, (uint32_t)c->height);
    bool done = fwrite(signature, 1, sizeof signature, f) == sizeof signature &&
                write_chunk(f, "IHDR", header, sizeof header) &&
                write_chunk(f, "IDAT", rows, len) && write_chunk(f, "IEND", header, 0);
    free(rows);
    return fclose(f) == 0 && done;
}
