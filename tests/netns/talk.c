/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/netns/talk.h"

#include "tests/netns/namespaces.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct counters counters;
struct pktio_set *set;
struct pktio *io;

bool io_open(enum pktio_backend backend, const char *const *interfaces, uint32_t socket_buffer)
{
    struct pktio_config config = {.backend = backend,
                                  .workers = 1,
                                  .ports = {PORT},
                                  .ipv4 = true,
                                  .ipv6 = true,
                                  .interfaces = interfaces,
                                  .socket_buffer = socket_buffer,
                                  .counters = {&counters}};
    char err[PKTIO_ERROR_TEXT] = "";
    memset(&counters, 0, sizeof(counters));
    set = pktio_open(&config, err);
    io = set ? pktio_worker(set, 0) : NULL;
    if (!set)
        fprintf(stderr, "cannot open: %s\n", err);
    return set != NULL;
}

void io_close(void)
{
    pktio_close(set);
    set = NULL;
}

uint64_t count(enum counter which)
{
    return counters_get(&counters, which);
}

int peer_socket(const char *ip)
{
    struct net_addr to;
    struct sockaddr_storage ss;
    assert_true(net_addr_parse(&to, ip, PORT));
    socklen_t len = net_addr_to_sockaddr(&to, &ss);
    namespace_enter_peer();
    int fd = socket(to.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
    namespace_enter_ours();
    struct timeval wait = {.tv_sec = WAIT_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    int bytes = 4 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
    return fd;
}

void peer_sends(int fd, uint8_t first, size_t len)
{
    uint8_t data[2000];
    memset(data, 'p', sizeof(data));
    data[0] = first;
    data[1] = 96;
    assert_int_equal(send(fd, data, len, 0), len);
}

static void wait_for_input(int timeout_ms)
{
    struct pollfd fds[PKTIO_FDS_MAX];
    size_t n = pktio_fds(io, fds);
    poll(fds, n, timeout_ms);
}

size_t receive(struct pktio_packet *out, int timeout_ms)
{
    usec_t until = clock_monotonic() + (usec_t)timeout_ms * USEC_PER_MS;
    size_t n = 0;
    while ((n = pktio_receive(io, out, clock_monotonic())) == 0 && clock_monotonic() < until)
        wait_for_input(10);
    return n;
}

void expect_silence(void)
{
    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(receive(got, QUIET_MS), 0);
}

struct net_path learn(int fd, size_t len)
{
    struct pktio_packet got[PKTIO_BURST];
    peer_sends(fd, STUN, len);
    assert_int_equal(receive(got, WAIT_MS), 1);
    assert_int_equal(got[0].len, len);
    assert_int_equal(got[0].data[len - 1], 'p');
    struct net_path path = got[0].path;
    pktio_receive_done(io);
    return path;
}

void send_filled(const struct net_path *path, size_t len, int fill)
{
    uint8_t *p = pktio_send(io, path, len);
    assert_non_null(p);
    memset(p, fill, len);
}

void peer_hears(int fd, size_t len, int fill)
{
    uint8_t buf[2048];
    assert_int_equal(recv(fd, buf, sizeof(buf), 0), len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(buf[i], fill);
}

bool has_link(const struct net_path *path)
{
    static const uint8_t unknown[sizeof(path->link)];
    return memcmp(path->link, unknown, sizeof(unknown)) != 0;
}
