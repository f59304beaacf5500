/* SPDX-License-Identifier: Apache-2.0 */
/* RoomService on live rooms: who may call, what it answers, what clients and the dataplane are
 * told. Texts and codes as LiveKit 1.13 answers them. */
#include "tests/unit/signal_stage.h"

#include "common/proto/livekit/data.pb-c.h"
#include "control/api/api.h"
#include "control/room/participant.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct stage stage;
static struct actor alice, bob;
static struct api *api;
static struct claims admin;
static json_t *answer;  /* the last one's */
static int late_status; /* of a call that was answered later; its body is in `answer` */

static void take_answer(const struct twirp_response *out)
{
    json_decref(answer);
    answer = json_loadb(out->body, out->length, 0, NULL);
    assert_non_null(answer);
    free(out->body);
}

static void on_late_answer(void *ctx, void *caller, const struct twirp_response *out)
{
    (void)ctx;
    assert_ptr_equal(caller, &late_status);
    late_status = out->status;
    take_answer(out);
}

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage);
    actor_open(&alice, &stage, "alice");
    actor_open(&bob, &stage, "bob");
    const struct api_limits limits = {
        .room_name = 256, .metadata = 1000, .attributes = 100, .participant_name = 256};
    late_status = 0;
    api = api_create(stage.rooms, &limits, &(struct api_output){.answer = on_late_answer});
    assert_true(claims_init(&admin));
    admin.video.present = admin.video.room_admin = true;
    claims_set_text(&admin.video.room, "room");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    json_decref(answer);
    answer = NULL;
    claims_free(&admin);
    api_destroy(api);
    actor_close(&alice);
    actor_close(&bob);
    stage_close(&stage);
    return 0;
}

/* Its HTTP status; the body is in `answer`. */
static int call_as(const struct claims *claims, const char *method, const char *body)
{
    char path[128];
    snprintf(path, sizeof path, TWIRP_PREFIX "RoomService/%s", method);
    struct twirp_request q = {"POST", path, "application/json", body, strlen(body)};
    struct twirp_response out;
    struct api_waiting *waiting;
    assert_int_equal(api_serve(api, &q, claims, NULL, stage.now, &out, &waiting), API_ANSWERED);
    take_answer(&out);
    stage_pass(&stage, 0);
    return out.status;
}

static int call(const char *method, const char *body)
{
    return call_as(&admin, method, body);
}

static const char *field(const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));
    assert_non_null(text);
    return text;
}

static void expect_refusal(int status, int expected, const char *code, const char *msg)
{
    assert_int_equal(status, expected);
    assert_string_equal(field("code"), code);
    assert_string_equal(field("msg"), msg);
}

#define NO_PARTICIPANT "twirp error unknown: participant does not exist"
#define NO_ROOM        "twirp error unknown: requested room does not exist"

static void publish(void)
{
    actor_join(&alice, OFFER_JOIN);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_heard(&alice);
    actor_heard(&bob);
}

static const char *mic(void)
{
    return actor_participant(&alice)->publications->sid;
}

static void calls_need_their_grant(void **state)
{
    (void)state;
    static const char denied[] = "permissions denied";
    expect_refusal(call_as(NULL, "ListRooms", "{}"), 401, "unauthenticated", denied);
    expect_refusal(call("ListRooms", "{}"), 401, "unauthenticated", denied);
    expect_refusal(call("CreateRoom", "{\"name\":\"room\"}"), 401, "unauthenticated", denied);
    expect_refusal(call("DeleteRoom", "{\"room\":\"room\"}"), 401, "unauthenticated", denied);
    expect_refusal(call("ListParticipants", "{\"room\":\"other\"}"), 401, "unauthenticated",
                   denied);
    expect_refusal(call_as(&alice.claims, "ListParticipants", "{\"room\":\"room\"}"), 401,
                   "unauthenticated", denied);
    expect_refusal(call("MoveParticipant", "{\"room\":\"room\",\"destination_room\":\"y\"}"), 401,
                   "unauthenticated", denied);
    claims_set_text(&admin.video.destination_room, "y");
    expect_refusal(call("MoveParticipant", "{\"room\":\"room\",\"destination_room\":\"y\"}"), 404,
                   "not_found", NO_PARTICIPANT);
}

