/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's Janus dialect, against a server that says what Janus says.
 */
#include "bench/sluice-bench/janus.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OUTPUT_MAX 4096

struct world {
    struct settings settings;
    struct signal *signal;
    unsigned events[JANUS_ERROR + 1];
    char text[64];
};

static void on_event(void *user, enum janus_event event, const char *text)
{
    struct world *w = user;
    w->events[event]++;
    snprintf(w->text, sizeof w->text, "%s", text ? text : "");
}

static size_t take_output(struct world *w, char out[static OUTPUT_MAX])
{
    size_t len;
    const uint8_t *data = signal_output(w->signal, &len);
    assert_in_range(len, 0, OUTPUT_MAX - 1);
    if (len > 0)
        memcpy(out, data, len);
    out[len] = '\0';
    signal_written(w->signal, len);
    return len;
}

static void feed(struct world *w, const void *data, size_t len)
{
    assert_true(signal_input(w->signal, data, len, 1));
}

static void agree(struct world *w)
{
    char request[OUTPUT_MAX] = "", text[128], response[256];
    unsigned char digest[EVP_MAX_MD_SIZE], accept[64];
    unsigned n;
    take_output(w, request);
    assert_non_null(strstr(request, "Sec-WebSocket-Protocol: janus-protocol\r\n"));
    const char *key = strstr(request, "Sec-WebSocket-Key: ") + strlen("Sec-WebSocket-Key: ");
    snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    EVP_Digest(text, strlen(text), digest, &n, EVP_sha1(), NULL);
    EVP_EncodeBlock(accept, digest, (int)n);
    int len = snprintf(response, sizeof response,
                       "HTTP/1.1 101 Yes\r\nSec-WebSocket-Accept: %s\r\n\r\n", accept);
    feed(w, response, (size_t)len);
}

/* A text frame of the server. */
static void say(struct world *w, const char *json)
{
    uint8_t frame[512] = {0x81, 126};
    size_t len = strlen(json);
    assert_in_range(len, 0, sizeof frame - 4);
    frame[2] = (uint8_t)(len >> 8);
    frame[3] = (uint8_t)len;
    memcpy(frame + 4, json, len);
    if (len < 126) {
        frame[1] = (uint8_t)len;
        memmove(frame + 2, frame + 4, len);
        feed(w, frame, 2 + len);
    } else {
        feed(w, frame, 4 + len);
    }
}

/* The one request that the client has written, unmasked and read. */
static json_t *heard(struct world *w)
{
    char out[OUTPUT_MAX] = "", json[OUTPUT_MAX];
    const uint8_t *p = (const uint8_t *)out;
    take_output(w, out);
    assert_int_equal(p[0], 0x81);
    size_t len = p[1] & 0x7f, at = 2;
    if (len == 126) {
        len = (size_t)(p[2] << 8 | p[3]);
        at = 4;
    }
    for (size_t i = 0; i < len; i++)
        json[i] = (char)(p[at + 4 + i] ^ p[at + i % 4]);
    json_t *o = json_loadb(json, len, 0, NULL);
    assert_non_null(o);
    return o;
}

/* Checks one text of the request: in its body, or beside it. */
static void expect(struct world *w, const char *key, const char *value)
{
    json_t *o = heard(w), *body = json_object_get(o, "body");
    const char *found = json_string_value(json_object_get(body ? body : o, key));
    assert_non_null(found);
    assert_string_equal(found, value);
    json_decref(o);
}

static void open_as(struct world *w, bool publishes)
{
    w->signal = janus_open(&w->settings, "room", publishes, on_event, w);
    assert_non_null(w->signal);
    agree(w);
    expect(w, "janus", "create");
    say(w, "{\"janus\":\"success\",\"data\":{\"id\":11}}");
    expect(w, "plugin", "janus.plugin.videoroom");
    say(w, "{\"janus\":\"success\",\"data\":{\"id\":22}}");
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    strcpy(w->settings.host, "127.0.0.1");
    w->settings.port = 8188;
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    signal_destroy(w->signal);
    free(w);
    return 0;
}

static void a_publisher_makes_the_room_and_offers(void **state)
{
    struct world *w = *state;
    open_as(w, true);
    expect(w, "request", "create");
    say(w, "{\"janus\":\"success\",\"plugindata\":{\"data\":{\"error_code\":427}}}");
    expect(w, "ptype", "publisher");
    say(w, "{\"janus\":\"event\",\"plugindata\":{\"data\":{\"videoroom\":\"joined\"}}}");
    assert_int_equal(w->events[JANUS_JOINED], 1);
    janus_publish(w->signal, "v=0 mine");
    json_t *o = heard(w);
    assert_int_equal(json_integer_value(json_object_get(o, "session_id")), 11);
    assert_int_equal(json_integer_value(json_object_get(o, "handle_id")), 22);
    assert_string_equal(json_string_value(json_object_get(json_object_get(o, "jsep"), "sdp")),
                        "v=0 mine");
    json_decref(o);
    say(w, "{\"janus\":\"event\",\"jsep\":{\"type\":\"answer\",\"sdp\":\"v=0 yours\"}}");
    assert_int_equal(w->events[JANUS_ANSWER], 1);
    assert_string_equal(w->text, "v=0 yours");
}

static void a_subscriber_answers(void **state)
{
    struct world *w = *state;
    open_as(w, false);
    expect(w, "ptype", "subscriber");
    say(w, "{\"janus\":\"event\",\"plugindata\":{\"data\":{\"videoroom\":\"attached\"}},"
           "\"jsep\":{\"type\":\"offer\",\"sdp\":\"v=0\"}}");
    assert_int_equal(w->events[JANUS_OFFER], 1);
    janus_start(w->signal, "v=0");
    expect(w, "request", "start");
}

static void errors_and_nonsense(void **state)
{
    struct world *w = *state;
    open_as(w, false);
    expect(w, "ptype", "subscriber");
    say(w, "{\"janus\":\"event\",\"plugindata\":{\"data\":{\"error\":\"No such feed\"}}}");
    assert_int_equal(w->events[JANUS_ERROR], 1);
    assert_string_equal(w->text, "No such feed");
    say(w, "{\"janus\":[]}");
    say(w, "{\"janus\":\"event\",\"plugindata\":3,\"jsep\":[]}");
    say(w, "nonsense");
    assert_int_equal(w->events[JANUS_ERROR], 1);
    say(w, "{\"janus\":\"hangup\"}");
    assert_int_equal(w->events[JANUS_ERROR], 2);
}

static void it_stays_alive_and_leaves(void **state)
{
    struct world *w = *state;
    open_as(w, false);
    expect(w, "ptype", "subscriber");
    signal_run(w->signal, signal_deadline(w->signal));
    expect(w, "janus", "keepalive");
    signal_leave(w->signal);
    expect(w, "janus", "destroy");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_publisher_makes_the_room_and_offers),
        TEST(a_subscriber_answers),
        TEST(errors_and_nonsense),
        TEST(it_stays_alive_and_leaves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
