/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/token/names.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "authz/token/canonical.h"
#include "common/base64.h"

#define TEXTS_MAX 3

bool name_hash(const char *const *texts, size_t count, char out[static NAME_HASH_SIZE])
{
    char json[CANONICAL_SIZE(TEXTS_MAX, TEXTS_MAX * NAMES_TEXT_MAX)];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (count > TEXTS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strlen(texts[i]) > NAMES_TEXT_MAX)
            return false;
    }
    size_t n = canonical_array(texts, count, json);
    if (!EVP_Digest(json, n, digest, &length, EVP_sha256(), NULL) || length != 32)
        return false;
    char padded[BASE64_ENCODED_SIZE(32)];
    size_t written = base64_encode(digest, length, BASE64_STANDARD, false, padded);
    memcpy(out, padded, written + 1);
    return true;
}

bool name_room(const char *room_id, const char *slot_id, char out[static NAME_HASH_SIZE])
{
    return name_hash((const char *const[]){room_id, slot_id}, 2, out);
}

bool name_member(const char *user_id, const char *device_id, const char *member_id,
                 char out[static NAME_HASH_SIZE])
{
    return name_hash((const char *const[]){user_id, device_id, member_id}, 3, out);
}

bool name_device(const char *user_id, const char *device_id, char out[static IDENTITY_SIZE])
{
    if (strlen(user_id) > NAMES_TEXT_MAX || strlen(device_id) > NAMES_TEXT_MAX)
        return false;
    snprintf(out, IDENTITY_SIZE, "%s:%s", user_id, device_id);
    return true;
}
