/* SPDX-License-Identifier: Apache-2.0 */
/* Joining, in the order of LiveKit 1.13's recordings; duplicates, leaving, timeouts. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"

#include <string.h>

static void single_join_is_answered_at_once(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    assert_string_equal(actor_heard(&alice), "join answer trickle");
    const Livekit__JoinResponse *join =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join;
    assert_memory_equal(join->participant->sid, "PA_", 3);
    assert_memory_equal(join->room->sid, "RM_", 3);
    assert_int_equal(join->participant->state, LIVEKIT__PARTICIPANT_INFO__STATE__JOINING);
    assert_int_equal(join->participant->version, 0);
    assert_int_equal(join->ping_timeout, 15);
    assert_int_equal(join->ping_interval, 5);
    assert_false(join->subscriber_primary);
    assert_true(join->fast_publish);
    assert_string_equal(join->enabled_publish_codecs[0]->mime, "video/VP8");
    assert_string_equal(join->enabled_publish_codecs[1]->mime, "video/H264");
    assert_int_equal(join->sif_trailer.len, 43);
    const Livekit__SessionDescription *answer =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer;
    assert_int_equal(answer->id, 1);
    assert_string_equal(answer->type, "answer");
    assert_int_equal(answer->n_mid_to_track_id, 0);
    assert_non_null(strstr(answer->sdp, "a=ice-lite"));
    assert_null(strstr(answer->sdp, "a=candidate"));
}

static void candidates_are_udp_then_tcp_and_end(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    assert_int_equal(alice.said[alice.count - 2]->message_case,
                     LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE);
    const Livekit__TrickleRequest *udp = alice.said[alice.count - 2]->trickle;
    const Livekit__TrickleRequest *tcp = alice.said[alice.count - 1]->trickle;
    assert_non_null(strstr(udp->candidateinit, "udp 2130706431 192.0.2.1 5000"));
    assert_false(udp->final);
    assert_non_null(strstr(tcp->candidateinit, "tcp 1671430143 192.0.2.1 7881"));
    assert_non_null(strstr(tcp->candidateinit, "tcptype passive"));
    assert_true(tcp->final);
}

static void later_answers_list_candidates(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_heard(&alice);
    actor_offer(&alice, OFFER_JOIN, 2);
    assert_string_equal(actor_heard(&alice), "answer");
    assert_non_null(strstr(
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer->sdp, "a=candidate"));
}

static void dual_join_is_offered_data_first(void **state)
{
    (void)state;
    actor_join_dual(&alice);
    assert_string_equal(actor_heard(&alice), "join offer trickle");
    const Livekit__SessionDescription *offer =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER)->offer;
    assert_true(offer->id > 0);
    assert_non_null(strstr(offer->sdp, "m=application 9"));
    assert_null(strstr(offer->sdp, "m=audio"));
    assert_int_equal(alice.said[alice.count - 1]->trickle->target,
                     LIVEKIT__SIGNAL_TARGET__SUBSCRIBER);
    assert_true(
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join->subscriber_primary);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT), 2);
}

static void workers_share_the_transports(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    uint32_t first =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->worker;
    actor_join(&bob, OFFER_JOIN);
    uint32_t second =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->worker;
    assert_int_not_equal(first, second);
}

static void others_hear_in_batches(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 100 * USEC_PER_MS);
    actor_heard(&alice);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    assert_string_equal(actor_heard(&alice), "");
    stage_pass(&stage, 3 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&alice), "update");
    const Livekit__ParticipantUpdate *u =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update;
    const Livekit__ParticipantInfo *of_bob = u->participants[u->n_participants - 1];
    assert_string_equal(of_bob->identity, "bob");
    assert_int_equal(of_bob->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(of_bob->version, 1); /* joined and active in one count */
    stage_pass(&stage, 3 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&alice), "connection_quality room_update");
    const Livekit__JoinResponse *join =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join;
    assert_int_equal(join->n_other_participants, 1);
    assert_string_equal(join->other_participants[0]->identity, "alice");
}

