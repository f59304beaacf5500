/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pbjson/field.h"
#include "common/pbjson/pbjson.h"
#include "common/proto/livekit/room.pb-c.h"
#include "common/proto/livekit/rtc.pb-c.h"

static char err[PBJSON_ERROR];

static void *read_as(const ProtobufCMessageDescriptor *d, const char *text)
{
    void *m = pbjson_read(d, text, strlen(text), err);
    if (!m)
        fail_msg("%s", err);
    return m;
}

static void expect_text(const ProtobufCMessage *m, enum pbjson_style style, const char *want)
{
    char *text = pbjson_write(m, style);
    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
}

static void a_room_both_ways(void **state)
{
    (void)state;
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    Livekit__Codec codec = LIVEKIT__CODEC__INIT;
    Livekit__Codec *codecs[] = {&codec};
    room.sid = (char *)"RM_1";
    room.empty_timeout = 300;
    room.creation_time = 1795406753;
    room.active_recording = true;
    codec.mime = (char *)"audio/opus";
    room.n_enabled_codecs = 1;
    room.enabled_codecs = codecs;
    expect_text(&room.base, PBJSON_CAMEL,
                "{\"sid\":\"RM_1\",\"emptyTimeout\":300,\"creationTime\":\"1795406753\","
                "\"enabledCodecs\":[{\"mime\":\"audio/opus\"}],\"activeRecording\":true}");
    expect_text(&room.base, PBJSON_SNAKE,
                "{\"sid\":\"RM_1\",\"name\":\"\",\"empty_timeout\":300,\"max_participants\":0,"
                "\"creation_time\":\"1795406753\",\"turn_password\":\"\",\"enabled_codecs\":"
                "[{\"mime\":\"audio/opus\",\"fmtp_line\":\"\"}],\"metadata\":\"\","
                "\"num_participants\":0,\"active_recording\":true,\"num_publishers\":0,"
                "\"version\":null,\"departure_timeout\":0,\"creation_time_ms\":\"0\"}");
    for (int style = PBJSON_CAMEL; style <= PBJSON_SNAKE; style++) {
        char *text = pbjson_write(&room.base, (enum pbjson_style)style);
        Livekit__Room *again = read_as(&livekit__room__descriptor, text);
        assert_string_equal(again->sid, "RM_1");
        assert_int_equal(again->creation_time, 1795406753);
        assert_int_equal(again->n_enabled_codecs, 1);
        assert_string_equal(again->enabled_codecs[0]->mime, "audio/opus");
        assert_true(again->active_recording);
        assert_null(again->version);
        protobuf_c_message_free_unpacked(&again->base, NULL);
        free(text);
    }
}

