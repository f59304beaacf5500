/* SPDX-License-Identifier: Apache-2.0 */
/* Twirp's paths, content types and errors, as LiveKit's server answers them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "common/proto/livekit/room.pb-c.h"
#include "control/api/twirp.h"

#define PATH TWIRP_PREFIX "RoomService/ListRooms"

static struct twirp_request request(const char *method, const char *type, const char *body)
{
    return (struct twirp_request){method, PATH, type, body, strlen(body)};
}

static void paths_are_taken_apart(void **state)
{
    (void)state;
    struct twirp_target t;
    assert_true(twirp_target(PATH, &t));
    assert_true(twirp_target_is(&t, "RoomService"));
    assert_false(twirp_target_is(&t, "Room"));
    assert_string_equal(t.method, "ListRooms");
    assert_false(twirp_target("/twirp/livekit.RoomService", &t));
    assert_false(twirp_target("/twirp/other.RoomService/ListRooms", &t));
    assert_false(twirp_target("", &t));
}

static void content_types_choose_the_encoding(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        enum twirp_encoding encoding;
    } good[] = {
        {"application/json", TWIRP_JSON},
        {"application/json;charset=UTF-8", TWIRP_JSON},
        {" Application/JSON ; x=y", TWIRP_JSON},
        {"application/protobuf", TWIRP_PROTOBUF},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct twirp_request q = request("POST", good[i].type, "{}");
        struct twirp_error e = {0};
        enum twirp_encoding encoding = TWIRP_JSON;
        assert_true(twirp_accepts(&q, &encoding, &e));
        assert_int_equal(encoding, good[i].encoding);
    }
}

static void bad_routes_say_what_is_wrong(void **state)
{
    (void)state;
    enum twirp_encoding encoding;
    struct twirp_error e = {0};
    struct twirp_request q = request("POST", "text/plain", "{}");
    assert_false(twirp_accepts(&q, &encoding, &e));
    assert_string_equal(e.text, "unexpected Content-Type: \"text/plain\"");
    assert_string_equal(e.meta, "POST " PATH);
    q = request("GET", "application/json", "");
    assert_false(twirp_accepts(&q, &encoding, &e));
    assert_string_equal(e.text, "unsupported method \"GET\" (only POST is allowed)");
    assert_string_equal(e.meta, "GET " PATH);
    q = request("POST", "application/jsonx", "{}");
    assert_false(twirp_accepts(&q, &encoding, &e));
    q.content_type = NULL;
    assert_false(twirp_accepts(&q, &encoding, &e));
    assert_string_equal(e.text, "unexpected Content-Type: \"\"");
}

static void expect_malformed(enum twirp_encoding encoding, const char *body, size_t length,
                             const char *text)
{
    struct twirp_request q = request("POST", NULL, "");
    struct twirp_error e = {0};
    q.body = body;
    q.length = length;
    assert_null(twirp_read(&q, encoding, &livekit__list_rooms_request__descriptor, &e));
    assert_int_equal(e.code, TWIRP_MALFORMED);
    assert_string_equal(e.text, text);
}

static void bodies_that_do_not_parse_are_malformed(void **state)
{
    (void)state;
    static const char json[] = "the json request could not be decoded";
    expect_malformed(TWIRP_JSON, "{", 1, json);
    expect_malformed(TWIRP_JSON, "", 0, json);
    expect_malformed(TWIRP_JSON, "{\"names\":1}", 11, json);
    expect_malformed(TWIRP_PROTOBUF, "\x0f\x0f", 2, "the protobuf request could not be decoded");
    char *long_body = calloc(1, TWIRP_BODY_MAX + 1);
    expect_malformed(TWIRP_PROTOBUF, long_body, TWIRP_BODY_MAX + 1,
                     "the protobuf request could not be decoded");
    free(long_body);
}

static void answers_come_in_the_request_s_encoding(void **state)
{
    (void)state;
    Livekit__ListRoomsRequest m = LIVEKIT__LIST_ROOMS_REQUEST__INIT;
    char name[] = "a", *names[] = {name};
    m.names = names;
    m.n_names = 1;
    struct twirp_response out;
    twirp_write(&out, TWIRP_JSON, &m.base);
    assert_int_equal(out.status, 200);
    assert_string_equal(out.content_type, "application/json");
    assert_int_equal(out.length, strlen("{\"names\":[\"a\"]}"));
    assert_memory_equal(out.body, "{\"names\":[\"a\"]}", out.length);
    free(out.body);
    twirp_write(&out, TWIRP_PROTOBUF, &m.base);
    assert_string_equal(out.content_type, "application/protobuf");
    assert_int_equal(out.length, 3);
    assert_memory_equal(out.body, "\n\1a", 3);
    free(out.body);
}

static void expect_error(const struct twirp_error *e, int status, const char *body)
{
    struct twirp_response out;
    twirp_write_error(&out, e);
    assert_int_equal(out.status, status);
    assert_string_equal(out.body, body);
    free(out.body);
}

static void errors_are_json(void **state)
{
    (void)state;
    struct twirp_error e = {0};
    twirp_fail(&e, TWIRP_UNAUTHENTICATED, "permissions denied");
    expect_error(&e, 401, "{\"code\":\"unauthenticated\",\"msg\":\"permissions denied\"}");
    struct twirp_request q = request("POST", NULL, "");
    memset(&e, 0, sizeof e);
    twirp_no_route(&q, &e);
    expect_error(&e, 404,
                 "{\"code\":\"bad_route\",\"msg\":\"no handler for path \\\"" PATH
                 "\\\"\",\"meta\":{\"twirp_invalid_route\":\"POST " PATH "\"}}");
    memset(&e, 0, sizeof e);
    twirp_fail(&e, TWIRP_INTERNAL, "\xff no text");
    expect_error(&e, 500, "{\"code\":\"internal\",\"msg\":\"? no text\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_taken_apart),
        cmocka_unit_test(content_types_choose_the_encoding),
        cmocka_unit_test(bad_routes_say_what_is_wrong),
        cmocka_unit_test(bodies_that_do_not_parse_are_malformed),
        cmocka_unit_test(answers_come_in_the_request_s_encoding),
        cmocka_unit_test(errors_are_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
