/* SPDX-License-Identifier: Apache-2.0 */
/* The session engine with real ICE and DTLS peers, in virtual time: what workers and control are
 * told. */
#include "common/link/link.h"
#include "dataplane/dtls/dtls.h"
#include "dataplane/ice/stun.h"
#include "dataplane/session/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COMMANDS_MAX 64
#define EVENTS_MAX   64
#define PACKETS_MAX  64

struct fixture {
    struct sessions *s;
    struct dtls_context *dtls;
    struct counters *counters;
    usec_t now;
    uint32_t heard[4]; /* packets of media of each transport */
    size_t n_commands, n_events, n_packets, n_allowed;
    struct media_command commands[COMMANDS_MAX];
    Sluice__Link__Event *events[EVENTS_MAX]; /* copies */
    struct {
        struct net_path path;
        size_t len;
        uint8_t data[1500];
    } packets[PACKETS_MAX];
};

static void on_command(void *context, unsigned worker, const struct media_command *c)
{
    struct fixture *f = context;
    assert_true(worker < 2 && f->n_commands < COMMANDS_MAX);
    f->commands[f->n_commands++] = *c;
    if (c->type == MEDIA_SET_KEYS) {
        srtp_key_destroy(c->keys.receive);
        srtp_key_destroy(c->keys.send);
    }
}

static void on_packet(void *context, unsigned worker, const struct net_path *path,
                      const uint8_t *data, size_t len)
{
    struct fixture *f = context;
    (void)worker;
    assert_true(f->n_packets < PACKETS_MAX && len <= sizeof(f->packets[0].data));
    f->packets[f->n_packets].path = *path;
    f->packets[f->n_packets].len = len;
    memcpy(f->packets[f->n_packets++].data, data, len);
}

static void on_allow(void *context, unsigned worker, const struct net_path *path, bool allowed)
{
    struct fixture *f = context;
    (void)worker;
    (void)path;
    f->n_allowed += allowed ? 1 : (size_t)-1;
}

static void on_event(void *context, const Sluice__Link__Event *e)
{
    struct fixture *f = context;
    uint8_t buf[8192];
    size_t n = sluice__link__event__get_packed_size(e);
    assert_true(n <= sizeof(buf) && f->n_events < EVENTS_MAX);
    sluice__link__event__pack(e, buf);
    f->events[f->n_events++] = sluice__link__event__unpack(NULL, n, buf);
}

static void clear_events(struct fixture *f)
{
    for (size_t i = 0; i < f->n_events; i++)
        sluice__link__event__free_unpacked(f->events[i], NULL);
    f->n_events = f->n_commands = f->n_packets = 0;
}

static int setup(void **state)
{
    char err[DTLS_ERROR_TEXT];
    struct fixture *f = calloc(1, sizeof(*f));
    f->counters = aligned_alloc(64, sizeof(*f->counters));
    memset(f->counters, 0, sizeof(*f->counters));
    f->now = 1000000;
    f->dtls = dtls_context_create(err);
    const struct sessions_config c = {.workers = 2,
                                      .ports = {7882, 7883},
                                      .tcp_port = 7881,
                                      .backend = "sim",
                                      .heard = {f->heard, f->heard},
                                      .participants = 4,
                                      .transports = 4,
                                      .tracks = 4,
                                      .subscriptions = 4};
    const struct sessions_output out = {.context = f,
                                        .command = on_command,
                                        .packet = on_packet,
                                        .allow = on_allow,
                                        .event = on_event};
    f->s = sessions_create(&c, &out, f->dtls, f->counters, f->now);
    *state = f;
    return f->s ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sessions_destroy(f->s);
    clear_events(f);
    dtls_context_destroy(f->dtls);
    free(f->counters);
    free(f);
    return 0;
}

/* ---- commands ---- */

static void send_command(struct fixture *f, const Sluice__Link__Command *c)
{
    uint8_t buf[8192];
    size_t n = sluice__link__command__get_packed_size(c);
    assert_true(n <= sizeof(buf));
    sluice__link__command__pack(c, buf);
    sessions_command(f->s, sluice__link__command__unpack(NULL, n, buf), f->now);
}

static void open_participant_in(struct fixture *f, uint64_t id, uint64_t room)
{
    Sluice__Link__Participant p = SLUICE__LINK__PARTICIPANT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.id = id;
    p.room = room;
    p.sid = (char *)"PA_test";
    p.identity = (char *)"alice";
    p.record = (ProtobufCBinaryData){.len = 3, .data = (uint8_t *)"abc"};
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &p;
    send_command(f, &c);
}

static void open_participant(struct fixture *f, uint64_t id)
{
    open_participant_in(f, id, 7);
}

static void open_transport(struct fixture *f, uint64_t id, uint64_t participant, const char *ufrag)
{
    Sluice__Link__Transport t = SLUICE__LINK__TRANSPORT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    t.id = id;
    t.participant = participant;
    t.worker = 1;
    t.local_ufrag = (char *)ufrag;
    t.local_pwd = (char *)"password+of+some+length";
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT;
    c.open_transport = &t;
    send_command(f, &c);
}

static void set_remote(struct fixture *f, uint64_t transport, struct dtls_context *peer)
{
    uint8_t fingerprint[DTLS_FINGERPRINT];
    Sluice__Link__RemoteDescription r = SLUICE__LINK__REMOTE_DESCRIPTION__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    dtls_context_fingerprint(peer, fingerprint);
    r.transport = transport;
    r.ufrag = (char *)"peer";
    r.pwd = (char *)"peer-password-of-length";
    r.fingerprint = (ProtobufCBinaryData){.len = sizeof(fingerprint), .data = fingerprint};
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_REMOTE;
    c.set_remote = &r;
    send_command(f, &c);
}

