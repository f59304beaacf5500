/* SPDX-License-Identifier: Apache-2.0 */
/* The session engine with real ICE and DTLS peers, in virtual time: what workers and control are
 * told. */
#include "tests/unit/session_stage.h"

static void test_call_comes_up(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *peer_context = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000);
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    assert_non_null(find_command(f, MEDIA_OPEN_SESSION));
    set_remote(f, 2, peer_context);
    check_connectivity(f, &path, "ufrg:peer", true);
    assert_int_equal(f->n_packets, 1);
    assert_non_null(find_command(f, MEDIA_ADD_REMOTE));
    assert_non_null(find_command(f, MEDIA_SET_PATH));
    assert_int_equal(f->n_allowed, 1);
    assert_int_equal(last_event(f)->body_case, SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE);
    assert_int_equal(last_event(f)->transport_state->state,
                     SLUICE__LINK__CONNECTION__ICE_CONNECTED);
    assert_string_equal(last_event(f)->transport_state->remote, "198.51.100.7:5000");

    f->n_packets = 0;
    struct dtls *peer = dtls_create(peer_context, true, NULL, f->now);
    uint8_t ours[DTLS_FINGERPRINT];
    dtls_context_fingerprint(f->dtls, ours);
    dtls_set_fingerprint(peer, ours);
    shake_hands(f, peer, &path);
    assert_int_equal(dtls_state(peer), DTLS_CONNECTED);
    assert_non_null(find_command(f, MEDIA_SET_KEYS));
    assert_int_equal(last_event(f)->transport_state->state, SLUICE__LINK__CONNECTION__CONNECTED);

    close_participant(f, 1);
    assert_non_null(find_command(f, MEDIA_CLOSE_SESSION));
    assert_int_equal(f->n_allowed, 0);
    dtls_destroy(peer);
    dtls_context_destroy(peer_context);
}

static void test_wrong_certificate(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *announced = dtls_context_create(err), *shown = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000);
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    set_remote(f, 2, announced);
    check_connectivity(f, &path, "ufrg:peer", true);
    f->n_packets = 0;
    struct dtls *peer = dtls_create(shown, true, NULL, f->now);
    uint8_t ours[DTLS_FINGERPRINT];
    dtls_context_fingerprint(f->dtls, ours);
    dtls_set_fingerprint(peer, ours);
    shake_hands(f, peer, &path);
    assert_null(find_command(f, MEDIA_SET_KEYS));
    assert_int_equal(last_event(f)->transport_state->state, SLUICE__LINK__CONNECTION__FAILED);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_DTLS_FINGERPRINT), 1);
    dtls_destroy(peer);
    dtls_context_destroy(announced);
    dtls_context_destroy(shown);
}

static void test_consent_expires(void **state)
{
    struct fixture *f = *state;
    struct net_path path = path_from("198.51.100.7", 5000);
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    check_connectivity(f, &path, "ufrg:peer", true);
    usec_t begin = f->now;
    while (last_event(f)->transport_state->state != SLUICE__LINK__CONNECTION__FAILED) {
        usec_t at = sessions_deadline(f->s);
        assert_true(at != USEC_NEVER && at - begin <= 16 * USEC_PER_SEC);
        f->now = at > f->now ? at : f->now + 1;
        sessions_tick(f->s, f->now);
    }
    assert_true(f->now - begin >= 15 * USEC_PER_SEC);
    assert_int_equal(f->events[f->n_events - 2]->transport_state->state,
                     SLUICE__LINK__CONNECTION__DISCONNECTED);
}

static const Sluice__Link__TransportState *last_transport_state(const struct fixture *f)
{
    for (size_t i = f->n_events; i-- > 0;)
        if (f->events[i]->body_case == SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE)
            return f->events[i]->transport_state;
    fail();
    return NULL;
}

static void pass_until_failed(struct fixture *f)
{
    while (last_transport_state(f)->state != SLUICE__LINK__CONNECTION__FAILED) {
        f->now = sessions_deadline(f->s);
        sessions_tick(f->s, f->now);
        f->n_packets = 0; /* repeated SCTP */
    }
}