#define TO_Y "{\"room\":\"room\",\"identity\":\"alice\",\"destination_room\":\"y\"}"

static void participants_are_moved_and_forwarded(void **state)
{
    (void)state;
    publish();
    claims_set_text(&admin.video.destination_room, "y");
    stage.rooms->config.auto_create = false;
    expect_refusal(call("ForwardParticipant", TO_Y), 404, "not_found", NO_ROOM);
    stage.rooms->config.auto_create = true;
    assert_int_equal(call("ForwardParticipant", TO_Y), 200);
    assert_int_equal(call("ForwardParticipant", TO_Y), 200); /* it is there */
    claims_set_text(&admin.video.room, "y");
    assert_int_equal(call("GetParticipant", "{\"room\":\"y\",\"identity\":\"alice\"}"), 200);
    const json_t *details = json_object_get(answer, "kind_details");
    assert_string_equal(json_string_value(json_array_get(details, 0)), "FORWARDED");
    static const char shown[] = "twirp error unknown: participant is forwarded from another room";
    expect_refusal(
        call("UpdateParticipant", "{\"room\":\"y\",\"identity\":\"alice\",\"name\":\"Eve\"}"), 412,
        "failed_precondition", shown);
    expect_refusal(
        call("MutePublishedTrack", "{\"room\":\"y\",\"identity\":\"alice\",\"muted\":true}"), 412,
        "failed_precondition", shown);
    assert_int_equal(call("RemoveParticipant", "{\"room\":\"y\",\"identity\":\"alice\"}"), 200);
    assert_false(alice.closed);
    claims_set_text(&admin.video.room, "room");
    assert_int_equal(call("MoveParticipant", TO_Y), 200);
    assert_null(actor_participant(&alice)); /* of room "room" */
    claims_set_text(&admin.video.destination_room, "full");
    admin.video.room_create = true;
    assert_int_equal(call("CreateRoom", "{\"name\":\"full\",\"max_participants\":1}"), 200);
    struct actor carol;
    actor_open(&carol, &stage, "carol");
    carol.params.room = (char *)(uintptr_t) "full";
    actor_join(&carol, OFFER_JOIN);
    expect_refusal(call("MoveParticipant",
                        "{\"room\":\"room\",\"identity\":\"bob\",\"destination_room\":\"full\"}"),
                   429, "resource_exhausted", "twirp error unknown: destination room is full");
    actor_cut(&bob);
    claims_set_text(&admin.video.destination_room, "y");
    expect_refusal(call("MoveParticipant",
                        "{\"room\":\"room\",\"identity\":\"bob\",\"destination_room\":\"y\"}"),
                   503, "unavailable",
                   "twirp error unknown: participant is not connected at the moment");
    actor_close(&carol);
}

