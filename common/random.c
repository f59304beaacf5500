/* SPDX-License-Identifier: Apache-2.0 */
#include "common/random.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

void random_bytes(void *buf, size_t len)
{
    uint8_t *p = buf;
    while (len > 0) {
        ssize_t n = getrandom(p, len, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            abort();
        p += n;
        len -= (size_t)n;
    }
}

uint32_t random_u32(void)
{
    uint32_t v;
    random_bytes(&v, sizeof(v));
    return v;
}

uint64_t random_u64(void)
{
    uint64_t v;
    random_bytes(&v, sizeof(v));
    return v;
}

/* Bytes that would favour the first letters are thrown away. */
static void random_letters(char *out, size_t count, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    unsigned limit = (unsigned)(256 - 256 % letters);
    for (size_t i = 0; i < count;) {
        uint8_t raw[32];
        random_bytes(raw, sizeof(raw));
        for (size_t j = 0; j < sizeof(raw) && i < count; j++) {
            if (raw[j] < limit)
                out[i++] = alphabet[raw[j] % letters];
        }
    }
    out[count] = 0;
}

char *random_id(char *buf, const char *prefix, size_t count)
{
    size_t n = strlen(prefix);
    memcpy(buf, prefix, n);
    random_letters(buf + n, count, "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz");
    return buf;
}

char *random_ice_chars(char *buf, size_t count)
{
    random_letters(buf, count, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");
    return buf;
}
