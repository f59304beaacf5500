/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's report, and what it reads from proc(5).
 */
#include "bench/sluice-bench/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void stat_line_with_a_nasty_name(void **state)
{
    (void)state;
    uint64_t ticks = 0;
    assert_true(process_parse_stat("12 (a) b (c d) S 1 2 3 4 5 6 7 8 9 10 123 77 0 0 20", &ticks));
    assert_int_equal(ticks, 200);
    assert_false(process_parse_stat("12 (a) S 1 2", &ticks));
    assert_false(process_parse_stat("", &ticks));
}

static void status_has_resident_memory(void **state)
{
    (void)state;
    uint64_t resident = 0;
    assert_true(process_parse_status("Name:\tx\nVmHWM:\t 9 kB\nVmRSS:\t  1234 kB\n", &resident));
    assert_int_equal(resident, 1234 * 1024);
    assert_false(process_parse_status("Name:\tkthreadd\n", &resident));
}

static void machine_line(void **state)
{
    (void)state;
    struct machine_usage u;
    assert_true(machine_parse_stat("cpu  10 1 20 300 5 0 7 2 0 0\ncpu0 1 2\n", &u));
    assert_int_equal(u.total, 345);
    assert_int_equal(u.idle, 305);
    assert_int_equal(u.softirq, 7);
    assert_false(machine_parse_stat("intr 1", &u));
}

static void this_process_is_found(void **state)
{
    (void)state;
    struct process_list l;
    char text[64];
    snprintf(text, sizeof text, "%d,%d,no-such-program", (int)getpid(), (int)getpid());
    process_find(&l, text);
    assert_int_equal(l.count, 1);
    assert_int_equal(l.list[0].pid, getpid());
    assert_true(process_usage(l.list[0].pid).resident > 0);
    process_find(&l, "test_bench_report");
    assert_true(l.count >= 1);
    assert_string_equal(l.list[0].name, "test_bench_report");
}

struct world {
    struct settings settings;
    struct report report;
};

/* Two servers, ten seconds: 100000 expected, 99900 received, 2 s of CPU. */
static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->settings.threads = 2;
    w->settings.layers = 1;
    w->settings.shape = (struct shape){.kind = SHAPE_AUDIO_ROOM, .publishers = 1, .subscribers = 9};
    report_init(&w->report, &w->settings);
    struct report *r = &w->report;
    r->servers.count = 2;
    r->begin.at = 5 * USEC_PER_SEC;
    r->end.at = 15 * USEC_PER_SEC;
    r->begin.servers[0].cpu = 1000000;
    r->end.servers[0].cpu = 2500000;
    r->end.servers[1].cpu = 500000;
    r->begin.counters.expected_packets = 10;
    r->begin.counters.received_packets = 10;
    r->end.counters.expected_packets = 100010;
    r->end.counters.received_packets = 99910;
    r->end.thread_cpu[0] = 1000000;
    r->end.thread_cpu[1] = 4000000;
    r->end.machine = (struct machine_usage){.total = 1000, .idle = 500, .softirq = 100};
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    report_free(&w->report);
    free(w);
    return 0;
}

static void figures_follow_from_snapshots(void **state)
{
    struct report *r = &((struct world *)*state)->report;
    report_finish(r);
    assert_int_equal(r->participants, 10);
    assert_int_equal(r->expected_streams, 9);
    assert_float_equal(r->duration, 10, 1e-9);
    assert_float_equal(r->loss, 0.001, 1e-9);
    assert_float_equal(r->server_cpu, 2e6, 1e-3);
    assert_float_equal(r->per_packet, 2e6 / 99900, 1e-6);
    assert_float_equal(r->own_cpu, 0.4, 1e-9);
    assert_float_equal(r->softirq, 0.1, 1e-9);
    assert_int_equal(r->warning_count, 0);
}

static void it_says_when_it_is_the_bottleneck(void **state)
{
    struct report *r = &((struct world *)*state)->report;
    r->end.thread_cpu[1] = 9100000;
    r->end.counters.socket_drops = 1;
    r->end.counters.send_errors = 1;
    r->end.counters.late_frames = 1;
    r->end.machine.idle = 10;
    report_finish(r);
    assert_int_equal(r->warning_count, 5);
    assert_non_null(strstr(r->warnings[0], "90 %"));
}

static void nothing_measured_divides_by_nothing(void **state)
{
    struct report *r = &((struct world *)*state)->report;
    r->end = r->begin;
    report_finish(r);
    assert_float_equal(r->per_packet, 0, 0);
    assert_float_equal(r->loss, 0, 0);
    assert_float_equal(r->own_cpu, 0, 0);
    assert_int_equal(r->warning_count, 0);
}

static void json_has_the_same_figures(void **state)
{
    struct report *r = &((struct world *)*state)->report;
    histogram_add(&r->end.counters.audio_latency, 20);
    assert_non_null(report_second(r, 0, &r->begin, &r->end, true));
    report_finish(r);
    json_t *o = report_json(r);
    assert_non_null(o);
    assert_float_equal(json_real_value(json_object_get(o, "loss")), 0.001, 1e-9);
    json_t *measured = json_object_get(o, "measured");
    assert_int_equal(json_integer_value(json_object_get(measured, "received_packets")), 99900);
    json_t *audio = json_object_get(json_object_get(o, "times"), "audio_latency");
    assert_int_equal(json_integer_value(json_object_get(audio, "p50")), 20);
    json_t *second = json_array_get(json_object_get(o, "seconds"), 0);
    assert_float_equal(json_real_value(json_object_get(second, "received_pps")), 9990, 1e-6);
    assert_float_equal(json_real_value(json_object_get(second, "own_cpu")), 0.4, 1e-9);
    json_decref(o);
}

static void text_prints(void **state)
{
    struct report *r = &((struct world *)*state)->report;
    char *text;
    size_t len;
    report_finish(r);
    FILE *f = open_memstream(&text, &len);
    report_print(f, r);
    fclose(f);
    assert_non_null(strstr(text, "0.1000 % (100 of 100000)"));
    assert_non_null(strstr(text, "9990 packets/s"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stat_line_with_a_nasty_name),
        cmocka_unit_test(status_has_resident_memory),
        cmocka_unit_test(machine_line),
        cmocka_unit_test(this_process_is_found),
        cmocka_unit_test_setup_teardown(figures_follow_from_snapshots, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_says_when_it_is_the_bottleneck, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_measured_divides_by_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_has_the_same_figures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text_prints, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
