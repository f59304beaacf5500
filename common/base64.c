/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int value_of(char c, enum base64_alphabet alphabet)
{
    const char *letters = alphabet == BASE64_URL ? url : standard;
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == letters[62])
        return 62;
    return c == letters[63] ? 63 : -1;
}

/* The length without padding; BASE64_BAD if the padding is not what the length asks for. */
static size_t strip_padding(const char *text, size_t length)
{
    size_t bare = length;
    while (bare > 0 && length - bare < 2 && text[bare - 1] == '=')
        bare--;
    if (bare % 4 == 1 || (bare < length && length % 4 != 0))
        return BASE64_BAD;
    return bare;
}

size_t base64_decode(const char *text, size_t length, enum base64_alphabet alphabet, uint8_t *out)
{
    size_t bare = strip_padding(text, length), n = 0;
    uint32_t bits = 0;
    if (bare == BASE64_BAD)
        return BASE64_BAD;
    for (size_t i = 0; i < bare; i++) {
        int v = value_of(text[i], alphabet);
        if (v < 0)
            return BASE64_BAD;
        bits = bits << 6 | (uint32_t)v;
        switch (i % 4) {
        case 1:
            out[n++] = (uint8_t)(bits >> 4);
            break;
        case 2:
            out[n++] = (uint8_t)(bits >> 2);
            break;
        case 3:
            out[n++] = (uint8_t)bits;
            break;
        default:
            break;
        }
    }
    return n;
}

size_t base64_encode(const void *data, size_t length, enum base64_alphabet alphabet, bool padded,
                     char *out)
{
    const char *letters = alphabet == BASE64_URL ? url : standard;
    const uint8_t *in = data;
    size_t n = 0;
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t bits = (uint32_t)in[i] << 16;
        bits |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
        bits |= left > 2 ? in[i + 2] : 0;
        out[n++] = letters[bits >> 18];
        out[n++] = letters[bits >> 12 & 63];
        if (left > 1)
            out[n++] = letters[bits >> 6 & 63];
        else if (padded)
            out[n++] = '=';
        if (left > 2)
            out[n++] = letters[bits & 63];
        else if (padded)
            out[n++] = '=';
    }
    out[n] = 0;
    return n;
}
