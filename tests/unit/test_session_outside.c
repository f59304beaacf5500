/* SPDX-License-Identifier: Apache-2.0 */
/* The session engine and the world outside: STUN servers, peers that fall silent, a line that is
 * down, strangers. */
#include "tests/unit/session_stage.h"

static void ask_stun(struct fixture *f)
{
    Sluice__Link__StunServer server = SLUICE__LINK__STUN_SERVER__INIT, *servers[] = {&server};
    Sluice__Link__AskStun ask = SLUICE__LINK__ASK_STUN__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    server.address = (char *)"198.51.100.53:3478";
    ask.servers = servers;
    ask.n_servers = 1;
    ask.worker = 1;
    ask.round = 9;
    ask.transmissions = 1;
    c.body_case = SLUICE__LINK__COMMAND__BODY_ASK_STUN;
    c.ask_stun = &ask;
    send_command(f, &c);
}

static void answer_stun(struct fixture *f, const struct net_path *path, bool fingerprint)
{
    uint8_t buf[128];
    struct net_addr mapped;
    struct writer w = writer_of(buf, sizeof(buf));
    net_addr_parse(&mapped, "203.0.113.5", 7883);
    stun_begin(&w, STUN_SUCCESS, f->packets[0].data + 8);
    stun_add_xor_address(&w, &mapped);
    if (fingerprint)
        stun_add_fingerprint(&w);
    sessions_packet(f->s, path, buf, stun_end(&w), f->now);
}

static void test_stun_servers_are_asked(void **state)
{
    struct fixture *f = *state;
    struct net_path path = path_from("198.51.100.53", 3478), other = path_from("198.51.100.53", 1);
    ask_stun(f);
    assert_int_equal(f->n_packets, 1);
    assert_int_equal(f->packets[0].path.remote.port, 3478);
    assert_int_equal(f->packets[0].path.local.port, 7883);
    answer_stun(f, &other, true);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_RESPONSE), 1);
    assert_int_equal(f->n_events, 0);
    answer_stun(f, &path, false);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_BARE), 1);
    assert_int_equal(last_event(f)->mapped_address->outcome, SLUICE__LINK__STUN_OUTCOME__STUN_BARE);
    answer_stun(f, &path, true);
    const Sluice__Link__MappedAddress *m = last_event(f)->mapped_address;
    assert_int_equal(m->outcome, SLUICE__LINK__STUN_OUTCOME__STUN_MAPPED);
    assert_int_equal(m->round, 9);
    assert_string_equal(m->server, "198.51.100.53:3478");
    assert_string_equal(m->mapped, "203.0.113.5:7883");
    assert_string_equal(m->local, "192.0.2.1:7883");
    clear_events(f);
    ask_stun(f);
    f->now = sessions_deadline(f->s);
    sessions_tick(f->s, f->now);
    assert_int_equal(last_event(f)->mapped_address->outcome,
                     SLUICE__LINK__STUN_OUTCOME__STUN_TIMEOUT);
}

static size_t own_checks(const struct fixture *f)
{
    size_t n = 0;
    struct stun_message m;
    for (size_t i = 0; i < f->n_packets; i++)
        n += stun_parse(&m, f->packets[i].data, f->packets[i].len) && m.class == STUN_REQUEST &&
             m.controlled && stun_verify(&m, "peer-password-of-length", 23);
    return n;
}

static void query_silent(struct fixture *f)
{
    Sluice__Link__SilentQuery q = SLUICE__LINK__SILENT_QUERY__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    q.silent_ms = 3000;
    c.body_case = SLUICE__LINK__COMMAND__BODY_QUERY_SILENT;
    c.query_silent = &q;
    send_command(f, &c);
}

static void set_line(struct fixture *f, bool down)
{
    Sluice__Link__SetLine l = SLUICE__LINK__SET_LINE__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    l.down = down;
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_LINE;
    c.set_line = &l;
    send_command(f, &c);
}

/* The peer's answer to the last of our checks. */
static void answer_check(struct fixture *f, const struct net_path *path, const char *pwd)
{
    struct stun_message m;
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof(buf));
    assert_true(f->n_packets > 0);
    assert_true(
        stun_parse(&m, f->packets[f->n_packets - 1].data, f->packets[f->n_packets - 1].len));
    stun_begin(&w, STUN_SUCCESS, m.transaction);
    stun_add_integrity(&w, pwd, strlen(pwd));
    stun_add_fingerprint(&w);
    sessions_packet(f->s, path, buf, stun_end(&w), f->now + 1);
}

static const Sluice__Link__SilentTransports *silent_now(struct fixture *f)
{
    query_silent(f);
    return last_event(f)->silent_transports;
}

