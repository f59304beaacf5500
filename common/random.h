/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Randomness from the kernel, and the identifiers made of it.
 */
#ifndef SLUICE_COMMON_RANDOM_H
#define SLUICE_COMMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills buf with bytes of getrandom(2); ends the process if the kernel has none to give. */
void random_bytes(void *buf, size_t len);

uint32_t random_u32(void);
uint64_t random_u64(void);

/* Writes `prefix`, `count` characters of the 57-letter alphabet of LiveKit's ids (no 0, 1, I, O,
 * l), and NUL. buf holds strlen(prefix) + count + 1 bytes. Returns buf. */
char *random_id(char *buf, const char *prefix, size_t count);

/* `count` letters and digits (RFC 8839 ice-char without '+' and '/'), and NUL. Returns buf. */
char *random_ice_chars(char *buf, size_t count);

#endif
