/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/bytes.h"
#include "control/http/websocket.h"
#include "tests/unit/http_harness.h"

#define MESSAGE_MAX 100000
#define OUTPUT_MAX  200000
#define KEY         "dGhlIHNhbXBsZSBub25jZQ==" /* the example of RFC 6455, with its answer below */
#define HANDSHAKE                                                                                  \
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"     \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n"                                  \
    "Sec-WebSocket-Extensions: permessage-deflate\r\nOrigin: http://x\r\n\r\n"

struct scene {
    struct harness h;
    struct websocket *ws;
    struct http_request *kept;
    bool later;
    unsigned ping_ms;

    unsigned messages;
    bool last_binary;
    uint8_t last[MESSAGE_MAX];
    size_t last_length;
    unsigned closed;
    uint16_t code;
};

static void on_message(void *arg, bool binary, const uint8_t *data, size_t length)
{
    struct scene *s = arg;
    s->messages++;
    s->last_binary = binary;
    s->last_length = length;
    memcpy(s->last, data, length);
    if (length == 4 && memcmp(data, "echo", 4) == 0)
        websocket_send(s->ws, binary, data, length);
    if (length == 4 && memcmp(data, "bye!", 4) == 0) {
        websocket_send(s->ws, true, "last", 4);
        websocket_close(s->ws, WEBSOCKET_NORMAL, NULL);
    }
    if (length == 4 && memcmp(data, "drop", 4) == 0)
        websocket_drop(s->ws);
}

static void on_closed(void *arg, uint16_t code)
{
    struct scene *s = arg;
    s->closed++;
    s->code = code;
    s->ws = NULL;
}

static void accept_now(struct scene *s, struct http_request *r)
{
    static const struct websocket_events events = {.message = on_message, .closed = on_closed};
    struct websocket_options options = {.message_max = MESSAGE_MAX,
                                        .output_max = OUTPUT_MAX,
                                        .ping_ms = s->ping_ms,
                                        .close_grace_ms = 100};
    s->ws = websocket_accept(r, &options, &events, s);
}

static void on_ws(struct http_request *r, void *arg)
{
    struct scene *s = arg;
    if (s->later)
        s->kept = r;
    else
        accept_now(s, r);
}

static int open_scene(void **state)
{
    static const struct http_config cfg = {.send_timeout_ms = 300};
    struct scene *s = calloc(1, sizeof(*s));
    if (!s)
        return -1;
    s->ping_ms = 60000;
    harness_open(&s->h, &cfg);
    http_route(s->h.server, NULL, "/ws", HTTP_EXACT, on_ws, s);
    *state = s;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *s = *state;
    unsigned open = s->ws != NULL, closed = s->closed;
    harness_close(&s->h);
    assert_int_equal(s->closed, closed + open);
    free(s);
    return 0;
}

