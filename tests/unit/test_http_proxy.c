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

#include "control/http/proxy.h"
#include "tests/unit/http_harness.h"

struct scene {
    struct harness h; /* in front */
    struct http_server *behind;
    struct http_upstream *upstream, *raw;
    char path[64], raw_path[64];
    int raw_listener;
    struct http_request *kept;
    unsigned gone;
};

/* --- the service behind --- */

static void on_echo(struct http_request *r, void *arg)
{
    char text[2048];
    (void)arg;
    const char *forwarded = http_header(r, "x-forwarded-for"), *own = http_header(r, "x-own");
    int n = snprintf(text, sizeof(text), "%s %s?%s host=%s for=%s own=%s upgrade=%s body=%.*s",
                     http_method(r), http_path(r), http_query_string(r).at, http_host(r),
                     forwarded ? forwarded : "-", own ? own : "-",
                     http_header(r, "te") ? "passed" : "-", (int)http_body(r).length,
                     http_body(r).at ? http_body(r).at : "");
    http_add_header(r, "x-answer", "yes");
    http_respond(r, 201, "text/x-echo", text, (size_t)n);
}

static void count_gone(void *arg)
{
    struct scene *s = arg;
    s->gone++;
    s->kept = NULL;
}

static void on_keep(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    s->kept = r;
    http_on_gone(r, count_gone, s);
}

static void on_big(struct http_request *r, void *arg)
{
    size_t n = (size_t)arg;
    char *body = calloc(1, n);
    assert_non_null(body);
    http_respond(r, 200, NULL, body, n);
    free(body);
}

/* --- in front --- */

static void on_forward(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    http_proxy(r, strncmp(http_path(r), "/raw", 4) == 0 ? s->raw : s->upstream);
}

