/* SPDX-License-Identifier: Apache-2.0 */
/* What `top` and the tables make of the stats sockets' lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/sluicectl/format.h"
#include "tools/sluicectl/top/frame.h"
#include "tools/sluicectl/view.h"

/* --- numbers and texts --- */

static void numbers(void **state)
{
    (void)state;
    char b[FORMAT_TEXT];
    assert_string_equal(format_count(0, b), "0");
    assert_string_equal(format_count(999, b), "999");
    assert_string_equal(format_count(1000, b), "1.00k");
    assert_string_equal(format_count(12345, b), "12.3k");
    assert_string_equal(format_count(999900, b), "1.00M");
    assert_string_equal(format_bps(2310000, b), "2.31M");
    assert_string_equal(format_bytes(1536, b), "1.50K");
    assert_string_equal(format_us(8, b), "8 us");
    assert_string_equal(format_us(1250, b), "1.25 ms");
    assert_string_equal(format_us(2100000, b), "2.1 s");
    assert_string_equal(format_age(42, b), "42s");
    assert_string_equal(format_age(725, b), "12m05s");
    assert_string_equal(format_age(3 * 3600 + 12 * 60, b), "3h12m");
    assert_string_equal(format_age(5 * 86400 + 4 * 3600, b), "5d04h");
}

static void texts_of_strangers(void **state)
{
    (void)state;
    char b[16];
    assert_string_equal(format_clean("a\033[2Jb\n", b, sizeof(b)), "a?[2Jb?");
    assert_string_equal(format_clean("\xff\xfe", b, sizeof(b)), "??");
    assert_string_equal(format_clean("\xc2\x9b"
                                     "1m",
                                     b, sizeof(b)),
                        "?1m"); /* CSI in one */
    assert_string_equal(format_clean("Zo\xc3\xab", b, sizeof(b)), "Zo\xc3\xab");
    assert_string_equal(format_clean("123456789012345678", b, sizeof(b)), "123456789012345");
    assert_string_equal(format_clean("12345678901234\xc3\xab", b, sizeof(b)), "12345678901234");
    assert_int_equal(format_width("Zo\xc3\xab"), 3);
    assert_int_equal(format_width("\xe6\x97\xa5\xe6\x9c\xac"), 4); /* two wide ones */
}

static void tables(void **state)
{
    (void)state;
    struct table t;
    char line[256];
    table_begin(&t, "NAME|>N|STATE");
    table_text(&t, "Zo\xc3\xab");
    table_cell(&t, "%d", 7);
    table_text(&t, "live");
    table_text(&t, NULL);
    table_cell(&t, "%d", 1234);
    table_text(&t, "muted");
    assert_int_equal(table_rows(&t), 2);
    assert_string_equal(table_line(&t, 0, 0, line, sizeof(line)), "NAME     N  STATE");
    assert_string_equal(table_line(&t, 1, 0, line, sizeof(line)), "Zo\xc3\xab      7  live");
    assert_string_equal(table_line(&t, 2, 0, line, sizeof(line)), "-     1234  muted");
    assert_string_equal(table_line(&t, 2, 8, line, sizeof(line)), "-     12");
    table_end(&t);
}

/* --- two samples, a second and a half apart --- */

static json_t *parse(const char *text)
{
    json_error_t e;
    json_t *root = json_loads(text, 0, &e);
    if (!root)
        fail_msg("%s in %s", e.text, text);
    return root;
}

static json_t *room(const char *name, int out_bps)
{
    return json_pack("{ss s{ss sI si si si si s{sI sf} s{sI}} sn}", "room_sid", "RM_x", "media",
                     "room", name, "opened_unix_us", (json_int_t)1000000000000, "participants", 3,
                     "publishers", 2, "tracks", 4, "subscriptions", 8, "in", "bps",
                     (json_int_t)1500000, "loss_percent", 0.5, "out", "bps", (json_int_t)out_bps,
                     "signalling");
}

static void common(struct sample *s, double at_s)
{
    *s = (struct sample){.mono_us = at_s * 1e6, .unix_us = (1000000 + at_s) * 1e6};
    s->rooms = json_array();
    s->participants = json_array();
    s->running[PROCESS_DATAPLANE].name = "sluice-dataplane";
    s->running[PROCESS_DATAPLANE].pid = 812;
    s->running[PROCESS_DATAPLANE].usage =
        (struct peer_usage){.state = 'S', .cpu_us = (uint64_t)(at_s * 250000), .memory = 17 << 20};
    s->running[PROCESS_CONTROL].name = "sluice-control";
    s->running[PROCESS_CONTROL].pid = 813;
    s->running[PROCESS_CONTROL].usage = (struct peer_usage){.state = 'S'};
    s->running[PROCESS_AUTHZ].name = "sluice-authz";
}