static int open_socket(struct scene *s)
{
    char answer[1024];
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, HANDSHAKE, strlen(HANDSHAKE)));
    long n = harness_read(&s->h, fd, answer, sizeof(answer) - 1, 500);
    assert_true(n > 0);
    answer[n] = 0;
    assert_true(strncmp(answer, "HTTP/1.1 101 Switching Protocols\r\n", 34) == 0);
    assert_non_null(strstr(answer, "\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_non_null(strstr(answer, "\r\nupgrade: websocket\r\n"));
    assert_null(strstr(answer, "xtensions"));
    assert_null(strstr(answer, "vary"));
    assert_string_equal(answer + n - 4, "\r\n\r\n");
    return fd;
}

/* Sends a client's frame: `first` is FIN, RSV and opcode. */
static bool send_frame(struct scene *s, int fd, uint8_t first, const void *data, size_t length)
{
    static const uint8_t mask[4] = {0x12, 0x34, 0x56, 0x78};
    uint8_t head[14] = {first};
    size_t n = 2;
    if (length < 126) {
        head[1] = (uint8_t)(0x80 | length);
    } else if (length < 65536) {
        head[1] = 0x80 | 126;
        be16_put(head + 2, (uint16_t)length);
        n = 4;
    } else {
        head[1] = 0x80 | 127;
        be64_put(head + 2, length);
        n = 10;
    }
    memcpy(head + n, mask, 4);
    uint8_t *bytes = malloc(n + 4 + length);
    assert_non_null(bytes);
    memcpy(bytes, head, n + 4);
    for (size_t i = 0; i < length; i++)
        bytes[n + 4 + i] = ((const uint8_t *)data)[i] ^ mask[i % 4];
    bool sent = harness_send(&s->h, fd, bytes, n + 4 + length);
    free(bytes);
    return sent;
}

struct frame {
    uint8_t first;
    size_t length;
    uint8_t data[300000];
};

static bool read_exactly(struct scene *s, int fd, uint8_t *out, size_t length)
{
    while (length > 0) {
        long n = harness_read(&s->h, fd, out, length, 500);
        if (n <= 0)
            return false;
        out += n;
        length -= (size_t)n;
    }
    return true;
}

static bool read_frame(struct scene *s, int fd, struct frame *f)
{
    uint8_t head[10];
    if (!read_exactly(s, fd, head, 2))
        return false;
    f->first = head[0];
    assert_int_equal(head[1] & 0x80, 0);
    f->length = head[1];
    if (f->length == 126) {
        assert_true(read_exactly(s, fd, head, 2));
        f->length = be16_get(head);
    } else if (f->length == 127) {
        assert_true(read_exactly(s, fd, head, 8));
        f->length = be64_get(head);
    }
    assert_true(f->length <= sizeof(f->data));
    return read_exactly(s, fd, f->data, f->length);
}

static struct frame *expect_frame(struct scene *s, int fd, uint8_t first)
{
    static struct frame f;
    assert_true(read_frame(s, fd, &f));
    assert_int_equal(f.first, first);
    return &f;
}

static void expect_close_frame(struct scene *s, int fd, uint16_t code)
{
    struct frame *f = expect_frame(s, fd, 0x88);
    if (code == 0) {
        assert_int_equal(f->length, 0);
        return;
    }
    assert_true(f->length >= 2);
    assert_int_equal(be16_get(f->data), code);
}

static void expect_end(struct scene *s, int fd, uint16_t code)
{
    uint8_t byte;
    assert_true(harness_read(&s->h, fd, &byte, 1, 500) == 0);
    close(fd);
    harness_wait(&s->h, 10);
    assert_int_equal(s->closed, 1);
    assert_int_equal(s->code, code);
}

static void send_close(struct scene *s, int fd, uint16_t code)
{
    uint8_t payload[2];
    be16_put(payload, code);
    assert_true(send_frame(s, fd, 0x88, payload, code ? 2 : 0));
}

static void messages_both_ways(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    assert_int_equal(http_server_counters(s->h.server).websockets, 1);
    send_frame(s, fd, 0x82, "echo", 4);
    struct frame *f = expect_frame(s, fd, 0x82);
    assert_int_equal(f->length, 4);
    assert_memory_equal(f->data, "echo", 4);
    send_frame(s, fd, 0x81, "echo", 4);
    expect_frame(s, fd, 0x81);
    assert_false(s->last_binary);
    send_frame(s, fd, 0x82, "", 0);
    harness_wait(&s->h, 5);
    assert_int_equal(s->messages, 3);
    assert_int_equal(s->last_length, 0);
    send_close(s, fd, 1001);
    expect_close_frame(s, fd, 1001);
    expect_end(s, fd, 1001);
    assert_int_equal(http_server_counters(s->h.server).websockets, 0);
    assert_int_equal(http_server_counters(s->h.server).connections, 0);
}

static void fragments_with_a_ping_between(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    send_frame(s, fd, 0x02, "abc", 3);
    send_frame(s, fd, 0x89, "x", 1);
    send_frame(s, fd, 0x00, "de", 2);
    send_frame(s, fd, 0x80, "f", 1);
    struct frame *f = expect_frame(s, fd, 0x8a);
    assert_int_equal(f->length, 1);
    assert_int_equal(f->data[0], 'x');
    harness_wait(&s->h, 5);
    assert_int_equal(s->messages, 1);
    assert_true(s->last_binary);
    assert_int_equal(s->last_length, 6);
    assert_memory_equal(s->last, "abcdef", 6);
    close(fd);
    harness_wait(&s->h, 20);
    assert_int_equal(s->closed, 1);
    assert_int_equal(s->code, WEBSOCKET_ABNORMAL);
}

static void large_messages(void **state)
{
    struct scene *s = *state;
    static uint8_t big[MESSAGE_MAX];
    int fd = open_socket(s);
    for (size_t i = 0; i < sizeof(big); i++)
        big[i] = (uint8_t)(i * 7);
    send_frame(s, fd, 0x82, big, sizeof(big));
    harness_wait(&s->h, 20);
    assert_int_equal(s->messages, 1);
    assert_int_equal(s->last_length, sizeof(big));
    assert_memory_equal(s->last, big, sizeof(big));
    assert_true(websocket_send(s->ws, true, big, sizeof(big)));
    struct frame *f = expect_frame(s, fd, 0x82);
    assert_int_equal(f->length, sizeof(big));
    assert_memory_equal(f->data, big, sizeof(big));
    close(fd);
}

static void messages_over_the_limit(void **state)
{
    struct scene *s = *state;
    static uint8_t big[MESSAGE_MAX + 1];
    int fd = open_socket(s);
    send_frame(s, fd, 0x82, big, sizeof(big));
    expect_close_frame(s, fd, 1009);
    expect_end(s, fd, WEBSOCKET_ABNORMAL);
    assert_int_equal(s->messages, 0);
}

static void fragments_over_the_limit(void **state)
{
    struct scene *s = *state;
    static uint8_t part[MESSAGE_MAX / 2 + 1];
    int fd = open_socket(s);
    send_frame(s, fd, 0x02, part, sizeof(part));
    send_frame(s, fd, 0x80, part, sizeof(part));
    expect_close_frame(s, fd, 1009);
    expect_end(s, fd, WEBSOCKET_ABNORMAL);
}

static void too_many_fragments(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    send_frame(s, fd, 0x02, "a", 1);
    for (int i = 0; i < 2000 && !s->closed; i++) {
        if (!send_frame(s, fd, 0x00, "a", 1))
            break;
    }
    expect_close_frame(s, fd, 1009);
    close(fd);
    harness_wait(&s->h, 20);
    assert_int_equal(s->closed, 1);
    assert_int_equal(s->messages, 0);
}

static void a_length_beyond_all_reason(void **state)
{
    struct scene *s = *state;
    static const uint8_t head[] = {0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 1,    2,    3,    4,    'x'};
    int fd = open_socket(s);
    harness_send(&s->h, fd, head, sizeof(head));
    expect_close_frame(s, fd, 1009);
    expect_end(s, fd, WEBSOCKET_ABNORMAL);
}

static void frames_that_break_the_protocol(void **state)
{
    struct scene *s = *state;
    static const struct {
        uint8_t bytes[12];
        size_t length;
        uint16_t code;
    } bad[] = {
        {{0x82, 0x01, 'a'}, 3, 1002},                         /* not masked */
        {{0xc2, 0x80, 0, 0, 0, 0}, 6, 1002},                  /* RSV1 without an extension */
        {{0x80, 0x80, 0, 0, 0, 0}, 6, 1002},                  /* continuation of nothing */
        {{0x83, 0x80, 0, 0, 0, 0}, 6, 1002},                  /* opcode 3 */
        {{0x09, 0x80, 0, 0, 0, 0}, 6, 0},                     /* fragmented ping */
        {{0x81, 0x81, 0, 0, 0, 0, 0xff}, 7, 1007},            /* not UTF-8 */
        {{0x88, 0x82, 0, 0, 0, 0, 0x03, 0xed}, 8, 1002},      /* close with 1005 */
        {{0x88, 0x82, 0, 0, 0, 0, 0x00, 0x00}, 8, 1002},      /* close with 0 */
        {{0x88, 0x83, 0, 0, 0, 0, 0x03, 0xe8, 0xff}, 9, 1007} /* close reason not UTF-8 */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int fd = open_socket(s);
        s->closed = 0;
        harness_send(&s->h, fd, bad[i].bytes, bad[i].length);
        expect_close_frame(s, fd, bad[i].code);
        expect_end(s, fd, WEBSOCKET_ABNORMAL);
    }
    assert_int_equal(s->messages, 0);
}

static void closing_after_what_is_queued(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    send_frame(s, fd, 0x82, "bye!", 4);
    struct frame *f = expect_frame(s, fd, 0x82);
    assert_memory_equal(f->data, "last", 4);
    expect_close_frame(s, fd, 1000);
    assert_int_equal(s->closed, 0);
    assert_false(websocket_send(s->ws, true, "x", 1));
    send_frame(s, fd, 0x82, "late", 4);
    send_close(s, fd, 1000);
    expect_end(s, fd, 1000);
    assert_int_equal(s->messages, 1);
}

static void a_large_backlog_comes_before_the_close(void **state)
{
    struct scene *s = *state;
    static uint8_t part[30000];
    int fd = open_socket(s);
    for (int i = 0; i < 6; i++) {
        part[0] = (uint8_t)i;
        assert_true(websocket_send(s->ws, true, part, sizeof(part)));
    }
    websocket_close(s->ws, 4000, "the reason");
    for (int i = 0; i < 6; i++) {
        struct frame *f = expect_frame(s, fd, 0x82);
        assert_int_equal(f->length, sizeof(part));
        assert_int_equal(f->data[0], i);
    }
    struct frame *f = expect_frame(s, fd, 0x88);
    assert_int_equal(f->length, 12);
    assert_memory_equal(f->data + 2, "the reason", 10);
    send_close(s, fd, 0);
    expect_end(s, fd, WEBSOCKET_NO_STATUS);
}

static void a_peer_that_ignores_our_close(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    websocket_close(s->ws, WEBSOCKET_GOING_AWAY, NULL);
    expect_close_frame(s, fd, 1001);
    usec_t begin = clock_monotonic();
    expect_end(s, fd, WEBSOCKET_ABNORMAL);
    assert_true(clock_monotonic() - begin >= 80 * USEC_PER_MS);
}

static void dropping_from_a_message(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    send_frame(s, fd, 0x82, "drop", 4);
    expect_end(s, fd, WEBSOCKET_ABNORMAL);
}

static void pings_come_by_themselves(void **state)
{
    struct scene *s = *state;
    s->ping_ms = 30;
    int fd = open_socket(s);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(expect_frame(s, fd, 0x89)->length, 0);
        send_frame(s, fd, 0x8a, "", 0);
    }
    assert_int_equal(s->messages, 0);
    close(fd);
}

