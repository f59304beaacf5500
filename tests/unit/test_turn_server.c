/* SPDX-License-Identifier: Apache-2.0 */
/* The TURN server's sockets, on loopback: streams in pieces, slow readers, idle and odd clients. */
#include "dataplane/turn/message.h"
#include "dataplane/turn/server.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MEDIA_PORT 50000
#define NAME       "user"

struct client {
    int fd;
    char nonce[128];
    size_t nonce_len;
    uint8_t transaction;
    size_t len;
    uint8_t data[8192];
};

static struct turn_server *server;
static struct counters counters;
static usec_t now;
static uint16_t port;
static uint8_t key[TURN_KEY];
static struct net_addr loopback;
static unsigned packets, closed;
static struct net_path last;

static void on_packet(void *context, const struct net_path *path, const uint8_t *data, size_t len)
{
    (void)context;
    (void)data;
    (void)len;
    packets++;
    last = *path;
}

static void on_closed(void *context, const struct net_path *path)
{
    (void)context;
    closed++;
    last = *path;
}

/* A port that is free for UDP and TCP; the kernel gives TCP's away once more. */
static bool open_server(uint16_t at)
{
    char err[TURN_SERVER_ERROR_TEXT];
    const struct turn_server_config config = {
        .engine = {.allocations = 8, .users = 4, .workers = 1, .ports = {MEDIA_PORT}},
        .udp_port = at,
        .tls_port = at,
        .plain = true,
        .n_binds = 1,
        .binds = {loopback},
    };
    const struct turn_server_handler handler = {.packet = on_packet, .closed = on_closed};
    server = turn_server_open(&config, &handler, &counters, err);
    return server != NULL;
}

static int setup(void **state)
{
    (void)state;
    unsigned key_len;
    memset(&counters, 0, sizeof(counters));
    packets = closed = 0;
    now = 1000 * USEC_PER_SEC;
    net_addr_parse(&loopback, "127.0.0.1", 0);
    for (port = 23000 + (uint16_t)(getpid() % 8000); !open_server(port); port++)
        ;
    EVP_Digest(NAME ":livekit:password", strlen(NAME ":livekit:password"), key, &key_len, EVP_md5(),
               NULL);
    turn_add_user(turn_server_engine(server), 1, NAME, key, 3600 * USEC_PER_SEC, now);
    turn_set_own(turn_server_engine(server), &loopback, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    turn_server_close(server);
    return 0;
}

static uint64_t counted(enum counter c)
{
    return counters_get(&counters, c);
}

static void run(void)
{
    for (int i = 0; i < 4; i++) {
        usleep(1000);
        turn_server_run(server, now);
    }
}

static void dial(struct client *c, int type)
{
    struct sockaddr_storage ss;
    struct net_addr at = loopback;
    at.port = port;
    socklen_t len = net_addr_to_sockaddr(&at, &ss);
    *c = (struct client){.fd = socket(AF_INET, type, 0)};
    assert_int_equal(connect(c->fd, (struct sockaddr *)&ss, len), 0);
    int one = 1;
    if (type == SOCK_STREAM)
        assert_int_equal(setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), 0);
    assert_int_equal(fcntl(c->fd, F_SETFL, O_NONBLOCK), 0);
    run();
}

/* Bytes that are there; 0: none; -1: the server has closed. */
static int hear(struct client *c)
{
    run();
    ssize_t n = recv(c->fd, c->data, sizeof(c->data), 0);
    c->len = n > 0 ? (size_t)n : 0;
    return n > 0 ? (int)n : n == 0 ? -1 : 0;
}

static void say(struct client *c, const uint8_t *data, size_t len, size_t piece)
{
    for (size_t at = 0; at < len; at += piece) {
        size_t n = len - at < piece ? len - at : piece;
        assert_int_equal(send(c->fd, data + at, n, 0), (ssize_t)n);
        if (n < len)
            run();
    }
}

/* The answer's error code, 0 for success. */
static int ask(struct client *c, uint16_t method, size_t piece)
{
    uint8_t data[512];
    const uint8_t transaction[STUN_TRANSACTION] = {c->transaction++};
    const struct net_addr media = {.family = 4, .port = MEDIA_PORT, .ip = {127, 0, 0, 1}};
    struct turn_message m;
    struct writer w = writer_of(data, sizeof(data));
    stun_begin_method(&w, STUN_REQUEST, method, transaction);
    stun_add_u32(&w, TURN_REQUESTED_TRANSPORT, (uint32_t)TURN_PROTOCOL_UDP << 24);
    stun_add_u32(&w, TURN_CHANNEL_NUMBER, 0x4000u << 16);
    stun_add_xor(&w, TURN_XOR_PEER_ADDRESS, &media);
    if (c->nonce_len > 0) {
        stun_add(&w, STUN_USERNAME, NAME, strlen(NAME));
        stun_add(&w, STUN_REALM, TURN_REALM, strlen(TURN_REALM));
        stun_add(&w, STUN_NONCE, c->nonce, c->nonce_len);
        stun_add_integrity(&w, (const char *)key, TURN_KEY);
    }
    say(c, data, stun_end(&w), piece);
    assert_true(hear(c) > 0);
    assert_true(turn_parse(&m, c->data, c->len));
    if (m.nonce) {
        assert_in_range(m.nonce_len, 1, sizeof(c->nonce));
        memcpy(c->nonce, m.nonce, m.nonce_len);
        c->nonce_len = m.nonce_len;
    }
    return m.stun.error_code;
}

