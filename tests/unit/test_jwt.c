/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/jwt/token.h"

#define NOW 1795406739

static struct api_keys keys;

static int add_keys(void **state)
{
    (void)state;
    assert_true(api_keys_add(&keys, "devkey", "secret"));
    assert_true(api_keys_add(&keys, "other", "another secret of thirty-two chars"));
    return 0;
}

/* Signs a header and a payload here, so that tokens no signer of ours would write can be made. */
static char *make(const char *header, const char *payload, const char *secret, const EVP_MD *md)
{
    char text[8192], signature[128];
    unsigned char mac[64];
    unsigned length = 0;
    size_t n = base64_encode(header, strlen(header), BASE64_URL, false, text);
    text[n++] = '.';
    n += base64_encode(payload, strlen(payload), BASE64_URL, false, text + n);
    HMAC(md, secret, (int)strlen(secret), (unsigned char *)text, n, mac, &length);
    base64_encode(mac, length, BASE64_URL, false, signature);
    snprintf(text + n, sizeof(text) - n, ".%s", signature);
    return strdup(text);
}

static char *make_hs256(const char *payload)
{
    return make("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", payload, "secret", EVP_sha256());
}

/* Verifies `token` (and frees it). `want` NULL: valid. A '$' in it stands for the token. */
static void expect(char *token, const char *want, struct claims *out)
{
    struct claims c;
    char *refusal = token_verify(&keys, token, strlen(token), NOW, &c);
    if (!want) {
        if (refusal)
            fail_msg("refused: %s", refusal);
    } else {
        char text[10000];
        const char *dollar = strchr(want, '$');
        if (dollar)
            snprintf(text, sizeof(text), "%.*s%s%s", (int)(dollar - want), want, token, dollar + 1);
        else
            snprintf(text, sizeof(text), "%s", want);
        assert_non_null(refusal);
        assert_string_equal(refusal, text);
        assert_null(c.identity);
    }
    free(refusal);
    free(token);
    if (out)
        *out = c;
    else
        claims_free(&c);
}

static void a_token_of_element_calls_service(void **state)
{
    (void)state;
    struct claims c;
    expect(make_hs256(
               "{\"iss\":\"devkey\",\"sub\":\"@a:b.c:DEV\",\"nbf\":1795406739,\"exp\":1795410339,"
               "\"video\":{\"roomJoin\":true,\"canPublish\":true,\"canSubscribe\":true,"
               "\"canUpdateOwnMetadata\":true,\"room\":\"a+/b\"}}"),
           NULL, &c);
    assert_string_equal(c.api_key, "devkey");
    assert_string_equal(c.identity, "@a:b.c:DEV");
    assert_string_equal(c.video.room, "a+/b");
    assert_true(c.video.present && c.video.room_join);
    assert_false(c.video.room_create || c.video.room_admin || c.video.hidden);
    assert_true(grant_can_publish(&c.video) && grant_can_subscribe(&c.video));
    assert_true(grant_can_publish_data(&c.video));
    assert_true(grant_can_update_own_metadata(&c.video));
    assert_false(grant_can_subscribe_metrics(&c.video));
    assert_true(grant_can_publish_source(&c.video, 1) && grant_can_publish_source(&c.video, 0));
    assert_int_equal(c.expires, 1795410339);
    assert_int_equal(c.kind, CLAIMS_STANDARD);
    assert_null(c.room_config);
    claims_free(&c);
}

