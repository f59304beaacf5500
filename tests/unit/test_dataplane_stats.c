/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dataplane's stats socket, from control's commands to the lines that a client reads: a session
 * engine that writes, the thread that serves, and a client.
 */
#include "dataplane/session/session.h"
#include "dataplane/stats/thread.h"

#include "common/link/link.h"
#include "dataplane/dtls/dtls.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 7, ALICE = 10, BOB = 11, ALICE_UP = 20, BOB_UP = 21, CAMERA = 30, WATCHING = 40 };

static struct fixture {
    struct stats_segment stats;
    struct dtls_context *dtls;
    struct sessions *sessions;
    struct stats_thread_server *server;
    handle_t track, downtrack, transport; /* as workers are told */
    char dir[64], path[96];
    usec_t now;
} f;

/* ---- the engine's surroundings ---- */

static void on_command(void *context, unsigned worker, const struct media_command *c)
{
    (void)context;
    (void)worker;
    if (c->type == MEDIA_SET_TRACK)
        f.track = c->handle;
    if (c->type == MEDIA_SET_DOWNTRACK)
        f.downtrack = c->handle;
    if (c->type == MEDIA_OPEN_SESSION)
        f.transport = c->handle;
}

static void on_packet(void *context, unsigned worker, const struct net_path *path,
                      const uint8_t *data, size_t len)
{
    (void)context;
    (void)worker;
    (void)path;
    (void)data;
    (void)len;
}

static void on_allow(void *context, unsigned worker, const struct net_path *path, bool allowed)
{
    (void)context;
    (void)worker;
    (void)path;
    (void)allowed;
}

static void on_event(void *context, const Sluice__Link__Event *e)
{
    (void)context;
    (void)e;
}

static int start(void **state)
{
    (void)state;
    char err[STATS_SERVER_ERROR_TEXT], dtls_err[PKTIO_ERROR_TEXT];
    const struct stats_sizes n = {.blocks = 2,
                                  .rooms = 4,
                                  .participants = 4,
                                  .transports = 4,
                                  .tracks = 4,
                                  .subscriptions = 4};
    const struct sessions_output out = {
        .command = on_command, .packet = on_packet, .allow = on_allow, .event = on_event};
    memset(&f, 0, sizeof(f));
    f.now = clock_monotonic();
    snprintf(f.dir, sizeof(f.dir), "/tmp/sluice-answers-XXXXXX");
    assert_non_null(mkdtemp(f.dir));
    snprintf(f.path, sizeof(f.path), "%s/stats.sock", f.dir);
    assert_true(stats_segment_create(&f.stats, NULL, &n, err));
    stats_text(f.stats.header->backend, STATS_BACKEND, "udp");
    f.dtls = dtls_context_create(dtls_err);
    const struct sessions_config c = {.workers = 1,
                                      .ports = {7000},
                                      .backend = "udp",
                                      .participants = 4,
                                      .transports = 4,
                                      .tracks = 4,
                                      .subscriptions = 4,
                                      .stats = &f.stats};
    f.sessions = sessions_create(&c, &out, f.dtls, &f.stats.block[1], f.now);
    f.server = stats_thread_open(f.path, &f.stats, err);
    assert_non_null(f.sessions);
    assert_non_null(f.server);
    assert_true(stats_thread_start(f.server));
    return 0;
}

static int stop(void **state)
{
    (void)state;
    stats_thread_close(f.server);
    sessions_destroy(f.sessions);
    dtls_context_destroy(f.dtls);
    stats_segment_close(&f.stats);
    return rmdir(f.dir);
}

/* ---- commands ---- */

static void command(Sluice__Link__Command *c)
{
    size_t len = sluice__link__command__get_packed_size(c);
    uint8_t *buf = malloc(len + 1);
    sluice__link__command__pack(c, buf);
    sessions_command(f.sessions, sluice__link__command__unpack(NULL, len, buf), f.now);
    free(buf);
}

static void open_participant(uint64_t id, const char *sid, const char *identity)
{
    Sluice__Link__Participant m = SLUICE__LINK__PARTICIPANT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    m.id = id;
    m.room = ROOM;
    m.sid = (char *)sid;
    m.identity = (char *)identity;
    m.name = (char *)"caf\xc3\xa9";
    m.room_name = (char *)"daily \"stand-up\"";
    m.room_sid = (char *)"RM_1";
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &m;
    command(&c);
}

