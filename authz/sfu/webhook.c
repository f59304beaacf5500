/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/sfu/webhook.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base64.h"
#include "common/jwt/token.h"
#include "common/proto/livekit/models.pb-c.h"

static bool hash_matches(const char *claimed, const void *body, size_t length)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    char hash[BASE64_ENCODED_SIZE(32)];
    if (!EVP_Digest(body, length, digest, &n, EVP_sha256(), NULL))
        return false;
    size_t written = base64_encode(digest, n, BASE64_STANDARD, true, hash);
    return strlen(claimed) == written && CRYPTO_memcmp(claimed, hash, written) == 0;
}

bool webhook_authentic(const struct api_keys *keys, const char *authorization, const void *body,
                       size_t length, int64_t unix_now)
{
    struct claims c;
    if (!authorization)
        return false;
    if (strncasecmp(authorization, "Bearer ", 7) == 0)
        authorization += 7;
    char *refusal = token_verify(keys, authorization, strlen(authorization), unix_now, &c);
    bool ok = !refusal && hash_matches(c.sha256, body, length);
    if (!refusal)
        claims_free(&c);
    free(refusal);
    return ok;
}

enum sfu_reason sfu_reason_of(const char *name)
{
    if (name && strcmp(name, "CLIENT_INITIATED") == 0)
        return SFU_REASON_CLIENT_INITIATED;
    if (name && (strcmp(name, "SERVER_SHUTDOWN") == 0 || strcmp(name, "MIGRATION") == 0))
        return SFU_REASON_SERVER_SHUTDOWN;
    if (name && strcmp(name, "CONNECTION_TIMEOUT") == 0)
        return SFU_REASON_TIMEOUT;
    return SFU_REASON_OTHER;
}

static enum sfu_event_kind kind_of(const char *name)
{
    if (name && strcmp(name, "participant_joined") == 0)
        return SFU_EVENT_JOINED;
    if (name && strcmp(name, "participant_left") == 0)
        return SFU_EVENT_LEFT;
    if (name && strcmp(name, "participant_connection_aborted") == 0)
        return SFU_EVENT_ABORTED;
    return SFU_EVENT_OTHER;
}

static bool take(const json_t *v, char *out, size_t size)
{
    if (!json_is_string(v) || json_string_length(v) >= size)
        return false;
    memcpy(out, json_string_value(v), json_string_length(v) + 1);
    return true;
}

/* Enumerators are names, or numbers by choice of the sender. */
static enum sfu_reason read_reason(const json_t *v)
{
    if (!json_is_integer(v))
        return sfu_reason_of(json_string_value(v));
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(
        &livekit__disconnect_reason__descriptor, (int)json_integer_value(v));
    return sfu_reason_of(known ? known->name : NULL);
}

bool webhook_read(const char *body, size_t length, struct sfu_event *out)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const json_t *participant = json_object_get(root, "participant");
    *out = (struct sfu_event){0};
    out->kind = kind_of(json_string_value(json_object_get(root, "event")));
    out->reason = read_reason(json_object_get(participant, "disconnectReason"));
    bool ok = json_is_object(root);
    if (ok && out->kind != SFU_EVENT_OTHER)
        ok = take(json_object_get(json_object_get(root, "room"), "name"), out->room,
                  sizeof(out->room)) &&
             take(json_object_get(participant, "identity"), out->identity, sizeof(out->identity));
    json_decref(root);
    return ok;
}