static void unknown_things_are_not_found(void **state)
{
    (void)state;
    admin.video.room_create = true;
    expect_refusal(call("GetParticipant", "{\"room\":\"room\",\"identity\":\"x\"}"), 404,
                   "not_found", NO_PARTICIPANT);
    expect_refusal(call("RemoveParticipant", "{\"room\":\"room\",\"identity\":\"x\"}"), 404,
                   "not_found", NO_PARTICIPANT);
    expect_refusal(call("DeleteRoom", "{\"room\":\"room\"}"), 404, "not_found", NO_ROOM);
    expect_refusal(call("UpdateRoomMetadata", "{\"room\":\"room\"}"), 404, "not_found", NO_ROOM);
    assert_int_equal(call("ListParticipants", "{\"room\":\"room\"}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "participants")), 0);
    assert_int_equal(call("Nothing", "{}"), 404);
    assert_string_equal(field("code"), "bad_route");
}

static void nothing_is_said_before_the_sessions_are_known(void **state)
{
    (void)state;
    stage_welcome(&stage, 2);
    expect_refusal(call("GetParticipant", "{\"room\":\"room\",\"identity\":\"x\"}"), 503,
                   "unavailable", "media is not available");
    stage_dump_end(&stage);
    assert_int_equal(call("ListParticipants", "{\"room\":\"room\"}"), 200);
}

static void rooms_are_created_once(void **state)
{
    (void)state;
    admin.video.room_create = admin.video.room_list = true;
    assert_int_equal(call("CreateRoom", "{\"name\":\"room\",\"emptyTimeout\":60,"
                                        "\"max_participants\":10,\"metadata\":\"m\"}"),
                     200);
    char sid[ROOM_SID_MAX];
    snprintf(sid, sizeof sid, "%s", field("sid"));
    assert_int_equal(json_integer_value(json_object_get(answer, "empty_timeout")), 60);
    assert_int_equal(json_integer_value(json_object_get(answer, "departure_timeout")), 20);
    assert_true(json_is_string(json_object_get(answer, "creation_time")));
    assert_int_equal(json_array_size(json_object_get(answer, "enabled_codecs")), 10);
    assert_int_equal(call("CreateRoom", "{\"name\":\"room\",\"departure_timeout\":5}"), 200);
    assert_string_equal(field("sid"), sid);
    assert_string_equal(field("metadata"), "m");
    assert_int_equal(json_integer_value(json_object_get(answer, "empty_timeout")), 60);
    assert_int_equal(json_integer_value(json_object_get(answer, "departure_timeout")), 5);
    assert_int_equal(call("CreateRoom", "{}"), 200);
    assert_int_equal(call("ListRooms", "{}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "rooms")), 2);
    assert_int_equal(call("ListRooms", "{\"names\":[\"room\",\"none\"]}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "rooms")), 1);
    assert_int_equal(stage.event_count, 2);
    stage_pass(&stage, 61 * USEC_PER_SEC);
    assert_int_equal(call("ListRooms", "{\"names\":[\"room\"]}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "rooms")), 0);
}

static void limits_hold(void **state)
{
    (void)state;
    admin.video.room_create = true;
    char body[2048], text[1100];
    memset(text, 'r', sizeof text);
    text[sizeof text - 1] = 0;
    snprintf(body, sizeof body, "{\"name\":\"%.257s\"}", text);
    expect_refusal(call("CreateRoom", body), 400, "invalid_argument",
                   "twirp error unknown: room name length exceeds limits: max length 256");
    snprintf(body, sizeof body, "{\"room\":\"room\",\"metadata\":\"%s\"}", text);
    expect_refusal(call("UpdateRoomMetadata", body), 400, "invalid_argument",
                   "metadata size exceeds limits 1000");
    actor_join(&alice, OFFER_JOIN);
    snprintf(body, sizeof body,
             "{\"room\":\"room\",\"identity\":\"alice\",\"attributes\":{\"a\":\"%.60s\"}}", text);
    assert_int_equal(call("UpdateParticipant", body), 200);
    snprintf(body, sizeof body,
             "{\"room\":\"room\",\"identity\":\"alice\",\"attributes\":{\"b\":\"%.60s\"}}", text);
    expect_refusal(call("UpdateParticipant", body), 400, "invalid_argument",
                   "attribute size exceeds limits 100");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "meta"), "argument")),
        "attribute size exceeds limits");
}

static void participants_are_told(void **state)
{
    (void)state;
    publish();
    assert_int_equal(call("ListParticipants", "{\"room\":\"room\"}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "participants")), 2);
    assert_int_equal(call("GetParticipant", "{\"room\":\"room\",\"identity\":\"alice\"}"), 200);
    assert_string_equal(field("identity"), "alice");
    assert_string_equal(field("state"), "ACTIVE");
    assert_int_equal(json_array_size(json_object_get(answer, "tracks")), 1);
}

static void a_participant_is_removed(void **state)
{
    (void)state;
    publish();
    assert_int_equal(call("RemoveParticipant", "{\"room\":\"room\",\"identity\":\"bob\"}"), 200);
    const Livekit__LeaveRequest *leave =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave;
    assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED);
    assert_true(bob.closed);
    assert_int_equal(stage.events[stage.event_count - 1], PARTICIPANT_LEFT);
    struct signal_join j = {.claims = &bob.claims, .params = &bob.params};
    bob.claims.issued_at = 1000;
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 0);
    actor_join(&bob, OFFER_JOIN);
    call("RemoveParticipant",
         "{\"room\":\"room\",\"identity\":\"bob\",\"revoke_token_ts\":\"1001\"}");
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 401);
    bob.claims.issued_at = 1001;
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 0);
    expect_refusal(call("RemoveParticipant", "{\"room\":\"room\",\"identity\":\"bob\"}"), 404,
                   "not_found", NO_PARTICIPANT);
}

static void a_room_is_deleted_with_everyone(void **state)
{
    (void)state;
    admin.video.room_create = true;
    publish();
    assert_int_equal(call("DeleteRoom", "{\"room\":\"room\"}"), 200);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__ROOM_DELETED);
    assert_true(alice.closed && bob.closed);
    assert_int_equal(stage.events[stage.event_count - 1], ROOM_FINISHED);
    assert_int_equal(stage.rooms->room_count, 0);
}

static void a_track_is_muted_but_not_unmuted(void **state)
{
    (void)state;
    publish();
    char body[160];
    snprintf(body, sizeof body,
             "{\"room\":\"room\",\"identity\":\"alice\",\"trackSid\":\"%s\",\"muted\":true}",
             mic());
    assert_int_equal(call("MutePublishedTrack", body), 200);
    assert_true(json_is_true(json_object_get(json_object_get(answer, "track"), "muted")));
    assert_string_equal(actor_heard(&alice), "mute update");
    assert_string_equal(actor_heard(&bob), "update");
    assert_true(stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track->muted);
    snprintf(body, sizeof body, "{\"room\":\"room\",\"identity\":\"alice\",\"trackSid\":\"%s\"}",
             mic());
    expect_refusal(call("MutePublishedTrack", body), 412, "failed_precondition",
                   "twirp error unknown: remote unmute not enabled");
    assert_string_equal(actor_heard(&alice), "");
    expect_refusal(call("MutePublishedTrack", "{\"room\":\"room\",\"identity\":\"alice\","
                                              "\"track_sid\":\"TR_x\",\"muted\":true}"),
                   404, "not_found", "twirp error unknown: track is not found");
}

static void everything_at_once_is_told_one_by_one(void **state)
{
    (void)state;
    publish();
    size_t before = alice.count;
    assert_int_equal(call("UpdateParticipant",
                          "{\"room\":\"room\",\"identity\":\"alice\",\"metadata\":\"m2\","
                          "\"name\":\"Alicia\",\"attributes\":{\"a\":\"1\",\"b\":\"2\"}}"),
                     200);
    assert_string_equal(field("metadata"), "m2");
    assert_string_equal(field("name"), "Alicia");
    assert_int_equal(json_object_size(json_object_get(answer, "attributes")), 2);
    assert_int_equal(alice.count - before, 3); /* no keys here, so no tokens */
    assert_int_equal(call("UpdateParticipant", "{\"room\":\"room\",\"identity\":\"alice\","
                                               "\"attributes\":{\"a\":\"\"}}"),
                     200);
    assert_int_equal(json_object_size(json_object_get(answer, "attributes")), 1);
}

static void a_revoked_permission_ends_tracks(void **state)
{
    (void)state;
    publish();
    assert_int_equal(call("UpdateParticipant",
                          "{\"room\":\"room\",\"identity\":\"alice\","
                          "\"permission\":{\"canSubscribe\":true,\"canPublishData\":true}}"),
                     200);
    assert_int_equal(json_array_size(json_object_get(answer, "tracks")), 0);
    assert_true(json_is_false(json_object_get(answer, "is_publisher")));
    assert_string_equal(actor_heard(&alice), "update track_unpublished update");
    assert_int_equal(stage.events[stage.event_count - 1], TRACK_UNPUBLISHED);
    assert_null(actor_participant(&alice)->publications);
    assert_int_equal(call("UpdateParticipant",
                          "{\"room\":\"room\",\"identity\":\"alice\",\"permission\":"
                          "{\"canSubscribe\":true,\"canPublish\":true,\"canPublishData\":true}}"),
                     200);
    assert_true(json_is_true(json_object_get(answer, "is_publisher")));
}

static void subscriptions_are_changed_for_others(void **state)
{
    (void)state;
    publish();
    const struct subscription *s = actor_participant(&bob)->subscriptions;
    assert_non_null(s);
    assert_true(s->wanted);
    char body[160];
    snprintf(body, sizeof body, "{\"room\":\"room\",\"identity\":\"bob\",\"track_sids\":[\"%s\"]}",
             mic());
    assert_int_equal(call("UpdateSubscriptions", body), 200);
    assert_false(s->wanted);
    snprintf(body, sizeof body,
             "{\"room\":\"room\",\"identity\":\"bob\",\"subscribe\":true,"
             "\"participant_tracks\":[{\"track_sids\":[\"%s\"]}]}",
             mic());
    assert_int_equal(call("UpdateSubscriptions", body), 200);
    assert_true(s->wanted);
    assert_int_equal(json_object_size(answer), 0);
}

static void room_metadata_is_told_to_everyone(void **state)
{
    (void)state;
    publish();
    assert_int_equal(call("UpdateRoomMetadata", "{\"room\":\"room\",\"metadata\":\"m2\"}"), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "num_participants")), 2);
    assert_int_equal(json_integer_value(json_object_get(answer, "num_publishers")), 1);
    assert_string_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE)
                            ->room_update->room->metadata,
                        "m2");
}