static void open_transport(uint64_t id, uint64_t participant)
{
    Sluice__Link__Transport m = SLUICE__LINK__TRANSPORT__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    char ufrag[16];
    snprintf(ufrag, sizeof(ufrag), "ufrag%u", (unsigned)id);
    m.id = id;
    m.participant = participant;
    m.local_ufrag = ufrag;
    m.local_pwd = (char *)"0123456789012345678901";
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT;
    c.open_transport = &m;
    command(&c);
}

static Sluice__Link__Payload vp8(void)
{
    Sluice__Link__Payload p = SLUICE__LINK__PAYLOAD__INIT;
    p.codec = SLUICE__LINK__CODEC__VP8;
    p.pt = 96;
    p.clock_rate = 90000;
    return p;
}

static void open_camera(bool muted)
{
    Sluice__Link__Payload payload = vp8(), *payloads[] = {&payload};
    Sluice__Link__Encoding encoding = SLUICE__LINK__ENCODING__INIT, *encodings[] = {&encoding};
    Sluice__Link__Track m = SLUICE__LINK__TRACK__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    m.id = CAMERA;
    m.transport = ALICE_UP;
    m.sid = (char *)"TR_1";
    m.name = (char *)"front";
    m.source = 1;
    m.video = true;
    m.muted = muted;
    m.n_payloads = m.n_encodings = 1;
    m.payloads = payloads;
    m.encodings = encodings;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRACK;
    c.open_track = &m;
    command(&c);
}

static void watch_camera(void)
{
    Sluice__Link__Payload payload = vp8(), *payloads[] = {&payload};
    Sluice__Link__Subscription m = SLUICE__LINK__SUBSCRIPTION__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    m.id = WATCHING;
    m.track = CAMERA;
    m.transport = BOB_UP;
    m.ssrc = 99;
    m.max_spatial = 2;
    m.n_payloads = 1;
    m.payloads = payloads;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION;
    c.open_subscription = &m;
    command(&c);
}

static void close_participant(uint64_t id)
{
    Sluice__Link__Id m = SLUICE__LINK__ID__INIT;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    m.id = id;
    c.body_case = SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT;
    c.close_participant = &m;
    command(&c);
}

/* Alice shows her camera to Bob; workers have measured something. */
static void open_call(void)
{
    open_participant(ALICE, "PA_1", "alice");
    open_participant(BOB, "PA_2", "bob");
    open_transport(BOB_UP, BOB);
    open_transport(ALICE_UP, ALICE);
    open_camera(false);
    watch_camera();
    struct stats_track_media t = {.handle = f.track, .rtt_us = 1500};
    t.layers[0] = (struct stats_layer){.ssrc = 5,
                                       .packets = 1000,
                                       .bytes = 100000,
                                       .lost = 10,
                                       .pps = 100,
                                       .bps = 80000,
                                       .loss_ppm = 20000};
    t.layers[2] = (struct stats_layer){
        .ssrc = 6, .packets = 100, .bytes = 10000, .pps = 300, .bps = 9000, .jitter_us = 700};
    stats_put(&f.stats, STATS_TRACK_MEDIA, handle_index(f.track), &t, sizeof(t));
    struct stats_downtrack_media d = {.handle = f.downtrack,
                                      .packets = 900,
                                      .pps = 90,
                                      .bps = 70000,
                                      .layer = 1,
                                      .codec = 5,
                                      .started = 1,
                                      .live = 1,
                                      .rtt_us = 2500};
    stats_put(&f.stats, STATS_DOWNTRACK_MEDIA, handle_index(f.downtrack), &d, sizeof(d));
}

/* ---- a client ---- */

/* All lines of the answer. */
static json_t *ask(const char *request)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    json_t *lines = json_array();
    strcpy(sa.sun_path, f.path);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    shutdown(fd, SHUT_WR);
    FILE *in = fdopen(fd, "r");
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, in) > 0) {
        json_t *o = json_loads(line, 0, NULL);
        assert_non_null(o);
        json_array_append_new(lines, o);
    }
    free(line);
    fclose(in);
    return lines;
}

static bool is(const json_t *o, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text && strcmp(text, value) == 0;
}

/* The first line of that kind; *n: how many there are. */
static const json_t *find(const json_t *lines, const char *kind, unsigned *n)
{
    const json_t *first = NULL;
    unsigned count = 0;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *o = json_array_get(lines, i);
        if (!is(o, "kind", kind))
            continue;
        first = first ? first : o;
        count++;
    }
    if (n)
        *n = count;
    return first;
}

static json_int_t number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    assert_true(json_is_integer(v));
    return json_integer_value(v);
}