#define PROCESS                                                                                    \
    "{\"version\":\"0.1.0\",\"backend\":\"udp\",\"uptime_us\":3600000000,\"rooms\":2,"             \
    "\"participants\":3,\"tracks\":4,\"subscriptions\":8,"

static void take_two(struct sample *before, struct sample *now)
{
    common(before, 10);
    common(now, 11.5);
    before->process =
        parse(PROCESS "\"counters\":{\"rx_packets\":1000,\"rx_bytes\":100000,\"tx_packets\":0,"
                      "\"tx_bytes\":0,\"drop_srtp_auth\":5},\"drops\":{\"drop_srtp_auth\":5},"
                      "\"latency\":{\"audio\":{\"count\":100,\"buckets\":[[10,100]]}}}");
    now->process = parse(
        PROCESS "\"counters\":{\"rx_packets\":2500,\"rx_bytes\":1600000,\"tx_packets\":15000,"
                "\"tx_bytes\":15000000,\"drop_srtp_auth\":11},\"drops\":{\"drop_srtp_auth\":11,"
                "\"drop_class\":0},\"latency\":{\"audio\":{\"count\":300,\"max_us\":900,"
                "\"buckets\":[[10,200],[20,98],[null,2]]},\"video\":{\"count\":0,"
                "\"buckets\":[]}}}");
    before->threads = parse("[{\"thread\":\"worker 0\",\"core\":1,\"cpu_us\":1000000,"
                            "\"counters\":{\"tx_packets\":0}}]");
    now->threads = parse("[{\"thread\":\"worker 0\",\"core\":1,\"cpu_us\":1300000,"
                         "\"counters\":{\"tx_packets\":15000}}]");
    json_array_append_new(now->rooms, room("daily", 9000000));
    json_array_append_new(now->rooms, room("evil\033[31mroom", 5));
    snprintf(now->room, sizeof(now->room), "daily");
    json_array_append_new(
        now->participants,
        parse("{\"participant\":\"PA_a\",\"media\":{\"identity\":\"alice\",\"state\":\"connected\","
              "\"rtt_us\":23000,\"tracks\":2,\"subscriptions\":2,\"in\":{\"bps\":800000,"
              "\"loss_percent\":0},\"out\":{\"bps\":64000},\"transports\":[{\"protocol\":\"udp\","
              "\"remote\":\"192.0.2.1:5000\"}]},\"signalling\":{\"quality\":\"excellent\","
              "\"sdk\":\"js\",\"sdk_version\":\"2.21.0\",\"browser\":\"chrome\"}}"));
}

static void free_two(struct sample *before, struct sample *now)
{
    sample_free(before);
    sample_free(now);
}

static void rates_between_samples(void **state)
{
    (void)state;
    struct sample before, now;
    take_two(&before, &now);
    assert_float_equal(sample_counter_rate(&before, &now, "rx_packets"), 1000, 0.01);
    assert_float_equal(sample_counter_rate(&before, &now, "drop_srtp_auth"), 4, 0.01);
    assert_float_equal(sample_cpu_percent(&before, &now, PROCESS_DATAPLANE), 25, 0.01);
    assert_float_equal(sample_thread_cpu(&before, &now, 0), 20, 0.01);
    assert_float_equal(sample_thread_rate(&before, &now, 0, "tx_packets"), 10000, 0.01);
    /* 200 since: 100 up to 10 us, 98 up to 20, 2 beyond all bounds */
    assert_float_equal(sample_latency(&before, &now, "audio", 0.5), 10, 0.01);
    assert_float_equal(sample_latency(&before, &now, "audio", 0.99), 20, 0.01);
    assert_float_equal(sample_latency(&before, &now, "audio", 0.999), 900, 0.01);
    assert_float_equal(sample_latency(&before, &now, "video", 0.5), -1, 0.01);
    free_two(&before, &now);
}