static Livekit__DataPacket *sent(const Sluice__Link__SendData **command)
{
    *command = stage_last(&stage, SLUICE__LINK__COMMAND__BODY_SEND_DATA)->send_data;
    Livekit__DataPacket *m =
        livekit__data_packet__unpack(NULL, (*command)->packet.len, (*command)->packet.data);
    assert_non_null(m);
    assert_int_equal(m->value_case, LIVEKIT__DATA_PACKET__VALUE_USER);
    return m;
}

static void data_goes_to_whom_it_is_for(void **state)
{
    (void)state;
    publish();
    const Sluice__Link__SendData *command;
    assert_int_equal(call("SendData", "{\"room\":\"room\",\"data\":\"aGVsbG8=\",\"topic\":\"t\","
                                      "\"nonce\":\"Ep1fcXG65n/ywiUw34fWXQ==\"}"),
                     200);
    Livekit__DataPacket *m = sent(&command);
    assert_true(command->reliable);
    assert_int_equal(command->n_destination_identities, 0);
    assert_memory_equal(m->user->payload.data, "hello", 5);
    assert_string_equal(m->user->topic, "t");
    assert_int_equal(m->user->nonce.len, 16);
    assert_string_equal(m->user->participant_sid, "");
    livekit__data_packet__free_unpacked(m, NULL);

    char body[200];
    snprintf(body, sizeof body,
             "{\"room\":\"room\",\"data\":\"aGk=\",\"kind\":\"LOSSY\","
             "\"destination_sids\":[\"%s\",\"PA_x\"],\"destination_identities\":[\"bob\"]}",
             actor_participant(&bob)->sid);
    assert_int_equal(call("SendData", body), 200);
    m = sent(&command);
    assert_false(command->reliable);
    assert_int_equal(command->n_destination_identities, 1);
    assert_string_equal(command->destination_identities[0], "bob");
    assert_string_equal(m->destination_identities[0], "bob");
    assert_int_equal(m->kind, LIVEKIT__DATA_PACKET__KIND__LOSSY);
    livekit__data_packet__free_unpacked(m, NULL);
}

