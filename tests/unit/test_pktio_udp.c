/* SPDX-License-Identifier: Apache-2.0 */
/* The udp backend against plain kernel sockets, over loopback. */
#include "common/random.h"
#include "dataplane/pktio/pktio.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct counters counters;
    struct pktio_set *set;
    struct pktio *io;
    uint16_t port;
};

static struct pktio_config config_for(struct fixture *f)
{
    struct pktio_config config = {
        .backend = PKTIO_UDP, .workers = 1, .ipv4 = true, .ipv6 = true, .socket_buffer = 1 << 20};
    f->port = (uint16_t)(20000 + random_u32() % 12000);
    config.ports[0] = f->port;
    config.counters[0] = &f->counters;
    return config;
}

static int setup(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof(f));
    char err[PKTIO_ERROR_TEXT];
    for (int tries = 0; !f.set && tries < 20; tries++) {
        struct pktio_config config = config_for(&f);
        f.set = pktio_open(&config, err);
    }
    if (!f.set)
        return -1;
    f.io = pktio_worker(f.set, 0);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    pktio_close(((struct fixture *)*state)->set);
    return 0;
}

/* A peer's plain socket, connected to the backend at `ip`. */
static int peer_socket(const struct fixture *f, const char *ip)
{
    struct net_addr to;
    struct sockaddr_storage ss;
    assert_true(net_addr_parse(&to, ip, f->port));
    socklen_t len = net_addr_to_sockaddr(&to, &ss);
    int fd = socket(to.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
    struct timeval second = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
    int bytes = 1 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    return fd;
}

/* Waits for input and receives once. */
static size_t receive(struct fixture *f, struct pktio_packet *out)
{
    struct pollfd fds[PKTIO_FDS_MAX];
    size_t n = pktio_fds(f->io, fds);
    if (pktio_deadline(f->io) == USEC_NEVER)
        assert_true(poll(fds, n, 1000) > 0);
    return pktio_receive(f->io, out, clock_monotonic());
}

/* Lets the backend learn the peer's path from one datagram. */
static struct net_path learn(struct fixture *f, int fd)
{
    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(send(fd, "hello", 5, 0), 5);
    assert_int_equal(receive(f, got), 1);
    assert_int_equal(got[0].len, 5);
    assert_memory_equal(got[0].data, "hello", 5);
    struct net_path path = got[0].path;
    pktio_receive_done(f->io);
    return path;
}

static void send_filled(struct fixture *f, const struct net_path *path, size_t len, int fill)
{
    uint8_t *p = pktio_send(f->io, path, len);
    assert_non_null(p);
    memset(p, fill, len);
}

static void expect(int fd, size_t len, int fill)
{
    uint8_t buf[4096];
    ssize_t n = recv(fd, buf, sizeof(buf), 0);
    assert_int_equal(n, len);
    for (size_t i = 0; i < len; i++)
        assert_int_equal(buf[i], fill);
}

static void expect_nothing(int fd)
{
    uint8_t byte;
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

/* The connected peer only hears an answer from the very address it sent to. */
static void answers_from(struct fixture *f, const char *ip)
{
    int fd = peer_socket(f, ip);
    struct net_path path = learn(f, fd);
    char text[NET_ADDR_TEXT];
    assert_string_equal(net_addr_format_ip(&path.local, text), ip);
    assert_int_equal(path.local.port, f->port);
    assert_true(path.ifindex != 0);
    send_filled(f, &path, 100, 'a');
    expect_nothing(fd);
    pktio_flush(f->io, clock_monotonic());
    expect(fd, 100, 'a');
    close(fd);
}

static void answers_from_the_address_the_peer_used(void **state)
{
    answers_from(*state, "127.0.0.1");
    answers_from(*state, "127.0.0.2");
    answers_from(*state, "::1");
    struct fixture *f = *state;
    assert_int_equal(counters_get(&f->counters, COUNTER_RX_PACKETS), 3);
    assert_int_equal(counters_get(&f->counters, COUNTER_RX_BYTES), 15);
    assert_int_equal(counters_get(&f->counters, COUNTER_TX_PACKETS), 3);
    assert_int_equal(counters_get(&f->counters, COUNTER_TX_BYTES), 300);
}

/* Local traffic to an address of an interface arrives by the loopback interface. */
static void answers_from_every_address_of_the_host(void **state)
{
    struct ifaddrs *all;
    assert_int_equal(getifaddrs(&all), 0);
    for (struct ifaddrs *i = all; i; i = i->ifa_next) {
        struct net_addr a;
        char text[NET_ADDR_TEXT];
        if (i->ifa_addr && (i->ifa_flags & IFF_UP) && net_addr_from_sockaddr(&a, i->ifa_addr) &&
            !net_addr_is_link_local(&a))
            answers_from(*state, net_addr_format_ip(&a, text));
    }
    freeifaddrs(all);
}

/* Equal lengths, a shorter end, a longer one after it: order, lengths and contents survive. */
static void mixed_lengths(struct fixture *f, const char *ip)
{
    static const size_t lengths[] = {1200, 1200, 1200, 700, 700, 1200, 1, 1472, 1472, 1472};
    int fd = peer_socket(f, ip);
    struct net_path path = learn(f, fd);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        send_filled(f, &path, lengths[i], (int)i);
    pktio_flush(f->io, clock_monotonic());
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
        expect(fd, lengths[i], (int)i);
    expect_nothing(fd);
    close(fd);
}

static void mixed_lengths_keep_their_bounds(void **state)
{
    mixed_lengths(*state, "127.0.0.1");
    mixed_lengths(*state, "::1");
}

static void enable_gro(int fd)
{
    int one = 1;
    assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)), 0);
}