/* A dataplane that was started anew counts from 0; so does the first look at all. */
static void rates_after_a_restart(void **state)
{
    (void)state;
    struct sample before, now, nothing = {0};
    take_two(&before, &now);
    now.running[PROCESS_DATAPLANE].pid = 999;
    json_object_set_new(json_object_get(now.process, "counters"), "rx_packets", json_integer(300));
    assert_float_equal(sample_counter_rate(&before, &now, "rx_packets"), 200, 0.01);
    assert_float_equal(sample_cpu_percent(&before, &now, PROCESS_DATAPLANE), 0, 0.01);
    assert_float_equal(sample_counter_rate(&nothing, &now, "rx_packets"), 0, 0.01);
    assert_float_equal(sample_latency(&nothing, &now, "audio", 0.5), 10, 0.01);
    free_two(&before, &now);
}

static const char *find_line(const struct screen *s, const char *what)
{
    for (size_t i = 0; i < s->used; i++) {
        if (strstr(s->line[i].text, what))
            return s->line[i].text;
    }
    fail_msg("no line has \"%s\"", what);
    return NULL;
}

static void a_whole_frame(void **state)
{
    (void)state;
    struct sample before, now;
    struct screen *s = calloc(1, sizeof(*s));
    take_two(&before, &now);
    screen_begin(s, 0, 0);
    frame_render(&before, &now, false, s);
    assert_non_null(strstr(find_line(s, "sluice 0.1.0"), "up 1h00m  udp  rooms 2  participants 3"));
    const char *in = find_line(s, "in  ");
    assert_non_null(strstr(in, "8.00Mbit/s"));
    assert_non_null(strstr(in, "1.00k packets/s"));
    assert_non_null(strstr(in, "80.0Mbit/s"));
    assert_non_null(strstr(find_line(s, "latency"), "audio p50 10 us p99 20 us"));
    assert_non_null(strstr(find_line(s, "dropped"), "4/s  drop_srtp_auth 4/s"));
    assert_null(strstr(find_line(s, "dropped"), "drop_class"));
    assert_non_null(strstr(find_line(s, "sluice-dataplane"), "25.0%   17.0M"));
    assert_non_null(strstr(find_line(s, "worker 0"), "20.0%"));
    assert_non_null(strstr(find_line(s, "daily  "), "9.00M"));
    find_line(s, "evil?[31mroom");
    const char *alice = find_line(s, "alice");
    assert_non_null(strstr(alice, "udp 192.0.2.1:5000"));
    assert_non_null(strstr(alice, "excellent"));
    assert_non_null(strstr(alice, "js 2.21.0, chrome"));
    free(s);
    free_two(&before, &now);
}

static void small_terminals(void **state)
{
    (void)state;
    static const size_t sizes[][2] = {{24, 80}, {10, 40}, {3, 10}, {1, 1}, {50, 200}};
    struct sample before, now;
    struct screen *s = calloc(1, sizeof(*s));
    take_two(&before, &now);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        screen_begin(s, sizes[i][0], sizes[i][1]);
        frame_render(&before, &now, true, s);
        assert_true(s->used <= sizes[i][0]);
        for (size_t k = 0; k < s->used; k++)
            assert_true(format_width(s->line[k].text) <= sizes[i][1]);
    }
    screen_begin(s, 24, 80);
    frame_render(&before, &now, true, s);
    assert_int_equal(s->used, 24);
    assert_string_equal(s->line[23].text, "q quit   space now");
    free(s);
    free_two(&before, &now);
}

static void control_is_stopped(void **state)
{
    (void)state;
    struct sample before, now;
    struct screen *s = calloc(1, sizeof(*s));
    take_two(&before, &now);
    now.running[PROCESS_CONTROL].usage.state = 'T';
    snprintf(now.reason[PROCESS_CONTROL], sizeof(now.reason[0]), "it was stopped by a signal");
    screen_begin(s, 0, 0);
    frame_render(&before, &now, false, s);
    find_line(s, "sluice-control does not answer: it was stopped by a signal");
    assert_non_null(strstr(find_line(s, "sluice-control "), "STOPPED"));
    find_line(s, "daily");
    free(s);
    free_two(&before, &now);
}

static void dataplane_is_gone(void **state)
{
    (void)state;
    struct sample now, before = {0};
    struct screen *s = calloc(1, sizeof(*s));
    common(&now, 5);
    now.running[PROCESS_DATAPLANE].pid = 0;
    snprintf(now.reason[PROCESS_DATAPLANE], sizeof(now.reason[0]), "it does not run");
    screen_begin(s, 0, 0);
    frame_render(&before, &now, false, s);
    find_line(s, "sluice-dataplane: it does not run");
    assert_non_null(strstr(find_line(s, "sluice-dataplane  "), "does not run"));
    free(s);
    sample_free(&now);
}

