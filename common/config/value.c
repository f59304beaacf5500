/* SPDX-License-Identifier: Apache-2.0 */
#include "common/config/value.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool value_bool(const char *text, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on"};
    for (size_t i = 0; i < 6; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool value_number(const char *text, int64_t *out)
{
    bool negative = *text == '-';
    int64_t n = 0;
    if (*text == '-' || *text == '+')
        text++;
    if (!is_digit(*text))
        return false;
    for (; *text; text++) {
        if (*text == '_' && is_digit(text[-1]) && is_digit(text[1]))
            continue;
        if (!is_digit(*text) || n > INT64_MAX / 10 - 1)
            return false;
        n = n * 10 + (*text - '0');
    }
    *out = negative ? -n : n;
    return true;
}

/* The length of the unit at text, and its nanoseconds. */
static size_t read_unit(const char *text, double *nanoseconds)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1},   {"us", 1e3}, {"\xc2\xb5s", 1e3}, {"\xce\xbcs", 1e3},
                 {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},        {"h", 3600e9}};
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        size_t n = strlen(units[i].name);
        if (strncmp(text, units[i].name, n) == 0) {
            *nanoseconds = units[i].ns;
            return n;
        }
    }
    return 0;
}

/* Digits with at most one dot; strtod would take hexadecimal and words too. */
static size_t decimal_length(const char *text)
{
    size_t n = 0, dots = 0;
    while (is_digit(text[n]) || (text[n] == '.' && dots == 0)) {
        dots += text[n] == '.';
        n++;
    }
    return n > dots && n < 32 ? n : 0;
}

bool value_duration(const char *text, usec_t *out)
{
    int64_t bare;
    double total = 0, unit = 0;
    if (value_number(text, &bare)) {
        *out = (usec_t)bare / 1000;
        return bare >= 0;
    }
    if (!*text)
        return false;
    while (*text) {
        size_t n = decimal_length(text);
        size_t u = n > 0 ? read_unit(text + n, &unit) : 0;
        if (u == 0)
            return false;
        total += strtod(text, NULL) * unit;
        text += n + u;
    }
    if (total > 9e18)
        return false;
    *out = (usec_t)(total / 1e3 + 0.5);
    return true;
}

static bool read_port(const char *text, uint16_t *out)
{
    int64_t n;
    while (*text == ' ')
        text++;
    if (!value_number(text, &n) || n < 1 || n > 65535)
        return false;
    *out = (uint16_t)n;
    return true;
}

bool value_ports(const char *text, uint16_t *first, uint16_t *last)
{
    char part[16];
    const char *dash = strchr(text, '-');
    if (!dash)
        return read_port(text, first) && read_port(text, last);
    size_t n = (size_t)(dash - text);
    while (n > 0 && text[n - 1] == ' ')
        n--;
    if (n >= sizeof(part))
        return false;
    memcpy(part, text, n);
    part[n] = 0;
    return read_port(part, first) && read_port(dash + 1, last) && *first < *last;
}
