/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/sluicectl/format.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

static const char *scaled(double n, double step, const char *units, char buf[static FORMAT_TEXT])
{
    size_t i = 0;
    while (n >= step * 0.9995 && units[i + 1]) {
        n /= step;
        i++;
    }
    if (i == 0)
        snprintf(buf, FORMAT_TEXT, "%.0f", n);
    else
        snprintf(buf, FORMAT_TEXT, "%.*f%c", n < 9.995 ? 2 : n < 99.95 ? 1 : 0, n, units[i]);
    return buf;
}

const char *format_count(double n, char buf[static FORMAT_TEXT])
{
    return scaled(n, 1000, " kMGT", buf);
}

const char *format_bps(double bps, char buf[static FORMAT_TEXT])
{
    return scaled(bps, 1000, " kMGT", buf);
}

const char *format_bytes(double n, char buf[static FORMAT_TEXT])
{
    return scaled(n, 1024, " KMGT", buf);
}

const char *format_us(double us, char buf[static FORMAT_TEXT])
{
    if (us < 1000)
        snprintf(buf, FORMAT_TEXT, "%.0f us", us);
    else if (us < 1e6)
        snprintf(buf, FORMAT_TEXT, "%.*f ms", us < 1e4 ? 2 : us < 1e5 ? 1 : 0, us / 1e3);
    else
        snprintf(buf, FORMAT_TEXT, "%.1f s", us / 1e6);
    return buf;
}

const char *format_age(double seconds, char buf[static FORMAT_TEXT])
{
    unsigned long s = seconds > 0 && seconds < 1e12 ? (unsigned long)seconds : 0;
    if (s < 60)
        snprintf(buf, FORMAT_TEXT, "%lus", s);
    else if (s < 3600)
        snprintf(buf, FORMAT_TEXT, "%lum%02lus", s / 60, s % 60);
    else if (s < 86400)
        snprintf(buf, FORMAT_TEXT, "%luh%02lum", s / 3600, s / 60 % 60);
    else
        snprintf(buf, FORMAT_TEXT, "%lud%02luh", s / 86400, s / 3600 % 24);
    return buf;
}

/* --- texts --- */

/* The next character and its bytes; '?' for what is none. */
static size_t next(const char *text, wchar_t *c)
{
    static locale_t utf8;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    mbstate_t state = {0};
    size_t n = mbrtowc(c, text, strlen(text), &state);
    bool bad = n == (size_t)-1 || n == (size_t)-2;
    if (bad || !iswprint((wint_t)*c) || wcwidth(*c) < 0)
        *c = L'?';
    if (utf8)
        uselocale(before);
    return bad || n == 0 ? 1 : n;
}

static int columns_of(wchar_t c)
{
    static locale_t utf8;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;
    int n = wcwidth(c);
    if (utf8)
        uselocale(before);
    return n < 0 ? 1 : n;
}

size_t format_width(const char *text)
{
    size_t width = 0;
    while (*text) {
        wchar_t c;
        text += next(text, &c);
        width += (size_t)columns_of(c);
    }
    return width;
}

const char *format_clean(const char *text, char *buf, size_t size)
{
    size_t at = 0;
    while (text && *text) {
        wchar_t c;
        size_t n = next(text, &c);
        bool replaced = c == L'?';
        if (at + (replaced ? 1 : n) >= size)
            break;
        if (replaced)
            buf[at++] = '?';
        else
            memcpy(buf + at, text, n);
        at += replaced ? 0 : n;
        text += n;
    }
    buf[at] = 0;
    return buf;
}
