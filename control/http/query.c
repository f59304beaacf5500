/* SPDX-License-Identifier: Apache-2.0 */
#include "control/http/query.h"

#include <string.h>
#include <strings.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The byte of an escape at text[i], or -1. */
static int escaped(const char *text, size_t i, size_t length)
{
    int high = i + 2 < length ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    return low >= 0 ? high << 4 | low : -1;
}

size_t query_decode(const char *text, size_t length, bool plus, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int byte = escaped(text, i, length);
            if (byte < 0)
                return QUERY_BAD;
            c = (char)byte;
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        if (c == 0)
            return QUERY_BAD;
        out[n++] = c;
    }
    out[n] = 0;
    return n;
}

/* True if the encoded `text` decodes to `name`; stops at the first difference. */
static bool names(const char *text, size_t length, const char *name)
{
    size_t i = 0;
    for (; *name && i < length; name++, i++) {
        char c = text[i];
        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int byte = escaped(text, i, length);
            if (byte < 0)
                return false;
            c = (char)byte;
            i += 2;
        }
        if (c != *name)
            return false;
    }
    return *name == 0 && i == length;
}

bool query_find(const char *query, size_t length, const char *name, const char **value,
                size_t *value_length)
{
    const char *at = query, *end = query + length;
    while (at < end) {
        const char *stop = memchr(at, '&', (size_t)(end - at));
        if (!stop)
            stop = end;
        const char *equals = memchr(at, '=', (size_t)(stop - at));
        const char *name_end = equals ? equals : stop;
        if (names(at, (size_t)(name_end - at), name)) {
            *value = equals ? equals + 1 : stop;
            *value_length = (size_t)(stop - *value);
            return true;
        }
        at = stop + 1;
    }
    return false;
}

/* "http://host/path" to "/path" (RFC 9112 section 3.2.2). */
static size_t skip_authority(const char *target, size_t length)
{
    size_t scheme = 0;
    if (length >= 7 && strncasecmp(target, "http://", 7) == 0)
        scheme = 7;
    else if (length >= 8 && strncasecmp(target, "https://", 8) == 0)
        scheme = 8;
    while (scheme > 0 && scheme < length && target[scheme] != '/' && target[scheme] != '?')
        scheme++;
    return scheme;
}

size_t query_path(const char *target, size_t length, char *out)
{
    const char *question = memchr(target, '?', length);
    size_t before = question ? (size_t)(question - target) : length;
    size_t start = skip_authority(target, before);
    if (start == before && start > 0) {
        memcpy(out, "/", 2);
        return before;
    }
    if (start == before || target[start] != '/')
        return QUERY_BAD;
    while (start + 1 < before && target[start + 1] == '/')
        start++;
    return query_decode(target + start, before - start, false, out) == QUERY_BAD ? QUERY_BAD
                                                                                 : before;
}
