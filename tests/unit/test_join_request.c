/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/base64.h"
#include "control/signal/join_request.h"

#define CHROME                                                                                     \
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 "     \
    "Safari/537.36"

static struct claims claims;
static struct join_limits limits;
static struct join_params params;
static bool there;

static bool room_exists(void *arg, const char *name)
{
    assert_ptr_equal(arg, &there);
    assert_string_equal(name, "room+/");
    return there;
}

static int setup(void **state)
{
    (void)state;
    assert_true(claims_init(&claims));
    claims_set_text(&claims.identity, "@a:b");
    claims_set_text(&claims.video.room, "room+/");
    claims.video.present = claims.video.room_join = true;
    limits = (struct join_limits){.max_identity = 256,
                                  .max_room_name = 256,
                                  .auto_create = true,
                                  .room_exists = room_exists,
                                  .room_arg = &there};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    join_params_free(&params);
    claims_free(&claims);
    return 0;
}

static struct join_answer ask(const char *query, bool v1, bool validate)
{
    struct join_question q = {.query = query,
                              .query_length = strlen(query),
                              .user_agent = CHROME,
                              .address = "192.0.2.1",
                              .claims = &claims,
                              .v1 = v1,
                              .validate = validate};
    join_params_free(&params);
    return join_decide(&q, &limits, &params);
}

static void expect(struct join_answer a, int status, const char *text)
{
    assert_int_equal(a.status, status);
    assert_string_equal(a.text, text);
    if (status != 200) {
        assert_null(params.room);
        assert_null(params.request);
    }
}

/* --- encodings --- */

static char *as_query(const uint8_t *wrapped, size_t length)
{
    char *text = malloc(BASE64_ENCODED_SIZE(length) + 16);
    assert_non_null(text);
    strcpy(text, "join_request=");
    base64_encode(wrapped, length, BASE64_URL, true, text + 13);
    return text;
}

static char *wrap(uint8_t *inner, size_t length, bool gzip)
{
    Livekit__WrappedJoinRequest w = LIVEKIT__WRAPPED_JOIN_REQUEST__INIT;
    w.compression = gzip ? LIVEKIT__WRAPPED_JOIN_REQUEST__COMPRESSION__GZIP
                         : LIVEKIT__WRAPPED_JOIN_REQUEST__COMPRESSION__NONE;
    w.join_request = (ProtobufCBinaryData){.data = inner, .len = length};
    uint8_t *bytes = malloc(livekit__wrapped_join_request__get_packed_size(&w));
    assert_non_null(bytes);
    char *query = as_query(bytes, livekit__wrapped_join_request__pack(&w, bytes));
    free(bytes);
    return query;
}

static uint8_t *gzip(const uint8_t *data, size_t length, size_t *out_length)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t cap = deflateBound(&z, length);
    uint8_t *out = malloc(cap);
    assert_non_null(out);
    z.next_in = (uint8_t *)data;
    z.avail_in = (uInt)length;
    z.next_out = out;
    z.avail_out = (uInt)cap;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    *out_length = z.total_out;
    deflateEnd(&z);
    return out;
}

static char *encode(const Livekit__JoinRequest *j, bool compressed)
{
    size_t n = livekit__join_request__get_packed_size(j);
    uint8_t *bytes = malloc(n + 1);
    assert_non_null(bytes);
    livekit__join_request__pack(j, bytes);
    if (compressed) {
        uint8_t *small = gzip(bytes, n, &n);
        free(bytes);
        bytes = small;
    }
    char *query = wrap(bytes, n, compressed);
    free(bytes);
    return query;
}

/* --- v0 --- */