/* Size of the next (merged) message at a peer with GRO; its segment size in *segment. */
static ssize_t receive_merged(int fd, int *segment)
{
    static uint8_t buf[70000];
    _Alignas(struct cmsghdr) uint8_t control[64];
    struct iovec iov = {.iov_base = buf, .iov_len = sizeof(buf)};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(fd, &h, 0);
    struct cmsghdr *c = CMSG_FIRSTHDR(&h);
    *segment = 0;
    if (c && c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO)
        memcpy(segment, CMSG_DATA(c), sizeof(*segment));
    return n;
}

static void equal_packets_leave_as_one_run(void **state)
{
    struct fixture *f = *state;
    int a = peer_socket(f, "127.0.0.1"), b = peer_socket(f, "127.0.0.1"), segment;
    struct net_path to_a = learn(f, a), to_b = learn(f, b);
    enable_gro(a);
    for (int i = 0; i < 10; i++)
        send_filled(f, &to_a, 1000, i);
    send_filled(f, &to_a, 10, 10);
    send_filled(f, &to_b, 1000, 'b');
    send_filled(f, &to_a, 1000, 11);
    pktio_flush(f->io, clock_monotonic());
    assert_int_equal(receive_merged(a, &segment), 10010);
    assert_int_equal(segment, 1000);
    assert_int_equal(receive_merged(a, &segment), 1000);
    expect(b, 1000, 'b');
    close(a);
    close(b);
}

static void runs_respect_the_kernels_limits(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "::1"), segment;
    struct net_path path = learn(f, fd);
    enable_gro(fd);
    for (int i = 0; i < 70; i++) /* 64 segments at most */
        send_filled(f, &path, 100, i);
    for (int i = 0; i < 50; i++) /* 65000 bytes at most */
        send_filled(f, &path, 1472, i);
    pktio_flush(f->io, clock_monotonic());
    assert_int_equal(receive_merged(fd, &segment), 6400);
    assert_int_equal(receive_merged(fd, &segment), 600);
    assert_int_equal(receive_merged(fd, &segment), 44 * 1472);
    assert_int_equal(receive_merged(fd, &segment), 6 * 1472);
    assert_int_equal(counters_get(&f->counters, COUNTER_TX_PACKETS), 120);
    close(fd);
}

/* 100 segments in two merged messages come as bursts of 64 and 36, in order. */
static void merged_messages_are_split_over_bursts(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "127.0.0.1");
    static uint8_t data[50 * 1000];
    int segment = 1000;
    assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
    for (int half = 0; half < 2; half++) {
        for (size_t i = 0; i < 50; i++)
            memset(data + i * 1000, (int)i + half * 50, 1000);
        assert_int_equal(send(fd, data, sizeof(data) - (half ? 1 : 0), 0),
                         sizeof(data) - (half ? 1 : 0));
    }
    struct pktio_packet got[PKTIO_BURST];
    int seen = 0;
    while (seen < 100) {
        size_t n = receive(f, got);
        assert_int_equal(n, seen == 0 ? PKTIO_BURST : 100 - PKTIO_BURST);
        for (size_t i = 0; i < n; i++, seen++) {
            assert_int_equal(got[i].len, seen == 99 ? 999 : 1000);
            assert_int_equal(got[i].data[0], seen);
            assert_int_equal(got[i].data[got[i].len - 1], seen);
        }
        pktio_receive_done(f->io);
    }
    assert_int_equal(pktio_deadline(f->io), USEC_NEVER);
    assert_int_equal(counters_get(&f->counters, COUNTER_RX_PACKETS), 100);
    assert_int_equal(counters_get(&f->counters, COUNTER_RX_BYTES), 99999);
    close(fd);
}