static void every_claim(void **state)
{
    (void)state;
    struct claims c, copy;
    expect(make_hs256(
               "{\"iss\":\"devkey\",\"jti\":\"fallback\",\"name\":\"N\",\"metadata\":\"{}\","
               "\"identity\":\"ignored\",\"kind\":\"agent\",\"kindDetails\":[\"CLOUD_AGENT\"],"
               "\"attributes\":{\"a\":\"1\",\"b\":\"2\"},\"sha256\":\"hash\",\"roomPreset\":\"p\","
               "\"roomConfig\":{\"emptyTimeout\":5},\"future\":[1,2],"
               "\"video\":{\"roomCreate\":true,\"roomList\":true,\"roomRecord\":true,\"roomAdmin\":"
               "true,"
               "\"ingressAdmin\":true,\"hidden\":true,\"recorder\":true,\"agent\":true,"
               "\"canPublish\":false,\"canSubscribe\":false,\"canPublishData\":true,"
               "\"canPublishSources\":[\"camera\",\"screen_share_audio\"],"
               "\"canSubscribeMetrics\":true,\"canManageAgentSession\":false,"
               "\"destinationRoom\":\"d\"}}"),
           NULL, &c);
    assert_string_equal(c.identity, "fallback");
    assert_int_equal(c.kind, CLAIMS_AGENT);
    assert_string_equal(c.kind_details, "[\"CLOUD_AGENT\"]");
    assert_string_equal(c.room_config, "{\"emptyTimeout\":5}");
    assert_int_equal(c.attribute_count, 2);
    assert_string_equal(claims_attribute(&c, "b"), "2");
    assert_int_equal(c.video.sources, GRANT_CAMERA | GRANT_SCREEN_SHARE_AUDIO);
    assert_false(grant_can_publish(&c.video) || grant_can_subscribe(&c.video));
    assert_true(grant_can_publish_data(&c.video));
    assert_int_equal(c.video.can_manage_agent_session, TRISTATE_FALSE);
    assert_int_equal(c.video.can_update_own_metadata, TRISTATE_UNSET);
    assert_string_equal(c.video.destination_room, "d");

    assert_true(claims_copy(&copy, &c));
    assert_true(claims_set_attribute(&copy, "a", ""));
    assert_true(claims_set_attribute(&copy, "c", "3"));
    assert_null(claims_attribute(&copy, "a"));
    assert_string_equal(claims_attribute(&c, "a"), "1");
    char *signed_copy = token_sign(&keys, &copy);
    claims_free(&c);
    struct claims again;
    expect(signed_copy, NULL, &again);
    assert_string_equal(again.identity, "fallback");
    assert_string_equal(claims_attribute(&again, "c"), "3");
    assert_int_equal(again.attribute_count, 2);
    assert_int_equal(again.video.sources, copy.video.sources);
    assert_int_equal(again.video.can_publish, TRISTATE_FALSE);
    assert_int_equal(again.video.can_publish_data, TRISTATE_TRUE);
    assert_string_equal(again.room_config, "{\"emptyTimeout\":5}");
    assert_string_equal(again.kind_details, copy.kind_details);
    assert_int_equal(again.kind, CLAIMS_AGENT);
    claims_free(&copy);
    claims_free(&again);
}

static void sources_that_are_not_known_still_restrict(void **state)
{
    (void)state;
    struct claims c;
    expect(make_hs256("{\"iss\":\"devkey\",\"video\":{\"canPublishSources\":[\"smell\"]}}"), NULL,
           &c);
    for (unsigned source = 0; source < 5; source++)
        assert_false(grant_can_publish_source(&c.video, source));
    assert_false(grant_can_publish_source(&c.video, 99));
    struct claims fresh;
    expect(token_sign_refresh(&keys, &c, NOW), NULL, &fresh);
    assert_false(grant_can_publish_source(&fresh.video, 1));
    claims_free(&fresh);
    claims_free(&c);
}

static char *with_times(long exp, long nbf)
{
    char text[256];
    int n = snprintf(text, sizeof(text), "{\"iss\":\"devkey\",\"sub\":\"a\"");
    if (exp)
        n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"exp\":%ld", exp);
    if (nbf)
        n += snprintf(text + n, sizeof(text) - (size_t)n, ",\"nbf\":%ld", nbf);
    snprintf(text + n, sizeof(text) - (size_t)n, "}");
    return make_hs256(text);
}

