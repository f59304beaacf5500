/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/token/canonical.h"

#include <string.h>

static char *put_escape(char *at, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\"\"\\\\\bb\tt\nn\ff\rr";
    *at++ = '\\';
    for (const char *s = shorts; *s; s += 2) {
        if ((unsigned char)*s != c)
            continue;
        *at++ = s[1];
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = hex[c >> 4];
    at[4] = hex[c & 15];
    return at + 5;
}

static char *put_text(char *at, const char *text)
{
    *at++ = '"';
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == '"' || *p == '\\')
            at = put_escape(at, *p);
        else
            *at++ = (char)*p;
    }
    *at++ = '"';
    return at;
}

size_t canonical_array(const char *const *texts, size_t count, char *out)
{
    char *at = out;
    *at++ = '[';
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *at++ = ',';
        at = put_text(at, texts[i]);
    }
    *at++ = ']';
    *at = 0;
    return (size_t)(at - out);
}
