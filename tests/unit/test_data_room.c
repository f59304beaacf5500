/* SPDX-License-Identifier: Apache-2.0 */
/* Data packets within a room: what is dropped, what is kept for whose channel is not open yet. */
#include "dataplane/sctp/sctp_internal.h"
#include "dataplane/session/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define B(text) (const uint8_t *)(text), sizeof(text) - 1

struct fixture {
    struct dtls_context *dtls;
    struct counters *counters;
    struct sessions *s;
};

static void nothing(void *context, unsigned worker, const struct media_command *c)
{
    (void)context;
    (void)worker;
    (void)c;
}

static void no_packet(void *context, unsigned worker, const struct net_path *path,
                      const uint8_t *data, size_t len)
{
    (void)context;
    (void)worker;
    (void)path;
    (void)data;
    (void)len;
}

static void no_pair(void *context, unsigned worker, const struct net_path *path, bool allowed)
{
    (void)context;
    (void)worker;
    (void)path;
    (void)allowed;
}

static void no_event(void *context, const Sluice__Link__Event *e)
{
    (void)context;
    (void)e;
}

static void run(struct sessions *s, Sluice__Link__Command *c, usec_t now)
{
    size_t n = sluice__link__command__get_packed_size(c);
    uint8_t *buf = malloc(n);
    sluice__link__command__pack(c, buf);
    sessions_command(s, sluice__link__command__unpack(NULL, n, buf), now);
    free(buf);
}

/* Participant `id` "p<id>" in room 7 with transport 10 * id. */
static void join(struct fixture *f, uint64_t id, bool agent, bool publishes_track, bool gets_track)
{
    char name[16];
    snprintf(name, sizeof(name), "p%u", (unsigned)id);
    Sluice__Link__DataTrack track = SLUICE__LINK__DATA_TRACK__INIT, *tracks[] = {&track};
    Sluice__Link__DataSubscription sub = SLUICE__LINK__DATA_SUBSCRIPTION__INIT, *subs[] = {&sub};
    track.id = sub.track = 77;
    track.handle = 5;
    sub.handle = 9;
    Sluice__Link__Participant p = SLUICE__LINK__PARTICIPANT__INIT;
    p.id = id;
    p.room = 7;
    p.sid = p.identity = name;
    p.can_publish_data = true;
    p.agent = agent;
    p.n_data_tracks = publishes_track;
    p.data_tracks = tracks;
    p.n_data_subscriptions = gets_track;
    p.data_subscriptions = subs;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &p;
    run(f->s, &c, USEC_PER_SEC);
    Sluice__Link__Transport t = SLUICE__LINK__TRANSPORT__INIT;
    t.id = 10 * id;
    t.participant = id;
    t.local_ufrag = (char *)"abcdefgh";
    t.local_pwd = (char *)"abcdefghijklmnopqrstuvwx";
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT;
    c.open_transport = &t;
    run(f->s, &c, USEC_PER_SEC);
}

static int setup(void **state)
{
    char err[DTLS_ERROR_TEXT];
    struct fixture *f = calloc(1, sizeof(*f));
    f->counters = aligned_alloc(64, sizeof(*f->counters));
    memset(f->counters, 0, sizeof(*f->counters));
    f->dtls = dtls_context_create(err);
    const struct sessions_config c = {.workers = 1,
                                      .ports = {7882},
                                      .backend = "sim",
                                      .participants = 4,
                                      .transports = 4,
                                      .tracks = 1,
                                      .subscriptions = 1,
                                      .data_tracks = true};
    const struct sessions_output out = {
        .command = nothing, .packet = no_packet, .allow = no_pair, .event = no_event};
    f->s = sessions_create(&c, &out, f->dtls, f->counters, USEC_PER_SEC);
    *state = f;
    if (!f->s)
        return -1;
    join(f, 1, false, true, false);
    join(f, 2, false, false, true);
    join(f, 3, true, false, false);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    sessions_destroy(f->s);
    dtls_context_destroy(f->dtls);
    free(f->counters);
    free(f);
    return 0;
}

