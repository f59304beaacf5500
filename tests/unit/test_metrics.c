/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: the text format, what rooms come to, and the listener with its password. */
#include "tests/unit/signal_stage.h"

#include "control/metrics/exporter.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void samples_have_labels(void **state)
{
    (void)state;
    struct metrics_text t = {.constant = "a=\"b\""};
    metrics_family(&t, "x", "counter", "Some things");
    metrics_count(&t, NULL, 18446744073709551615u);
    metrics_count(&t, METRICS_LABELS({"k", "a \"quoted\\\nword"}), 1);
    t.constant = "";
    metrics_value(&t, METRICS_LABELS({"k", "v"}, {"l", "w"}), 0.25);
    assert_string_equal(t.at, "# HELP x Some things\n# TYPE x counter\n"
                              "x{a=\"b\"} 18446744073709551615\n"
                              "x{a=\"b\",k=\"a \\\"quoted\\\\\\nword\"} 1\n"
                              "x{k=\"v\",l=\"w\"} 0.25\n");
    metrics_text_free(&t);
}

static void buckets_are_cumulative(void **state)
{
    (void)state;
    static const double bounds[] = {1, 10};
    struct metrics_histogram h = {.bounds = bounds, .count = 2};
    struct metrics_text t = {0};
    metrics_observe(&h, 1);
    metrics_observe(&h, 2);
    metrics_observe(&h, 11);
    metrics_family(&t, "x", "histogram", "h");
    metrics_buckets(&t, NULL, &h);
    assert_string_equal(t.at, "# HELP x h\n# TYPE x histogram\n"
                              "x_bucket{le=\"1\"} 1\nx_bucket{le=\"10\"} 2\n"
                              "x_bucket{le=\"+Inf\"} 3\nx_sum{} 14\nx_count{} 3\n");
    metrics_text_free(&t);
}

/* ---- a call, as metrics tell it ---- */

static struct stage stage;
static struct actor alice, bob;
static struct history history;

static void on_event(void *ctx, enum room_event e, const struct room *r,
                     const struct participant *p, const struct publication *t)
{
    (void)ctx;
    history_event(&history, e, r, p, t, (int64_t)(clock_realtime() / USEC_PER_MS));
}

static void on_command(void *ctx, Sluice__Link__Command *c)
{
    (void)ctx;
    (void)c;
}

static int open_stage(void **state)
{
    (void)state;
    history_init(&history);
    stage_open(&stage);
    struct signalling_output out = {.command = on_command, .event = on_event};
    signalling_set_output(stage.g, &out);
    actor_open(&alice, &stage, "alice");
    actor_open(&bob, &stage, "bob");
    return 0;
}

static int close_stage(void **state)
{
    (void)state;
    actor_close(&alice);
    actor_close(&bob);
    stage_close(&stage);
    return 0;
}

static struct metrics_text text;

/* The sample without its constant labels, as "name{labels} value". */
static void expect_line(const char *name, const char *labels, const char *value)
{
    char line[256];
    snprintf(line, sizeof line, "\n%s{node_id=\"%s\",node_type=\"SERVER\"%s%s} %s\n", name,
             stage.rooms->node_id, *labels ? "," : "", labels, value);
    if (!strstr(text.at, line))
        fail_msg("no line %s in\n%s", line, text.at);
}

static void collect(const struct stats_segment *stats)
{
    struct metrics_sources s = {.rooms = stage.rooms, .history = &history, .stats = stats};
    metrics_text_free(&text);
    metrics_collect(&s, &text);
    assert_false(text.failed);
}