static void leaving_is_answered_and_told(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
    actor_leave(&bob);
    assert_string_equal(actor_heard(&bob), "leave");
    assert_true(bob.closed);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT), 1);
    stage_pass(&stage, 3 * USEC_PER_SEC);
    const Livekit__ParticipantInfo *gone =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
    assert_string_equal(gone->identity, "bob");
    assert_int_equal(gone->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(gone->disconnect_reason, LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED);
    assert_int_equal(stage.events[stage.event_count - 1], PARTICIPANT_LEFT);
}

static void a_second_session_replaces_the_first(void **state)
{
    (void)state;
    struct actor again;
    actor_open(&again, &stage, "alice");
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
    actor_join(&again, OFFER_JOIN);
    assert_string_equal(actor_heard(&alice), "leave");
    const Livekit__LeaveRequest *leave =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave;
    assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    assert_int_equal(leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
    assert_true(alice.closed);
    assert_string_equal(actor_heard(&again), "join update answer trickle");
    /* told at once, and nothing of the old session */
    assert_string_equal(actor_heard(&bob), "update");
    actor_transport(&again, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 3 * USEC_PER_SEC);
    for (size_t i = 0; i < bob.count; i++)
        for (size_t k = 0; bob.said[i]->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE &&
                           k < bob.said[i]->update->n_participants;
             k++)
            assert_int_not_equal(bob.said[i]->update->participants[k]->state,
                                 LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    /* the old one's webhook comes before the new one's */
    assert_int_equal(stage.events[stage.event_count - 2], PARTICIPANT_LEFT);
    assert_int_equal(stage.reasons[stage.event_count - 2],
                     LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY);
    assert_int_equal(stage.events[stage.event_count - 1], PARTICIPANT_JOINED);
    actor_close(&again);
}

static void who_never_connects_is_removed(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    stage_pass(&stage, 59 * USEC_PER_SEC);
    assert_false(alice.closed);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_true(alice.closed);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE);
    assert_int_equal(stage.events[stage.event_count - 1], PARTICIPANT_ABORTED);
}

static void a_socket_lost_before_media_ends_the_session(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_cut(&alice);
    assert_null(actor_participant(&alice));
    assert_int_equal(stage.reasons[stage.event_count - 1],
                     LIVEKIT__DISCONNECT_REASON__SIGNAL_CLOSE);
}

static void a_socket_lost_during_media_does_not(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_cut(&alice);
    stage_pass(&stage, 60 * USEC_PER_SEC);
    assert_non_null(actor_participant(&alice));
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    stage_pass(&stage, 4 * USEC_PER_SEC);
    assert_non_null(actor_participant(&alice));
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_null(actor_participant(&alice));
    assert_int_equal(stage.reasons[stage.event_count - 1],
                     LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

static void an_empty_room_ends(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_leave(&alice);
    stage_pass(&stage, 19 * USEC_PER_SEC);
    assert_non_null(rooms_find(stage.rooms, "room"));
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_null(rooms_find(stage.rooms, "room"));
    assert_int_equal(stage.events[stage.event_count - 1], ROOM_FINISHED);
}

static void a_room_that_nobody_joins_ends_later(void **state)
{
    (void)state;
    rooms_open(stage.rooms, "made", NULL, stage.now);
    stage_pass(&stage, 299 * USEC_PER_SEC);
    assert_non_null(rooms_find(stage.rooms, "made"));
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_null(rooms_find(stage.rooms, "made"));
}

static void a_full_room_refuses(void **state)
{
    (void)state;
    struct room_settings one = {.max_participants = 1};
    rooms_open(stage.rooms, "room", &one, stage.now);
    actor_join(&alice, OFFER_JOIN);
    struct signal_join j = {.claims = &bob.claims, .params = &bob.params};
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 500);
    struct signal_join again = {.claims = &alice.claims, .params = &alice.params};
    assert_int_equal(signal_check(stage.g, &again, stage.now).status, 0);
}

static void without_dataplane_nobody_joins(void **state)
{
    (void)state;
    rooms_link_lost(stage.rooms);
    struct signal_join j = {.claims = &alice.claims, .params = &alice.params};
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 503);
}

static void shutting_down_says_goodbye(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    rooms_shut_down(stage.rooms, stage.now);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__SERVER_SHUTDOWN);
    assert_true(alice.closed);
}