static void from(struct fixture *f, uint64_t id, bool reliable, const uint8_t *data, size_t len)
{
    data_route(f->s, find_transport(f->s, 10 * id), reliable, data, len);
}

static uint64_t counted(const struct fixture *f, enum counter which)
{
    return counters_get(f->counters, which);
}

/* How many packets p gets when its channels open: without an association each counts as not
 * open. */
static uint64_t replayed(struct fixture *f, uint64_t id)
{
    struct transport *t = find_transport(f->s, 10 * id);
    uint64_t before = counted(f, COUNTER_DROP_DATA_NOT_OPEN);
    t->data_ready = true;
    data_replay(f->s, t);
    return counted(f, COUNTER_DROP_DATA_NOT_OPEN) - before;
}

static void sequence_number(uint8_t packet[static 8], uint8_t n)
{
    const uint8_t bytes[] = {0x80, 0x01, n, 0x72, 0x02, 'h', 'i'};
    memcpy(packet, bytes, sizeof(bytes));
}

static void keeps_what_joining_members_miss(void **state)
{
    struct fixture *f = *state;
    uint8_t packet[8];
    for (uint8_t i = 1; i <= 5; i++) {
        sequence_number(packet, i);
        from(f, 1, true, packet, 7);
    }
    from(f, 1, true, B("\x2a\x02p2\x80\x01\x06\x72\x02hi")); /* for p2 alone */
    from(f, 2, true, B("\x80\x01\x01\x72\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 0);
    assert_int_equal(replayed(f, 3), 6);
    assert_int_equal(replayed(f, 3), 0);
    assert_int_equal(replayed(f, 2), 6);
    struct room *r = find_room(f->s, 7);
    assert_false(STAILQ_EMPTY(&r->replay.packets)); /* p1 still misses p2's */
    assert_int_equal(replayed(f, 1), 1);
    assert_true(STAILQ_EMPTY(&r->replay.packets));
    assert_int_equal(r->replay.bytes, 0);
}

static void one_who_is_ready_misses_nothing_later(void **state)
{
    struct fixture *f = *state;
    uint8_t packet[8];
    sequence_number(packet, 1);
    from(f, 1, true, packet, 7);
    assert_int_equal(replayed(f, 2), 1);
    sequence_number(packet, 2);
    from(f, 1, true, packet, 7); /* p2 gets it at once, p3 later */
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 2);
    assert_int_equal(replayed(f, 2), 0);
    assert_int_equal(replayed(f, 3), 2);
}

static void forgets_what_is_old(void **state)
{
    struct fixture *f = *state;
    uint8_t packet[8];
    sequence_number(packet, 1);
    from(f, 1, true, packet, 7);
    f->s->now += REPLAY_AGE / 2;
    sequence_number(packet, 2);
    from(f, 1, true, packet, 7);
    f->s->now += REPLAY_AGE / 2 + 1;
    assert_int_equal(replayed(f, 2), 1);
    f->s->now += REPLAY_AGE;
    assert_int_equal(replayed(f, 3), 0);
}

static void forgets_what_is_too_much(void **state)
{
    (void)state;
    static uint8_t big[REPLAY_BYTES / 4];
    struct replay r;
    replay_init(&r);
    for (unsigned i = 1; i <= 9; i++)
        assert_int_equal(replay_add(&r, 1, big, sizeof(big), i), i);
    assert_int_equal(r.bytes, REPLAY_BYTES);
    assert_int_equal(replay_find(&r, 1, 9)->number, 6);
    assert_int_equal(replay_find(&r, 8, 9)->number, 8);
    assert_null(replay_find(&r, 10, 9));
    static uint8_t too_big[REPLAY_BYTES + 1];
    assert_int_equal(replay_add(&r, 1, too_big, sizeof(too_big), 9), 0);
    assert_int_equal(r.bytes, REPLAY_BYTES);
    replay_clear(&r);
    assert_int_equal(replay_add(&r, 1, big, 1, 10), 10);
    replay_clear(&r);
}

static void queues_unsequenced_packets_per_receiver(void **state)
{
    struct fixture *f = *state;
    static uint8_t packet[40004] = {0x72, 0xc0, 0xb8, 0x02}; /* a chunk of 40000 bytes */
    from(f, 1, true, packet, sizeof(packet));
    from(f, 1, true, packet, sizeof(packet));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_MALFORMED), 0);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_BACKPRESSURE), 0);
    assert_true(find_transport(f->s, 20)->queued > 80000);
    from(f, 1, true, packet, sizeof(packet));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_BACKPRESSURE), 2); /* p2 and p3 */
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 0);
    from(f, 1, false, B("\x72\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 2);
}

static void a_slow_receiver_gets_no_queue(void **state)
{
    struct fixture *f = *state;
    struct transport *t = find_transport(f->s, 20);
    const struct data_options o = {.local_port = 5000, .remote_port = 5000, .user = t};
    from(f, 1, true, B("\x72\x02hi")); /* waits, and so do those after it */
    t->data = data_open(f->s->data, &o, USEC_PER_SEC);
    assert_non_null(t->data);
    t->data->delivery.rate = 1000; /* bytes per second */
    t->data_ready = true;
    size_t queued = t->queued;
    f->s->config.slow_threshold = 8000;
    from(f, 1, true, B("\x72\x02hi"));
    assert_true(t->queued > queued);
    queued = t->queued;
    f->s->config.slow_threshold = 8001;
    from(f, 1, true, B("\x72\x02hi"));
    assert_int_equal(t->queued, queued);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_BACKPRESSURE), 1);
}