static void expect_kinds(const char *request, unsigned rooms, unsigned participants,
                         unsigned tracks, unsigned subscriptions)
{
    static const char *const kinds[] = {"room", "participant", "track", "subscription"};
    const unsigned expected[] = {rooms, participants, tracks, subscriptions};
    json_t *lines = ask(request);
    for (int i = 0; i < 4; i++) {
        unsigned n;
        find(lines, kinds[i], &n);
        assert_int_equal(n, expected[i]);
    }
    assert_int_equal(number(find(lines, "end", NULL), "lines"), json_array_size(lines) - 2);
    json_decref(lines);
}

static void requests_select(void **state)
{
    (void)state;
    expect_kinds("{\"v\":1,\"get\":\"room\"}", 0, 0, 0, 0);
    open_call();
    expect_kinds("{\"v\":1,\"get\":\"rooms\"}", 1, 0, 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"room\",\"room\":\"daily \\\"stand-up\\\"\"}", 1, 2, 1, 1);
    expect_kinds("{\"v\":1,\"get\":\"room\",\"room\":\"weekly\"}", 0, 0, 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"participant\",\"participant\":\"alice\"}", 0, 1, 1, 0);
    expect_kinds("{\"v\":1,\"get\":\"participant\",\"participant\":\"PA_2\"}", 0, 1, 0, 1);
    expect_kinds("{\"v\":1,\"get\":\"participant\",\"participant\":\"bob\",\"room\":\"x\"}", 0, 0,
                 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"track\",\"track\":\"TR_1\"}", 0, 0, 1, 1);
    expect_kinds("{\"v\":1,\"get\":\"track\",\"track\":\"TR_2\"}", 0, 0, 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"pools\"}", 0, 0, 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"address\"}", 0, 0, 0, 0);
    expect_kinds("{\"v\":1,\"get\":\"all\",\"room\":\"no matter\"}", 1, 2, 1, 1);
}

static void a_call_is_described(void **state)
{
    (void)state;
    open_call();
    json_t *lines = ask("{\"v\":1,\"get\":\"room\"}");
    const json_t *room = find(lines, "room", NULL), *track = find(lines, "track", NULL);
    const json_t *sub = find(lines, "subscription", NULL);
    assert_true(is(room, "room", "daily \"stand-up\"") && is(room, "room_sid", "RM_1"));
    assert_int_equal(number(room, "publishers"), 1);
    assert_int_equal(number(json_object_get(room, "in"), "packets"), 1100);
    assert_int_equal(number(json_object_get(room, "in"), "bps"), 89000);
    assert_int_equal(number(json_object_get(room, "out"), "bps"), 70000);
    const json_t *loss = json_object_get(json_object_get(room, "in"), "loss_percent");
    assert_true(json_real_value(loss) > 0.49 && json_real_value(loss) < 0.51);
    assert_true(is(track, "identity", "alice") && is(track, "source", "camera") &&
                is(track, "mime", "video/VP8") && is(track, "name", "front"));
    assert_int_equal(number(track, "subscribers"), 1);
    assert_int_equal(number(track, "jitter_us"), 700);
    assert_int_equal(json_array_size(json_object_get(track, "layers")), 2);
    assert_true(is(sub, "identity", "bob") && is(sub, "publisher_identity", "alice") &&
                is(sub, "state", "forwarding"));
    assert_int_equal(number(sub, "layer"), 1);
    assert_int_equal(number(sub, "rtt_us"), 2500);
    const json_t *alice = json_array_get(lines, 2);
    assert_true(is(alice, "kind", "participant") && is(alice, "name", "caf\xc3\xa9") &&
                is(alice, "state", "new"));
    assert_int_equal(json_array_size(json_object_get(alice, "transports")), 1);
    json_decref(lines);
}

static void states_of_a_subscription_are_told(void **state)
{
    (void)state;
    open_call();
    open_camera(true);
    json_t *lines = ask("{\"v\":1,\"get\":\"track\",\"track\":\"TR_1\"}");
    assert_true(is(find(lines, "subscription", NULL), "state", "muted"));
    assert_true(json_is_true(json_object_get(find(lines, "track", NULL), "muted")));
    json_decref(lines);
}

static void who_has_left_is_not_told(void **state)
{
    (void)state;
    open_call();
    close_participant(ALICE);
    expect_kinds("{\"v\":1,\"get\":\"all\"}", 1, 1, 0, 0);
    close_participant(BOB);
    expect_kinds("{\"v\":1,\"get\":\"all\"}", 0, 0, 0, 0);
}