static void restart_ice(struct fixture *f, uint64_t transport, const char *ufrag)
{
    Sluice__Link__LocalIce m = SLUICE__LINK__LOCAL_ICE__INIT;
    m.transport = transport;
    m.ufrag = (char *)(uintptr_t)ufrag;
    m.pwd = (char *)(uintptr_t) "password+of+some+length";
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_RESTART_ICE;
    c.restart_ice = &m;
    send_command(f, &c);
}

/* Keys outlive the path: after an ICE restart the same association goes on elsewhere. */
static void test_failed_transport_is_restarted(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *peer_context = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000), other = path_from("203.0.113.9", 6000);
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    set_remote(f, 2, peer_context);
    check_connectivity(f, &path, "ufrg:peer", true);
    f->n_packets = 0;
    struct dtls *peer = dtls_create(peer_context, true, NULL, f->now);
    uint8_t ours[DTLS_FINGERPRINT];
    dtls_context_fingerprint(f->dtls, ours);
    dtls_set_fingerprint(peer, ours);
    shake_hands(f, peer, &path);
    pass_until_failed(f);
    assert_true(last_transport_state(f)->restartable);
    restart_ice(f, 2, "ufrag2");
    assert_int_equal(last_transport_state(f)->state, SLUICE__LINK__CONNECTION__NEW);
    assert_false(last_transport_state(f)->restartable);
    f->n_commands = 0;
    check_connectivity(f, &other, "ufrag2:peer", true);
    assert_int_equal(last_transport_state(f)->state, SLUICE__LINK__CONNECTION__CONNECTED);
    assert_non_null(find_command(f, MEDIA_SET_PATH));
    assert_null(find_command(f, MEDIA_SET_KEYS));
    dtls_destroy(peer);
    dtls_context_destroy(peer_context);
}

static void test_dump_repeats_all(void **state)
{
    struct fixture *f = *state;
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    open_track(f, 3, 2, 111);
    open_subscription(f, 4, 3, 2);
    assert_int_equal(find_command(f, MEDIA_SET_READERS)->readers, 1u << 1);
    clear_events(f);
    hello(f, LINK_VERSION);
    static const Sluice__Link__Event__BodyCase expected[] = {
        SLUICE__LINK__EVENT__BODY_WELCOME,           SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT,
        SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT,    SLUICE__LINK__EVENT__BODY_DUMP_TRACK,
        SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION, SLUICE__LINK__EVENT__BODY_DUMP_END};
    assert_int_equal(f->n_events, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < f->n_events; i++)
        assert_int_equal(f->events[i]->body_case, expected[i]);
    assert_int_equal(f->events[0]->welcome->n_media_ports, 2);
    assert_memory_equal(f->events[1]->dump_participant->record.data, "abc", 3);
    assert_int_equal(f->events[4]->dump_subscription->ssrc, 4711);
}

static void test_refusals(void **state)
{
    struct fixture *f = *state;
    hello(f, LINK_VERSION + 1);
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_VERSION);
    open_transport(f, 2, 1, "ufrg");
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID);
    open_participant(f, 1);
    open_transport(f, 2, 1, "x");
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID);
    open_transport(f, 2, 1, "ufrg");
    open_track(f, 3, 2, 300);
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID);
    open_subscription(f, 4, 3, 2);
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID);
    for (uint64_t id = 10; id < 15; id++)
        open_participant(f, id);
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL);
}

static void test_pools_are_given_back(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++) {
        clear_events(f);
        open_participant(f, 1);
        open_transport(f, 2, 1, "ufrg");
        open_track(f, 3, 2, 111);
        open_subscription(f, 4, 3, 2);
        assert_int_equal(f->n_events, 0);
        close_participant(f, 1);
    }
    for (int p = 0; p < POOL_COUNT; p++) {
        assert_int_equal(sessions_usage(f->s, p).used, 0);
        assert_int_equal(sessions_usage(f->s, p).high_water, 1);
    }
}

