/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "authz/token/canonical.h"
#include "authz/token/names.h"
#include "authz/token/request.h"
#include "authz/token/ticket.h"
#include "common/base64.h"
#include "common/jwt/token.h"

static void canonical(void **state)
{
    (void)state;
    const struct {
        const char *in, *want;
    } cases[] = {
        {"", "[\"\"]"},
        {"a\"b\\c/", "[\"a\\\"b\\\\c/\"]"},
        {"\b\t\n\f\r", "[\"\\b\\t\\n\\f\\r\"]"},
        {"\x01\x0b\x1f\x7f", "[\"\\u0001\\u000b\\u001f\x7f\"]"},
        {"<>&\xe2\x80\xa8\xc3\xbc", "[\"<>&\xe2\x80\xa8\xc3\xbc\"]"},
    };
    char out[CANONICAL_SIZE(1, 32)];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(canonical_array(&cases[i].in, 1, out), strlen(cases[i].want));
        assert_string_equal(out, cases[i].want);
    }
    assert_int_equal(canonical_array(NULL, 0, out), 2);
    assert_string_equal(out, "[]");
}

static void vectors(void **state)
{
    (void)state;
    const struct {
        const char *texts[3], *want;
    } cases[] = {
        {{"!roomid:example.com", "slot1234"}, "O8437W3+jmzMVjoIP3tNwbm+XxHQk2iKpOA7aqw3qSc"},
        {{"@alice:example.com", "DEVICE123", "memberABC"},
         "J+T45tGruxc+HrUOqJJlyQSV33m728Cme4+vt8/SWrU"},
        {{"@alice:example.com", "memberABC"}, "M3VnsLXrkbxIDINXO64u8PZzFyD9ZYFiQULR2dshWYs"},
        {{"!roomid:example.com", "slot123", "random123"},
         "IMeDd+K3MIqJTI20EXBIrepKkhhORvf3q8fx3rlrhTk"},
        {{"!room:example.com", "m.call#ROOM"}, "krj2dgxw2K6EOm9he4GfQJ6JsSVWfJ8a7BkyjZcSmxs"},
        {{"!room:example.com", "m.call#"}, "hrQ0l3fv1RI0sCBUn3Nu59Bu/b3f7hWXbMLLfFMLNOY"},
        {{"!r\xc3\xbcm:example.com", "m.call#ROOM"}, "FyfkPam9Df7z9A3+v8jR9Qw8wmqi2N/QMrLSJT5Ienk"},
        {{"@a&b<c>:example.com", "D", "m"}, "9R/CI1HiIPsSLHJDOQBXiBjMQQ5rmuACjCbNGasNE5g"},
    };
    char out[NAME_HASH_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(name_hash(cases[i].texts, cases[i].texts[2] ? 3 : 2, out));
        assert_string_equal(out, cases[i].want);
    }
    assert_true(name_room("!room:example.com", SLOT_LEGACY, out));
    assert_string_equal(out, cases[4].want);
    assert_true(name_member("@a&b<c>:example.com", "D", "m", out));
    assert_string_equal(out, cases[7].want);
}

static void names_that_are_too_long(void **state)
{
    (void)state;
    char text[NAMES_TEXT_MAX + 2], out[NAME_HASH_SIZE], plain[IDENTITY_SIZE];
    memset(text, 'x', sizeof(text));
    text[NAMES_TEXT_MAX] = 0;
    assert_true(name_room(text, text, out));
    assert_true(name_device(text, text, plain));
    assert_int_equal(strlen(plain), 2 * NAMES_TEXT_MAX + 1);
    text[NAMES_TEXT_MAX] = 'x';
    text[NAMES_TEXT_MAX + 1] = 0;
    assert_false(name_room(text, "s", out));
    assert_false(name_member("u", text, "m", out));
    assert_false(name_device("u", text, plain));
}

static const struct ticket sample = {
    .key = "devkey",
    .secret = "devsecret",
    .identity = "@alice:hs:DEV",
    .room = "room",
    .join = true,
    .can_publish = true,
    .can_update_own_metadata = true,
    .now = 1795406739,
    .valid_s = TICKET_VALID_S,
};