static int listen_unix(char path[static 64])
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    strcpy(path, "/tmp/test_http_proxy_XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    strcpy(a.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

static struct http_upstream *upstream_at(struct scene *s, const char *path)
{
    char where[80];
    snprintf(where, sizeof(where), "unix:%s", path);
    struct http_upstream *u = http_upstream_create(s->h.loop, where, 200);
    assert_non_null(u);
    return u;
}

static int open_scene(void **state)
{
    static const char *const prefixes[] = {"/livekit/jwt"};
    static const struct http_config cfg = {
        .prefixes = prefixes, .prefix_count = 1, .answer_timeout_ms = 500};
    static const struct http_config behind = {.connections_max = 64};
    struct scene *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    harness_open(&s->h, &cfg);
    http_route(s->h.server, NULL, "/", HTTP_BELOW, on_forward, s);
    s->behind = http_server_create(s->h.loop, &behind);
    assert_int_equal(http_server_listen_fd(s->behind, listen_unix(s->path)), 0);
    http_route(s->behind, NULL, "/keep", HTTP_EXACT, on_keep, s);
    http_route(s->behind, NULL, "/big", HTTP_EXACT, on_big, (void *)(size_t)500000);
    http_route(s->behind, NULL, "/huge", HTTP_EXACT, on_big,
               (void *)(size_t)(PROXY_RESPONSE_MAX + 1));
    http_route(s->behind, NULL, "/", HTTP_BELOW, on_echo, s);
    s->raw_listener = listen_unix(s->raw_path);
    s->upstream = upstream_at(s, s->path);
    s->raw = upstream_at(s, s->raw_path);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    http_server_destroy(s->h.server);
    http_upstream_destroy(s->upstream);
    http_upstream_destroy(s->raw);
    http_server_destroy(s->behind);
    loop_destroy(s->h.loop);
    close(s->raw_listener);
    unlink(s->path);
    unlink(s->raw_path);
    free(s);
    return 0;
}

static void expect_status(const char *answer, const char *status)
{
    if (strncmp(answer + 9, status, 3) != 0)
        fail_msg("wanted %s, got: %.300s", status, answer);
}

static void a_request_and_its_answer(void **state)
{
    struct scene *s = *state;
    const char *a = harness_exchange(
        &s->h, "POST /livekit/jwt/sfu/get%20x?a=%2B&b HTTP/1.1\r\nHost: call.example.org\r\n"
               "X-Own: 1\r\nTE: trailers\r\nX-Forwarded-For: 192.0.2.1\r\nOrigin: https://x.y\r\n"
               "Content-Length: 5\r\n\r\nhello");
    expect_status(a, "201");
    assert_non_null(strstr(a, "\r\nx-answer: yes\r\n"));
    assert_non_null(strstr(a, "\r\ncontent-type: text/x-echo\r\n"));
    assert_non_null(strstr(a, "\r\n\r\nPOST /sfu/get x?a=%2B&b host=call.example.org "
                              "for=192.0.2.1, 127.0.0.1 own=1 upgrade=- body=hello"));
    const char *origin = strstr(a, "access-control-allow-origin");
    assert_non_null(origin);
    assert_null(strstr(origin + 1, "access-control-allow-origin"));
    const char *vary = strstr(a, "vary");
    assert_null(strstr(vary + 1, "vary"));
}

static void other_methods(void **state)
{
    struct scene *s = *state;
    const char *a = harness_exchange(&s->h, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_status(a, "201");
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    a = harness_exchange(&s->h,
                         "GET /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_non_null(strstr(a, "GET /x? host=h for=127.0.0.1"));
    assert_non_null(strstr(a, "GET /y? host=h"));
}

static void sizes(void **state)
{
    struct scene *s = *state;
    static char answer[600000];
    bool ended = false;
    int fd = harness_connect(&s->h);
    static const char big[] = "GET /big HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    assert_true(harness_send(&s->h, fd, big, sizeof(big) - 1));
    size_t n = harness_read_all(&s->h, fd, answer, sizeof(answer), 1000, &ended);
    expect_status(answer, "200");
    assert_true(ended && n > 500000);
    close(fd);
    expect_status(harness_exchange(&s->h, "GET /huge HTTP/1.1\r\nHost: h\r\n\r\n"), "502");
}

static void nobody_behind(void **state)
{
    struct scene *s = *state;
    close(s->raw_listener);
    s->raw_listener = -1;
    const char *a = harness_exchange(&s->h, "GET /raw HTTP/1.1\r\nHost: h\r\nOrigin: o\r\n\r\n");
    expect_status(a, "502");
    assert_non_null(strstr(a, "access-control-allow-origin: o"));
    http_upstream_destroy(s->upstream);
    s->upstream = upstream_at(s, "/nonexistent/socket");
    expect_status(harness_exchange(&s->h, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), "502");
}

/* Answers the next request with these bytes and closes. */
static const char *answer_raw(struct scene *s, const char *bytes, size_t length)
{
    static char answer[4096];
    static const char request[] = "GET /raw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, request, sizeof(request) - 1));
    harness_wait(&s->h, 10);
    int behind = accept(s->raw_listener, NULL, NULL);
    assert_true(behind >= 0);
    assert_int_equal(send(behind, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
    harness_wait(&s->h, 5);
    close(behind);
    harness_read_all(&s->h, fd, answer, sizeof(answer), 300, NULL);
    close(fd);
    return answer;
}

static void answers_that_are_none(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *bytes, *status;
    } cases[] = {
        {"", "502"},
        {"nonsense\r\n\r\n", "502"},
        {"HTTP/1.1 200 OK\r\n", "502"},
        {"HTTP/1.1 999 Odd\r\n\r\n", "502"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "502"},
        {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "502"},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "502"},
        {"HTTP/1.1 200 OK\r\n\r\nuntil close", "200"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk", "502"},
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", "200"},
        {"HTTP/1.1 204 No Content\r\n\r\n", "204"},
        {"HTTP/1.1 304 Not Modified\r\nConnection: keep-alive\r\n\r\n", "304"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_status(answer_raw(s, cases[i].bytes, strlen(cases[i].bytes)), cases[i].status);
}

static void one_that_never_answers(void **state)
{
    struct scene *s = *state;
    expect_status(harness_exchange(&s->h, "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n"), "504");
    assert_int_equal(s->gone, 0);
    assert_non_null(s->kept);
    http_respond_text(s->kept, 200, "too late");
}

static void a_server_that_ends_meanwhile(void **state)
{
    struct scene *s = *state;
    static const char request[] = "GET /keep HTTP/1.1\r\nHost: h\r\n\r\n";
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, request, sizeof(request) - 1));
    harness_wait(&s->h, 20);
    assert_non_null(s->kept);
    http_server_destroy(s->h.server);
    s->h.server = NULL;
    http_respond_text(s->kept, 200, "to nobody");
    harness_wait(&s->h, 20);
    close(fd);
}

static void places(void **state)
{
    struct scene *s = *state;
    static const char *const bad[] = {"",          "unix:",       "unix:relative", "localhost:1",
                                      "127.0.0.1", "127.0.0.1:0", "1.2.3.4:99999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_null(http_upstream_create(s->h.loop, bad[i], 0));
    struct net_addr at;
    char where[64];
    assert_true(net_addr_parse(&at, "127.0.0.1", 0));
    assert_int_equal(http_server_listen(s->behind, &at), 0);
    snprintf(where, sizeof(where), "127.0.0.1:%u", http_server_port(s->behind, 1));
    http_upstream_destroy(s->upstream);
    s->upstream = http_upstream_create(s->h.loop, where, 0);
    expect_status(harness_exchange(&s->h, "GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), "201");
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCENE(a_request_and_its_answer),
        IN_SCENE(other_methods),
        IN_SCENE(sizes),
        IN_SCENE(nobody_behind),
        IN_SCENE(answers_that_are_none),
        IN_SCENE(one_that_never_answers),
        IN_SCENE(a_server_that_ends_meanwhile),
        IN_SCENE(places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