static int open_slow_socket(struct scene *s)
{
    int fd = open_socket(s), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    return fd;
}

static void a_slow_client_is_cut_off_at_the_output_limit(void **state)
{
    struct scene *s = *state;
    static uint8_t part[50000];
    int fd = open_slow_socket(s);
    int sent = 0;
    while (s->ws && sent < 1000 && websocket_send(s->ws, true, part, sizeof(part))) {
        loop_turn(s->h.loop, 0);
        sent++;
    }
    assert_true(sent >= 4 && sent < 1000);
    harness_wait(&s->h, 20);
    assert_int_equal(s->closed, 1);
    assert_int_equal(http_server_counters(s->h.server).connections, 0);
    close(fd);
}

static void a_stuck_client_is_cut_off_in_time(void **state)
{
    struct scene *s = *state;
    static uint8_t part[40000];
    s->ping_ms = 50;
    int fd = open_slow_socket(s);
    while (websocket_queued(s->ws) < 3 * sizeof(part)) {
        assert_true(websocket_send(s->ws, true, part, sizeof(part)));
        loop_turn(s->h.loop, 0);
    }
    harness_wait(&s->h, 800);
    assert_int_equal(s->closed, 1);
    close(fd);
}

static void a_flood_of_pings(void **state)
{
    struct scene *s = *state;
    static const uint8_t ping[] = {0x89, 0xfd, 0, 0, 0, 0};
    static uint8_t frame[6 + 125];
    int fd = open_slow_socket(s);
    memcpy(frame, ping, sizeof(ping));
    for (int i = 0; i < 500000 && !s->closed; i++) {
        ssize_t n = send(fd, frame, sizeof(frame), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n != sizeof(frame))
            break;
        if (i % 16 == 0)
            loop_turn(s->h.loop, 0);
    }
    harness_wait(&s->h, 50);
    assert_int_equal(s->closed, 1);
    close(fd);
}