static void times_have_a_minutes_leeway(void **state)
{
    (void)state;
    static const char expired[] =
        "invalid token: $, error: token has invalid claims: token is expired";
    static const char early[] =
        "invalid token: $, error: token has invalid claims: token is not valid yet";
    expect(with_times(0, 0), NULL, NULL);
    expect(with_times(NOW + 1, NOW - 1), NULL, NULL);
    expect(with_times(NOW - 59, 0), NULL, NULL);
    expect(with_times(NOW - 60, 0), expired, NULL);
    expect(with_times(1, 0), expired, NULL);
    expect(with_times(0, NOW + 60), NULL, NULL);
    expect(with_times(0, NOW + 61), early, NULL);
    expect(make_hs256("{\"iss\":\"devkey\",\"exp\":0}"), expired, NULL);
    expect(make_hs256("{\"iss\":\"devkey\",\"exp\":1795406739.5}"), NULL, NULL);
    expect(make_hs256("{\"iss\":\"devkey\",\"exp\":null}"), NULL, NULL);
    expect(with_times(1, NOW + 1000),
           "invalid token: $, error: token has invalid claims: token is expired, "
           "token is not valid yet",
           NULL);
}

static void signatures(void **state)
{
    (void)state;
    static const char bad[] =
        "invalid token: $, error: token signature is invalid: signature is invalid";
    static const char payload[] = "{\"iss\":\"devkey\",\"exp\":1}";
    static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    expect(make(header, payload, "wrong", EVP_sha256()), bad, NULL);
    expect(make(header, payload, "", EVP_sha256()), bad, NULL);
    expect(make(header, "{\"iss\":\"other\"}", "secret", EVP_sha256()), bad, NULL);
    expect(make(header, "{\"iss\":\"other\"}", "another secret of thirty-two chars", EVP_sha256()),
           NULL, NULL);
    expect(make(header, "{\"iss\":\"nokey\"}", "secret", EVP_sha256()), "invalid API key: nokey",
           NULL);
    expect(make(header, "{}", "secret", EVP_sha256()), "invalid API key: ", NULL);
    expect(make("{\"alg\":\"HS512\"}", payload, "secret", EVP_sha512()),
           "invalid token: $, error: token signature is invalid: signing method HS512 is invalid",
           NULL);
    char *none = make("{\"alg\":\"none\"}", payload, "secret", EVP_sha256());
    *(strrchr(none, '.') + 1) = 0;
    expect(none,
           "invalid token: $, error: token signature is invalid: signing method none is invalid",
           NULL);

    char *stripped = make_hs256("{\"iss\":\"devkey\"}");
    *(strrchr(stripped, '.') + 1) = 0;
    expect(stripped, bad, NULL);
    char *altered = make_hs256("{\"iss\":\"devkey\"}");
    char *last = altered + strlen(altered) - 2;
    *last = *last == 'A' ? 'B' : 'A';
    expect(altered, bad, NULL);
    char *longer = make_hs256("{\"iss\":\"devkey\"}");
    longer = realloc(longer, strlen(longer) + 9);
    strcat(longer, "AAAA");
    expect(longer, bad, NULL);
}

static void what_is_no_token(void **state)
{
    (void)state;
    static const char refusal[] = "invalid authorization token";
    static const char *const texts[] = {"",          "garbage",  "a.b",      "a.b.c",
                                        "...",       "e30.e30",  "e30.e30.", "e30.e30.x.y",
                                        "W10.e30.x", "e30.W10.x"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(strdup(texts[i]), refusal, NULL);
    static const char *const payloads[] = {
        "{\"iss\":1}",
        "{\"iss\":\"devkey\",\"exp\":\"soon\"}",
        "{\"iss\":\"devkey\",\"exp\":1e300}",
        "{\"iss\":\"devkey\",\"video\":[]}",
        "{\"iss\":\"devkey\",\"video\":{\"roomJoin\":1}}",
        "{\"iss\":\"devkey\",\"video\":{\"canPublish\":\"yes\"}}",
        "{\"iss\":\"devkey\",\"video\":{\"canPublishSources\":[1]}}",
        "{\"iss\":\"devkey\",\"attributes\":{\"a\":1}}",
        "{\"iss\":\"devkey\",\"kind\":7}",
        "{\"iss\":\"devkey\",\"roomConfig\":[]}",
        "{\"iss\":\"devkey\",\"name\":\"a\\u0000b\"}",
        "{\"iss\":\"devkey\"",
    };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++)
        expect(make_hs256(payloads[i]), refusal, NULL);
    expect(make("{\"alg\":\"XS1\"}", "{\"iss\":\"devkey\"}", "secret", EVP_sha256()), refusal,
           NULL);
    expect(make("{\"alg\":5}", "{\"iss\":\"devkey\"}", "secret", EVP_sha256()), refusal, NULL);

    struct claims c;
    char *refused = token_verify(&keys, "a.b.c\0d", 7, NOW, &c);
    assert_string_equal(refused, refusal);
    free(refused);
}