static void open_track(struct fixture *f, uint64_t id, uint64_t transport, uint32_t pt)
{
    Sluice__Link__Payload p = SLUICE__LINK__PAYLOAD__INIT, *payloads[] = {&p};
    Sluice__Link__Encoding e = SLUICE__LINK__ENCODING__INIT, *encodings[] = {&e};
    Sluice__Link__Track t = SLUICE__LINK__TRACK__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.codec = SLUICE__LINK__CODEC__OPUS;
    p.pt = pt;
    p.clock_rate = 48000;
    t.id = id;
    t.transport = transport;
    t.sid = (char *)"TR_AM";
    t.mid = (char *)"0";
    t.n_payloads = 1;
    t.payloads = payloads;
    t.n_encodings = 1;
    t.encodings = encodings;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRACK;
    c.open_track = &t;
    send_command(f, &c);
}

static void open_subscription(struct fixture *f, uint64_t id, uint64_t track, uint64_t transport)
{
    Sluice__Link__Payload p = SLUICE__LINK__PAYLOAD__INIT, *payloads[] = {&p};
    Sluice__Link__Subscription s = SLUICE__LINK__SUBSCRIPTION__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    p.codec = SLUICE__LINK__CODEC__OPUS;
    p.pt = 111;
    p.clock_rate = 48000;
    s.id = id;
    s.track = track;
    s.transport = transport;
    s.mid = (char *)"1";
    s.cname = (char *)"PA|TR";
    s.ssrc = 4711;
    s.n_payloads = 1;
    s.payloads = payloads;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION;
    c.open_subscription = &s;
    send_command(f, &c);
}

static void close_participant(struct fixture *f, uint64_t id)
{
    Sluice__Link__Id i = SLUICE__LINK__ID__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    i.id = id;
    c.body_case = SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT;
    c.close_participant = &i;
    send_command(f, &c);
}

static void hello(struct fixture *f, uint32_t version)
{
    Sluice__Link__Hello h = SLUICE__LINK__HELLO__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    h.version = version;
    h.program = (char *)"test";
    c.body_case = SLUICE__LINK__COMMAND__BODY_HELLO;
    c.hello = &h;
    send_command(f, &c);
}

static const Sluice__Link__Event *last_event(const struct fixture *f)
{
    assert_true(f->n_events > 0);
    return f->events[f->n_events - 1];
}

static const struct media_command *find_command(const struct fixture *f, enum media_command_type t)
{
    for (size_t i = 0; i < f->n_commands; i++)
        if (f->commands[i].type == t)
            return &f->commands[i];
    return NULL;
}

/* ---- the peer ---- */

static struct net_path path_from(const char *ip, uint16_t port)
{
    struct net_path p = {0};
    assert_true(net_addr_parse(&p.remote, ip, port));
    assert_true(net_addr_parse(&p.local, "192.0.2.1", 7883));
    return p;
}

static void check_connectivity(struct fixture *f, const struct net_path *path, const char *username,
                               bool nominate)
{
    static const uint8_t transaction[STUN_TRANSACTION] = "transaction";
    static const char pwd[] = "password+of+some+length";
    uint8_t buf[256];
    struct writer w = writer_of(buf, sizeof(buf));
    stun_begin(&w, STUN_REQUEST, transaction);
    stun_add(&w, STUN_USERNAME, username, strlen(username));
    stun_add_u64(&w, STUN_ICE_CONTROLLING, 1);
    stun_add_u32(&w, STUN_PRIORITY, 100);
    if (nominate)
        stun_add(&w, STUN_USE_CANDIDATE, NULL, 0);
    stun_add_integrity(&w, pwd, strlen(pwd));
    stun_add_fingerprint(&w);
    sessions_packet(f->s, path, buf, stun_end(&w), f->now);
}

/* Both directions until the peer is done or nothing moves any more. */
static void shake_hands(struct fixture *f, struct dtls *peer, const struct net_path *path)
{
    uint8_t buf[DTLS_MTU];
    for (int turn = 0; turn < 20 && dtls_state(peer) == DTLS_HANDSHAKE; turn++) {
        size_t n;
        while ((n = dtls_output(peer, buf)) > 0)
            sessions_packet(f->s, path, buf, n, f->now);
        for (size_t i = 0; i < f->n_packets; i++)
            dtls_input(peer, f->packets[i].data, f->packets[i].len, f->now);
        f->n_packets = 0;
    }
}

/* ---- tests ---- */

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

/* ---- the world outside ---- */

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

static void pass(struct fixture *f, usec_t time)
{
    for (usec_t end = f->now + time; f->now < end;) {
        usec_t at = sessions_deadline(f->s);
        f->now = at < end ? at : end;
        sessions_tick(f->s, f->now);
    }
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

static struct dtls *connect_peer(struct fixture *f, struct dtls_context *peer_context,
                                 const struct net_path *path)
{
    uint8_t ours[DTLS_FINGERPRINT];
    open_participant(f, 1);
    open_transport(f, 2, 1, "ufrg");
    set_remote(f, 2, peer_context);
    check_connectivity(f, path, "ufrg:peer", true);
    f->n_packets = 0;
    struct dtls *peer = dtls_create(peer_context, true, NULL, f->now);
    dtls_context_fingerprint(f->dtls, ours);
    dtls_set_fingerprint(peer, ours);
    shake_hands(f, peer, path);
    clear_events(f);
    return peer;
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

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
        TEST(test_strangers_are_counted),
        TEST(test_stun_servers_are_asked),
        TEST(test_silent_peers_are_told_of_and_checked),
        TEST(test_media_that_stops_is_asked_after),
        TEST(test_nobody_fails_while_the_line_is_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
