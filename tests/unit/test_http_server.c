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
#include <unistd.h>

#include "control/http/static.h"
#include "tests/unit/http_harness.h"

#define BODY_LIMIT 1000

struct scene {
    struct harness h;
    struct http_request *kept;
    unsigned gone, released;
    char directory[64];
};

static void on_health(struct http_request *r, void *arg)
{
    (void)arg;
    http_respond_text(r, 200, "OK");
}

/* Answers with what it was asked, one fact per line. */
static void on_echo(struct http_request *r, void *arg)
{
    char text[4096];
    struct http_text token = http_query(r, "access_token"), form = http_form(r, "field");
    const char *agent = http_header(r, "User-Agent");
    struct net_addr peer = http_peer(r);
    (void)arg;
    snprintf(text, sizeof(text),
             "%s %s token=%s field=%s agent=%s host=%s client=%s body=%zu v4=%d\n", http_method(r),
             http_path(r), token.at ? token.at : "-", form.at ? form.at : "-", agent ? agent : "-",
             http_host(r), http_client_address(r), http_body(r).length, peer.family == 4);
    http_respond_text(r, 200, text);
}

static void count_gone(void *arg)
{
    struct scene *s = arg;
    s->gone++;
    s->kept = NULL;
}

static void on_later(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    s->kept = r;
    http_on_gone(r, count_gone, s);
}

static void on_validate(struct http_request *r, void *arg)
{
    (void)arg;
    http_allow_any_origin(r);
    http_respond_text(r, 200, "success");
}

static void on_big(struct http_request *r, void *arg)
{
    size_t n = 8u << 20;
    char *body = calloc(1, n);
    (void)arg;
    assert_non_null(body);
    http_respond(r, 200, "application/octet-stream", body, n);
    free(body);
}

static void on_file(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    static_respond_file(r, s->directory, http_path(r) + strlen("/files/"));
}

static void count_release(void *context)
{
    struct scene *s = context;
    s->released++;
}

static bool guard(struct http_request *r, void *arg)
{
    struct http_text token = http_query(r, "access_token");
    if (token.at && strcmp(token.at, "bad") == 0) {
        http_respond_text(r, 401, "invalid authorization token");
        return false;
    }
    http_set_context(r, arg, count_release);
    return true;
}

static int open_scene(void **state)
{
    static const char *const prefixes[] = {"/livekit/sfu", "/livekit/jwt"};
    static const struct http_config cfg = {.prefixes = prefixes,
                                           .prefix_count = 2,
                                           .body_max = BODY_LIMIT,
                                           .connections_max = 8,
                                           .request_timeout_ms = 300,
                                           .answer_timeout_ms = 300,
                                           .send_timeout_ms = 300};
    struct scene *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    harness_open(&s->h, &cfg);
    struct http_server *server = s->h.server;
    http_set_guard(server, guard, s);
    http_route(server, NULL, "/", HTTP_EXACT, on_health, s);
    http_route(server, "GET POST", "/echo", HTTP_EXACT, on_echo, s);
    http_route(server, NULL, "/twirp/", HTTP_BELOW, on_echo, s);
    http_route(server, NULL, "/rtc/validate", HTTP_EXACT, on_validate, s);
    http_route(server, NULL, "/later", HTTP_EXACT, on_later, s);
    http_route(server, NULL, "/big", HTTP_EXACT, on_big, s);
    http_route(server, "GET HEAD", "/files/", HTTP_BELOW, on_file, s);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    harness_close(&s->h);
    free(s);
    return 0;
}

static void expect_status(const char *answer, int status)
{
    char want[32];
    snprintf(want, sizeof(want), "HTTP/1.1 %d ", status);
    if (strncmp(answer, want, strlen(want)) != 0)
        fail_msg("wanted %d, got: %.300s", status, answer);
}

static void expect_body(const char *answer, const char *body)
{
    const char *at = strstr(answer, "\r\n\r\n");
    assert_non_null(at);
    assert_string_equal(at + 4, body);
}

static bool has(const char *answer, const char *line)
{
    char text[256];
    snprintf(text, sizeof(text), "\r\n%s\r\n", line);
    return strstr(answer, text) != NULL;
}