static void a_call_is_counted(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    collect(NULL);
    expect_line("livekit_room_total", "", "1");
    expect_line("livekit_participant_total", "", "2");
    expect_line("livekit_track_published_total", "kind=\"AUDIO\"", "1");
    expect_line("livekit_track_published_total", "kind=\"VIDEO\"", "0");
    expect_line("livekit_peer_connection_state", "state=\"connected\"", "1");
    expect_line("livekit_track_publish_counter", "kind=\"AUDIO\",state=\"success\"", "1");
    expect_line("livekit_participant_join_total", "state=\"rtc_connected\"", "1");
    expect_line("sluice_dataplane_up", "", "1");
    actor_leave(&alice);
    actor_cut(&bob);
    stage_pass(&stage, 21 * USEC_PER_SEC);
    collect(NULL);
    expect_line("livekit_room_total", "", "0");
    expect_line("livekit_room_duration_seconds_count", "", "1");
    expect_line("livekit_session_duration_ms_count", "", "1");
    expect_line("livekit_participant_join_total", "state=\"signal_connected\"", "2");
    expect_line("sluice_participant_left_total", "state=\"aborted\"", "1");
    metrics_text_free(&text);
}

static void streams_are_measured(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC, 2);
    const struct room *r = stage.rooms->first;
    Sluice__Link__Report one = SLUICE__LINK__REPORT__INIT, other = one, *both[] = {&one, &other};
    Sluice__Link__Reports m = SLUICE__LINK__REPORTS__INIT;
    one.track = r->participants->publications->source[0].index.id;
    one.packets = 98;
    one.lost = 2;
    one.jitter_us = 900;
    one.rtt_us = 120000;
    other.track = 12345; /* gone */
    m.n_reports = 2;
    m.reports = both;
    streams_reports(&history.streams, stage.rooms, &m);
    streams_quality(&history.streams, LIVEKIT__CONNECTION_QUALITY__GOOD, 3.8);
    collect(NULL);
#define ALICE_MIC "direction=\"incoming\",source=\"MICROPHONE\",type=\"AUDIO\""
    expect_line("livekit_packet_loss_total", ALICE_MIC, "2");
    expect_line("livekit_packet_loss_percent_bucket", ALICE_MIC ",le=\"1\"", "0");
    expect_line("livekit_packet_loss_percent_bucket", ALICE_MIC ",le=\"5\"", "1");
    expect_line("livekit_jitter_us_bucket", ALICE_MIC ",le=\"1000\"", "1");
    expect_line("livekit_rtt_ms_bucket", ALICE_MIC ",le=\"100\"", "0");
    expect_line("livekit_rtt_ms_bucket", ALICE_MIC ",le=\"150\"", "1");
    expect_line("livekit_quality_rating_bucket", "le=\"1\"", "1");
    expect_line("livekit_quality_score_bucket", "le=\"4\"", "1");
    metrics_text_free(&text);
}

