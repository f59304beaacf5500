/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base62.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* out[0..n): values of digits, least significant first. Returns how many they are after the number
 * was multiplied by 256 and byte was added. */
static size_t push(char *out, size_t n, uint8_t byte)
{
    unsigned carry = byte;
    for (size_t i = 0; i < n; i++) {
        carry += (unsigned)out[i] * 256;
        out[i] = (char)(carry % 62);
        carry /= 62;
    }
    for (; carry > 0; carry /= 62)
        out[n++] = (char)(carry % 62);
    return n;
}

size_t base62_encode(const void *data, size_t len, char *out)
{
    const uint8_t *bytes = data;
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        n = push(out, n, bytes[i]);
    for (size_t i = 0; i < n / 2; i++) {
        char c = out[i];
        out[i] = out[n - 1 - i];
        out[n - 1 - i] = c;
    }
    for (size_t i = 0; i < n; i++)
        out[i] = digits[(uint8_t)out[i]];
    out[n] = 0;
    return n;
}