static void a_browser_on_the_old_path(void **state)
{
    (void)state;
    expect(ask("access_token=x&auto_subscribe=1&sdk=js&version=2.21.0&protocol=17&client_protocol=2"
               "&adaptive_stream=true&network=wifi&capabilities=CAP_PACKET_TRAILER,CAP_NEW,",
               false, false),
           200, "success");
    assert_false(params.single_pc || params.reconnect || params.disable_ice_lite);
    assert_true(params.auto_subscribe && params.adaptive_stream);
    assert_int_equal(params.subscriber_allow_pause, TRISTATE_UNSET);
    assert_string_equal(params.room, "room+/");
    assert_string_equal(params.identity, "@a:b");
    assert_string_equal(params.publish, "");
    assert_string_equal(params.metadata, "");
    assert_null(params.request);
    assert_int_equal(params.client.sdk, LIVEKIT__CLIENT_INFO__SDK__JS);
    assert_int_equal(params.client.protocol, 17);
    assert_int_equal(params.client.client_protocol, 2);
    assert_int_equal(params.client.capabilities, 1u << 1);
    assert_string_equal(params.client.version, "2.21.0");
    assert_string_equal(params.client.browser, "Chrome");
    assert_string_equal(params.client.os, "Linux");
    assert_string_equal(params.client.network, "wifi");
    assert_string_equal(params.client.address, "192.0.2.1");
}

static void defaults_of_the_old_path(void **state)
{
    (void)state;
    expect(ask("", false, false), 200, "success");
    assert_true(params.auto_subscribe);
    assert_false(params.adaptive_stream || params.auto_subscribe_data_track);
    assert_int_equal(params.client.sdk, LIVEKIT__CLIENT_INFO__SDK__UNKNOWN);
    assert_int_equal(params.client.protocol, 0);
    expect(ask("auto_subscribe=0&subscriber_allow_pause=0&disable_ice_lite=1&protocol=9x", false,
               false),
           200, "success");
    assert_false(params.auto_subscribe);
    assert_int_equal(params.subscriber_allow_pause, TRISTATE_FALSE);
    assert_true(params.disable_ice_lite);
    assert_int_equal(params.client.protocol, 0);
}

static void a_resume_on_the_old_path(void **state)
{
    (void)state;
    expect(ask("reconnect=1&sid=PA_abc&reconnect_reason=2&sdk=rust", false, false), 200, "success");
    assert_true(params.reconnect);
    assert_string_equal(params.participant_sid, "PA_abc");
    assert_int_equal(params.reconnect_reason, 2);
    assert_int_equal(params.client.sdk, LIVEKIT__CLIENT_INFO__SDK__RUST);
    assert_string_equal(params.client.browser, ""); /* a native client's User-Agent says nothing */
    expect(ask("sid=PA_abc&reconnect_reason=2&sdk=ios", false, false), 200, "success");
    assert_string_equal(params.participant_sid, "");
    assert_int_equal(params.client.sdk, LIVEKIT__CLIENT_INFO__SDK__SWIFT);
}

/* --- v1 --- */

static char *full_request(bool compressed)
{
    Livekit__JoinRequest j = LIVEKIT__JOIN_REQUEST__INIT;
    Livekit__ClientInfo info = LIVEKIT__CLIENT_INFO__INIT;
    Livekit__ConnectionSettings settings = LIVEKIT__CONNECTION_SETTINGS__INIT;
    Livekit__SessionDescription offer = LIVEKIT__SESSION_DESCRIPTION__INIT;
    Livekit__JoinRequest__ParticipantAttributesEntry entry =
        LIVEKIT__JOIN_REQUEST__PARTICIPANT_ATTRIBUTES_ENTRY__INIT;
    Livekit__JoinRequest__ParticipantAttributesEntry *entries[] = {&entry};
    Livekit__AddTrackRequest track = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    Livekit__AddTrackRequest *tracks[] = {&track};
    Livekit__ClientInfo__Capability capabilities[] = {
        LIVEKIT__CLIENT_INFO__CAPABILITY__CAP_PACKET_TRAILER, (Livekit__ClientInfo__Capability)77};
    info.sdk = LIVEKIT__CLIENT_INFO__SDK__JS;
    info.protocol = 17;
    info.browser = (char *)"Firefox";
    info.n_capabilities = 2;
    info.capabilities = capabilities;
    settings.adaptive_stream = true;
    settings.subscriber_allow_pause_present_case =
        LIVEKIT__CONNECTION_SETTINGS__SUBSCRIBER_ALLOW_PAUSE_PRESENT_SUBSCRIBER_ALLOW_PAUSE;
    settings.subscriber_allow_pause = true;
    entry.key = (char *)"k";
    entry.value = (char *)"v";
    track.cid = (char *)"cid";
    offer.type = (char *)"offer";
    offer.sdp = (char *)"v=0\r\n";
    j.client_info = &info;
    j.connection_settings = &settings;
    j.metadata = (char *)"meta";
    j.n_participant_attributes = 1;
    j.participant_attributes = entries;
    j.n_add_track_requests = 1;
    j.add_track_requests = tracks;
    j.publisher_offer = &offer;
    j.reconnect = true;
    j.reconnect_reason = LIVEKIT__RECONNECT_REASON__RR_PUBLISHER_FAILED;
    j.participant_sid = (char *)"PA_x";
    return encode(&j, compressed);
}

