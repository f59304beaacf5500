/* SPDX-License-Identifier: Apache-2.0 */
/* Two PeerConnections: the client offers what it publishes, we offer what it gets. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"

#include <stdio.h>
#include <string.h>

#define PUBLISH    SESSION("0 1") DATA(ICE, "0", "actpass") AUDIO(ICE, "1", MIC)
#define TAKE_DATA  SESSION("0") DATA(ICE, "0", "active")
#define TAKE_AUDIO SESSION("0 1") DATA(ICE, "0", "active") AUDIO(ICE, "1", RECVONLY)

static const Livekit__SessionDescription *last_offer(void)
{
    return actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER)->offer;
}

static void alice_publishes(void)
{
    actor_join_dual(&alice);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, PUBLISH, 1);
}

static void publishing_goes_over_the_other_connection(void **state)
{
    (void)state;
    alice_publishes();
    const Livekit__SessionDescription *answer =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer;
    assert_int_equal(answer->id, 1);
    assert_non_null(strstr(answer->sdp, "a=recvonly"));
    const Sluice__Link__Track *t =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track;
    assert_true(t->transport == actor_participant(&alice)->transports[0]->index.id);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)->trickle->target,
                     LIVEKIT__SIGNAL_TARGET__PUBLISHER);
}

static void the_first_offer_has_what_is_there(void **state)
{
    (void)state;
    alice_publishes();
    actor_join_dual(&bob);
    assert_string_equal(actor_heard(&bob), "join subscription_permission_update offer trickle");
    const Livekit__SessionDescription *offer = last_offer();
    assert_memory_equal(mapped(offer, "1"), "TR_AM", 5);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 0);
    actor_answer(&bob, TAKE_AUDIO, offer->id);
    const Sluice__Link__Subscription *s =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
    assert_string_equal(s->mid, "1");
    assert_true(s->transport == actor_participant(&bob)->transports[1]->index.id);
}

static void one_offer_at_a_time(void **state)
{
    (void)state;
    actor_join_dual(&bob);
    uint32_t first = last_offer()->id;
    alice_publishes();
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_int_equal(last_offer()->id, first);
    actor_answer(&bob, TAKE_DATA, first + 7); /* no such offer */
    assert_int_equal(last_offer()->id, first);
    actor_answer(&bob, TAKE_DATA, first);
    assert_int_equal(last_offer()->id, first + 1);
    actor_answer(&bob, TAKE_AUDIO, first + 1);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 1);
}

static void a_section_is_used_again(void **state)
{
    (void)state;
    alice_publishes();
    actor_join_dual(&bob);
    actor_answer(&bob, TAKE_AUDIO, last_offer()->id);
    actor_offer(&alice, SESSION("0 1") DATA(ICE, "0", "actpass") AUDIO(ICE, "1", "a=inactive\r\n"),
                2);
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_int_equal(last_offer()->n_mid_to_track_id, 0);
    actor_answer(&bob, SESSION("0 1") DATA(ICE, "0", "active") AUDIO(ICE, "1", "a=inactive\r\n"),
                 last_offer()->id);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, PUBLISH, 3);
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_non_null(mapped(last_offer(), "1"));
    assert_null(mapped(last_offer(), "2"));
}

static void an_offer_without_answer_ends_the_session(void **state)
{
    (void)state;
    actor_join_dual(&bob);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 14 * USEC_PER_SEC);
    assert_false(bob.closed);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_true(bob.closed);
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
}

static void the_subscriber_connection_counts(void **state)
{
    (void)state;
    actor_join_dual(&bob);
    struct participant *p = actor_participant(&bob);
    assert_ptr_equal(participant_primary(p), p->transports[1]);
    bob.claims.video.can_subscribe = TRISTATE_FALSE;
    actor_join_dual(&bob);
    p = actor_participant(&bob);
    assert_ptr_equal(participant_primary(p), p->transports[0]);
    assert_false(
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join->subscriber_primary);
}

static void an_answer_that_is_none_starts_over(void **state)
{
    (void)state;
    actor_join_dual(&bob);
    actor_answer(&bob, "v=0\r\n", last_offer()->id);
    assert_true(bob.closed);
}

static void resuming_restarts_ice_with_an_offer(void **state)
{
    (void)state;
    alice_publishes();
    actor_join_dual(&bob);
    actor_answer(&bob, TAKE_AUDIO, last_offer()->id);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    uint32_t id = last_offer()->id;
    char ufrag[ROOM_UFRAG_LEN + 1];
    strcpy(ufrag, actor_participant(&bob)->transports[1]->ufrag);
    actor_cut(&bob);
    actor_heard(&bob);
    actor_resume(&bob);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "reconnect update room_update offer trickle");
    assert_int_equal(last_offer()->id, id + 1);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_RESTART_ICE), 1);
    assert_string_not_equal(actor_participant(&bob)->transports[1]->ufrag, ufrag);
    assert_non_null(mapped(last_offer(), "1"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cast_open, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(publishing_goes_over_the_other_connection),
        TEST(the_first_offer_has_what_is_there),
        TEST(one_offer_at_a_time),
        TEST(a_section_is_used_again),
        TEST(an_offer_without_answer_ends_the_session),
        TEST(the_subscriber_connection_counts),
        TEST(an_answer_that_is_none_starts_over),
        TEST(resuming_restarts_ice_with_an_offer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