static void bind_channel(struct client *c, size_t piece)
{
    assert_int_equal(ask(c, TURN_ALLOCATE, piece), 401);
    assert_int_equal(ask(c, TURN_ALLOCATE, piece), 0);
    assert_int_equal(ask(c, TURN_CHANNEL_BIND, piece), 0);
}

static void over_udp(void **state)
{
    (void)state;
    struct client c;
    dial(&c, SOCK_DGRAM);
    bind_channel(&c, 512);
    say(&c, (const uint8_t *)"\x40\x00\x00\x05hello", 9, 9);
    run();
    assert_int_equal(packets, 1);
    turn_server_send(server, &last, (const uint8_t *)"answer", 6, now);
    assert_int_equal(hear(&c), 10);
    assert_memory_equal(c.data,
                        "\x40\x00\x00\x06"
                        "answer",
                        10);
    close(c.fd);
}

static void over_tcp_in_pieces(void **state)
{
    (void)state;
    struct client c;
    dial(&c, SOCK_STREAM);
    bind_channel(&c, 7);
    say(&c, (const uint8_t *)"\x40\x00\x00\x05hello\0\0\0\x40\x00\x00\x01x\0\0\0", 20, 3);
    run();
    assert_int_equal(packets, 2);
    turn_server_send(server, &last, (const uint8_t *)"answer", 6, now);
    assert_int_equal(hear(&c), 12);
    close(c.fd);
    run();
    assert_int_equal(closed, 1);
    assert_int_equal(counted(COUNTER_TURN_CONNECTIONS), 1);
}

static void a_slow_reader_loses_whole_messages(void **state)
{
    (void)state;
    static const uint8_t payload[1200];
    struct client c;
    size_t total = 0;
    int n;
    dial(&c, SOCK_STREAM);
    bind_channel(&c, 512);
    say(&c, (const uint8_t *)"\x40\x00\x00\x00", 4, 4);
    say(&c, (const uint8_t *)"\x40\x00\x00\x01x\0\0\0", 8, 8);
    run();
    assert_int_equal(packets, 1);
    struct net_path path = last;
    for (int i = 0; i < 20000 && counted(COUNTER_DROP_TURN_FULL) == 0; i++)
        turn_server_send(server, &path, payload, sizeof(payload), now);
    assert_int_equal(counted(COUNTER_DROP_TURN_FULL), 1);
    while ((n = hear(&c)) > 0)
        total += (size_t)n;
    assert_int_equal(n, 0);
    assert_int_equal(total % 1204, 0);
    assert_int_equal(total / 1204, counted(COUNTER_TURN_TX) - 1);
    close(c.fd);
}

static void who_allocates_nothing_is_closed(void **state)
{
    (void)state;
    struct client idle, busy;
    dial(&idle, SOCK_STREAM);
    dial(&busy, SOCK_STREAM);
    bind_channel(&busy, 512);
    now += TURN_SERVER_IDLE_MAX - 1;
    assert_true(turn_server_deadline(server) <= now);
    assert_int_equal(hear(&idle), 0);
    now += 5 * USEC_PER_SEC;
    assert_int_equal(hear(&idle), -1);
    assert_int_equal(hear(&busy), 0);
    now += 600 * USEC_PER_SEC;
    run();
    now += 5 * USEC_PER_SEC;
    assert_int_equal(hear(&busy), -1);
    assert_true(turn_server_deadline(server) == USEC_NEVER);
    close(idle.fd);
    close(busy.fd);
}

static void what_cannot_be_followed_is_closed(void **state)
{
    (void)state;
    static const char *const bad[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
                                      "\x40\x01\xff\xff", "\x80\x60\x00\x01"};
    struct client c;
    for (size_t i = 0; i < 4; i++) {
        dial(&c, SOCK_STREAM);
        say(&c, (const uint8_t *)bad[i], 4, 4);
        assert_int_equal(hear(&c), -1);
        close(c.fd);
    }
    assert_int_equal(counted(COUNTER_DROP_TURN_MALFORMED), 4);
}

static void what_cannot_be_opened(void **state)
{
    (void)state;
    char err[TURN_SERVER_ERROR_TEXT];
    struct turn_server_config config = {
        .engine = {.allocations = 8, .users = 4, .workers = 1, .ports = {MEDIA_PORT}},
        .udp_port = port,
        .n_binds = 1,
        .binds = {loopback},
    };
    const struct turn_server_handler handler = {.packet = on_packet, .closed = on_closed};
    assert_null(turn_server_open(&config, &handler, &counters, err));
    assert_non_null(strstr(err, "TURN UDP 127.0.0.1:"));
    config.udp_port = 0;
    config.tls_port = port;
    config.cert_file = config.key_file = "/nonexistent/file";
    assert_null(turn_server_open(&config, &handler, &counters, err));
    assert_non_null(strstr(err, "TURN: certificate /nonexistent/file: "));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(over_udp),
        TEST(over_tcp_in_pieces),
        TEST(a_slow_reader_loses_whole_messages),
        TEST(who_allocates_nothing_is_closed),
        TEST(what_cannot_be_followed_is_closed),
        TEST(what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