static void accepting_later(void **state)
{
    struct scene *s = *state;
    char answer[1024];
    s->later = true;
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, HANDSHAKE, strlen(HANDSHAKE)));
    harness_wait(&s->h, 20);
    assert_non_null(s->kept);
    assert_true(websocket_requested(s->kept));
    accept_now(s, s->kept);
    assert_true(websocket_send(s->ws, true, "join", 4));
    long n = 0;
    while (n < 1000) {
        long got = harness_read(&s->h, fd, answer + n, sizeof(answer) - (size_t)n, 50);
        if (got <= 0)
            break;
        n += got;
    }
    assert_true(strncmp(answer, "HTTP/1.1 101 ", 13) == 0);
    assert_memory_equal(answer + n - 6, "\x82\x04join", 6);
    close(fd);
}

static void refusing_later(void **state)
{
    struct scene *s = *state;
    char answer[1024];
    s->later = true;
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, HANDSHAKE, strlen(HANDSHAKE)));
    harness_wait(&s->h, 20);
    http_respond_text(s->kept, 401, "no permissions to access the room");
    harness_read_all(&s->h, fd, answer, sizeof(answer), 50, NULL);
    assert_true(strncmp(answer, "HTTP/1.1 401 ", 13) == 0);
    assert_non_null(strstr(answer, "\r\naccess-control-allow-origin: http://x\r\n"));
    assert_non_null(strstr(answer, "\r\n\r\nno permissions to access the room"));
    close(fd);
}

