/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/jwt/claims.h"
#include "control/console/stats_relay.h"
#include "tests/unit/http_harness.h"

#define ASK                                                                                        \
    "GET /console/stats?from=dataplane&get=room&room=a%20b HTTP/1.1\r\nhost: x\r\nconnection: "    \
    "close\r\n\r\n"

struct scene {
    struct harness h;
    struct stats_relay *relay;
    struct claims claims;
    char directory[64], path[96];
    int listener;
};

/* Stands for the check of tokens: everyone has the claims of the scene, if it has any. */
static bool guard(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    if (s->claims.video.present)
        http_set_context(r, &s->claims, NULL);
    return true;
}

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    harness_open(&s->h, &(struct http_config){0});
    http_set_guard(s->h.server, guard, s);
    strcpy(s->directory, "/tmp/stats-relay-XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    s->relay = stats_relay_create(s->h.loop, s->h.server, s->directory);
    assert_non_null(s->relay);
    s->claims.video = (struct video_grant){.present = true, .room_list = true, .room_create = true};
    snprintf(s->path, sizeof(s->path), "%s/stats.sock", s->directory);
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strcpy(at.sun_path, s->path);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(s->listener, 16), 0);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;
    harness_close(&s->h);
    stats_relay_destroy(s->relay);
    close(s->listener);
    unlink(s->path);
    rmdir(s->directory);
    free(s);
    return 0;
}

/* The next connection to the stats socket, and the line it brought. */
static int take(struct scene *s, char *line, size_t cap)
{
    int fd = -1;
    for (int i = 0; i < 2000 && fd < 0; i++) {
        harness_wait(&s->h, 1);
        fd = accept(s->listener, NULL, NULL);
    }
    assert_true(fd >= 0);
    ssize_t n = read(fd, line, cap - 1);
    assert_true(n > 0);
    line[n] = '\0';
    return fd;
}

static const char *answer_of(struct scene *s, int client, char *buf, size_t cap)
{
    bool ended;
    harness_read_all(&s->h, client, buf, cap, 2000, &ended);
    return buf;
}

static void lines_of_the_socket_come_back(void **state)
{
    struct scene *s = *state;
    char line[512], buf[4096];
    int client = harness_connect(&s->h);
    assert_true(harness_send(&s->h, client, ASK, strlen(ASK)));
    int fd = take(s, line, sizeof(line));
    assert_string_equal(line, "{\"v\":1,\"get\":\"room\",\"room\":\"a b\"}\n");
    assert_int_equal(write(fd, "{\"kind\":\"begin\"}\n", 17), 17);
    harness_wait(&s->h, 5);
    assert_int_equal(write(fd, "{\"kind\":\"end\"}\n", 15), 15);
    close(fd);
    answer_of(s, client, buf, sizeof(buf));
    assert_non_null(strstr(buf, " 200 "));
    assert_non_null(strstr(buf, "application/x-ndjson"));
    assert_non_null(strstr(buf, "{\"kind\":\"begin\"}\n{\"kind\":\"end\"}\n"));
    close(client);
}

static void who_may_not_ask_is_told(void **state)
{
    struct scene *s = *state;
    s->claims.video.room_create = false;
    assert_non_null(strstr(harness_exchange(&s->h, ASK), " 403 "));
    s->claims.video.present = false;
    assert_non_null(strstr(harness_exchange(&s->h, ASK), " 401 "));
    assert_int_equal(accept(s->listener, NULL, NULL), -1);
}

static void senseless_questions_are_refused(void **state)
{
    struct scene *s = *state;
    static const char *const queries[] = {"", "?get=all", "?from=dataplane", "?from=kernel&get=all",
                                          "?from=dataplane&get=events"};
    for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        char request[256];
        snprintf(request, sizeof(request),
                 "GET /console/stats%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
                 queries[i]);
        assert_non_null(strstr(harness_exchange(&s->h, request), " 400 "));
    }
}

static void a_socket_that_is_not_there_is_told(void **state)
{
    struct scene *s = *state;
    unlink(s->path);
    assert_non_null(strstr(harness_exchange(&s->h, ASK), " 502 "));
}

static void only_so_many_ask_at_once(void **state)
{
    struct scene *s = *state;
    int clients[STATS_RELAY_MAX], sockets[STATS_RELAY_MAX];
    char line[512], buf[4096];
    for (unsigned i = 0; i < STATS_RELAY_MAX; i++) {
        clients[i] = harness_connect(&s->h);
        assert_true(harness_send(&s->h, clients[i], ASK, strlen(ASK)));
        sockets[i] = take(s, line, sizeof(line));
    }
    assert_non_null(strstr(harness_exchange(&s->h, ASK), " 503 "));
    close(sockets[0]); /* an answer makes room */
    harness_wait(&s->h, 20);
    int next = harness_connect(&s->h);
    assert_true(harness_send(&s->h, next, ASK, strlen(ASK)));
    int fd = take(s, line, sizeof(line));
    close(fd);
    assert_non_null(strstr(answer_of(s, next, buf, sizeof(buf)), " 200 "));
    close(next);
    for (unsigned i = 0; i < STATS_RELAY_MAX; i++) {
        if (i > 0)
            close(sockets[i]);
        close(clients[i]);
    }
}

static void an_endless_answer_is_cut_off(void **state)
{
    struct scene *s = *state;
    static char much[1 << 20];
    char line[512], buf[4096];
    int client = harness_connect(&s->h);
    assert_true(harness_send(&s->h, client, ASK, strlen(ASK)));
    int fd = take(s, line, sizeof(line));
    memset(much, 'x', sizeof(much));
    size_t sent = 0;
    for (int i = 0; i < 20000 && sent <= STATS_RELAY_ANSWER_MAX; i++) {
        ssize_t n = send(fd, much, sizeof(much), MSG_DONTWAIT | MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        if (n < 0)
            harness_wait(&s->h, 1);
    }
    close(fd);
    assert_non_null(strstr(answer_of(s, client, buf, sizeof(buf)), " 502 "));
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_of_the_socket_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_may_not_ask_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(senseless_questions_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_socket_that_is_not_there_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_so_many_ask_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_endless_answer_is_cut_off, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