static void a_resumed_sender_is_taken_once(void **state)
{
    struct fixture *f = *state;
    uint8_t packet[8];
    for (uint8_t i = 1; i <= 4; i++) {
        sequence_number(packet, i);
        from(f, 1, true, packet, 7);
    }
    assert_int_equal(find_participant(f->s, 1)->last_reliable_sequence, 4);
    for (uint8_t i = 3; i <= 6; i++) {
        sequence_number(packet, i);
        from(f, 1, true, packet, 7);
    }
    assert_int_equal(counted(f, COUNTER_DROP_DATA_DUPLICATE), 2);
    assert_int_equal(replayed(f, 2), 6);
}

static void a_nonce_counts_once(void **state)
{
    struct fixture *f = *state;
    static const char user[] = "\x12\x12\x5a\x10nonce-of-16-byte";
    from(f, 1, false, (const uint8_t *)user, sizeof(user) - 1);
    from(f, 2, false, (const uint8_t *)user, sizeof(user) - 1);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_DUPLICATE), 1);
    for (uint8_t i = 0; i < 3; i++) /* of another length: not looked at */
        from(f, 1, false, B("\x12\x06\x5a\x04nope"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_DUPLICATE), 1);
}

static void nonces_are_forgotten_in_order(void **state)
{
    (void)state;
    struct nonces n = {0};
    uint8_t nonce[NONCE_LENGTH] = {0};
    for (unsigned i = 0; i <= NONCES; i++) {
        nonce[0] = (uint8_t)i;
        nonce[1] = (uint8_t)(i >> 8);
        assert_false(nonces_seen(&n, nonce, sizeof(nonce)));
        assert_true(nonces_seen(&n, nonce, sizeof(nonce)));
    }
    nonce[0] = 1;
    nonce[1] = 0;
    assert_true(nonces_seen(&n, nonce, sizeof(nonce)));
    nonce[0] = 0;
    assert_false(nonces_seen(&n, nonce, sizeof(nonce)));
    nonces_free(&n);
}

static void gets_metrics(struct fixture *f, uint64_t id)
{
    Sluice__Link__Participant p = SLUICE__LINK__PARTICIPANT__INIT;
    p.id = id;
    p.room = 7;
    p.sid = p.identity = (char *)"analyst";
    p.metrics = true;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &p;
    run(f->s, &c, USEC_PER_SEC);
}

