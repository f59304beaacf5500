/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's WebSocket against the bytes of a server.
 */
#include "bench/sluice-bench/websocket.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct world {
    struct ws_client *ws;
    unsigned messages;
    char last[64];
};

static void on_message(void *user, const uint8_t *data, size_t len)
{
    struct world *w = user;
    w->messages++;
    snprintf(w->last, sizeof w->last, "%.*s", (int)len, (const char *)data);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    w->ws = ws_client_create("example.org", 7880, "/rtc/v1?a=b", NULL, on_message, w);
    *state = w;
    return w->ws == NULL;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    ws_client_destroy(w->ws);
    free(w);
    return 0;
}

/* What the client wants to write, taken over and ended with NUL. */
static size_t take_output(struct world *w, char *out, size_t cap)
{
    size_t len;
    const uint8_t *data = ws_client_output(w->ws, &len);
    assert_in_range(len, 0, cap - 1);
    if (len > 0)
        memcpy(out, data, len);
    out[len] = '\0';
    ws_client_written(w->ws, len);
    return len;
}

static bool feed(struct world *w, const char *data, size_t len)
{
    return ws_client_input(w->ws, (const uint8_t *)data, len);
}

/* Answers the request as RFC 6455 wants it; `spoil` changes one letter of the accept value. */
static bool agree(struct world *w, char spoil)
{
    char request[1024], text[128], response[256];
    unsigned char digest[EVP_MAX_MD_SIZE], accept[64];
    unsigned n;
    take_output(w, request, sizeof request);
    assert_non_null(strstr(request, "GET /rtc/v1?a=b HTTP/1.1\r\nHost: example.org:7880\r\n"));
    const char *key = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL);
    EVP_EncodeBlock(accept, digest, (int)n);
    accept[0] ^= (unsigned char)spoil;
    int len = snprintf(response, sizeof response,
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                       "sec-websocket-accept: %s\r\n\r\n",
                       accept);
    bool good = true;
    for (int i = 0; i < len && good; i++)
        good = feed(w, response + i, 1);
    return good;
}

/* Reads one masked frame of the client; returns its length on the wire. */
static size_t read_frame(const char *data, uint8_t *opcode, char *payload)
{
    const uint8_t *p = (const uint8_t *)data;
    size_t len = p[1] & 0x7f;
    *opcode = p[0] & 0x0f;
    assert_int_equal(p[0] & 0x80, 0x80);
    assert_int_equal(p[1] & 0x80, 0x80);
    for (size_t i = 0; i < len; i++)
        payload[i] = (char)(p[6 + i] ^ p[2 + i % 4]);
    payload[len] = '\0';
    return 6 + len;
}

static void messages_go_both_ways(void **state)
{
    struct world *w = *state;
    char out[256] = "", payload[128];
    uint8_t opcode;
    assert_true(ws_client_send(w->ws, (const uint8_t *)"early", 5));
    assert_true(agree(w, 0));
    assert_true(feed(w, "\x82\x05hello", 7));
    assert_string_equal(w->last, "hello");
    assert_true(feed(w, "\x02\x02sp\x80\x03lit", 9));
    assert_string_equal(w->last, "split");
    assert_int_equal(w->messages, 2);
    assert_int_equal(take_output(w, out, sizeof out), 11);
    read_frame(out, &opcode, payload);
    assert_int_equal(opcode, 2);
    assert_string_equal(payload, "early");
}

static void pings_are_answered(void **state)
{
    struct world *w = *state;
    char out[256] = "", payload[128];
    uint8_t opcode;
    assert_true(agree(w, 0));
    assert_true(feed(w, "\x89\x02hi", 4));
    take_output(w, out, sizeof out);
    read_frame(out, &opcode, payload);
    assert_int_equal(opcode, 10);
    assert_string_equal(payload, "hi");
}

static void goodbye_comes_before_the_close(void **state)
{
    struct world *w = *state;
    char out[256] = "", payload[128];
    uint8_t opcode;
    assert_true(agree(w, 0));
    ws_client_send(w->ws, (const uint8_t *)"bye", 3);
    ws_client_close(w->ws);
    size_t len = take_output(w, out, sizeof out), at = read_frame(out, &opcode, payload);
    assert_string_equal(payload, "bye");
    assert_true(at < len);
    read_frame(out + at, &opcode, payload);
    assert_int_equal(opcode, 8);
}

static void refusals_say_why(void **state)
{
    struct world *w = *state;
    static const char response[] = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 21\r\n\r\n"
                                   "invalid token, sorry.\nmore";
    assert_false(feed(w, response, sizeof response - 1));
    assert_string_equal(ws_client_error(w->ws), "HTTP/1.1 401 Unauthorized: invalid token, sorry.");
    assert_false(ws_client_send(w->ws, (const uint8_t *)"x", 1));
}

static void a_wrong_accept_value_is_refused(void **state)
{
    struct world *w = *state;
    assert_false(agree(w, 1));
}

static void endless_heads_are_refused(void **state)
{
    struct world *w = *state;
    bool good = true;
    for (int i = 0; i < 20000 && good; i++)
        good = feed(w, "x", 1);
    assert_false(good);
}

static void the_servers_close_ends_it(void **state)
{
    struct world *w = *state;
    assert_true(agree(w, 0));
    assert_false(feed(w, "\x88\x02\x03\xe8", 4));
    assert_string_equal(ws_client_error(w->ws), "closed by the server");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(messages_go_both_ways),           TEST(pings_are_answered),
        TEST(goodbye_comes_before_the_close),  TEST(refusals_say_why),
        TEST(a_wrong_accept_value_is_refused), TEST(endless_heads_are_refused),
        TEST(the_servers_close_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