static void data_that_cannot_be_sent_is_refused(void **state)
{
    (void)state;
    expect_refusal(call("SendData", "{\"room\":\"room\",\"data\":\"AAAA\",\"nonce\":\"AAAA\"}"),
                   400, "invalid_argument",
                   "nonce should be 16-bytes or not present, got: 3 bytes");
    expect_refusal(call("SendData", "{\"room\":\"room\"}"), 404, "not_found", NO_ROOM);
    publish();
    assert_int_equal(
        call("SendData", "{\"room\":\"room\",\"data\":\"aGk=\",\"destination_sids\":[\"PA_x\"]}"),
        200);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_SEND_DATA), 0);
    char *body = malloc(90100);
    int n = snprintf(body, 100, "{\"room\":\"room\",\"data\":\"");
    memset(body + n, 'A', 90000);
    strcpy(body + n + 90000, "\"}");
    expect_refusal(call("SendData", body), 400, "invalid_argument", "data is too large");
    free(body);
}

/* ---- PerformRpc ---- */

static struct api_waiting *call_rpc(const char *body)
{
    struct twirp_request q = {"POST", TWIRP_PREFIX "RoomService/PerformRpc", "application/json",
                              body, strlen(body)};
    struct twirp_response out;
    struct api_waiting *waiting = NULL;
    assert_int_equal(api_serve(api, &q, &admin, &late_status, stage.now, &out, &waiting),
                     API_WAITING);
    assert_non_null(waiting);
    return waiting;
}