static void the_dataplane_s_counters_are_told(void **state)
{
    (void)state;
    char path[] = "/tmp/sluice-stats-XXXXXX", err[STATS_ERROR_TEXT];
    close(mkstemp(path));
    struct stats_segment s;
    const struct stats_sizes sizes = {.blocks = 3,
                                      .rooms = 1,
                                      .participants = 1,
                                      .transports = 1,
                                      .tracks = 1,
                                      .subscriptions = 1};
    assert_true(stats_segment_create(&s, path, &sizes, err));
    counters_add(&s.block[0], COUNTER_RX_RTP, 5);
    counters_add(&s.block[1], COUNTER_RX_RTP, 7);
    counters_add(&s.block[2], COUNTER_DROP_STUN_INTEGRITY, 2);
    histogram_add(&stats_thread(&s, 0)->latency[STATS_VIDEO], 10, 3);
    histogram_add(&stats_thread(&s, 1)->latency[STATS_VIDEO], 11, 1);
    histogram_add(&stats_thread(&s, 1)->latency[STATS_VIDEO], 3000000, 1);
    stats_pool_set(&stats_thread(&s, 2)->pool[STATS_POOL_ROOMS], 1000, 3, 4);
    stats_pool_refuse(&stats_thread(&s, 2)->pool[STATS_POOL_ROOMS]);
    struct stats_queue *q = stats_at(&s, STATS_QUEUES, STATS_QUEUES_PER_WORKER);
    q->mode = STATS_QUEUE_COPY;
    q->ifindex = 1;
    q->queue = 3;
    q->rx_packets = 17;
    struct stats_transport tr = {.handle = 1, .n_pairs = 1};
    tr.pairs[0] = (struct stats_pair){.protocol = STATS_TCP, .selected = 1};
    stats_put(&s, STATS_TRANSPORTS, 0, &tr, sizeof tr);
    collect(&s);
    expect_line("sluice_forward_latency_seconds_bucket", "class=\"video\",le=\"5e-06\"", "0");
    expect_line("sluice_forward_latency_seconds_bucket", "class=\"video\",le=\"1e-05\"", "3");
    expect_line("sluice_forward_latency_seconds_bucket", "class=\"video\",le=\"2e-05\"", "4");
    expect_line("sluice_forward_latency_seconds_bucket", "class=\"video\",le=\"+Inf\"", "5");
    expect_line("sluice_forward_latency_seconds_count", "class=\"audio\"", "0");
    expect_line("livekit_forward_latency_ns", "", "3000000000");
    expect_line("sluice_pool_size", "pool=\"rooms\",thread=\"session\"", "1000");
    expect_line("sluice_pool_high_water", "pool=\"rooms\",thread=\"session\"", "4");
    expect_line("sluice_pool_refused_total", "pool=\"rooms\",thread=\"session\"", "1");
    expect_line("sluice_queue_rx_packets_total", "interface=\"lo\",queue=\"3\",worker=\"1\"", "17");
    expect_line("sluice_transports", "protocol=\"tcp\"", "1");
    expect_line("livekit_packet_total", "direction=\"incoming\",transmission=\"initial\"", "12");
    expect_line("livekit_node_packet_total", "type=\"dropped\"", "2");
    expect_line("sluice_dataplane_rx_rtp_total", "thread=\"1\"", "7");
    expect_line("sluice_dataplane_drop_total", "thread=\"session\",reason=\"stun_integrity\"", "2");
    stats_segment_close(&s);
    unlink(path);
    metrics_text_free(&text);
}

/* ---- over HTTP ---- */

static struct loop *loop;

/* The head of the answer to a GET with this header line ("" none). */
static void get(uint16_t port, const char *header, char answer[1024])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    char request[256];
    int n = snprintf(request, sizeof request, "GET /metrics HTTP/1.1\r\nHost: x\r\n%s\r\n", header);
    assert_int_equal(write(fd, request, (size_t)n), n);
    ssize_t got = 0;
    for (int i = 0; i < 500 && got <= 0; i++) {
        loop_turn(loop, 10 * USEC_PER_MS);
        got = recv(fd, answer, 1023, MSG_DONTWAIT);
    }
    answer[got > 0 ? got : 0] = 0;
    close(fd);
    loop_turn(loop, 0);
}

static void the_listener_asks_for_the_password(void **state)
{
    (void)state;
    static const char at[1][256] = {"127.0.0.1"};
    loop = loop_create();
    struct exporter_config c = {.username = "u",
                                .password = "p",
                                .stats_path = "/nowhere",
                                .sources = {.rooms = stage.rooms, .history = &history}};
    struct exporter *e = exporter_create(loop, &c, at, 1, 0);
    assert_non_null(e);
    char answer[1024];
    get(exporter_port(e), "", answer);
    assert_memory_equal(answer, "HTTP/1.1 401", 12);
    get(exporter_port(e), "Authorization: Basic dTpx\r\n", answer);
    assert_memory_equal(answer, "HTTP/1.1 401", 12);
    get(exporter_port(e), "Authorization: Basic dTpw\r\n", answer);
    assert_memory_equal(answer, "HTTP/1.1 200", 12);
    assert_non_null(strstr(answer, "livekit_room_total"));
    exporter_destroy(e);
    c.username = c.password = "";
    e = exporter_create(loop, &c, at, 1, 0);
    get(exporter_port(e), "", answer);
    assert_memory_equal(answer, "HTTP/1.1 200", 12);
    exporter_destroy(e);
    loop_destroy(loop);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_have_labels),
        cmocka_unit_test(buckets_are_cumulative),
        TEST(a_call_is_counted),
        TEST(streams_are_measured),
        TEST(the_dataplane_s_counters_are_told),
        TEST(the_listener_asks_for_the_password),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