static void a_join_request_with_everything(void **state)
{
    (void)state;
    claims.video.can_update_own_metadata = TRISTATE_TRUE;
    for (int compressed = 0; compressed < 2; compressed++) {
        char *query = full_request(compressed == 1);
        for (int path = 0; path < 2; path++) {
            expect(ask(query, path == 1, true), 200, "success");
            assert_true(params.single_pc && params.adaptive_stream && params.reconnect);
            assert_false(params.auto_subscribe);
            assert_int_equal(params.subscriber_allow_pause, TRISTATE_TRUE);
            assert_string_equal(params.participant_sid, "PA_x");
            assert_int_equal(params.reconnect_reason, 2);
            assert_string_equal(params.metadata, "meta");
            assert_int_equal(params.attribute_count, 1);
            assert_string_equal(params.attributes[0].key, "k");
            assert_string_equal(params.attributes[0].value, "v");
            assert_string_equal(params.client.browser, "Firefox");
            assert_string_equal(params.client.os, "Linux");
            assert_int_equal(params.client.capabilities, 1u << 1);
            assert_int_equal(params.request->n_add_track_requests, 1);
            assert_string_equal(params.request->add_track_requests[0]->cid, "cid");
            assert_string_equal(params.request->publisher_offer->sdp, "v=0\r\n");
        }
        free(query);
    }
}

/* The requests and answers that were recorded of LiveKit. */
static void join_requests_that_are_none(void **state)
{
    (void)state;
    expect(ask("", true, true), 400, "join_request is required");
    expect(ask("join_request=", true, false), 400, "join_request is required");
    expect(ask("join_request=***", true, true), 400, "cannot base64 decode wrapped join request");
    expect(ask("join_request=%zz", true, true), 400, "join_request is required");
    expect(ask("join_request=____", true, true), 400, "cannot unmarshal wrapped join request");
    uint8_t inner[] = {0xff, 0xff};
    char *query = wrap(inner, sizeof(inner), false);
    expect(ask(query, true, true), 400, "cannot unmarshal join request");
    free(query);
    expect(ask("join_request=CAESAwECAw==", true, true), 400,
           "cannot read decompressed join request");
}

static void what_inflates_beyond_the_limit(void **state)
{
    (void)state;
    static uint8_t zeros[JOIN_REQUEST_MAX + 1];
    size_t n;
    uint8_t *small = gzip(zeros, sizeof(zeros), &n);
    char *query = wrap(small, n, true);
    expect(ask(query, true, true), 400, "join request too large");
    free(query);
    query = wrap(small, n / 2, true);
    expect(ask(query, true, true), 400, "cannot read decompressed join request");
    free(query);
    free(small);
}

/* 2 bytes on the wire per message of 100 and more in memory. */
static void what_unfolds_beyond_the_budget(void **state)
{
    (void)state;
    static uint8_t tracks[JOIN_REQUEST_MAX];
    size_t n;
    for (size_t i = 0; i < sizeof(tracks); i += 2)
        tracks[i] = 5 << 3 | 2;
    uint8_t *small = gzip(tracks, sizeof(tracks), &n);
    char *query = wrap(small, n, true);
    expect(ask(query, true, true), 400, "cannot unmarshal join request");
    free(query);
    free(small);
    small = gzip(tracks, 2000, &n);
    query = wrap(small, n, true);
    expect(ask(query, true, true), 200, "success");
    assert_int_equal(params.request->n_add_track_requests, 1000);
    free(query);
    free(small);
}