static void the_process_and_its_pools_are_told(void **state)
{
    (void)state;
    open_call();
    counters_add(&f.stats.block[0], COUNTER_DROP_SRTP_AUTH, 3);
    counters_add(&f.stats.block[0], COUNTER_RX_PACKETS, 8);
    histogram_add(&stats_thread(&f.stats, 0)->latency[STATS_VIDEO], 30, 5);
    json_t *lines = ask("{\"v\":1,\"get\":\"all\"}");
    const json_t *p = find(lines, "process", NULL);
    assert_true(is(p, "program", "sluice-dataplane") && is(p, "backend", "udp"));
    assert_int_equal(number(p, "subscriptions"), 1);
    assert_int_equal(number(json_object_get(p, "drops"), "srtp_auth"), 3);
    assert_int_equal(number(json_object_get(p, "counters"), "rx_packets"), 8);
    const json_t *video = json_object_get(json_object_get(p, "latency"), "video");
    assert_int_equal(number(video, "count"), 5);
    assert_int_equal(number(video, "p99_us"), 30);
    const json_t *queue = find(lines, "queue", NULL);
    assert_int_equal(number(queue, "rx_packets"), 8);
    const json_t *pool = find(lines, "pool", NULL);
    assert_true(is(pool, "pool", "rooms") && is(pool, "thread", "session"));
    assert_int_equal(number(pool, "high_water"), 1);
    json_decref(lines);
}

static void refusals_are_counted_and_told(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 6; id++)
        open_participant(id, "PA_x", "x");
    json_t *lines = ask("{\"v\":1,\"get\":\"pools\"}");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *o = json_array_get(lines, i);
        if (is(o, "pool", "participants"))
            assert_int_equal(number(o, "refused"), 2);
    }
    json_decref(lines);
}

/* Events end with the connection only: what is there is read, then it is closed. */
static json_t *events_since(const char *request, size_t count)
{
    struct sockaddr_un sa = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    json_t *lines = json_array();
    strcpy(sa.sun_path, f.path);
    assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    FILE *in = fdopen(fd, "r");
    char *line = NULL;
    size_t room = 0;
    while (json_array_size(lines) < count && getline(&line, &room, in) > 0)
        json_array_append_new(lines, json_loads(line, 0, NULL));
    free(line);
    fclose(in);
    assert_int_equal(json_array_size(lines), count);
    return lines;
}

static void events_are_kept_and_told(void **state)
{
    (void)state;
    sessions_control(f.sessions, true, f.now);
    open_call();
    sessions_control(f.sessions, false, f.now);
    close_participant(ALICE);
    json_t *lines = events_since("{\"v\":1,\"get\":\"events\",\"since\":0}\n", 8);
    static const char *const kinds[] = {
        "control_connected", "participant_opened", "participant_opened", "track_opened",
        "control_lost",      "track_closed",       "participant_closed"};
    assert_int_equal(number(json_array_get(lines, 0), "seq"), 7);
    for (size_t i = 0; i < 7; i++) {
        const json_t *e = json_array_get(lines, i + 1);
        assert_true(is(e, "event", kinds[i]));
        assert_int_equal(number(e, "seq"), i + 1);
    }
    assert_true(is(json_array_get(lines, 4), "track", "TR_1"));
    assert_true(is(json_array_get(lines, 4), "room", "daily \"stand-up\""));
    json_decref(lines);
    lines = events_since("{\"v\":1,\"get\":\"events\",\"since\":0,\"participant\":\"bob\"}\n", 2);
    assert_true(is(json_array_get(lines, 1), "identity", "bob"));
    json_decref(lines);
}

static void old_events_are_forgotten(void **state)
{
    (void)state;
    for (int i = 0; i < STATS_EVENTS + 10; i++)
        sessions_control(f.sessions, i % 2, f.now);
    json_t *lines = events_since("{\"v\":1,\"get\":\"events\",\"since\":0}\n", STATS_EVENTS + 1);
    assert_int_equal(number(json_array_get(lines, 1), "seq"), 11);
    assert_int_equal(number(json_array_get(lines, STATS_EVENTS), "seq"), STATS_EVENTS + 10);
    json_decref(lines);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(requests_select),
        CASE(a_call_is_described),
        CASE(states_of_a_subscription_are_told),
        CASE(who_has_left_is_not_told),
        CASE(the_process_and_its_pools_are_told),
        CASE(refusals_are_counted_and_told),
        CASE(events_are_kept_and_told),
        CASE(old_events_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