static void a_client_that_leaves_before_the_answer(void **state)
{
    struct scene *s = *state;
    s->later = true;
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, HANDSHAKE, strlen(HANDSHAKE)));
    harness_wait(&s->h, 20);
    struct linger reset = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    harness_wait(&s->h, 20);
    accept_now(s, s->kept);
    assert_non_null(s->ws);
    assert_int_equal(s->closed, 0);
    harness_wait(&s->h, 20);
    assert_int_equal(s->closed, 1);
    assert_int_equal(s->code, WEBSOCKET_ABNORMAL);
}

static void first_frames_with_the_handshake(void **state)
{
    struct scene *s = *state;
    static const char both[] = HANDSHAKE "\x82\x84\0\0\0\0echo";
    char answer[1024];
    int fd = harness_connect(&s->h);
    assert_true(harness_send(&s->h, fd, both, sizeof(both) - 1));
    size_t n = harness_read_all(&s->h, fd, answer, sizeof(answer), 50, NULL);
    assert_int_equal(s->messages, 1);
    assert_memory_equal(answer + n - 6,
                        "\x82\x04"
                        "echo",
                        6);
    close(fd);
}

static void handshakes_that_are_none(void **state)
{
    struct scene *s = *state;
    static const char *const bad[] = {
        "GET /ws HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: " KEY "\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
        "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " KEY "\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *a = harness_exchange(&s->h, bad[i]);
        assert_true(strncmp(a, "HTTP/1.1 400 ", 13) == 0);
        assert_null(s->ws);
    }
}

static void destroying_with_open_sockets(void **state)
{
    struct scene *s = *state;
    int fd = open_socket(s);
    http_server_destroy(s->h.server);
    s->h.server = NULL;
    assert_int_equal(s->closed, 1);
    close(fd);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCENE(messages_both_ways),
        IN_SCENE(fragments_with_a_ping_between),
        IN_SCENE(large_messages),
        IN_SCENE(messages_over_the_limit),
        IN_SCENE(fragments_over_the_limit),
        IN_SCENE(too_many_fragments),
        IN_SCENE(a_length_beyond_all_reason),
        IN_SCENE(frames_that_break_the_protocol),
        IN_SCENE(closing_after_what_is_queued),
        IN_SCENE(a_large_backlog_comes_before_the_close),
        IN_SCENE(a_peer_that_ignores_our_close),
        IN_SCENE(dropping_from_a_message),
        IN_SCENE(pings_come_by_themselves),
        IN_SCENE(a_slow_client_is_cut_off_at_the_output_limit),
        IN_SCENE(a_stuck_client_is_cut_off_in_time),
        IN_SCENE(a_flood_of_pings),
        IN_SCENE(accepting_later),
        IN_SCENE(refusing_later),
        IN_SCENE(a_client_that_leaves_before_the_answer),
        IN_SCENE(first_frames_with_the_handshake),
        IN_SCENE(handshakes_that_are_none),
        IN_SCENE(destroying_with_open_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
