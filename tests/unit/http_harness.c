/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/http_harness.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct net_addr loopback(uint16_t port)
{
    struct net_addr a;
    assert_true(net_addr_parse(&a, "127.0.0.1", port));
    return a;
}

void harness_open(struct harness *h, const struct http_config *cfg)
{
    struct net_addr at = loopback(0);
    h->loop = loop_create();
    assert_non_null(h->loop);
    h->server = http_server_create(h->loop, cfg);
    assert_non_null(h->server);
    assert_int_equal(http_server_listen(h->server, &at), 0);
    h->port = http_server_port(h->server, 0);
    assert_int_not_equal(h->port, 0);
}

void harness_close(struct harness *h)
{
    http_server_destroy(h->server);
    loop_destroy(h->loop);
}

int harness_connect(struct harness *h)
{
    struct net_addr at = loopback(h->port);
    struct sockaddr_storage ss;
    socklen_t n = net_addr_to_sockaddr(&at, &ss);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    assert_true(connect(fd, (struct sockaddr *)&ss, n) == 0 || errno == EINPROGRESS);
    loop_turn(h->loop, 0);
    return fd;
}

bool harness_send(struct harness *h, int fd, const void *data, size_t length)
{
    const char *at = data;
    while (length > 0) {
        ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != ENOTCONN)
            return false;
        if (n > 0) {
            at += n;
            length -= (size_t)n;
        }
        loop_turn(h->loop, n > 0 ? 0 : USEC_PER_MS);
    }
    return true;
}

long harness_read(struct harness *h, int fd, void *buf, size_t cap, unsigned timeout_ms)
{
    usec_t deadline = clock_monotonic() + timeout_ms * USEC_PER_MS;
    for (;;) {
        ssize_t n = recv(fd, buf, cap, 0);
        if (n >= 0)
            return n;
        if (errno != EAGAIN && errno != ENOTCONN)
            return -2;
        if (clock_monotonic() >= deadline)
            return -1;
        loop_turn(h->loop, USEC_PER_MS);
    }
}

size_t harness_read_all(struct harness *h, int fd, char *buf, size_t cap, unsigned timeout_ms,
                        bool *ended)
{
    size_t n = 0;
    long got = 1;
    while (n + 1 < cap && (got = harness_read(h, fd, buf + n, cap - 1 - n, timeout_ms)) > 0)
        n += (size_t)got;
    buf[n] = 0;
    if (ended)
        *ended = got == 0 || got == -2;
    return n;
}

void harness_wait(struct harness *h, unsigned ms)
{
    usec_t end = clock_monotonic() + ms * USEC_PER_MS;
    while (clock_monotonic() < end)
        loop_turn(h->loop, USEC_PER_MS);
}

const char *harness_exchange(struct harness *h, const char *request)
{
    static char answer[65536];
    int fd = harness_connect(h);
    assert_true(harness_send(h, fd, request, strlen(request)));
    long n = harness_read(h, fd, answer, sizeof(answer) - 1, 1000);
    answer[n > 0 ? n : 0] = 0;
    if (n > 0)
        harness_read_all(h, fd, answer + n, sizeof(answer) - (size_t)n, 40, NULL);
    close(fd);
    return answer;
}
