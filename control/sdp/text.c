/* SPDX-License-Identifier: Apache-2.0 */
#include "control/sdp/text.h"

#include <string.h>
#include <strings.h>

bool sdp_text_is(struct sdp_text t, const char *s)
{
    return strlen(s) == t.len && memcmp(t.at, s, t.len) == 0;
}

bool sdp_text_is_nocase(struct sdp_text t, const char *s)
{
    return strlen(s) == t.len && strncasecmp(t.at, s, t.len) == 0;
}

bool sdp_text_equal(struct sdp_text a, struct sdp_text b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool sdp_text_skip(struct sdp_text *t, const char *prefix)
{
    size_t n = strlen(prefix);
    if (t->len < n || memcmp(t->at, prefix, n) != 0)
        return false;
    t->at += n;
    t->len -= (uint32_t)n;
    return true;
}

struct sdp_text sdp_text_cut(struct sdp_text *t, char separator)
{
    struct sdp_text part = *t;
    const char *end = t->len ? memchr(t->at, separator, t->len) : NULL;
    if (!end) {
        t->at += t->len;
        t->len = 0;
        return part;
    }
    part.len = (uint32_t)(end - t->at);
    t->at += part.len + 1;
    t->len -= part.len + 1;
    return part;
}

struct sdp_text sdp_text_trim(struct sdp_text t)
{
    while (t.len && t.at[0] == ' ') {
        t.at++;
        t.len--;
    }
    while (t.len && t.at[t.len - 1] == ' ')
        t.len--;
    return t;
}

bool sdp_text_number(struct sdp_text t, uint64_t max, uint64_t *value)
{
    uint64_t v = 0;
    if (t.len == 0 || t.len > 19)
        return false;
    for (uint32_t i = 0; i < t.len; i++) {
        if (t.at[i] < '0' || t.at[i] > '9')
            return false;
        v = v * 10 + (uint64_t)(t.at[i] - '0');
    }
    *value = v;
    return v <= max;
}

bool sdp_text_copy(struct sdp_text t, char *buf, size_t cap)
{
    bool fits = t.len < cap;
    size_t n = fits ? t.len : 0;
    if (n)
        memcpy(buf, t.at, n);
    buf[n] = '\0';
    return fits;
}

bool sdp_text_parameter(struct sdp_text list, const char *key, struct sdp_text *value)
{
    while (list.len) {
        struct sdp_text pair = sdp_text_trim(sdp_text_cut(&list, ';'));
        struct sdp_text name = sdp_text_cut(&pair, '=');
        if (sdp_text_is_nocase(name, key)) {
            *value = pair;
            return true;
        }
    }
    return false;
}
