/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hash of text for tables and for sharing out (FNV-1a, 64 bits). Whoever chooses the text can
 * make collisions: for tables whose size is limited.
 */
#ifndef SLUICE_COMMON_HASH_H
#define SLUICE_COMMON_HASH_H

#include <stdint.h>

#define HASH_START 14695981039346656037ull

/* Goes on from `hash`: HASH_START, or an earlier result. */
static inline uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211ull;
    return hash;
}

#endif
