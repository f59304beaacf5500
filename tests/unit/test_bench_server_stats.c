/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the load generator reads from a stats socket.
 */
#include "bench/sluice-bench/server_stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <pthread.h>

static const char begin_line[] = "{\"kind\":\"begin\",\"v\":1,\"source\":\"dataplane\"}\n";
static const char process_line[] =
    "{\"kind\":\"process\",\"latency\":{\"audio\":{\"count\":3,\"buckets\":[[4,1],[8,2],[16,0]]},"
    "\"video\":{\"buckets\":[[10,90],[12,9],[null,1]]}}}\n";
static const char end_line[] = "{\"kind\":\"end\",\"seq\":0,\"lines\":1}\n";

static bool parse(struct server_stats *s, const char *line)
{
    return server_stats_parse(s, line, strlen(line));
}

static void reads_the_line_about_the_process(void **state)
{
    struct server_stats s;
    (void)state;
    assert_true(parse(&s, process_line));
    assert_int_equal(server_histogram_total(&s.audio), 3);
    assert_int_equal(s.audio.count, 2);
    assert_int_equal(server_histogram_quantile(&s.audio, 0.3), 4);
    assert_int_equal(server_histogram_quantile(&s.audio, 0.5), 8);
    assert_int_equal(server_histogram_quantile(&s.video, 0.5), 10);
    assert_int_equal(server_histogram_quantile(&s.video, 0.99), 12);
    assert_true(server_histogram_quantile(&s.video, 1) == UINT64_MAX);
}

static void passes_over_other_lines(void **state)
{
    static const char *const lines[] = {"",
                                        "{}",
                                        "[]",
                                        "{\"kind\":\"room\",\"latency\":{}}",
                                        "{\"kind\":\"process\"}",
                                        "{\"kind\":3}",
                                        "no JSON"};
    struct server_stats s;
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        assert_false(parse(&s, lines[i]));
}

static void nonsense_in_buckets_is_left_out(void **state)
{
    struct server_stats s;
    (void)state;
    assert_true(parse(&s, "{\"kind\":\"process\",\"latency\":{\"audio\":{\"buckets\":"
                          "[3,[],[1],[2,-5],[2,\"x\"],[7,2]]},\"video\":7}}"));
    assert_int_equal(s.audio.count, 1);
    assert_int_equal(s.video.count, 0);
    assert_int_equal(server_histogram_quantile(&s.video, 0.5), 0);
}

static void an_earlier_state_is_taken_off(void **state)
{
    struct server_stats a, b;
    (void)state;
    assert_true(parse(&a, process_line));
    assert_true(parse(&b, "{\"kind\":\"process\",\"latency\":{\"audio\":{\"buckets\":"
                          "[[2,5],[4,1],[8,4]]}}}"));
    server_histogram_subtract(&b.audio, &a.audio);
    assert_int_equal(server_histogram_total(&b.audio), 7);
    assert_int_equal(server_histogram_quantile(&b.audio, 0.5), 2);
    assert_int_equal(server_histogram_quantile(&b.audio, 1), 8);
}

static void *serve(void *arg)
{
    char request[128];
    int fd = accept(*(int *)arg, NULL, NULL);
    ssize_t n = recv(fd, request, sizeof request - 1, 0);
    request[n > 0 ? n : 0] = '\0';
    if (strstr(request, "\"get\":\"process\"") && strchr(request, '\n')) {
        send(fd, begin_line, sizeof begin_line - 1, MSG_NOSIGNAL);     /* it may have enough */
        send(fd, process_line, sizeof process_line - 1, MSG_NOSIGNAL); /* it may have enough */
        send(fd, end_line, sizeof end_line - 1, MSG_NOSIGNAL);         /* it may have enough */
    }
    close(fd);
    return NULL;
}

static void asks_a_socket(void **state)
{
    struct server_stats s;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    (void)state;
    snprintf(at.sun_path, sizeof at.sun_path, "/tmp/sluice-stats-test-%d", (int)getpid());
    server_stats_ask(&s, at.sun_path);
    assert_false(s.known); /* nobody there */
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    pthread_t thread;
    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, &listener), 0);
    server_stats_ask(&s, at.sun_path);
    pthread_join(thread, NULL);
    close(listener);
    unlink(at.sun_path);
    assert_true(s.known);
    assert_int_equal(server_histogram_total(&s.video), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_line_about_the_process),
        cmocka_unit_test(passes_over_other_lines),
        cmocka_unit_test(nonsense_in_buckets_is_left_out),
        cmocka_unit_test(an_earlier_state_is_taken_off),
        cmocka_unit_test(asks_a_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
