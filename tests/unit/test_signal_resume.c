/* SPDX-License-Identifier: Apache-2.0 */
/* A client comes back; the dataplane comes back; control itself comes back. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"
#include "control/room/record.h"
#include "control/room/rooms.h"
#include "control/room/waiting_rooms.h"

#include <stdlib.h>
#include <string.h>

static void a_call(void)
{
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice, OFFER_MIC_CAM, 2);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
}

static void answer_status(struct actor *a, uint32_t sequence)
{
    Sluice__Link__ParticipantStatus body = SLUICE__LINK__PARTICIPANT_STATUS__INIT;
    body.participant = actor_participant(a)->index.id;
    body.last_reliable_sequence = sequence;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_PARTICIPANT_STATUS;
    e.participant_status = &body;
    stage_event(&stage, &e);
}

static void resuming_tells_everything_again(void **state)
{
    (void)state;
    a_call();
    const char *sid = actor_participant(&bob)->sid;
    actor_cut(&bob);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    actor_resume(&bob);
    assert_string_equal(actor_heard(&bob), "");
    answer_status(&bob, 17);
    assert_string_equal(actor_heard(&bob), "reconnect update room_update");
    assert_int_equal(
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT)->reconnect->last_message_seq,
        17);
    const Livekit__ParticipantUpdate *u =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update;
    assert_int_equal(u->n_participants, 2);
    assert_string_equal(u->participants[0]->identity, "bob");
    assert_string_equal(actor_participant(&bob)->sid, sid);
    /* new credentials in the offer: the answer has new ones too */
    char ufrag[ROOM_UFRAG_LEN + 1];
    strcpy(ufrag, actor_participant(&bob)->transports[0]->ufrag);
    actor_offer(&bob,
                SESSION("0 1 2 3 4 5 6") AUDIO(ICE2, "0", RECVONLY) AUDIO(ICE2, "1", RECVONLY)
                    AUDIO(ICE2, "2", RECVONLY) VIDEO(ICE2, "3", RECVONLY) VIDEO(ICE2, "4", RECVONLY)
                        VIDEO(ICE2, "5", RECVONLY) DATA(ICE2, "6", "actpass"),
                3);
    assert_string_equal(actor_heard(&bob), "answer trickle");
    assert_string_not_equal(actor_participant(&bob)->transports[0]->ufrag, ufrag);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_RESTART_ICE), 1);
    assert_non_null(
        mapped(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer, "3"));
}

static void without_status_resuming_goes_on(void **state)
{
    (void)state;
    a_call();
    actor_cut(&bob);
    actor_resume(&bob);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&bob), "reconnect update room_update"));
}

