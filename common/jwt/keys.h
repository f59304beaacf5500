/* SPDX-License-Identifier: Apache-2.0 */
/*
 * API keys and their secrets. Order is kept: the first key signs what names no other.
 */
#ifndef SLUICE_COMMON_JWT_KEYS_H
#define SLUICE_COMMON_JWT_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define API_KEYS_MAX       64
#define API_KEY_MAX        255 /* bytes without NUL */
#define API_SECRET_MAX     511
#define API_SECRET_ADVISED 32 /* shorter ones are guessable: worth a warning */

struct api_key {
    char key[API_KEY_MAX + 1];
    char secret[API_SECRET_MAX + 1];
};

/* A flat value: replace it whole to reload. */
struct api_keys {
    size_t count;
    struct api_key list[API_KEYS_MAX];
};

/* Adds a pair, or replaces the secret of a known key. False if empty, too long, or the list is
 * full. */
bool api_keys_add(struct api_keys *k, const char *key, const char *secret);

/* The secret of a key, or NULL. */
const char *api_keys_secret(const struct api_keys *k, const char *key);

/* Overwrites the secrets. */
void api_keys_wipe(struct api_keys *k);

#endif