static void choices(void **state)
{
    (void)state;
    Livekit__SignalRequest *q = read_as(&livekit__signal_request__descriptor,
                                        "{\"addTrack\":{\"cid\":\"c\",\"type\":\"VIDEO\","
                                        "\"source\":2,\"width\":\"640\",\"future\":[{}]}}");
    assert_int_equal(q->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK);
    assert_string_equal(q->add_track->cid, "c");
    assert_int_equal(q->add_track->type, LIVEKIT__TRACK_TYPE__VIDEO);
    assert_int_equal(q->add_track->source, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_int_equal(q->add_track->width, 640);
    expect_text(&q->base, PBJSON_CAMEL,
                "{\"addTrack\":{\"cid\":\"c\",\"type\":\"VIDEO\",\"width\":640,\"source\":"
                "\"MICROPHONE\"}}");
    protobuf_c_message_free_unpacked(&q->base, NULL);

    q = read_as(&livekit__signal_request__descriptor, "{\"ping\":\"-9007199254740993\"}");
    assert_int_equal(q->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING);
    assert_true(q->ping == -9007199254740993);
    expect_text(&q->base, PBJSON_CAMEL, "{\"ping\":\"-9007199254740993\"}");
    protobuf_c_message_free_unpacked(&q->base, NULL);

    /* a chosen value is said even if it is what it would be by default; an empty text too */
    q = read_as(&livekit__signal_request__descriptor, "{\"ping\":0}");
    expect_text(&q->base, PBJSON_CAMEL, "{\"ping\":\"0\"}");
    protobuf_c_message_free_unpacked(&q->base, NULL);
    Livekit__SendDataRequest *d = read_as(&livekit__send_data_request__descriptor,
                                          "{\"topic\":\"\",\"data\":\"-_8\",\"nonce\":\"+/8=\"}");
    assert_int_equal(d->topic_present_case, LIVEKIT__SEND_DATA_REQUEST__TOPIC_PRESENT_TOPIC);
    assert_string_equal(d->topic, "");
    assert_int_equal(d->data.len, 2);
    assert_memory_equal(d->data.data, "\xfb\xff", 2);
    assert_memory_equal(d->nonce.data, d->data.data, 2);
    expect_text(&d->base, PBJSON_CAMEL, "{\"data\":\"+/8=\",\"topic\":\"\",\"nonce\":\"+/8=\"}");
    protobuf_c_message_free_unpacked(&d->base, NULL);

    q = read_as(&livekit__signal_request__descriptor, "{\"offer\":null,\"mute\":{}}");
    assert_int_equal(q->message_case, LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE);
    protobuf_c_message_free_unpacked(&q->base, NULL);
}

static void maps(void **state)
{
    (void)state;
    static const char text[] = "{\"room\":\"r\",\"attributes\":{\"a\":\"1\",\"b\":\"\"}}";
    Livekit__UpdateParticipantRequest *u =
        read_as(&livekit__update_participant_request__descriptor, text);
    assert_int_equal(u->n_attributes, 2);
    assert_string_equal(u->attributes[0]->key, "a");
    assert_string_equal(u->attributes[1]->value, "");
    assert_null(u->permission);
    expect_text(&u->base, PBJSON_CAMEL, text);
    protobuf_c_message_free_unpacked(&u->base, NULL);
}

static void names_and_values_of_other_versions(void **state)
{
    (void)state;
    Livekit__AddTrackRequest *a =
        read_as(&livekit__add_track_request__descriptor,
                "{\"type\":\"SMELL\",\"source\":77,\"name\":\"n\",\"later\":{\"x\":[1,2]}}");
    assert_int_equal(a->type, 0);
    assert_int_equal(a->source, 77);
    assert_string_equal(a->name, "n");
    expect_text(&a->base, PBJSON_CAMEL, "{\"name\":\"n\",\"source\":77}");
    protobuf_c_message_free_unpacked(&a->base, NULL);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
        uint32_t width;
    } cases[] = {
        {"{\"width\":4294967295}", true, UINT32_MAX},
        {"{\"width\":4294967296}", false, 0},
        {"{\"width\":-1}", false, 0},
        {"{\"width\":640.0}", true, 640},
        {"{\"width\":6.4e2}", true, 640},
        {"{\"width\":640.5}", false, 0},
        {"{\"width\":\"640\"}", true, 640},
        {"{\"width\":\"640x\"}", false, 0},
        {"{\"width\":\" 640\"}", false, 0},
        {"{\"width\":\"\"}", false, 0},
        {"{\"width\":true}", false, 0},
        {"{\"width\":1e300}", false, 0},
        {"{\"width\":null}", true, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        Livekit__AddTrackRequest *a = (void *)pbjson_read(
            &livekit__add_track_request__descriptor, cases[i].text, strlen(cases[i].text), err);
        assert_int_equal(a != NULL, cases[i].good);
        if (a)
            assert_int_equal(a->width, cases[i].width);
        else
            assert_string_equal(err, "width: wrong type or too large");
        protobuf_c_message_free_unpacked((void *)a, NULL);
    }
}

static void what_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "[]",
        "1",
        "{",
        "{\"offer\":1}",
        "{\"offer\":[]}",
        "{\"offer\":{\"sdp\":5}}",
        "{\"offer\":{},\"answer\":{}}",
        "{\"mute\":{\"muted\":\"true\"}}",
        "{\"mute\":{\"muted\":1}}",
        "{\"subscription\":{\"trackSids\":\"a\"}}",
        "{\"subscription\":{\"trackSids\":[1]}}",
        "{\"subscription\":{\"trackSids\":[null]}}",
        "{\"subscription\":{\"trackSids\":[],\"track_sids\":[\"a\",1]}}",
        "{\"addTrack\":{\"disable_red\":true,\"disableRed\":true}}",
        "{\"subscription\":{\"trackSids\":[\"a\"],\"track_sids\":[\"b\"]}}",
        "{\"offer\":{\"sdp\":\"a\\u0000b\"}}",
        "{\"updateMetadata\":{\"attributes\":[]}}",
        "{\"updateMetadata\":{\"attributes\":{\"a\":1}}}",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        err[0] = 0;
        if (pbjson_read(&livekit__signal_request__descriptor, bad[i], strlen(bad[i]), err))
            fail_msg("accepted: %s", bad[i]);
        assert_true(err[0] != 0);
    }
    assert_null(pbjson_read(&livekit__send_data_request__descriptor, "{\"data\":\"a\"}", 12, err));
    assert_string_equal(err, "data: wrong type or too large");
}

static void what_takes_too_much(void **state)
{
    (void)state;
    size_t n = PBJSON_TEXT_MAX;
    char *text = malloc(n + 2);
    assert_non_null(text);
    memset(text, ' ', n + 1);
    assert_null(pbjson_read(&livekit__room__descriptor, text, n + 1, err));
    assert_string_equal(err, "too large");

    /* a list of many empty messages: short as text, long in memory */
    static const char head[] = "{\"addTrack\":{\"layers\":[{}";
    size_t at = sizeof(head) - 1;
    memcpy(text, head, at);
    while (at + 6 < n) {
        memcpy(text + at, ",{}", 3);
        at += 3;
    }
    memcpy(text + at, "]}}", 4);
    ProtobufCMessage *m = pbjson_read(&livekit__signal_request__descriptor, text, at + 3, err);
    assert_null(m);
    free(text);
}

static void strings_that_are_not_utf8(void **state)
{
    (void)state;
    Livekit__Room room = LIVEKIT__ROOM__INIT;
    room.name = (char *)"a\xff\xfe z";
    expect_text(&room.base, PBJSON_CAMEL, "{\"name\":\"a?? z\"}");
    room.name = (char *)"\xc3\xa9";
    expect_text(&room.base, PBJSON_CAMEL, "{\"name\":\"\xc3\xa9\"}");
}

static void camel_names(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"sid", "sid"}, {"track_sids", "trackSids"}, {"a_b_c", "aBC"}, {"x_1", "x1"}, {"_a", "A"}};
    for (size_t i = 0; i < 5; i++) {
        ProtobufCFieldDescriptor f = {.name = names[i][0]};
        char out[FIELD_NAME];
        assert_string_equal(field_camel_name(&f, out), names[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_both_ways),
        cmocka_unit_test(choices),
        cmocka_unit_test(maps),
        cmocka_unit_test(names_and_values_of_other_versions),
        cmocka_unit_test(numbers),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(what_takes_too_much),
        cmocka_unit_test(strings_that_are_not_utf8),
        cmocka_unit_test(camel_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