static void test_a_participant_moves_to_another_room(void **state)
{
    struct fixture *f = *state;
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    open_participant_in(f, 1, 8);
    assert_null(find_room(f->s, 7)); /* nobody is left there */
    assert_ptr_equal(find_participant(f->s, 1)->room, find_room(f->s, 8));
    assert_non_null(find_transport(f->s, 2));
    open_participant(f, 1);
    close_participant(f, 1);
    assert_null(find_room(f->s, 7));
    assert_null(find_room(f->s, 8));
    assert_int_equal(f->n_events, 0);
}

static void open_with_parts(struct fixture *f, uint64_t number, uint32_t parts, const char *rest)
{
    Sluice__Link__Participant p = SLUICE__LINK__PARTICIPANT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.id = 1;
    p.room = 7;
    p.record_number = number;
    p.record_parts = parts;
    p.record = (ProtobufCBinaryData){.len = strlen(rest), .data = (uint8_t *)(uintptr_t)rest};
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &p;
    send_command(f, &c);
}

static void add_part(struct fixture *f, uint64_t number, const char *text)
{
    Sluice__Link__RecordPart part = SLUICE__LINK__RECORD_PART__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    part.participant = 1;
    part.record_number = number;
    part.data = (ProtobufCBinaryData){.len = strlen(text), .data = (uint8_t *)(uintptr_t)text};
    c.body_case = SLUICE__LINK__COMMAND__BODY_ADD_RECORD_PART;
    c.add_record_part = &part;
    send_command(f, &c);
}

static void test_a_record_comes_in_parts(void **state)
{
    struct fixture *f = *state;
    open_participant(f, 1);
    add_part(f, 5, "one");
    add_part(f, 5, "two");
    open_with_parts(f, 5, 2, "three");
    add_part(f, 6, "half of the next one");
    clear_events(f);
    hello(f, LINK_VERSION);
    assert_int_equal(f->n_events, 5); /* welcome, two parts, the participant, the end */
    assert_memory_equal(f->events[1]->dump_record_part->data.data, "one", 3);
    assert_memory_equal(f->events[2]->dump_record_part->data.data, "two", 3);
    assert_memory_equal(f->events[3]->dump_participant->record.data, "three", 5);
    clear_events(f);
    open_with_parts(f, 6, 2, "whose second part is missing");
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID);
    for (int i = 0; i < 9; i++)
        add_part(f, 7, "too many");
    assert_int_equal(last_event(f)->failure->code, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL);
    open_participant(f, 1); /* a short one again */
    clear_events(f);
    hello(f, LINK_VERSION);
    assert_int_equal(f->n_events, 3);
}

/* A backup codec is another track: the downtrack stays, and its place in the lists changes. */
static void test_a_subscription_moves_to_another_track(void **state)
{
    struct fixture *f = *state;
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    open_track(f, 3, 2, 111);
    open_track(f, 4, 2, 112);
    open_subscription(f, 5, 3, 2);
    handle_t handle = find_command(f, MEDIA_SET_DOWNTRACK)->handle;
    f->n_commands = 0;
    open_subscription(f, 5, 4, 2);
    const struct media_command *c = find_command(f, MEDIA_SET_DOWNTRACK);
    assert_int_equal(c->handle, handle);
    assert_int_equal(c->downtrack.track, find_track(f->s, 4)->handle);
    assert_null(find_command(f, MEDIA_CLOSE_DOWNTRACK));
    assert_int_equal(find_track(f->s, 3)->readers, 0);
    assert_int_equal(find_track(f->s, 4)->readers, 1u << 1);
    assert_int_equal(sessions_usage(f->s, POOL_SUBSCRIPTIONS).used, 1);
    close_participant(f, 1);
    assert_int_equal(sessions_usage(f->s, POOL_SUBSCRIPTIONS).used, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_call_comes_up),
        TEST(test_wrong_certificate),
        TEST(test_consent_expires),
        TEST(test_failed_transport_is_restarted),
        TEST(test_dump_repeats_all),
        TEST(test_refusals),
        TEST(test_pools_are_given_back),
        TEST(test_a_participant_moves_to_another_room),
        TEST(test_a_subscription_moves_to_another_track),
        TEST(test_a_record_comes_in_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