static void nobody_to_resume_means_joining_anew(void **state)
{
    (void)state;
    actor_resume(&bob);
    assert_string_equal(actor_heard(&bob), "leave");
    const Livekit__LeaveRequest *leave =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave;
    assert_int_equal(leave->reason, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
    assert_int_equal(leave->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_true(bob.closed);
}

static void sync(struct actor *a, const char *published, const char *unwanted)
{
    Livekit__TrackInfo info = LIVEKIT__TRACK_INFO__INIT;
    info.sid = (char *)(uintptr_t)published;
    Livekit__TrackPublishedResponse track = LIVEKIT__TRACK_PUBLISHED_RESPONSE__INIT,
                                    *tracks[] = {&track};
    track.track = &info;
    char *sids[] = {(char *)(uintptr_t)unwanted};
    Livekit__UpdateSubscription subscription = LIVEKIT__UPDATE_SUBSCRIPTION__INIT;
    subscription.n_track_sids = *unwanted ? 1 : 0;
    subscription.track_sids = sids;
    Livekit__SyncState body = LIVEKIT__SYNC_STATE__INIT;
    body.n_publish_tracks = *published ? 1 : 0;
    body.publish_tracks = tracks;
    body.subscription = &subscription;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE;
    m.sync_state = &body;
    actor_send(a, &m);
}

static void sync_state_is_compared(void **state)
{
    (void)state;
    a_call();
    const char *mic = actor_participant(&alice)->publications->sid;
    sync(&alice, mic, "");
    assert_false(alice.closed);
    sync(&bob, "", mic);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 1);
    sync(&alice, "TR_lost", "");
    assert_true(alice.closed);
}

static void a_cut_socket_stays_silent_until_resumed(void **state)
{
    (void)state;
    a_call();
    actor_cut(&bob);
    size_t before = bob.count;
    actor_mute(&alice, actor_participant(&alice)->publications->sid, true);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_int_equal(bob.count, before);
}

static void a_new_dataplane_means_joining_anew(void **state)
{
    (void)state;
    a_call();
    rooms_link_lost(stage.rooms);
    stage_welcome(&stage, 2);
    stage_dump_end(&stage);
    assert_true(alice.closed);
    assert_true(bob.closed);
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    actor_join(&alice, OFFER_JOIN);
    assert_non_null(actor_participant(&alice));
}

/* A second control process, which knows nothing, meets the dataplane of the first. */
static void a_new_control_takes_over(void **state)
{
    (void)state;
    a_call();
    static struct stage second;
    char sid[ROOM_SID_MAX], track[ROOM_SID_MAX], room[ROOM_SID_MAX];
    strcpy(sid, actor_participant(&bob)->sid);
    strcpy(track, actor_participant(&alice)->publications->sid);
    strcpy(room, actor_participant(&bob)->room->sid);
    memset(&second, 0, sizeof second);
    stage_open(&second);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    stage_dump(&second, &stage);

    struct actor again;
    actor_open(&again, &second, "bob");
    struct participant *p = actor_participant(&again);
    assert_non_null(p);
    assert_string_equal(p->sid, sid);
    assert_string_equal(p->room->sid, room);
    assert_int_equal(p->state, LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
    assert_int_equal(stage_count(&second, SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT), 0);
    assert_int_equal(stage_count(&second, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK), 0);
    assert_int_equal(stage_count(&second, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 0);
    /* nothing is opened under a new number */
    for (size_t i = 0; i < second.command_count; i++)
        if (second.commands[i]->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION) {
            bool known = false;
            for (size_t k = 0; k < stage.command_count; k++)
                known |=
                    stage.commands[k]->body_case == SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION &&
                    stage.commands[k]->open_subscription->id ==
                        second.commands[i]->open_subscription->id;
            assert_true(known);
        }
    /* the client comes back and goes on as if nothing had been */
    again.params.single_pc = true;
    actor_resume(&again);
    stage_pass(&second, 1 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&again), "reconnect update room_update"));
    actor_offer(&again, OFFER_JOIN, 9);
    const Livekit__SessionDescription *answer =
        actor_last(&again, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer;
    assert_string_equal(mapped(answer, "0"), track);
    assert_non_null(mapped(answer, "3"));
    actor_close(&again);
    stage_close(&second);
}

static void a_damaged_record_ends_that_session_only(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    rooms_link_lost(stage.rooms);
    stage_welcome(&stage, 1);
    Sluice__Link__Participant body = SLUICE__LINK__PARTICIPANT__INIT;
    body.id = 77;
    uint8_t junk[] = {0xff, 0x01, 0x02};
    body.record.data = junk;
    body.record.len = sizeof junk;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT;
    e.dump_participant = &body;
    stage_event(&stage, &e);
    body.id = actor_participant(&alice)->index.id;
    stage_event(&stage, &e);
    stage_dump_end(&stage);
    assert_int_equal(
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT)->close_participant->id,
        77);
    assert_false(alice.closed);
}

static void simulated_failures_happen_once(void **state)
{
    (void)state;
    a_call();
    Livekit__SimulateScenario body = LIVEKIT__SIMULATE_SCENARIO__INIT;
    body.scenario_case =
        LIVEKIT__SIMULATE_SCENARIO__SCENARIO_DISCONNECT_SIGNAL_ON_RESUME_NO_MESSAGES;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SIMULATE;
    m.simulate = &body;
    actor_send(&bob, &m);
    struct signal_join j = {.claims = &bob.claims, .params = &bob.params};
    bob.params.reconnect = true;
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 500);
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 0);
    bob.params.reconnect = false;
    body.scenario_case = LIVEKIT__SIMULATE_SCENARIO__SCENARIO_DISCONNECT_SIGNAL_ON_RESUME;
    actor_send(&bob, &m);
    actor_resume(&bob);
    answer_status(&bob, 0);
    assert_string_equal(actor_heard(&bob), "reconnect update");
    assert_true(bob.closed);
    actor_resume(&bob);
    answer_status(&bob, 0);
    assert_string_equal(actor_heard(&bob), "reconnect update room_update");
}

