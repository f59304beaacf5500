/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that fail over UDP come back over TCP, then over TURN with TLS. */
#include "tests/unit/signal_stage.h"

#include "control/room/participant.h"
#include "control/room/preference.h"

#include <string.h>

static struct stage stage;
static struct actor alice;

static int open_stage(void **state)
{
    (void)state;
    stage_open(&stage);
    stage.rooms->media.tcp_port = 7881;
    actor_open(&alice, &stage, "alice");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    actor_close(&alice);
    stage_close(&stage);
    return 0;
}

/* As a client does every 5 s. */
static void ping(int64_t rtt)
{
    Livekit__Ping body = LIVEKIT__PING__INIT;
    body.rtt = rtt;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ;
    m.ping_req = &body;
    actor_send(&alice, &m);
}

static void talk(unsigned seconds)
{
    for (unsigned i = 0; i < seconds; i += 5) {
        stage_pass(&stage, 5 * USEC_PER_SEC);
        ping(20);
    }
}

static void join(void)
{
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__ICE_CONNECTED);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
}

static Livekit__CandidateProtocol preference(void)
{
    return preference_of(actor_participant(&alice)->room, "alice");
}

/* The socket went with the failure; an ICE restart, with the reason that livekit-client gives. */
static void come_back(void)
{
    alice.params.reconnect_reason = LIVEKIT__RECONNECT_REASON__RR_PUBLISHER_FAILED;
    actor_resume(&alice);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    actor_offer(&alice, SESSION("0") AUDIO(ICE2, "0", RECVONLY), 7);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
}

static bool tcp_only(void)
{
    return stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->tcp_only;
}

static void a_short_connection_comes_back_over_tcp(void **state)
{
    (void)state;
    join();
    talk(30);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TCP);
    assert_false(tcp_only());
    come_back();
    assert_true(tcp_only());
    const Livekit__TrickleRequest *t =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE)->trickle;
    assert_non_null(strstr(t->candidateinit, " tcp "));
    assert_true(t->final);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED); /* one step per session */
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TCP);
}

static void a_client_that_saw_it_first_says_so(void **state)
{
    (void)state;
    join();
    talk(30);
    actor_cut(&alice);
    come_back();
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TCP);
    assert_true(tcp_only());
}

static void longer_ones_fail_twice(void **state)
{
    (void)state;
    join();
    talk(100);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__UDP);
    actor_resume(&alice);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    talk(20);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TCP);
}

static void who_is_away_is_not_helped_by_tcp(void **state)
{
    (void)state;
    join();
    stage_pass(&stage, 20 * USEC_PER_SEC); /* not a word */
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__UDP);
}

static void it_can_be_switched_off(void **state)
{
    (void)state;
    stage.rooms->config.allow_tcp_fallback = false;
    join();
    talk(30);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__UDP);
}

static void slow_signalling_is_not_followed(void **state)
{
    (void)state;
    stage.rooms->config.tcp_fallback_rtt = 10; /* ms; the client says 20 */
    join();
    talk(30);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__UDP);
}

static void dtls_that_does_not_come_is_a_failure(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__ICE_CONNECTED);
    talk(10);
    assert_true(alice.closed);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE)->leave->action,
                     LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TCP);
    actor_join(&alice, OFFER_JOIN);
    assert_true(tcp_only());
    assert_false(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join->fast_publish);
}

static void after_tcp_comes_tls(void **state)
{
    (void)state;
    static const struct ice_server turns = {.url = "turns:turn.example.org:443?transport=tcp",
                                            .username = "u",
                                            .credential = "c",
                                            .secret = "",
                                            .tls = true};
    stage.rooms->config.ice_servers = &turns;
    stage.rooms->config.ice_server_count = 1;
    dtls_that_does_not_come_is_a_failure(state);
    ping(20);
    actor_offer(&alice, OFFER_JOIN, 2);
    talk(5); /* nor do checks over TCP come */
    assert_int_equal(preference(), LIVEKIT__CANDIDATE_PROTOCOL__TLS);
    actor_join(&alice, OFFER_JOIN);
    const Livekit__JoinResponse *j =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)->join;
    assert_int_equal(j->client_configuration->force_relay, LIVEKIT__CLIENT_CONFIG_SETTING__ENABLED);
    assert_string_equal(j->ice_servers[0]->urls[0], turns.url);
    assert_false(tcp_only());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_short_connection_comes_back_over_tcp),
        TEST(a_client_that_saw_it_first_says_so),
        TEST(longer_ones_fail_twice),
        TEST(who_is_away_is_not_helped_by_tcp),
        TEST(it_can_be_switched_off),
        TEST(slow_signalling_is_not_followed),
        TEST(dtls_that_does_not_come_is_a_failure),
        TEST(after_tcp_comes_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