static void simple_requests(void **state)
{
    struct scene *s = *state;
    const char *a =
        harness_exchange(&s->h, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_status(a, 200);
    expect_body(a, "OK");
    assert_true(has(a, "vary: Origin"));
    assert_true(has(a, "content-type: text/plain; charset=utf-8"));
    assert_null(strstr(a, "access-control"));
    assert_null(strstr(a, "Server:"));
    assert_true(s->released == 1);

    a = harness_exchange(&s->h, "HEAD / HTTP/1.1\r\nHost: a\r\nOrigin: http://x.y\r\n\r\n");
    expect_status(a, 200);
    expect_body(a, "");
    assert_true(has(a, "Content-Length: 2"));
    assert_true(has(a, "access-control-allow-origin: http://x.y"));

    a = harness_exchange(&s->h, "GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_status(a, 404);
    expect_body(a, "404 page not found\n");
    assert_true(has(a, "x-content-type-options: nosniff"));

    a = harness_exchange(&s->h, "PUT /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    expect_status(a, 405);

    a = harness_exchange(&s->h, "GET /?access_token=bad HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_status(a, 401);
    expect_body(a, "invalid authorization token");

    a = harness_exchange(&s->h, "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_status(a, 400);
}

static void what_a_handler_sees(void **state)
{
    struct scene *s = *state;
    expect_body(
        harness_exchange(&s->h, "GET /echo?access_token=a%2Bb+c HTTP/1.1\r\nHost: h:1\r\n"
                                "User-Agent: test/1\r\n\r\n"),
        "GET /echo token=a+b c field=- agent=test/1 host=h:1 client=127.0.0.1 body=0 v4=1\n");
    expect_body(harness_exchange(
                    &s->h, "POST /echo?field=query HTTP/1.1\r\nHost: h\r\nX-Real-IP: 192.0.2.9\r\n"
                           "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
                           "Content-Length: 10\r\n\r\nfield=body"),
                "POST /echo token=- field=body agent=- host=h client=192.0.2.9 body=10 v4=1\n");
    expect_body(harness_exchange(&s->h, "POST /twirp/livekit.RoomService/X HTTP/1.1\r\nHost: h\r\n"
                                        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                "POST /twirp/livekit.RoomService/X token=- field=- agent=- host=h "
                "client=127.0.0.1 body=3 v4=1\n");
}

static void prefixes_and_slashes(void **state)
{
    struct scene *s = *state;
    static const char *const targets[] = {
        "//rtc/validate",
        "/livekit/sfu/rtc/validate",
        "/livekit/sfu//rtc/validate",
        "///livekit/sfu/rtc/validate",
        "http://h/rtc/validate",
        "/livekit/jwt/rtc/validate?x",
    };
    char request[256];
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", targets[i]);
        expect_body(harness_exchange(&s->h, request), "success");
    }
    expect_body(harness_exchange(&s->h, "GET /livekit/sfu HTTP/1.1\r\nHost: h\r\n\r\n"), "OK");
    expect_status(harness_exchange(&s->h, "GET /livekit/sfux HTTP/1.1\r\nHost: h\r\n\r\n"), 404);
    expect_status(
        harness_exchange(&s->h, "GET /livekit/sfu/livekit/sfu/ HTTP/1.1\r\nHost: h\r\n\r\n"), 404);
}

static void cross_origin(void **state)
{
    struct scene *s = *state;
    const char *a = harness_exchange(
        &s->h, "OPTIONS /rtc/validate HTTP/1.1\r\nHost: h\r\nOrigin: http://example.org\r\n"
               "Access-Control-Request-Method: POST\r\n"
               "Access-Control-Request-Headers: authorization,content-type\r\n\r\n");
    expect_status(a, 204);
    expect_body(a, "");
    assert_true(has(a, "access-control-allow-origin: http://example.org"));
    assert_true(has(a, "access-control-allow-methods: POST"));
    assert_true(has(a, "access-control-allow-headers: authorization,content-type"));
    assert_true(has(a, "access-control-max-age: 86400"));
    assert_true(
        has(a, "vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"));
    assert_false(has(a, "vary: Origin"));
    assert_null(strstr(a, "Content-Length"));
    assert_null(strstr(a, "credentials"));

    a = harness_exchange(&s->h, "OPTIONS / HTTP/1.1\r\nHost: h\r\nOrigin: http://example.org\r\n"
                                "Access-Control-Request-Method: PUT\r\n\r\n");
    expect_status(a, 204);
    assert_null(strstr(a, "access-control-allow-methods"));

    a = harness_exchange(&s->h, "GET /rtc/validate HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_true(has(a, "access-control-allow-origin: *"));
    assert_null(strstr(a, "expose"));

    a = harness_exchange(&s->h, "GET /rtc/validate HTTP/1.1\r\nHost: h\r\nOrigin: null\r\n\r\n");
    assert_true(has(a, "access-control-allow-origin: *"));
    assert_true(has(a, "access-control-expose-headers: *"));
    assert_true(has(a, "vary: Origin"));
    assert_null(strstr(a, "allow-origin: null"));
}

static void keep_alive_and_pipelining(void **state)
{
    struct scene *s = *state;
    static const char two[] =
        "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
    const char *a = harness_exchange(&s->h, two);
    assert_non_null(strstr(a, "OKHTTP/1.1 200 OK"));
    assert_non_null(strstr(a, "GET /echo token=-"));
}

static void bodies_over_the_limit(void **state)
{
    struct scene *s = *state;
    char request[8192];
    const char *a = harness_exchange(&s->h, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                                            "Origin: http://x\r\nContent-Length: 1001\r\n\r\n");
    expect_status(a, 413);
    expect_body(a, "request body too large");
    assert_true(has(a, "Connection: close"));
    assert_true(has(a, "access-control-allow-origin: http://x"));

    int n = snprintf(request, sizeof(request),
                     "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n");
    memset(request + n, 'x', 2000);
    strcpy(request + n + 2000, "\r\n0\r\n\r\n");
    a = harness_exchange(&s->h, request);
    expect_status(a, 413);
    expect_body(a, "request body too large");

    expect_status(harness_exchange(&s->h, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                                          "Content-Length: 99999999999999999999\r\n\r\n"),
                  400);
    expect_status(harness_exchange(&s->h, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                                          "Content-Length: -1\r\n\r\n"),
                  400);
}

static char *request_with_query(size_t length)
{
    static const char head[] = "GET /echo?access_token=1&pad=",
                      tail[] = " HTTP/1.1\r\nHost: h\r\n\r\n";
    char *r = malloc(sizeof(head) + length + sizeof(tail));
    assert_non_null(r);
    strcpy(r, head);
    memset(r + strlen(head), 'x', length);
    strcpy(r + strlen(head) + length, tail);
    return r;
}

static void long_request_lines(void **state)
{
    struct scene *s = *state;
    char *fits = request_with_query(HTTP_HEAD_MAX - 200);
    expect_status(harness_exchange(&s->h, fits), 200);
    free(fits);

    char *too_long = request_with_query(HTTP_HEAD_MAX + 100);
    int fd = harness_connect(&s->h);
    char answer[512];
    bool ended = false;
    harness_send(&s->h, fd, too_long, strlen(too_long));
    harness_read_all(&s->h, fd, answer, sizeof(answer), 250, &ended);
    assert_true(ended);
    assert_true(answer[0] == 0 || strncmp(answer, "HTTP/1.1 400 ", 13) == 0);
    close(fd);
    free(too_long);
}

static void slow_requests_are_cut_off(void **state)
{
    struct scene *s = *state;
    static const char *const starts[] = {
        "", "GET / HT", "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"};
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        char answer[64];
        bool ended = false;
        int fd = harness_connect(&s->h);
        harness_send(&s->h, fd, starts[i], strlen(starts[i]));
        harness_read_all(&s->h, fd, answer, sizeof(answer), 10000, &ended);
        assert_true(ended);
        close(fd);
    }
    assert_int_equal(http_server_counters(s->h.server).request_timeouts, 3);
}

/* Gets one answer, so that the connection is kept. */
static int connect_and_ask(struct harness *h)
{
    static const char request[] = "GET /absent HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[1024];
    int fd = harness_connect(h);
    assert_true(harness_send(h, fd, request, sizeof(request) - 1));
    assert_true(harness_read(h, fd, answer, sizeof(answer), 5000) > 0);
    return fd;
}

static void kept_connections_may_be_idle_longer(void **state)
{
    struct scene *s = *state;
    static const char rest[] = "T / HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[1024];
    bool ended = false;
    int fd = connect_and_ask(&s->h);
    harness_wait(&s->h, 1500); /* five times what a request may take */
    assert_true(harness_send(&s->h, fd, "GE", 2));
    assert_true(harness_send(&s->h, fd, rest, sizeof(rest) - 1));
    assert_true(harness_read(&s->h, fd, answer, sizeof(answer), 5000) > 0);
    expect_status(answer, 200);

    assert_true(harness_send(&s->h, fd, "GE", 2)); /* and no more of it */
    harness_read_all(&s->h, fd, answer, sizeof(answer), 5000, &ended);
    assert_true(ended);
    assert_int_equal(http_server_counters(s->h.server).request_timeouts, 1);
    close(fd);
}

static void idle_connections_end_some_day(void **state)
{
    static const struct http_config cfg = {.request_timeout_ms = 300, .idle_timeout_ms = 400};
    struct harness h;
    char answer[64];
    bool ended = false;
    (void)state;
    harness_open(&h, &cfg);
    int fd = connect_and_ask(&h);
    harness_read_all(&h, fd, answer, sizeof(answer), 10000, &ended);
    assert_true(ended);
    close(fd);
    harness_close(&h);
}

static void idle_connections_make_way(void **state)
{
    struct scene *s = *state;
    int fds[9];
    char answer[64];
    for (int i = 0; i < 8; i++) {
        fds[i] = connect_and_ask(&s->h);
        harness_wait(&s->h, 2);
    }
    fds[8] = connect_and_ask(&s->h);
    assert_int_equal(http_server_counters(s->h.server).idle_closed, 1);
    assert_int_equal(harness_read(&s->h, fds[0], answer, sizeof(answer), 5000), 0);
    assert_int_equal(http_server_counters(s->h.server).connections, 8);
    for (int i = 0; i < 9; i++)
        close(fds[i]);
}

static void http2_is_refused(void **state)
{
    struct scene *s = *state;
    const char *a = harness_exchange(&s->h, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect_status(a, 400);
    a = harness_exchange(&s->h,
                         "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                         "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n");
    expect_status(a, 200);
    expect_body(a, "OK");
}

static void malformed_requests(void **state)
{
    struct scene *s = *state;
    static const char *const bad[] = {
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        "GET\r\n\r\n",
        "GET / HTTP/1.1\r\nHost h\r\n\r\n",
        "GET / HTTP/9\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_status(harness_exchange(&s->h, bad[i]), 400);
    expect_status(harness_exchange(&s->h, "POST /echo HTTP/1.1\r\nHost: h\r\n"
                                          "Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
                  400);
    expect_status(harness_exchange(&s->h, "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n"
                                          "Content-Length: 1\r\n\r\na"),
                  417);
}

static void a_hundred_headers_and_no_more(void **state)
{
    struct scene *s = *state;
    char request[8192];
    for (int count = 99; count <= 100; count++) {
        int n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: h\r\n");
        for (int i = 0; i < count; i++)
            n += snprintf(request + n, sizeof(request) - (size_t)n, "X-%d: %d\r\n", i, i);
        snprintf(request + n, sizeof(request) - (size_t)n, "\r\n");
        expect_status(harness_exchange(&s->h, request), count == 99 ? 200 : 400);
    }
}

static int ask(struct scene *s, const char *request)
{
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, request, strlen(request)));
    harness_wait(&s->h, 20);
    return fd;
}

static void answers_may_come_later(void **state)
{
    struct scene *s = *state;
    char answer[1024];
    int fd = ask(s, "GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert_non_null(s->kept);
    http_respond_text(s->kept, 503, "node has exceeded its configured limit");
    harness_read_all(&s->h, fd, answer, sizeof(answer), 200, NULL);
    expect_status(answer, 503);
    expect_body(answer, "node has exceeded its configured limit");
    assert_int_equal(s->gone, 0);
    assert_int_equal(s->released, 1);
    close(fd);
}

static void a_handler_that_never_answers(void **state)
{
    struct scene *s = *state;
    char answer[1024];
    int fd = ask(s, "GET /later HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    harness_read_all(&s->h, fd, answer, sizeof(answer), 1000, NULL);
    expect_status(answer, 504);
    assert_int_equal(s->gone, 1);
    assert_int_equal(http_server_counters(s->h.server).answer_timeouts, 1);
    close(fd);
}

static void a_client_that_does_not_read(void **state)
{
    struct scene *s = *state;
    int fd = harness_connect(&s->h);
    int small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    static const char request[] = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
    assert_true(harness_send(&s->h, fd, request, sizeof(request) - 1));
    harness_wait(&s->h, 500);
    assert_int_equal(http_server_counters(s->h.server).send_timeouts, 1);
    assert_int_equal(http_server_counters(s->h.server).connections, 0);
    close(fd);
}

static void connections_over_the_limit_wait(void **state)
{
    struct scene *s = *state;
    static const char request[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    int fds[9];
    char answer[1024];
    for (int i = 0; i < 9; i++)
        fds[i] = harness_connect(&s->h);
    harness_wait(&s->h, 10);
    assert_int_equal(http_server_counters(s->h.server).connections, 8);
    assert_true(harness_send(&s->h, fds[8], request, sizeof(request) - 1));
    assert_int_equal(harness_read(&s->h, fds[8], answer, sizeof(answer), 30), -1);
    close(fds[0]);
    assert_true(harness_read(&s->h, fds[8], answer, sizeof(answer), 200) > 0);
    for (int i = 1; i < 9; i++)
        close(fds[i]);
}

static void destroying_with_work_under_way(void **state)
{
    struct scene *s = *state;
    int idle = harness_connect(&s->h);
    int asked = ask(s, "GET /later HTTP/1.1\r\nHost: h\r\n\r\n");
    int sending = ask(s, "GET /big HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(http_server_counters(s->h.server).connections, 3);
    http_server_destroy(s->h.server);
    assert_int_equal(s->gone, 1);
    s->h.server = NULL;
    close(idle);
    close(asked);
    close(sending);
}

/* Two requests that each may be this large, but not both at once. */
static void bodies_that_together_are_too_much(void **state)
{
    static const struct http_config cfg = {.body_max = 1 << 20, .receive_max = 1 << 20};
    static const char head[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";
    static char part[800000];
    struct harness h;
    int fds[2];
    (void)state;
    harness_open(&h, &cfg);
    for (int i = 0; i < 2; i++) {
        fds[i] = harness_connect(&h);
        assert_true(harness_send(&h, fds[i], head, sizeof(head) - 1));
        harness_send(&h, fds[i], part, sizeof(part) - (size_t)i * 1000);
    }
    harness_wait(&h, 700);
    assert_int_equal(http_server_counters(h.server).refused_for_memory, 1);
    assert_int_equal(http_server_counters(h.server).connections, 1);
    char byte;
    assert_true(recv(fds[0], &byte, 1, 0) <= 0 && recv(fds[1], &byte, 1, 0) < 0);
    close(fds[0]);
    close(fds[1]);
    harness_close(&h);
}

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void files(void **state)
{
    struct scene *s = *state;
    strcpy(s->directory, "/tmp/test_http_XXXXXX");
    assert_non_null(mkdtemp(s->directory));
    write_file(s->directory, "index.html", "<p>call</p>");
    write_file(s->directory, "a.js", "1;");
    write_file(s->directory, ".secret", "no");
    char outside[128];
    snprintf(outside, sizeof(outside), "%s/passwd", s->directory);
    assert_int_equal(symlink("/etc/passwd", outside), 0);

    const char *a = harness_exchange(&s->h, "GET /files/ HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_status(a, 200);
    expect_body(a, "<p>call</p>");
    assert_true(has(a, "content-type: text/html; charset=utf-8"));
    a = harness_exchange(&s->h, "HEAD /files/a.js HTTP/1.1\r\nHost: h\r\n\r\n");
    expect_status(a, 200);
    expect_body(a, "");
    assert_true(has(a, "content-type: text/javascript; charset=utf-8"));
    static const char *const hidden[] = {
        ".secret", "../x", "%2e%2e/etc/passwd", "x/../a.js", "passwd", "/etc/passwd", "none"};
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        char request[256];
        snprintf(request, sizeof(request), "GET /files/%s HTTP/1.1\r\nHost: h\r\n\r\n", hidden[i]);
        expect_status(harness_exchange(&s->h, request), 404);
    }
    static const char *const names[] = {"index.html", "a.js", ".secret", "passwd"};
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", s->directory, names[i]);
        unlink(path);
    }
    rmdir(s->directory);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCENE(simple_requests),
        IN_SCENE(what_a_handler_sees),
        IN_SCENE(prefixes_and_slashes),
        IN_SCENE(cross_origin),
        IN_SCENE(keep_alive_and_pipelining),
        IN_SCENE(bodies_over_the_limit),
        cmocka_unit_test(bodies_that_together_are_too_much),
        IN_SCENE(long_request_lines),
        IN_SCENE(slow_requests_are_cut_off),
        IN_SCENE(kept_connections_may_be_idle_longer),
        cmocka_unit_test(idle_connections_end_some_day),
        IN_SCENE(idle_connections_make_way),
        IN_SCENE(http2_is_refused),
        IN_SCENE(malformed_requests),
        IN_SCENE(a_hundred_headers_and_no_more),
        IN_SCENE(answers_may_come_later),
        IN_SCENE(a_handler_that_never_answers),
        IN_SCENE(a_client_that_does_not_read),
        IN_SCENE(connections_over_the_limit_wait),
        IN_SCENE(destroying_with_work_under_way),
        IN_SCENE(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
