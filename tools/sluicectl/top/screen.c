/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/top/screen.h"

#include <stdarg.h>
#include <string.h>

#include "tools/sluicectl/format.h"

void screen_begin(struct screen *s, size_t rows, size_t columns)
{
    s->rows = rows;
    s->columns = columns;
    s->used = 0;
}

size_t screen_room(const struct screen *s)
{
    size_t most = s->rows > 0 && s->rows < SCREEN_ROWS ? s->rows : SCREEN_ROWS;
    return most - s->used;
}

static void cut(char *text, size_t columns)
{
    while (columns > 0 && format_width(text) > columns) {
        size_t n = strlen(text) - 1;
        while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        text[n] = 0;
    }
}

void screen_line(struct screen *s, enum look look, const char *fmt, ...)
{
    va_list ap;
    if (screen_room(s) == 0)
        return;
    s->line[s->used].look = look;
    va_start(ap, fmt);
    vsnprintf(s->line[s->used].text, SCREEN_LINE, fmt, ap);
    va_end(ap);
    cut(s->line[s->used++].text, s->columns);
}

void screen_table(struct screen *s, const struct table *t, size_t keep)
{
    char line[SCREEN_LINE];
    for (size_t row = 0; row <= table_rows(t) && screen_room(s) > keep; row++)
        screen_line(s, row == 0 ? LOOK_HEADING : LOOK_PLAIN, "%s",
                    table_line(t, row, s->columns, line, sizeof(line)));
}

void screen_print(const struct screen *s, FILE *to)
{
    for (size_t i = 0; i < s->used; i++)
        fprintf(to, "%s\n", s->line[i].text);
}

/* Goes home and writes over what is there; what is left of each line and below is cleared: nothing
 * flickers. */
void screen_draw(const struct screen *s, FILE *to)
{
    static const char *const begin[] = {[LOOK_PLAIN] = "",
                                        [LOOK_BOLD] = "\033[1m",
                                        [LOOK_HEADING] = "\033[7m",
                                        [LOOK_WARNING] = "\033[1;31m",
                                        [LOOK_DIM] = "\033[2m"};
    fputs("\033[H", to);
    for (size_t i = 0; i < s->used; i++) {
        size_t width = format_width(s->line[i].text);
        int fill =
            s->line[i].look == LOOK_HEADING && s->columns > width ? (int)(s->columns - width) : 0;
        fprintf(to, "%s%s%*s\033[0m\033[K%s", begin[s->line[i].look], s->line[i].text, fill, "",
                i + 1 < s->used ? "\r\n" : "");
    }
    fputs("\033[J", to);
    fflush(to);
}