static void a_ticket(void **state)
{
    (void)state;
    struct api_keys keys = {0};
    struct claims c;
    char *payload = ticket_payload(&sample), *token = ticket_sign(&sample);
    assert_string_equal(payload,
                        "{\"iss\":\"devkey\",\"sub\":\"@alice:hs:DEV\",\"iat\":1795406739,"
                        "\"nbf\":1795406739,\"exp\":1795410339,\"video\":{\"roomJoin\":true,"
                        "\"room\":\"room\",\"canPublish\":true,\"canSubscribe\":true,"
                        "\"canUpdateOwnMetadata\":true}}");
    assert_true(api_keys_add(&keys, "devkey", "devsecret"));
    char *refusal = token_verify(&keys, token, strlen(token), sample.now, &c);
    assert_null(refusal);
    assert_string_equal(c.identity, "@alice:hs:DEV");
    claims_free(&c);
    free(payload);
    free(token);
}

static void grants_of_the_service_itself(void **state)
{
    (void)state;
    const struct ticket create = {
        .key = "k", .secret = "s", .room_create = true, .now = 1, .valid_s = 60};
    const struct ticket admin = {
        .key = "k", .secret = "s", .room = "r", .room_admin = true, .now = 1, .valid_s = 60};
    char *a = ticket_payload(&create), *b = ticket_payload(&admin);
    assert_string_equal(
        a, "{\"iss\":\"k\",\"iat\":1,\"nbf\":1,\"exp\":61,\"video\":{\"roomCreate\":true}}");
    assert_string_equal(b, "{\"iss\":\"k\",\"iat\":1,\"nbf\":1,\"exp\":61,\"video\":{\"roomAdmin\":"
                           "true,\"room\":\"r\"}}");
    free(a);
    free(b);
}

/* Whatever the names are, atob() of the payload gives ASCII JSON of the same meaning. */
static void payloads_survive_atob(void **state)
{
    (void)state;
    char identity[64];
    srand(7);
    for (int round = 0; round < 3000; round++) {
        size_t n = (size_t)(rand() % 40), at = 0;
        while (at < n) {
            static const char *const odd[] = {"\xc3\xbf", "\xe6\x97\xa5", "\xf0\x9f\x98\x80"};
            if (rand() % 4 == 0)
                at += strlen(strcpy(identity + at, odd[rand() % 3]));
            else
                identity[at++] = (char)(1 + rand() % 127);
        }
        identity[at] = 0;
        struct ticket t = sample;
        t.identity = identity;
        char *token = ticket_sign(&t), *first = strchr(token, '.') + 1;
        size_t length = (size_t)(strchr(first, '.') - first);
        assert_null(memchr(first, '-', length));
        assert_null(memchr(first, '_', length));
        uint8_t *bytes = malloc(BASE64_DECODED_SIZE(length));
        size_t decoded = base64_decode(first, length, BASE64_STANDARD, bytes);
        assert_true(decoded != BASE64_BAD);
        for (size_t i = 0; i < decoded; i++)
            assert_true(bytes[i] >= 0x20 && bytes[i] < 0x7f);
        json_t *json = json_loadb((char *)bytes, decoded, 0, NULL);
        assert_string_equal(json_string_value(json_object_get(json, "sub")), identity);
        json_decref(json);
        free(bytes);
        free(token);
    }
}

/* --- request bodies --- */

static struct token_request q;

static const char *code_of(enum endpoint e, const char *body)
{
    const struct refusal *r = token_request_read(e, body, strlen(body), &q);
    return r ? r->errcode : "ok";
}

#define OPENID "\"openid_token\":{\"access_token\":\"t\",\"matrix_server_name\":\"hs\"}"
#define MEMBER "\"member\":{\"id\":\"i\",\"claimed_user_id\":\"@u:hs\",\"claimed_device_id\":\"D\"}"

static void good_requests(void **state)
{
    (void)state;
    assert_string_equal(
        code_of(ENDPOINT_SFU_GET, "{\"room\":\"!r\"," OPENID ",\"device_id\":\"D\"}"), "ok");
    assert_string_equal(q.room_id, "!r");
    assert_string_equal(q.slot_id, SLOT_LEGACY);
    assert_string_equal(q.device_id, "D");
    assert_string_equal(q.access_token, "t");
    assert_string_equal(q.server_name, "hs");
    assert_string_equal(q.delay_id, "");
    assert_string_equal(code_of(ENDPOINT_GET_TOKEN, "{\"room_id\":\"!r\",\"slot_id\":\"s\"," OPENID
                                                    "," MEMBER ",\"delay_id\":\"d\","
                                                    "\"delay_timeout\":18000}"),
                        "ok");
    assert_string_equal(q.member_id, "i");
    assert_string_equal(q.claimed_user_id, "@u:hs");
    assert_int_equal(q.delay_timeout, 18000);
}

