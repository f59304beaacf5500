/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648): the standard alphabet and the one for URLs.
 */
#ifndef SLUICE_COMMON_BASE64_H
#define SLUICE_COMMON_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum base64_alphabet { BASE64_STANDARD, BASE64_URL };

#define BASE64_BAD ((size_t)-1)

/* Room for the encoding of n bytes with padding and NUL, and for the decoding of n characters. */
#define BASE64_ENCODED_SIZE(n) (((n) + 2) / 3 * 4 + 1)
#define BASE64_DECODED_SIZE(n) (((n) + 3) / 4 * 3)

/* Decodes into out (BASE64_DECODED_SIZE(length) bytes). Padding may be left out, but not be wrong.
 * Returns the number of bytes, or BASE64_BAD. */
size_t base64_decode(const char *text, size_t length, enum base64_alphabet alphabet, uint8_t *out);

/* Encodes with a NUL behind (BASE64_ENCODED_SIZE(length) bytes). Returns the text's length. */
size_t base64_encode(const void *data, size_t length, enum base64_alphabet alphabet, bool padded,
                     char *out);

#endif