static void empty_and_oversized_are_counted(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "127.0.0.1");
    static uint8_t big[60000];
    struct pktio_packet got[PKTIO_BURST];
    assert_int_equal(send(fd, big, 0, 0), 0);
    assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big));
    assert_int_equal(send(fd, "x", 1, 0), 1);
    assert_int_equal(receive(f, got), 1);
    assert_int_equal(got[0].data[0], 'x');
    assert_int_equal(counters_get(&f->counters, COUNTER_RX_PACKETS), 3);
    assert_int_equal(counters_get(&f->counters, COUNTER_DROP_EMPTY), 1);
    assert_int_equal(counters_get(&f->counters, COUNTER_DROP_TRUNCATED), 1);
    close(fd);
}

static void room_is_bounded_and_comes_back(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "127.0.0.1");
    struct net_path path = learn(f, fd);
    unsigned n = 0;
    while (pktio_send(f->io, &path, PKTIO_PAYLOAD_MAX))
        n++;
    assert_true(n >= 2 * PKTIO_BURST && n < 1000);
    pktio_flush(f->io, clock_monotonic());
    assert_non_null(pktio_send(f->io, &path, PKTIO_PAYLOAD_MAX));
    assert_null(pktio_send(f->io, &path, PKTIO_PAYLOAD_MAX + 1));
    close(fd);
}

static void unreachable_is_counted_and_does_not_stop_others(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "127.0.0.1");
    struct net_path good = learn(f, fd), bad = good;
    assert_true(
        net_addr_parse(&bad.remote, "255.255.255.255", f->port)); /* the kernel forbids it */
    send_filled(f, &bad, 50, 0);
    send_filled(f, &bad, 50, 0);
    send_filled(f, &good, 60, 'g');
    pktio_flush(f->io, clock_monotonic());
    expect(fd, 60, 'g');
    assert_int_equal(counters_get(&f->counters, COUNTER_DROP_TX_UNREACHABLE) +
                         counters_get(&f->counters, COUNTER_DROP_TX_ERROR),
                     2);
    assert_int_equal(counters_get(&f->counters, COUNTER_TX_PACKETS), 1);
    close(fd);
}

/* The address that the peer used is not ours any more. */
static void lost_addresses_leave_it_to_the_routes(void **state)
{
    struct fixture *f = *state;
    int fd = peer_socket(f, "127.0.0.1");
    struct net_path path = learn(f, fd);
    assert_true(net_addr_parse(&path.local, "192.0.2.77", f->port));
    send_filled(f, &path, 50, 'l');
    send_filled(f, &path, 50, 'm');
    send_filled(f, &path, 60, 'n');
    pktio_flush(f->io, clock_monotonic());
    expect(fd, 50, 'l');
    expect(fd, 50, 'm');
    expect(fd, 60, 'n');
    close(fd);
}

static void says_why_it_cannot_open(void **state)
{
    struct fixture *f = *state, other = {0};
    char err[PKTIO_ERROR_TEXT];
    struct pktio_config config = config_for(&other);
    config.ports[0] = f->port;
    assert_null(pktio_open(&config, err));
    assert_non_null(strstr(err, "in use"));
    config.ports[0] = 0;
    assert_null(pktio_open(&config, err));
    config.workers = 0;
    assert_null(pktio_open(&config, err));
    config = config_for(&other);
    config.ipv4 = config.ipv6 = false;
    assert_null(pktio_open(&config, err));
}

int main(void)
{
#define WITH_IO(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_IO(answers_from_the_address_the_peer_used),
        WITH_IO(answers_from_every_address_of_the_host),
        WITH_IO(mixed_lengths_keep_their_bounds),
        WITH_IO(equal_packets_leave_as_one_run),
        WITH_IO(runs_respect_the_kernels_limits),
        WITH_IO(merged_messages_are_split_over_bursts),
        WITH_IO(empty_and_oversized_are_counted),
        WITH_IO(room_is_bounded_and_comes_back),
        WITH_IO(unreachable_is_counted_and_does_not_stop_others),
        WITH_IO(lost_addresses_leave_it_to_the_routes),
        WITH_IO(says_why_it_cannot_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