static void lenient_requests(void **state)
{
    (void)state;
    assert_string_equal(code_of(ENDPOINT_SFU_GET,
                                "{\"ROOM\":\"!r\"," OPENID ",\"device_id\":null,\"x\":{\"y\":[1]},"
                                "\"delay_id\":\"d\",\"delay_timeout\":\"5\"}{"),
                        "ok");
    assert_int_equal(q.delay_timeout, 5);
    assert_string_equal(code_of(ENDPOINT_SFU_GET, "{\"room\":\"!r\"," OPENID ",\"delay_id\":\"d\","
                                                  "\"delay_timeout\":99999999999}"),
                        "ok");
    assert_int_equal(q.delay_timeout, DELAY_TIMEOUT_MAX);
}

/* The first thing that is wrong decides. */
static void order_of_checks(void **state)
{
    (void)state;
    const struct {
        enum endpoint e;
        const char *body, *error;
    } cases[] = {
        {ENDPOINT_SFU_GET, "{}", "Missing room parameter"},
        {ENDPOINT_SFU_GET, "{\"room\":\"r\"}", "Missing OpenID token parameters"},
        {ENDPOINT_SFU_GET, "{\"room\":\"r\"," OPENID ",\"delay_id\":\"d\"}",
         "The request body is missing `delay_id` or `delay_timeout`"},
        {ENDPOINT_GET_TOKEN, "{}", "The request body is missing `room_id` or `slot_id`"},
        {ENDPOINT_GET_TOKEN, "{\"room_id\":\"r\",\"slot_id\":\"s\"}",
         "The request body `member` is missing a `id`, `claimed_user_id` or `claimed_device_id`"},
        {ENDPOINT_GET_TOKEN, "{\"room_id\":\"r\",\"slot_id\":\"s\"," MEMBER "}",
         "The request body `openid_token` is missing a `access_token` or `matrix_server_name`"},
        {ENDPOINT_DELEGATE, "{\"room_id\":\"r\",\"slot_id\":\"s\"}",
         "The request body `member` is missing `id`, `claimed_user_id` or `claimed_device_id`"},
        {ENDPOINT_DELEGATE, "{\"room_id\":\"r\",\"slot_id\":\"s\"," MEMBER "," OPENID "}",
         "The request body is missing `delay_id` or `delay_timeout`"},
        {ENDPOINT_SFU_GET, "{\"room\":7}", "Error reading request"},
        {ENDPOINT_SFU_GET, "{\"room\":\"a\\u0000b\"}", "Error reading request"},
        {ENDPOINT_SFU_GET, "\xff", "Error reading request"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct refusal *r =
            token_request_read(cases[i].e, cases[i].body, strlen(cases[i].body), &q);
        assert_non_null(r);
        assert_int_equal(r->status, 400);
        assert_string_equal(r->error, cases[i].error);
    }
}

static void fields_that_are_too_long(void **state)
{
    (void)state;
    char body[2 * REQUEST_TEXT + 128], text[REQUEST_TEXT + 1];
    memset(text, 'x', sizeof(text));
    text[REQUEST_TEXT] = 0;
    snprintf(body, sizeof(body), "{\"room\":\"%s\"," OPENID "}", text);
    assert_string_equal(code_of(ENDPOINT_SFU_GET, body), "M_BAD_JSON");
    text[REQUEST_TEXT - 1] = 0;
    snprintf(body, sizeof(body), "{\"room\":\"%s\"," OPENID "}", text);
    assert_string_equal(code_of(ENDPOINT_SFU_GET, body), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical),
        cmocka_unit_test(vectors),
        cmocka_unit_test(names_that_are_too_long),
        cmocka_unit_test(a_ticket),
        cmocka_unit_test(grants_of_the_service_itself),
        cmocka_unit_test(payloads_survive_atob),
        cmocka_unit_test(good_requests),
        cmocka_unit_test(lenient_requests),
        cmocka_unit_test(order_of_checks),
        cmocka_unit_test(fields_that_are_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