/* The request that went out; free it. */
static Livekit__RpcRequest *rpc_request(void)
{
    const Sluice__Link__SendData *command =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_SEND_DATA)->send_data;
    assert_int_equal(command->n_destination_identities, 1);
    Livekit__DataPacket *m =
        livekit__data_packet__unpack(NULL, command->packet.len, command->packet.data);
    assert_non_null(m);
    assert_int_equal(m->value_case, LIVEKIT__DATA_PACKET__VALUE_RPC_REQUEST);
    assert_string_equal(m->participant_identity, command->destination_identities[0]);
    Livekit__RpcRequest *r =
        livekit__rpc_request__unpack(NULL, m->rpc_request.len, m->rpc_request.data);
    assert_non_null(r);
    livekit__data_packet__free_unpacked(m, NULL);
    return r;
}

static void participant_answers(const struct actor *a, Livekit__DataPacket *m)
{
    uint8_t bytes[2048];
    Sluice__Link__ServerPacket body = SLUICE__LINK__SERVER_PACKET__INIT;
    body.participant = actor_participant(a)->index.id;
    body.packet.data = bytes;
    body.packet.len = livekit__data_packet__pack(m, bytes);
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SERVER_PACKET;
    e.server_packet = &body;
    stage_event(&stage, &e);
}

static void acknowledge(const struct actor *a, char *id)
{
    uint8_t bytes[100];
    Livekit__RpcAck ack = LIVEKIT__RPC_ACK__INIT;
    ack.request_id = id;
    Livekit__DataPacket m = LIVEKIT__DATA_PACKET__INIT;
    m.value_case = LIVEKIT__DATA_PACKET__VALUE_RPC_ACK;
    m.rpc_ack.data = bytes;
    m.rpc_ack.len = livekit__rpc_ack__pack(&ack, bytes);
    participant_answers(a, &m);
}

static void respond(const struct actor *a, char *id, char *payload, Livekit__RpcError *error)
{
    uint8_t bytes[500];
    Livekit__RpcResponse response = LIVEKIT__RPC_RESPONSE__INIT;
    response.request_id = id;
    response.value_case =
        error ? LIVEKIT__RPC_RESPONSE__VALUE_ERROR : LIVEKIT__RPC_RESPONSE__VALUE_PAYLOAD;
    if (error)
        response.error = error;
    else
        response.payload = payload;
    Livekit__DataPacket m = LIVEKIT__DATA_PACKET__INIT;
    m.value_case = LIVEKIT__DATA_PACKET__VALUE_RPC_RESPONSE;
    m.rpc_response.data = bytes;
    m.rpc_response.len = livekit__rpc_response__pack(&response, bytes);
    participant_answers(a, &m);
}

#define RPC(timeout)                                                                               \
    "{\"room\":\"room\",\"destination_identity\":\"bob\",\"method\":\"add\","                      \
    "\"payload\":\"1+1\",\"response_timeout_ms\":" timeout "}"