static void frame_as_json(void **state)
{
    (void)state;
    struct sample before, now;
    take_two(&before, &now);
    json_t *root = frame_json(&before, &now);
    const json_t *rates = json_object_get(root, "rates");
    assert_float_equal(json_number_value(json_object_get(rates, "out_packets")), 10000, 0.01);
    assert_int_equal(json_array_size(json_object_get(root, "processes")), 2);
    assert_int_equal(json_array_size(json_object_get(root, "rooms")), 2);
    assert_string_equal(json_string_value(json_object_get(root, "room")), "daily");
    assert_non_null(json_object_get(json_object_get(root, "latency"), "audio"));
    json_decref(root);
    free_two(&before, &now);
}

static void drawn_over_a_terminal(void **state)
{
    (void)state;
    char text[4096] = "";
    struct screen *s = calloc(1, sizeof(*s));
    FILE *f = fmemopen(text, sizeof(text), "w");
    screen_begin(s, 5, 20);
    screen_line(s, LOOK_HEADING, "HEAD");
    screen_line(s, LOOK_WARNING, "12345678901234567890 too long");
    screen_draw(s, f);
    fclose(f);
    assert_string_equal(text, "\033[H\033[7mHEAD                \033[0m\033[K\r\n"
                              "\033[1;31m12345678901234567890\033[0m\033[K\033[J");
    free(s);
}

/* --- both processes' lines put together --- */

static void views(void **state)
{
    (void)state;
    struct view v = {
        .media =
            parse("[{\"kind\":\"participant\",\"participant\":\"PA_1\",\"identity\":\"a\"},"
                  "{\"kind\":\"track\",\"track\":\"TR_1\"},"
                  "{\"kind\":\"participant\",\"participant\":\"PA_2\",\"rtt_us\":null},"
                  "{\"kind\":\"participant\"},{\"kind\":\"subscription\",\"track\":\"TR_1\"}]"),
        .signalling = parse("[{\"kind\":\"participant\",\"participant\":\"PA_3\",\"identity\":"
                            "\"c\"},{\"kind\":\"participant\",\"participant\":\"PA_2\","
                            "\"identity\":\"b\",\"rtt_us\":5}]"),
    };
    json_t *all = view_objects(&v, "participant"), *tracks = view_objects(&v, "track"),
           *subscriptions = view_objects(&v, "subscription");
    assert_int_equal(json_array_size(all), 3);
    assert_string_equal(view_text(json_array_get(all, 0), "identity"), "a");
    assert_string_equal(view_text(json_array_get(all, 1), "identity"), "b");
    assert_float_equal(view_number(json_array_get(all, 1), "rtt_us"), 5, 0.01);
    assert_string_equal(view_text(json_array_get(all, 2), "identity"), "c");
    assert_true(json_is_null(json_object_get(json_array_get(all, 2), "media")));
    assert_int_equal(json_array_size(tracks), 1);
    assert_int_equal(json_array_size(subscriptions), 1);
    json_decref(all);
    json_decref(tracks);
    json_decref(subscriptions);
    view_free(&v);
}

static void usage_of_processes(void **state)
{
    (void)state;
    struct peer_usage u;
    assert_true(peer_usage_parse("812 (a) b (c)) T 1 2 3 4 5 6 7 8 9 10 100 50 0 0 20 0 3 0 1 2 4 "
                                 "0 0",
                                 &u));
    assert_int_equal(u.state, 'T');
    assert_true(u.cpu_us == 150 * 1000000 / (uint64_t)sysconf(_SC_CLK_TCK));
    assert_true(u.memory == 4 * (uint64_t)sysconf(_SC_PAGESIZE));
    assert_false(peer_usage_parse("", &u));
    assert_false(peer_usage_parse("1 (x", &u));
    assert_false(peer_usage_parse("1 (x) S 1", &u));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(texts_of_strangers),
        cmocka_unit_test(tables),
        cmocka_unit_test(rates_between_samples),
        cmocka_unit_test(rates_after_a_restart),
        cmocka_unit_test(a_whole_frame),
        cmocka_unit_test(small_terminals),
        cmocka_unit_test(control_is_stopped),
        cmocka_unit_test(dataplane_is_gone),
        cmocka_unit_test(frame_as_json),
        cmocka_unit_test(drawn_over_a_terminal),
        cmocka_unit_test(views),
        cmocka_unit_test(usage_of_processes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