static void another_protocol_is_remembered(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    Livekit__SimulateScenario body = LIVEKIT__SIMULATE_SCENARIO__INIT;
    body.scenario_case = LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SWITCH_CANDIDATE_PROTOCOL;
    body.switch_candidate_protocol = LIVEKIT__CANDIDATE_PROTOCOL__TCP;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SIMULATE;
    m.simulate = &body;
    actor_send(&alice, &m);
    actor_leave(&alice);
    actor_join(&alice, OFFER_JOIN);
    assert_false(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join->fast_publish);
    const Livekit__TrickleRequest *only =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)->trickle;
    assert_true(only->final);
    assert_non_null(strstr(only->candidateinit, " tcp "));
    assert_int_equal(alice.said[alice.count - 2]->message_case,
                     LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER);
    assert_true(
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->tcp_only);
    body.switch_candidate_protocol = LIVEKIT__CANDIDATE_PROTOCOL__TLS;
    actor_send(&alice, &m);
    actor_join(&alice, OFFER_JOIN);
    assert_null(
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join->client_configuration);
}

static void assert_left(Livekit__DisconnectReason reason)
{
    assert_null(actor_participant(&bob));
    assert_int_equal(stage.events[stage.event_count - 1], PARTICIPANT_LEFT);
    assert_int_equal(stage.reasons[stage.event_count - 1], reason);
}

static const Livekit__LeaveRequest *told_to_leave(void)
{
    const Livekit__LeaveRequest *m =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave;
    assert_int_equal(m->reason, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
    assert_true(bob.closed);
    return m;
}

static void lost_media_is_resumed(void **state)
{
    (void)state;
    a_call();
    size_t told = alice.count;
    actor_transport(&bob, SLUICE__LINK__CONNECTION__DISCONNECTED);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(told_to_leave()->action, LIVEKIT__LEAVE_REQUEST__ACTION__RESUME);
    stage_pass(&stage, 4 * USEC_PER_SEC);
    actor_resume(&bob);
    answer_status(&bob, 0);
    actor_offer(&bob, OFFER_JOIN, 3);
    stage_pass(&stage, 10 * USEC_PER_SEC);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__NEW);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 60 * USEC_PER_SEC);
    assert_non_null(actor_participant(&bob));
    assert_false(bob.closed);
    for (size_t i = told; i < alice.count; i++)
        assert_int_not_equal(alice.said[i]->message_case, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE);
}

