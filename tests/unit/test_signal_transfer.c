/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions that go on in another room, and participants who are shown in one. */
#include "tests/unit/signal_cast.h"

#include "control/room/broadcast.h"
#include "control/room/forward.h"
#include "control/room/move.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"

#include <stdio.h>
#include <string.h>

static int open_stage(void **state)
{
    cast_open(state);
    carol.params.room = (char *)(uintptr_t) "other";
    return 0;
}

static void join(struct actor *a)
{
    actor_join(a, OFFER_JOIN);
    actor_transport(a, SLUICE__LINK__CONNECTION__CONNECTED);
}

/* Alice and Bob in one room, Carol in the other; Alice and Carol have a microphone on. */
static void two_rooms(void)
{
    join(&alice);
    join(&bob);
    join(&carol);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    actor_add_track(&carol, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&carol, OFFER_MIC, 2);
    actor_offer(&bob, OFFER_JOIN, 2);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
    actor_heard(&carol);
}

static struct room *other(void)
{
    return rooms_find(stage.rooms, "other");
}

static const Livekit__ParticipantInfo *last_update(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
}

static bool happened(enum room_event e)
{
    for (size_t i = 0; i < stage.event_count; i++)
        if (stage.events[i] == e)
            return true;
    return false;
}

static void a_session_moves(void **state)
{
    (void)state;
    two_rooms();
    struct participant *p = actor_participant(&alice);
    char sid[ROOM_SID_MAX];
    memcpy(sid, p->sid, sizeof sid);
    stage.event_count = 0;
    assert_int_equal(participant_move(p, other(), stage.now), MOVE_DONE);

    assert_int_equal(last_update(&bob)->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 1);
    const Livekit__RoomMovedResponse *m =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_MOVED)->room_moved;
    assert_string_equal(m->room->name, "other");
    assert_string_equal(m->room->sid, other()->sid);
    assert_string_equal(m->participant->sid, sid);
    assert_int_equal(m->participant->n_tracks, 1);
    assert_int_equal(m->n_other_participants, 1);
    assert_string_equal(m->other_participants[0]->identity, "carol");
    assert_non_null(strstr(actor_heard(&carol), "update subscription_permission_update"));
    assert_string_equal(last_update(&carol)->sid, sid);

    const Sluice__Link__Participant *opened =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT)->open_participant;
    assert_int_equal(opened->room, other()->id);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK), 0);
    assert_true(happened(PARTICIPANT_LEFT) && happened(PARTICIPANT_JOINED));
    assert_true(happened(TRACK_UNPUBLISHED) && happened(TRACK_PUBLISHED));
    assert_int_equal(other()->participant_count, 2);
    assert_int_equal(rooms_find(stage.rooms, "room")->participant_count, 1);

    actor_offer(&carol, OFFER_MIC, 3);
    const Sluice__Link__Subscription *s =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
    assert_int_equal(s->track, p->publications->source[0].index.id);
    /* it comes back to where it is now */
    actor_cut(&alice);
    alice.params.room = (char *)(uintptr_t) "other";
    actor_resume(&alice);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&alice), "reconnect"));
}

static void rooms_end_when_all_have_moved(void **state)
{
    (void)state;
    two_rooms();
    participant_move(actor_participant(&alice), other(), stage.now);
    participant_move(actor_participant(&bob), other(), stage.now);
    stage_pass(&stage, 25 * USEC_PER_SEC);
    assert_null(rooms_find(stage.rooms, "room"));
    assert_int_equal(other()->participant_count, 3);
    assert_false(alice.closed || bob.closed);
}

static void moving_replaces_the_same_identity(void **state)
{
    (void)state;
    two_rooms();
    struct actor twin;
    actor_open(&twin, &stage, "alice");
    twin.params.room = (char *)(uintptr_t) "other";
    join(&twin);
    participant_move(actor_participant(&alice), other(), stage.now);
    assert_true(twin.closed);
    assert_false(alice.closed);
    assert_int_equal(other()->participant_count, 2);
    actor_close(&twin);
}

static struct participant *shown(void)
{
    return room_participant(other(), "alice");
}

static void a_participant_is_shown_elsewhere(void **state)
{
    (void)state;
    two_rooms();
    struct participant *p = actor_participant(&alice);
    uint64_t track = p->publications->source[0].index.id;
    assert_int_equal(forward_start(p, other(), stage.now), FORWARD_DONE);
    const Livekit__ParticipantInfo *info = last_update(&carol);
    assert_string_equal(info->identity, "alice");
    assert_string_not_equal(info->sid, p->sid);
    assert_int_equal(info->kind_details[0], LIVEKIT__PARTICIPANT_INFO__KIND_DETAIL__FORWARDED);
    assert_int_equal(info->n_tracks, 1);
    assert_string_not_equal(info->tracks[0]->sid, p->publications->sid);
    actor_offer(&carol, OFFER_MIC, 3);
    const Sluice__Link__Subscription *s =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
    assert_int_equal(s->track, track);
    assert_int_equal(s->transport, actor_participant(&carol)->transports[0]->index.id);
    assert_string_equal(
        mapped(actor_last(&carol, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer, "0"),
        info->tracks[0]->sid);

    actor_mute(&alice, p->publications->sid, true);
    assert_true(last_update(&carol)->tracks[0]->muted);
    participant_set_metadata(p, "Alice", "", NULL, 0, stage.now);
    assert_string_equal(last_update(&carol)->name, "Alice");
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice, OFFER_MIC_CAM, 3);
    assert_int_equal(last_update(&carol)->n_tracks, 2);
    actor_offer(&alice, OFFER_JOIN, 4); /* both end */
    assert_int_equal(last_update(&carol)->n_tracks, 0);
    bool closed = false;
    for (size_t i = 0; i < stage.command_count; i++)
        closed |= stage.commands[i]->body_case == SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION &&
                  stage.commands[i]->close_subscription->id == s->id;
    assert_true(closed);
}