static void pings_are_answered(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_heard(&alice);
    Livekit__Ping body = LIVEKIT__PING__INIT;
    body.timestamp = 4711;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    m.ping_req = &body;
    actor_send(&alice, &m);
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING;
    m.ping = 12;
    actor_send(&alice, &m);
    assert_string_equal(actor_heard(&alice), "pong_resp pong");
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP)
                         ->pong_resp->last_ping_timestamp,
                     4711);
}

static void tokens_are_refreshed(void **state)
{
    (void)state;
    static struct api_keys keys;
    api_keys_add(&keys, "key", "a-secret-of-at-least-thirty-two-bytes");
    stage.rooms->config.keys = &keys;
    actor_join(&alice, OFFER_JOIN);
    assert_string_equal(actor_heard(&alice), "join refresh_token answer trickle");
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 299 * USEC_PER_SEC);
    assert_null(strstr(actor_heard(&alice), "refresh_token"));
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&alice), "refresh_token"));
    const char *token =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN)->refresh_token;
    struct claims c;
    char *wrong =
        token_verify(&keys, token, strlen(token), (int64_t)(clock_realtime() / USEC_PER_SEC), &c);
    assert_null(wrong);
    assert_string_equal(c.identity, "alice");
    assert_string_equal(c.video.room, "room");
    assert_true(c.video.room_join);
    claims_free(&c);
}

static void metadata_has_its_limits(void **state)
{
    (void)state;
    alice.claims.video.can_update_own_metadata = TRISTATE_TRUE;
    actor_join(&alice, OFFER_JOIN);
    static char text[512 * 1024 + 2];
    memset(text, 'x', sizeof text - 1);
    Livekit__UpdateParticipantMetadata body = LIVEKIT__UPDATE_PARTICIPANT_METADATA__INIT;
    body.metadata = text;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA;
    m.update_metadata = &body;
    actor_send(&alice, &m);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    text[512 * 1024] = '\0';
    actor_send(&alice, &m);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__OK);
    assert_int_equal(strlen(actor_participant(&alice)->claims.metadata), 512 * 1024);
    Livekit__UpdateParticipantMetadata__AttributesEntry one, *attributes[] = {&one};
    livekit__update_participant_metadata__attributes_entry__init(&one);
    one.key = (char *)(uintptr_t) "a";
    one.value = text;
    body.metadata = (char *)(uintptr_t) "";
    body.n_attributes = 1;
    body.attributes = attributes;
    actor_send(&alice, &m);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED);
    assert_int_equal(actor_participant(&alice)->claims.attribute_count, 0);
}

static void metadata_needs_the_grant(void **state)
{
    (void)state;
    bob.claims.video.can_update_own_metadata = TRISTATE_TRUE;
    actor_join(&alice, OFFER_JOIN);
    actor_join(&bob, OFFER_JOIN);
    actor_heard(&alice);
    Livekit__UpdateParticipantMetadata body = LIVEKIT__UPDATE_PARTICIPANT_METADATA__INIT;
    body.name = (char *)(uintptr_t) "Robert";
    body.request_id = 5;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA;
    m.update_metadata = &body;
    actor_send(&alice, &m);
    const Livekit__RequestResponse *r =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)->request_response;
    assert_int_equal(r->reason, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    assert_int_equal(r->request_id, 5);
    actor_heard(&alice);
    actor_send(&bob, &m);
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__OK);
    assert_string_equal(actor_heard(&alice), "update"); /* at once */
    assert_string_equal(
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0]->name,
        "Robert");
}

