/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as letters and digits alone: a big-endian number in base 62 (0-9, A-Z, a-z).
 */
#ifndef SLUICE_COMMON_BASE62_H
#define SLUICE_COMMON_BASE62_H

#include <stddef.h>

/* Room for the text of n bytes, with NUL: each byte takes 1.344 characters. */
#define BASE62_SIZE(n) ((n)*1376 / 1024 + 2)

/* Writes the text and NUL to out (BASE62_SIZE(len) bytes); returns its length. Leading zero bytes
 * are lost. Takes time by the square of len: for texts of some hundred bytes. */
size_t base62_encode(const void *data, size_t len, char *out);

#endif