static void a_participant_answers_an_rpc(void **state)
{
    (void)state;
    char two[] = "2";
    publish();
    call_rpc(RPC("9000"));
    Livekit__RpcRequest *r = rpc_request();
    assert_string_equal(r->method, "add");
    assert_string_equal(r->payload, "1+1");
    assert_int_equal(r->response_timeout_ms, 9000);
    assert_int_equal(r->version, 1);
    acknowledge(&bob, r->id);
    stage_pass(&stage, 8 * USEC_PER_SEC);
    assert_int_equal(late_status, 0);
    respond(&alice, r->id, two, NULL); /* it was not asked */
    assert_int_equal(late_status, 0);
    respond(&bob, r->id, two, NULL);
    assert_int_equal(late_status, 200);
    assert_string_equal(field("payload"), "2");
    respond(&bob, r->id, two, NULL); /* nobody waits any more */
    livekit__rpc_request__free_unpacked(r, NULL);
    assert_int_equal(api_method_counters(api, 11)->ended[TWIRP_OK], 1);
}

static void rpcs_fail(void **state)
{
    (void)state;
    publish();
    call_rpc(RPC("9000"));
    Livekit__RpcRequest *r = rpc_request();
    char text[] = "no such method";
    Livekit__RpcError error = LIVEKIT__RPC_ERROR__INIT;
    error.code = 1400;
    error.message = text;
    respond(&bob, r->id, NULL, &error);
    livekit__rpc_request__free_unpacked(r, NULL);
    expect_refusal(late_status, 501, "unimplemented", "twirp error unknown: no such method");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "meta"), "rpc_code")), "1400");

    call_rpc(RPC("9000"));
    stage_pass(&stage, 7 * USEC_PER_SEC);
    expect_refusal(late_status, 503, "unavailable",
                   "twirp error unknown: no response from servers");

    call_rpc(RPC("9000"));
    r = rpc_request();
    acknowledge(&bob, r->id);
    livekit__rpc_request__free_unpacked(r, NULL);
    stage_pass(&stage, 9 * USEC_PER_SEC);
    expect_refusal(late_status, 408, "deadline_exceeded", "twirp error unknown: response timeout");
    expect_refusal(call("PerformRpc", "{\"room\":\"room\",\"destination_identity\":\"x\"}"), 503,
                   "unavailable", "twirp error unknown: no response from servers");
}

static void callers_may_go_away(void **state)
{
    (void)state;
    publish();
    api_forget(call_rpc(RPC("9000")));
    call_rpc(RPC("9000")); /* goes with the server */
    assert_int_equal(late_status, 0);
}

static void other_services_are_not_offered(void **state)
{
    (void)state;
    struct twirp_request q = {"POST", "/twirp/livekit.Egress/ListEgress", "application/json", "{}",
                              2};
    struct twirp_response out;
    struct api_waiting *waiting;
    assert_int_equal(api_serve(api, &q, &admin, NULL, 0, &out, &waiting), API_ANSWERED);
    assert_int_equal(out.status, 401);
    free(out.body);
    admin.video.room_record = true;
    assert_int_equal(api_serve(api, &q, &admin, NULL, 0, &out, &waiting), API_ANSWERED);
    assert_int_equal(out.status, 501);
    free(out.body);
    q.path = "/twirp/livekit.NoService/Nothing";
    assert_int_equal(api_serve(api, &q, &admin, NULL, 0, &out, &waiting), API_NO_SUCH_SERVICE);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_need_their_grant),
        TEST(participants_are_moved_and_forwarded),
        TEST(unknown_things_are_not_found),
        TEST(nothing_is_said_before_the_sessions_are_known),
        TEST(rooms_are_created_once),
        TEST(limits_hold),
        TEST(participants_are_told),
        TEST(a_participant_is_removed),
        TEST(a_room_is_deleted_with_everyone),
        TEST(a_track_is_muted_but_not_unmuted),
        TEST(everything_at_once_is_told_one_by_one),
        TEST(a_revoked_permission_ends_tracks),
        TEST(subscriptions_are_changed_for_others),
        TEST(room_metadata_is_told_to_everyone),
        TEST(data_goes_to_whom_it_is_for),
        TEST(data_that_cannot_be_sent_is_refused),
        TEST(a_participant_answers_an_rpc),
        TEST(rpcs_fail),
        TEST(callers_may_go_away),
        TEST(other_services_are_not_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