static void test_silent_peers_are_told_of_and_checked(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *peer_context = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000);
    struct dtls *peer = connect_peer(f, peer_context, &path);
    pass(f, 2500 * USEC_PER_MS);
    assert_int_equal(own_checks(f), 0);
    pass(f, 1500 * USEC_PER_MS);
    assert_int_equal(last_event(f)->body_case, SLUICE__LINK__EVENT__BODY_SILENCE);
    assert_int_equal(last_event(f)->silence->silent, 1);
    assert_true(last_event(f)->silence->total);
    assert_true(own_checks(f) >= 3);
    assert_int_equal(silent_now(f)->n_transports, 1);
    assert_int_equal(last_event(f)->silent_transports->transports[0], 2);

    /* heard, but no pair is nominated yet */
    check_connectivity(f, &path, "ufrg:peer", false);
    pass(f, USEC_PER_SEC);
    assert_int_equal(last_event(f)->silence->silent, 0);
    assert_int_equal(silent_now(f)->n_transports, 0);
    assert_int_equal(last_event(f)->silent_transports->n_unsettled, 1);
    check_connectivity(f, &path, "ufrg:peer", true);
    clear_events(f);
    pass(f, USEC_PER_SEC);
    assert_int_equal(silent_now(f)->n_unsettled, 0);
    assert_int_equal(own_checks(f), 0);
    dtls_destroy(peer);
    dtls_context_destroy(peer_context);
}

/* Media of 50 packets a second. */
static void media_for(struct fixture *f, usec_t t)
{
    for (usec_t end = f->now + t; f->now < end;) {
        f->heard[0]++;
        pass(f, 20 * USEC_PER_MS);
    }
}

static void test_media_that_stops_is_asked_after(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *peer_context = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000);
    struct dtls *peer = connect_peer(f, peer_context, &path);
    media_for(f, USEC_PER_SEC);
    assert_int_equal(own_checks(f), 0);
    pass(f, 700 * USEC_PER_MS);
    assert_true(own_checks(f) >= 1);
    assert_int_equal(last_event(f)->silence->suspected, 1);
    assert_int_equal(last_event(f)->silence->silent, 0);

    /* muted: it is there, and not asked again soon; a forged answer is none */
    answer_check(f, &path, "not-the-password-of-peer");
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_RESPONSE), 1);
    answer_check(f, &path, "peer-password-of-length");
    assert_int_equal(counters_get(f->counters, COUNTER_STUN_RETURN), 1);
    clear_events(f);
    pass(f, 2 * USEC_PER_SEC);
    assert_int_equal(own_checks(f), 0);
    assert_int_equal(silent_now(f)->n_transports, 0);
    assert_int_equal(last_event(f)->silent_transports->n_unsettled, 1);

    /* goes on, and then the line breaks */
    check_connectivity(f, &path, "ufrg:peer", true);
    media_for(f, 2 * USEC_PER_SEC);
    assert_int_equal(silent_now(f)->n_unsettled, 0);
    clear_events(f);
    pass(f, USEC_PER_SEC);
    assert_int_equal(last_event(f)->silence->silent, 1);
    media_for(f, USEC_PER_SEC);
    assert_int_equal(last_event(f)->silence->silent, 0);
    dtls_destroy(peer);
    dtls_context_destroy(peer_context);
}

static void test_nobody_fails_while_the_line_is_down(void **state)
{
    struct fixture *f = *state;
    char err[DTLS_ERROR_TEXT];
    struct dtls_context *peer_context = dtls_context_create(err);
    struct net_path path = path_from("198.51.100.7", 5000);
    struct dtls *peer = connect_peer(f, peer_context, &path);
    pass(f, 5 * USEC_PER_SEC);
    clear_events(f);
    set_line(f, true);
    for (int i = 0; i < 40; i++) {
        pass(f, USEC_PER_SEC);
        assert_true(last_event(f)->body_case != SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE ||
                    last_event(f)->transport_state->state != SLUICE__LINK__CONNECTION__FAILED);
        clear_events(f);
    }
    set_line(f, false);
    pass(f, 14 * USEC_PER_SEC);
    clear_events(f);
    pass(f, 2 * USEC_PER_SEC);
    bool failed = false;
    for (size_t i = 0; i < f->n_events; i++)
        failed |= f->events[i]->body_case == SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE &&
                  f->events[i]->transport_state->state == SLUICE__LINK__CONNECTION__FAILED;
    assert_true(failed);
    dtls_destroy(peer);
    dtls_context_destroy(peer_context);
}

static void test_strangers_are_counted(void **state)
{
    struct fixture *f = *state;
    struct net_path path = path_from("203.0.113.9", 1234);
    static const uint8_t dtls[] = {22, 254, 253, 0, 0}, junk[] = {77, 0}, stun[] = {0, 1, 0, 0};
    sessions_packet(f->s, &path, dtls, sizeof(dtls), f->now);
    sessions_packet(f->s, &path, junk, sizeof(junk), f->now);
    sessions_packet(f->s, &path, stun, sizeof(stun), f->now);
    sessions_packet(f->s, &path, NULL, 0, f->now);
    check_connectivity(f, &path, "nobody:peer", true);
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    struct net_path wrong_port = path;
    wrong_port.local.port = 7882;
    check_connectivity(f, &wrong_port, "ufrg:peer", true);
    assert_int_equal(f->n_packets, 0);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_DTLS_UNKNOWN_PEER), 1);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_CLASS), 1);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_MALFORMED), 1);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_EMPTY), 1);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_UNKNOWN_UFRAG), 1);
    assert_int_equal(counters_get(f->counters, COUNTER_DROP_STUN_OTHER), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, stage_open, stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_strangers_are_counted),
        TEST(test_stun_servers_are_asked),
        TEST(test_silent_peers_are_told_of_and_checked),
        TEST(test_media_that_stops_is_asked_after),
        TEST(test_nobody_fails_while_the_line_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