static void permission_is_taken_and_given(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_join(&bob, OFFER_JOIN);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_heard(&alice);
    Livekit__ParticipantPermission grant = LIVEKIT__PARTICIPANT_PERMISSION__INIT;
    grant.can_subscribe = true;
    participant_set_permission(actor_participant(&alice), &grant, stage.now);
    assert_non_null(strstr(actor_heard(&alice), "track_unpublished"));
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK), 1);
    assert_false(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)
                     ->update->participants[0]
                     ->is_publisher);
    assert_false(stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT)
                     ->open_participant->can_publish_data);
    grant.can_publish = true;
    grant.can_subscribe = false;
    participant_set_permission(actor_participant(&alice), &grant, stage.now);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_non_null(strstr(actor_heard(&alice), "track_published"));
}

static void hidden_participants_are_seen_by_nobody(void **state)
{
    (void)state;
    bob.claims.video.hidden = true;
    actor_join(&alice, OFFER_JOIN);
    actor_heard(&alice);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 10 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&bob), "update"));
    actor_leave(&bob);
    stage_pass(&stage, 10 * USEC_PER_SEC);
    for (size_t i = 0; i < alice.count; i++)
        if (alice.said[i]->message_case == LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)
            for (size_t k = 0; k < alice.said[i]->update->n_participants; k++)
                assert_string_equal(alice.said[i]->update->participants[k]->identity, "alice");
}

static void text_is_answered_with_text(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    static const char req[] = "{\"pingReq\":{\"timestamp\":\"99\",\"unknown\":[1]}}";
    signal_message(alice.session, false, req, strlen(req), stage.now);
    assert_non_null(strstr(alice.text, "\"pongResp\":{\"lastPingTimestamp\":\"99\""));
    static const char mute[] = "{\"mute\":{\"sid\":\"TR_none\"}}";
    signal_message(alice.session, false, mute, strlen(mute), stage.now);
    assert_non_null(strstr(alice.text, "\"requestResponse\":{\"reason\":\"NOT_FOUND\""));
}

static void garbage_is_harmless(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_heard(&alice);
    signal_message(alice.session, true, "\xff\xff\xff", 3, stage.now);
    signal_message(alice.session, true, "", 0, stage.now);
    signal_message(alice.session, false, "{", 1, stage.now);
    assert_string_equal(actor_heard(&alice), "");
    assert_false(alice.closed);
    actor_offer(&alice, "v=0\r\nnonsense", 2);
    const Livekit__LeaveRequest *leave =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave;
    assert_int_equal(leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
    assert_true(alice.closed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cast_open, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(single_join_is_answered_at_once),
        TEST(candidates_are_udp_then_tcp_and_end),
        TEST(later_answers_list_candidates),
        TEST(dual_join_is_offered_data_first),
        TEST(workers_share_the_transports),
        TEST(others_hear_in_batches),
        TEST(leaving_is_answered_and_told),
        TEST(a_second_session_replaces_the_first),
        TEST(who_never_connects_is_removed),
        TEST(a_socket_lost_before_media_ends_the_session),
        TEST(a_socket_lost_during_media_does_not),
        TEST(an_empty_room_ends),
        TEST(a_room_that_nobody_joins_ends_later),
        TEST(a_full_room_refuses),
        TEST(without_dataplane_nobody_joins),
        TEST(shutting_down_says_goodbye),
        TEST(pings_are_answered),
        TEST(tokens_are_refreshed),
        TEST(metadata_needs_the_grant),
        TEST(metadata_has_its_limits),
        TEST(permission_is_taken_and_given),
        TEST(hidden_participants_are_seen_by_nobody),
        TEST(text_is_answered_with_text),
        TEST(garbage_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
