/* SPDX-License-Identifier: Apache-2.0 */
#include "common/jwt/keys.h"

#include <string.h>

static struct api_key *find(const struct api_keys *k, const char *key)
{
    for (size_t i = 0; i < k->count; i++) {
        if (strcmp(k->list[i].key, key) == 0)
            return (struct api_key *)&k->list[i];
    }
    return NULL;
}

bool api_keys_add(struct api_keys *k, const char *key, const char *secret)
{
    size_t key_length = strlen(key), secret_length = strlen(secret);
    if (key_length == 0 || key_length > API_KEY_MAX || secret_length == 0 ||
        secret_length > API_SECRET_MAX)
        return false;
    struct api_key *at = find(k, key);
    if (!at && k->count == API_KEYS_MAX)
        return false;
    if (!at)
        at = &k->list[k->count++];
    memcpy(at->key, key, key_length + 1);
    memcpy(at->secret, secret, secret_length + 1);
    return true;
}

const char *api_keys_secret(const struct api_keys *k, const char *key)
{
    const struct api_key *at = find(k, key);
    return at ? at->secret : NULL;
}

void api_keys_wipe(struct api_keys *k)
{
    explicit_bzero(k, sizeof(*k));
}