static void lost_media_that_nobody_resumes_ends_the_session(void **state)
{
    (void)state;
    a_call();
    actor_transport(&bob, SLUICE__LINK__CONNECTION__FAILED);
    stage_pass(&stage, 4900 * USEC_PER_MS);
    assert_non_null(actor_participant(&bob));
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_left(LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

static void media_that_does_not_come_back_ends_the_session(void **state)
{
    (void)state;
    a_call();
    actor_transport(&bob, SLUICE__LINK__CONNECTION__FAILED);
    actor_resume(&bob);
    answer_status(&bob, 0);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__NEW);
    stage_pass(&stage, 31 * USEC_PER_SEC);
    assert_int_equal(told_to_leave()->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_left(LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

static void failed_keys_mean_joining_anew(void **state)
{
    (void)state;
    a_call();
    actor_dtls_failed(&bob);
    assert_int_equal(told_to_leave()->action, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    actor_resume(&bob);
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->reason,
                     LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH);
}

/* A killed client: its socket is closed, and its checks stop. */
static void a_client_that_vanished_goes_soon(void **state)
{
    (void)state;
    a_call();
    actor_cut(&bob);
    stage_pass(&stage, 9 * USEC_PER_SEC);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__DISCONNECTED);
    stage_pass(&stage, 3100 * USEC_PER_MS);
    assert_left(LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT);
}

/* A changed network: checks stop as well, but nothing closes the socket. */
static void a_silent_client_has_its_time(void **state)
{
    (void)state;
    a_call();
    actor_transport(&bob, SLUICE__LINK__CONNECTION__DISCONNECTED);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_non_null(actor_participant(&bob));
    actor_cut(&bob);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    actor_resume(&bob);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_non_null(actor_participant(&bob));
}

static void a_client_without_signalling_stays_while_media_flows(void **state)
{
    (void)state;
    a_call();
    actor_cut(&bob);
    stage_pass(&stage, 300 * USEC_PER_SEC);
    assert_non_null(actor_participant(&bob));
    actor_transport(&bob, SLUICE__LINK__CONNECTION__DISCONNECTED);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 300 * USEC_PER_SEC);
    assert_non_null(actor_participant(&bob));
}

/* What is too large for the dataplane to keep is left out; the session is not. */
/* How much of Bob's metadata outlives a restart of control. */
static void metadata_of_size(size_t size, bool kept)
{
    a_call();
    char *text = calloc(1, size + 1);
    memset(text, 'x', size);
    participant_set_metadata(actor_participant(&bob), "", text, NULL, 0, stage.now);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    static struct stage second;
    memset(&second, 0, sizeof second);
    stage_open(&second);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    stage_dump(&second, &stage);
    struct actor again;
    actor_open(&again, &second, "bob");
    assert_string_equal(actor_participant(&again)->sid, actor_participant(&bob)->sid);
    assert_string_equal(actor_participant(&again)->claims.metadata, kept ? text : "");
    actor_close(&again);
    stage_close(&second);
    free(text);
}

static void a_large_record_goes_in_parts(void **state)
{
    (void)state;
    metadata_of_size(200000, true);
    assert_true(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_ADD_RECORD_PART) >= 3);
}

static void a_larger_record_loses_its_metadata(void **state)
{
    (void)state;
    metadata_of_size(400000, false);
}

/* Rooms that were created and wait are in no dump. */
static void waiting_rooms_are_restored(void **state)
{
    (void)state;
    a_call();
    const struct room_settings settings = {
        .empty_timeout = 60, .max_participants = 7, .metadata = "later"};
    char sid[ROOM_SID_MAX];
    strcpy(sid, rooms_open(stage.rooms, "lecture", &settings, stage.now)->sid);
    uint8_t *data;
    size_t size = waiting_rooms_pack(stage.rooms, &data);
    static struct stage second;
    memset(&second, 0, sizeof second);
    stage_open(&second);
    assert_int_equal(waiting_rooms_restore(second.rooms, data, size, second.now), 1);
    assert_int_equal(waiting_rooms_restore(second.rooms, data, size, second.now), 0);
    assert_int_equal(waiting_rooms_restore(second.rooms, data, size - 1, second.now), 0);
    assert_null(rooms_find(second.rooms, "room"));
    const struct room *r = rooms_find(second.rooms, "lecture");
    assert_string_equal(r->sid, sid);
    assert_string_equal(r->metadata, "later");
    assert_int_equal(r->max_participants, 7);
    assert_int_equal(second.event_count, 0);
    stage_pass(&second, 61 * USEC_PER_SEC);
    assert_null(rooms_find(second.rooms, "lecture"));
    free(data);
    stage_close(&second);
}

/* It was written down before its first participant came. */
static void a_waiting_room_that_was_joined_is_taken_over(void **state)
{
    (void)state;
    const struct room_settings settings = {.metadata = "later"};
    rooms_open(stage.rooms, "room", &settings, stage.now);
    uint8_t *data;
    size_t size = waiting_rooms_pack(stage.rooms, &data);
    a_call();
    static struct stage second;
    memset(&second, 0, sizeof second);
    stage_open(&second);
    assert_int_equal(waiting_rooms_restore(second.rooms, data, size, second.now), 1);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    stage_dump(&second, &stage);
    const struct room *r = rooms_find(second.rooms, "room");
    assert_int_equal(r->id, rooms_find(stage.rooms, "room")->id);
    assert_int_equal(r->participant_count, 2);
    stage_pass(&second, 400 * USEC_PER_SEC);
    assert_ptr_equal(rooms_find(second.rooms, "room"), r);
    free(data);
    stage_close(&second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cast_open, cast_close)

/* Bob's line takes no more: told to the dataplane, which tells what is paused, and Bob is told. */
static void a_cap_is_passed_on_and_pauses_are_told(void **state)
{
    (void)state;
    a_call();
    Livekit__SimulateScenario body = LIVEKIT__SIMULATE_SCENARIO__INIT;
    body.scenario_case = LIVEKIT__SIMULATE_SCENARIO__SCENARIO_SUBSCRIBER_BANDWIDTH;
    body.subscriber_bandwidth = 300000;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SIMULATE;
    m.simulate = &body;
    actor_send(&bob, &m);
    const Sluice__Link__Transport *t =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport;
    assert_int_equal(t->bandwidth_cap, 300000);
    assert_int_equal(t->id, actor_participant(&bob)->transports[0]->index.id);
    assert_string_equal(actor_heard(&bob), ""); /* as LiveKit */

    struct subscription *s = actor_participant(&bob)->subscriptions;
    Sluice__Link__SubscriptionPaused paused = SLUICE__LINK__SUBSCRIPTION_PAUSED__INIT;
    paused.subscription = s->index.id;
    paused.paused = true;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SUBSCRIPTION_PAUSED;
    e.subscription_paused = &paused;
    stage_event(&stage, &e);
    stage_event(&stage, &e); /* a new control hears it again */
    assert_string_equal(actor_heard(&bob), "stream_state_update");
    const Livekit__StreamStateUpdate *u =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_STREAM_STATE_UPDATE)
            ->stream_state_update;
    assert_int_equal(u->stream_states[0]->state, LIVEKIT__STREAM_STATE__PAUSED);
    assert_string_equal(u->stream_states[0]->track_sid, s->track->sid);
    assert_string_equal(u->stream_states[0]->participant_sid, actor_participant(&alice)->sid);

    actor_cut(&bob); /* what changes meanwhile is told on return */
    paused.paused = false;
    stage_event(&stage, &e);
    actor_resume(&bob);
    answer_status(&bob, 0);
    u = actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_STREAM_STATE_UPDATE)
            ->stream_state_update;
    assert_int_equal(u->stream_states[0]->state, LIVEKIT__STREAM_STATE__ACTIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(resuming_tells_everything_again),
        TEST(without_status_resuming_goes_on),
        TEST(nobody_to_resume_means_joining_anew),
        TEST(sync_state_is_compared),
        TEST(a_cut_socket_stays_silent_until_resumed),
        TEST(a_new_dataplane_means_joining_anew),
        TEST(a_new_control_takes_over),
        TEST(a_damaged_record_ends_that_session_only),
        TEST(simulated_failures_happen_once),
        TEST(a_cap_is_passed_on_and_pauses_are_told),
        TEST(another_protocol_is_remembered),
        TEST(a_large_record_goes_in_parts),
        TEST(a_larger_record_loses_its_metadata),
        TEST(waiting_rooms_are_restored),
        TEST(a_waiting_room_that_was_joined_is_taken_over),
        TEST(lost_media_is_resumed),
        TEST(lost_media_that_nobody_resumes_ends_the_session),
        TEST(media_that_does_not_come_back_ends_the_session),
        TEST(failed_keys_mean_joining_anew),
        TEST(a_client_that_vanished_goes_soon),
        TEST(a_silent_client_has_its_time),
        TEST(a_client_without_signalling_stays_while_media_flows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
