/* SPDX-License-Identifier: Apache-2.0 */
#include "common/jwt/token.h"

#include <jansson.h>
#include <jwt.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/jwt/claims_json.h"

#define REFRESH_VALID_S 600

static const char not_a_token[] = "invalid authorization token";
static const char bad_signature[] = "token signature is invalid: ";
static const char bad_claims[] = "token has invalid claims: ";

static char *text_or_empty(char *text)
{
    return text ? text : strdup("");
}

static char *__attribute__((format(printf, 1, 2))) format(const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return text_or_empty(n < 0 ? NULL : text);
}

/* --- taking a token apart --- */

struct parts {
    char *copy; /* the token with a NUL behind */
    json_t *header, *payload;
};

static json_t *decode_part(const char *text, size_t length)
{
    uint8_t *bytes = malloc(BASE64_DECODED_SIZE(length) + 1);
    json_t *json = NULL;
    if (!bytes)
        return NULL;
    size_t n =
        memchr(text, '=', length) ? BASE64_BAD : base64_decode(text, length, BASE64_URL, bytes);
    if (n != BASE64_BAD)
        json = json_loadb((const char *)bytes, n, 0, NULL);
    free(bytes);
    if (!json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static void parts_free(struct parts *p)
{
    free(p->copy);
    json_decref(p->header);
    json_decref(p->payload);
}

/* Exactly three parts, the first two of them JSON objects. */
static bool parts_split(struct parts *p, const char *token, size_t length)
{
    const char *end = token + length;
    const char *dot = memchr(token, '.', length);
    const char *second = dot ? memchr(dot + 1, '.', (size_t)(end - dot - 1)) : NULL;
    *p = (struct parts){0};
    if (!second || memchr(second + 1, '.', (size_t)(end - second - 1)) || memchr(token, 0, length))
        return false;
    p->copy = strndup(token, length);
    p->header = decode_part(token, (size_t)(dot - token));
    p->payload = decode_part(dot + 1, (size_t)(second - dot - 1));
    return p->copy && p->header && p->payload;
}

/* The names of RFC 7518 section 3.1 and RFC 8037; others make a token unreadable. */
static bool algorithm_known(const char *alg)
{
    static const char *const known[] = {"HS256", "HS384", "HS512", "RS256", "RS384",
                                        "RS512", "ES256", "ES384", "ES512", "PS256",
                                        "PS384", "PS512", "EdDSA", "none"};
    for (size_t i = 0; alg && i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(alg, known[i]) == 0)
            return true;
    }
    return false;
}

/* --- checking it --- */

static char *check_signature(const struct parts *p, const char *secret)
{
    const char *alg = json_string_value(json_object_get(p->header, "alg"));
    jwt_t *jwt = NULL;
    if (strcmp(alg, "HS256") != 0)
        return format("%ssigning method %s is invalid", bad_signature, alg);
    int error = jwt_decode(&jwt, p->copy, (const unsigned char *)secret, (int)strlen(secret));
    bool valid = error == 0 && jwt && jwt_get_alg(jwt) == JWT_ALG_HS256;
    jwt_free(jwt);
    return valid ? NULL : format("%ssignature is invalid", bad_signature);
}

static bool has(const struct parts *p, const char *name)
{
    const json_t *v = json_object_get(p->payload, name);
    return v && !json_is_null(v);
}

static char *check_times(const struct parts *p, const struct claims *c, int64_t now)
{
    bool expired = has(p, "exp") && now >= c->expires + TOKEN_LEEWAY;
    bool early = has(p, "nbf") && now < c->not_before - TOKEN_LEEWAY;
    if (!expired && !early)
        return NULL;
    return format("%s%s%s%s", bad_claims, expired ? "token is expired" : "",
                  expired && early ? ", " : "", early ? "token is not valid yet" : "");
}

static char *verify_parts(const struct api_keys *keys, const struct parts *p, int64_t now,
                          const struct claims *c)
{
    const char *secret = api_keys_secret(keys, c->api_key);
    if (!secret)
        return format("invalid API key: %s", c->api_key);
    char *detail = check_signature(p, secret);
    if (!detail)
        detail = check_times(p, c, now);
    if (!detail)
        return NULL;
    char *text = format("invalid token: %s, error: %s", p->copy, detail);
    free(detail);
    return text;
}

char *token_verify(const struct api_keys *keys, const char *token, size_t length, int64_t unix_now,
                   struct claims *out)
{
    struct parts p = {0};
    char *refusal = NULL;
    *out = (struct claims){0};
    if (length > TOKEN_LENGTH_MAX || !parts_split(&p, token, length) ||
        !algorithm_known(json_string_value(json_object_get(p.header, "alg"))) ||
        !claims_from_json(p.payload, out)) {
        refusal = text_or_empty(strdup(not_a_token));
    } else {
        refusal = verify_parts(keys, &p, unix_now, out);
        if (refusal)
            claims_free(out);
    }
    parts_free(&p);
    return refusal;
}

/* --- making one --- */

/* Takes over `payload`. */
static char *sign_json(json_t *payload, const char *secret)
{
    char *text = payload ? json_dumps(payload, JSON_COMPACT) : NULL, *token = NULL;
    jwt_t *jwt = NULL;
    json_decref(payload);
    if (text && jwt_new(&jwt) == 0 && jwt_add_grants_json(jwt, text) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    free(text);
    return token;
}

char *token_sign(const struct api_keys *keys, const struct claims *c)
{
    struct claims signer = *c; /* shallow: only the key's name differs */
    if (keys->count == 0)
        return NULL;
    if (!*c->api_key)
        signer.api_key = (char *)keys->list[0].key;
    const char *secret = api_keys_secret(keys, signer.api_key);
    return secret ? sign_json(claims_to_json(&signer), secret) : NULL;
}

char *token_sign_refresh(const struct api_keys *keys, const struct claims *c, int64_t unix_now)
{
    struct claims fresh = *c;
    fresh.api_key = (char *)"";
    fresh.not_before = fresh.issued_at = unix_now;
    fresh.expires = unix_now + REFRESH_VALID_S;
    if (c->expires > fresh.expires)
        fresh.expires = c->expires;
    return token_sign(keys, &fresh);
}

char *token_sign_body(const struct api_keys *keys, const char *api_key, const void *body,
                      size_t length, int64_t unix_now, unsigned valid_s)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_length = 0;
    char hash[BASE64_ENCODED_SIZE(32)];
    struct claims c;
    if (!EVP_Digest(body, length, digest, &digest_length, EVP_sha256(), NULL) || !claims_init(&c))
        return NULL;
    base64_encode(digest, digest_length, BASE64_STANDARD, true, hash);
    c.not_before = unix_now;
    c.expires = unix_now + valid_s;
    char *token = claims_set_text(&c.sha256, hash) && claims_set_text(&c.api_key, api_key)
                      ? token_sign(keys, &c)
                      : NULL;
    claims_free(&c);
    return token;
}