static void it_ends_with_the_participant(void **state)
{
    (void)state;
    two_rooms();
    forward_start(actor_participant(&alice), other(), stage.now);
    actor_leave(&alice);
    stage_pass(&stage, 4 * USEC_PER_SEC);
    assert_null(shown());
    assert_int_equal(last_update(&carol)->state, LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED);
    /* nothing of it was ever in the dataplane */
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT), 1);
}

static void it_keeps_no_room_open(void **state)
{
    (void)state;
    two_rooms();
    forward_start(actor_participant(&alice), other(), stage.now);
    actor_leave(&carol);
    stage_pass(&stage, 25 * USEC_PER_SEC);
    assert_null(other());
    assert_null(actor_participant(&alice)->forwards);
    assert_false(alice.closed);
}

static void who_is_shown_is_not_shown_on(void **state)
{
    (void)state;
    two_rooms();
    forward_start(actor_participant(&alice), other(), stage.now);
    struct room *third = rooms_open(stage.rooms, "third", NULL, stage.now);
    assert_int_equal(forward_start(shown(), third, stage.now), FORWARD_IS_SHOWN);
    assert_int_equal(participant_move(shown(), third, stage.now), MOVE_IS_SHOWN);
    assert_int_equal(
        forward_start(actor_participant(&carol), rooms_find(stage.rooms, "room"), stage.now),
        FORWARD_DONE);
    assert_int_equal(forward_start(actor_participant(&alice), third, stage.now), FORWARD_DONE);
    struct actor twin; /* who joins as alice takes the place of what is shown */
    actor_open(&twin, &stage, "alice");
    twin.params.room = (char *)(uintptr_t) "other";
    join(&twin);
    assert_null(shown()->origin);
    assert_int_equal(forward_start(actor_participant(&alice), other(), stage.now), FORWARD_TAKEN);
    actor_close(&twin);
}

static void permissions_hold_where_it_is_shown(void **state)
{
    (void)state;
    two_rooms();
    Livekit__SubscriptionPermission body = LIVEKIT__SUBSCRIPTION_PERMISSION__INIT;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION_PERMISSION;
    m.subscription_permission = &body;
    actor_send(&alice, &m);
    forward_start(actor_participant(&alice), other(), stage.now);
    assert_string_equal(actor_heard(&carol), "update");
    body.all_participants = true;
    actor_send(&alice, &m);
    assert_non_null(strstr(actor_heard(&carol), "subscription_permission_update"));
}

static void another_control_goes_on(void **state)
{
    (void)state;
    two_rooms();
    forward_start(actor_participant(&alice), other(), stage.now);
    participant_move(actor_participant(&bob), other(), stage.now);
    bob.params.room = carol.params.room;
    actor_offer(&carol, OFFER_MIC, 3);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    char sid[ROOM_SID_MAX], track[ROOM_SID_MAX];
    memcpy(sid, shown()->sid, sizeof sid);
    memcpy(track, shown()->publications->sid, sizeof track);
    static struct stage second;
    memset(&second, 0, sizeof second);
    stage_open(&second);
    rooms_link_lost(second.rooms);
    stage_welcome(&second, 1);
    stage_dump(&second, &stage);
    struct room *r = rooms_find(second.rooms, "other");
    assert_non_null(r);
    assert_int_equal(r->participant_count, 3);
    struct participant *f = room_participant(r, "alice");
    assert_string_equal(f->sid, sid);
    assert_string_equal(f->publications->sid, track);
    assert_ptr_equal(f->origin, room_participant(rooms_find(second.rooms, "room"), "alice"));
    assert_int_equal(stage_count(&second, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 0);
    assert_string_equal(room_participant(r, "bob")->sif_trailer,
                        actor_participant(&bob)->sif_trailer);
    assert_string_not_equal(room_participant(r, "bob")->sif_trailer, r->sif_trailer);
    stage_close(&second);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_moves),
        TEST(rooms_end_when_all_have_moved),
        TEST(moving_replaces_the_same_identity),
        TEST(a_participant_is_shown_elsewhere),
        TEST(it_ends_with_the_participant),
        TEST(it_keeps_no_room_open),
        TEST(who_is_shown_is_not_shown_on),
        TEST(permissions_hold_where_it_is_shown),
        TEST(another_control_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