static void only_agents_transcribe(void **state)
{
    struct fixture *f = *state;
    from(f, 1, false, B("\x3a\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_KIND), 1);
    from(f, 3, false, B("\x3a\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_KIND), 1);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 2); /* on its way to both others */
}

static void metrics_go_to_who_may_have_them(void **state)
{
    struct fixture *f = *state;
    from(f, 1, false, B("\x42\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 0);
    gets_metrics(f, 2);
    from(f, 1, false, B("\x42\x02hi"));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 1);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_KIND), 0);
}

static void agents_stream_in_anothers_name(void **state)
{
    struct fixture *f = *state;
    from(f, 3, true, B("\x22\x02p1\x80\x01\x01\x6a\x02hi"));
    from(f, 1, true, B("\x22\x02p3\x80\x01\x01\x6a\x02hi"));
    const struct replay_packet *p = replay_find(&find_room(f->s, 7)->replay, 1, f->s->now);
    assert_memory_equal(p->data, "\x22\x02p1", 4);
    p = STAILQ_NEXT(p, link);
    assert_null(memmem(p->data, p->len, "p3", 2));
    assert_non_null(memmem(p->data, p->len, "\x22\x02p1", 4));
}

static void foreign_channels_become_user_packets(void **state)
{
    struct fixture *f = *state;
    static uint8_t bytes[DATA_MESSAGE_MAX];
    data_route_unlabelled(f->s, find_transport(f->s, 10), true, B("hello"));
    struct data_queued *q = STAILQ_FIRST(&find_transport(f->s, 20)->queue);
    assert_non_null(q);
    assert_non_null(memmem(q->data, q->len, "\x12\x05hello", 7));
    data_route_unlabelled(f->s, find_transport(f->s, 10), true, bytes, 0);
    data_route_unlabelled(f->s, find_transport(f->s, 10), true, bytes, sizeof(bytes));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_MALFORMED),
                     1); /* the longest: no envelope fits */
}

static void data_tracks_go_to_their_subscribers(void **state)
{
    struct fixture *f = *state;
    struct transport *t = find_transport(f->s, 10);
    static const uint8_t packet[] = {0x18, 0, 0, 5, 0, 7, 0, 3, 0, 1, 0x5f, 0x90, 'h', 'i'};
    uint8_t other[sizeof(packet)];
    memcpy(other, packet, sizeof(packet));
    data_track_route(f->s, t, packet, sizeof(packet));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 1); /* p2 alone */
    assert_memory_equal(f->s->scratch, "\x18\0\0\x09\0\7\0\3\0\1\x5f\x90hi", sizeof(packet));
    other[3] = 6;
    data_track_route(f->s, t, other, sizeof(other));
    data_track_route(f->s, find_transport(f->s, 20), packet, sizeof(packet));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_TRACK), 2);
    data_track_route(f->s, t, packet, 11);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_MALFORMED), 1);
    find_participant(f->s, 1)->state->can_publish_data = false;
    data_track_route(f->s, t, packet, sizeof(packet));
    assert_int_equal(counted(f, COUNTER_DROP_DATA_PERMISSION), 1);
    assert_int_equal(counted(f, COUNTER_DROP_DATA_NOT_OPEN), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(keeps_what_joining_members_miss),
        TEST(one_who_is_ready_misses_nothing_later),
        TEST(forgets_what_is_old),
        TEST(forgets_what_is_too_much),
        TEST(queues_unsequenced_packets_per_receiver),
        TEST(a_slow_receiver_gets_no_queue),
        TEST(a_resumed_sender_is_taken_once),
        TEST(a_nonce_counts_once),
        TEST(nonces_are_forgotten_in_order),
        TEST(only_agents_transcribe),
        TEST(metrics_go_to_who_may_have_them),
        TEST(agents_stream_in_anothers_name),
        TEST(foreign_channels_become_user_packets),
        TEST(data_tracks_go_to_their_subscribers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