static void a_refreshed_token(void **state)
{
    (void)state;
    struct claims c, fresh;
    expect(make("{\"alg\":\"HS256\"}",
                "{\"iss\":\"other\",\"sub\":\"alice\",\"exp\":1795406800,\"name\":\"A\",\"video\":"
                "{\"roomJoin\":true,\"room\":\"r\",\"canSubscribe\":false}}",
                "another secret of thirty-two chars", EVP_sha256()),
           NULL, &c);
    expect(token_sign_refresh(&keys, &c, NOW), NULL, &fresh);
    assert_string_equal(fresh.api_key, "devkey");
    assert_string_equal(fresh.identity, "alice");
    assert_string_equal(fresh.name, "A");
    assert_int_equal(fresh.not_before, NOW);
    assert_int_equal(fresh.issued_at, NOW);
    assert_int_equal(fresh.expires, NOW + 600);
    assert_int_equal(fresh.video.can_subscribe, TRISTATE_FALSE);
    claims_free(&fresh);
    c.expires = NOW + 3000;
    expect(token_sign_refresh(&keys, &c, NOW), NULL, &fresh);
    assert_int_equal(fresh.expires, NOW + 3000);
    assert_string_equal(c.api_key, "other");
    claims_free(&fresh);
    claims_free(&c);
}

static void a_token_for_a_webhook(void **state)
{
    (void)state;
    struct claims c;
    expect(token_sign_body(&keys, "other", "abc", 3, NOW, 300), NULL, &c);
    assert_string_equal(c.api_key, "other");
    assert_string_equal(c.sha256, "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    assert_false(c.video.present);
    assert_int_equal(c.expires, NOW + 300);
    claims_free(&c);
    assert_null(token_sign_body(&keys, "nokey", "abc", 3, NOW, 300));
}

static void key_lists(void **state)
{
    (void)state;
    struct api_keys k = {0};
    char name[32], long_name[API_KEY_MAX + 2];
    assert_false(api_keys_add(&k, "", "x"));
    assert_false(api_keys_add(&k, "x", ""));
    memset(long_name, 'k', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = 0;
    assert_false(api_keys_add(&k, long_name, "x"));
    for (int i = 0; i < API_KEYS_MAX; i++) {
        snprintf(name, sizeof(name), "key%d", i);
        assert_true(api_keys_add(&k, name, "one"));
    }
    assert_false(api_keys_add(&k, "one more", "x"));
    assert_true(api_keys_add(&k, "key3", "two"));
    assert_string_equal(api_keys_secret(&k, "key3"), "two");
    assert_null(api_keys_secret(&k, "key"));
    api_keys_wipe(&k);
    assert_int_equal(k.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_of_element_calls_service),
        cmocka_unit_test(every_claim),
        cmocka_unit_test(sources_that_are_not_known_still_restrict),
        cmocka_unit_test(times_have_a_minutes_leeway),
        cmocka_unit_test(signatures),
        cmocka_unit_test(what_is_no_token),
        cmocka_unit_test(a_refreshed_token),
        cmocka_unit_test(a_token_for_a_webhook),
        cmocka_unit_test(key_lists),
    };
    return cmocka_run_group_tests(tests, add_keys, NULL);
}