/* --- the checks, each with the answers recorded of LiveKit --- */

static void who_may_not(void **state)
{
    (void)state;
    static const char refused[] = "no permissions to access the room";
    struct join_question q = {.query = "", .claims = NULL};
    expect(join_decide(&q, &limits, &params), 401, refused);
    q.v1 = true; /* the token comes before the join_request */
    expect(join_decide(&q, &limits, &params), 401, refused);
    claims.video.present = false;
    expect(ask("", false, true), 401, refused);
    claims.video.present = true;
    claims.video.room_join = false;
    expect(ask("", false, true), 401, "permissions denied");
    claims_set_text(&claims.identity, ""); /* and the join_request before the grant */
    expect(ask("", true, true), 400, "join_request is required");
    expect(ask("", false, true), 401, "permissions denied");
    claims.video.room_join = true;
    expect(ask("", false, true), 400, "identity cannot be empty");
}

static void lengths_of_names(void **state)
{
    (void)state;
    char name[258];
    memset(name, 'n', 257);
    name[257] = 0;
    claims_set_text(&claims.identity, name);
    expect(ask("", false, true), 400, "participant identity length exceeds limits: max length 256");
    limits.max_identity = 0;
    expect(ask("", false, true), 200, "success");
    claims_set_text(&claims.video.room, name);
    expect(ask("", false, true), 400, "room name length exceeds limits: max length 256");
    name[256] = 0;
    claims_set_text(&claims.video.room, name);
    expect(ask("", false, true), 200, "success");
    claims_set_text(&claims.video.room, "");
    expect(ask("", false, true), 400, "no room name");
}

static void rooms_that_are_not_there(void **state)
{
    (void)state;
    limits.auto_create = false;
    there = false;
    expect(ask("", false, false), 404, "requested room does not exist");
    there = true;
    expect(ask("", false, false), 200, "success");
    there = false;
    claims.video.room_create = true;
    expect(ask("", false, false), 200, "success");
    limits.overloaded = true;
    expect(ask("", false, false), 503, "node has exceeded its configured limit");
    claims.video.room_create = false;
    expect(ask("", false, false), 404, "requested room does not exist");
}

static void a_second_connection_that_publishes(void **state)
{
    (void)state;
    expect(ask("publish=screen", false, true), 200, "success");
    assert_string_equal(params.identity, "@a:b#screen");
    assert_string_equal(params.publish, "screen");
    claims.video.can_publish = TRISTATE_FALSE;
    expect(ask("publish=screen", false, true), 401, "no permissions to access the room");
    expect(ask("", false, true), 200, "success");
}

static void attributes(void **state)
{
    (void)state;
    /* {"a":"1"} */
    expect(ask("attributes=eyJhIjoiMSJ9", false, true), 401, "no permissions to access the room");
    claims.video.can_update_own_metadata = TRISTATE_TRUE;
    expect(ask("attributes=eyJhIjoiMSJ9", false, true), 200, "success");
    assert_int_equal(params.attribute_count, 1);
    assert_string_equal(params.attributes[0].value, "1");
    static const char *const bad[] = {"attributes=***", "attributes=W10", "attributes=eyJhIjoxfQ",
                                      "attributes=e30e"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect(ask(bad[i], false, true), 400, "cannot decode attributes");
        expect(ask(bad[i], false, false), 200, "success");
        assert_int_equal(params.attribute_count, 0);
    }
    claims.video.can_update_own_metadata = TRISTATE_UNSET;
    expect(ask("attributes=e30", false, true), 200, "success"); /* {} asks for nothing */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_browser_on_the_old_path),
        TEST(defaults_of_the_old_path),
        TEST(a_resume_on_the_old_path),
        TEST(a_join_request_with_everything),
        TEST(join_requests_that_are_none),
        TEST(what_inflates_beyond_the_limit),
        TEST(what_unfolds_beyond_the_budget),
        TEST(who_may_not),
        TEST(lengths_of_names),
        TEST(rooms_that_are_not_there),
        TEST(a_second_connection_that_publishes),
        TEST(attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
