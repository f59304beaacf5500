/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test vectors written as hexadecimal text.
 */
#ifndef SLUICE_TESTS_UNIT_HEX_H
#define SLUICE_TESTS_UNIT_HEX_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Bytes of `text`, blanks left out. */
static inline size_t hex_bytes(const char *text, uint8_t *out, size_t cap)
{
    static const char digits[] = "0123456789abcdef";
    size_t nibbles = 0;
    for (; *text && nibbles / 2 < cap; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            continue;
        uint8_t v = (uint8_t)(digit - digits);
        if (nibbles % 2 == 0)
            out[nibbles / 2] = (uint8_t)(v << 4);
        else
            out[nibbles / 2] |= v;
        nibbles++;
    }
    return nibbles / 2;
}

#endif
