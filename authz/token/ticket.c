/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/token/ticket.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"

/* base64url of {"alg":"HS256","typ":"JWT"} */
static const char header[] = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";

static void set(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *grant_of(const struct ticket *t)
{
    json_t *g = json_object();
    if (t->room_create)
        set(g, "roomCreate", json_true());
    if (t->room_admin)
        set(g, "roomAdmin", json_true());
    if (t->join)
        set(g, "roomJoin", json_true());
    if (t->room)
        set(g, "room", json_string(t->room));
    if (!t->join)
        return g;
    set(g, "canPublish", json_boolean(t->can_publish));
    set(g, "canSubscribe", json_true());
    if (t->can_update_own_metadata)
        set(g, "canUpdateOwnMetadata", json_true());
    return g;
}

static json_t *claims_of(const struct ticket *t)
{
    json_t *c = json_object();
    set(c, "iss", json_string(t->key));
    if (t->identity)
        set(c, "sub", json_string(t->identity));
    set(c, "iat", json_integer(t->now));
    set(c, "nbf", json_integer(t->now));
    set(c, "exp", json_integer(t->now + t->valid_s));
    set(c, "video", grant_of(t));
    return c;
}

/* In ASCII these four alone give the 62nd and 63rd letter. In JSON they stand within texts only. */
static char *escape_for_atob(const char *json)
{
    static const char hex[] = "0123456789abcdef";
    char *out = malloc(6 * strlen(json) + 1), *at = out;
    for (const char *p = json; out && *p; p++) {
        if (!strchr("<>?~\x7f", *p)) {
            *at++ = *p;
            continue;
        }
        memcpy(at, "\\u00", 4);
        at[4] = hex[*p >> 4 & 7];
        at[5] = hex[*p & 15];
        at += 6;
    }
    if (out)
        *at = 0;
    return out;
}

char *ticket_payload(const struct ticket *t)
{
    json_t *claims = claims_of(t);
    char *json = json_dumps(claims, JSON_COMPACT | JSON_ENSURE_ASCII);
    char *out = json ? escape_for_atob(json) : NULL;
    json_decref(claims);
    free(json);
    return out;
}

char *ticket_sign(const struct ticket *t)
{
    char *payload = ticket_payload(t);
    size_t length = payload ? strlen(payload) : 0, n = sizeof(header) - 1;
    char *token = malloc(n + BASE64_ENCODED_SIZE(length) + BASE64_ENCODED_SIZE(32) + 2);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned mac_length = 0;
    if (!payload || !token)
        goto fail;
    memcpy(token, header, n);
    token[n++] = '.';
    n += base64_encode(payload, length, BASE64_URL, false, token + n);
    if (!HMAC(EVP_sha256(), t->secret, (int)strlen(t->secret), (const unsigned char *)token, n, mac,
              &mac_length))
        goto fail;
    token[n++] = '.';
    base64_encode(mac, mac_length, BASE64_URL, false, token + n);
    free(payload);
    return token;
fail:
    free(payload);
    free(token);
    return NULL;
}
