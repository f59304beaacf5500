/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/turn_credentials.h"

#include "common/base64.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX (API_SECRET_MAX + 64)

_Static_assert(REST_CREDENTIALS_PASSWORD >= BASE64_ENCODED_SIZE(20), "SHA-1");

static bool make_password(struct turn_credentials *c, const char *secret, const char *sid,
                          int64_t expiry)
{
    char text[TEXT_MAX];
    uint8_t sum[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    int n = snprintf(text, sizeof text, "%s|%s|%lld", secret, sid, (long long)expiry);
    bool ok = EVP_Digest(text, (size_t)n, sum, &len, EVP_sha256(), NULL) == 1;
    explicit_bzero(text, sizeof text);
    if (ok)
        base62_encode(sum, len, c->password);
    return ok;
}

static bool make_key(struct turn_credentials *c)
{
    char text[TURN_CREDENTIALS_USER_MAX + TURN_CREDENTIALS_PASSWORD + 16];
    unsigned len = sizeof c->key;
    int n = snprintf(text, sizeof text, "%s:livekit:%s", c->username, c->password);
    return EVP_Digest(text, (size_t)n, c->key, &len, EVP_md5(), NULL) == 1;
}

bool turn_credentials_make(struct turn_credentials *c, const struct api_key *api, const char *sid,
                           int64_t expiry)
{
    char text[API_KEY_MAX + 64];
    int n = snprintf(text, sizeof text, "%s|%s|%lld", api->key, sid, (long long)expiry);
    if (n < 0 || (size_t)n >= sizeof text)
        return false;
    base62_encode(text, (size_t)n, c->username);
    return make_password(c, api->secret, sid, expiry) && make_key(c);
}

bool rest_credentials_make(struct rest_credentials *c, const char *secret, const char *sid,
                           int64_t expiry)
{
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    int n = snprintf(c->username, sizeof c->username, "%lld:%s", (long long)expiry, sid);
    if (n < 0 || (size_t)n >= sizeof c->username ||
        !HMAC(EVP_sha1(), secret, (int)strlen(secret), (const uint8_t *)c->username, (size_t)n, mac,
              &len))
        return false;
    base64_encode(mac, len, BASE64_STANDARD, true, c->password);
    return true;
}
