/* SPDX-License-Identifier: Apache-2.0 */
/* The udp backend where the kernel refuses: runs over the MTU, no checksum offload, full buffers.
 */
#include "dataplane/pktio/pktio.h"
#include "tests/netns/namespaces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PORT      7882
#define PEER_PORT 5000
#define SKIPPED   77

static struct counters counters;
static struct pktio_set *set;
static struct pktio *io;

static void open_with(uint32_t socket_buffer)
{
    struct pktio_config config = {.backend = PKTIO_UDP,
                                  .workers = 1,
                                  .ports = {PORT},
                                  .ipv4 = true,
                                  .ipv6 = true,
                                  .socket_buffer = socket_buffer,
                                  .counters = {&counters}};
    char err[PKTIO_ERROR_TEXT] = "";
    memset(&counters, 0, sizeof(counters));
    set = pktio_open(&config, err);
    assert_non_null(set);
    io = pktio_worker(set, 0);
}

static struct net_path path_to(const char *local, const char *remote)
{
    struct net_path path = {0};
    assert_true(net_addr_parse(&path.local, local, PORT));
    assert_true(net_addr_parse(&path.remote, remote, PEER_PORT));
    return path;
}

static int peer_socket(const char *ip)
{
    struct net_addr a;
    struct sockaddr_storage ss;
    assert_true(net_addr_parse(&a, ip, PEER_PORT));
    socklen_t len = net_addr_to_sockaddr(&a, &ss);
    namespace_enter_peer();
    int fd = socket(a.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&ss, len), 0);
    namespace_enter_ours();
    struct timeval wait = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    return fd;
}

static void send_filled(const struct net_path *path, size_t len, int fill)
{
    uint8_t *p = pktio_send(io, path, len);
    assert_non_null(p);
    memset(p, fill, len);
}

static void peer_hears(int fd, size_t len, int fill)
{
    uint8_t buf[2048];
    assert_int_equal(recv(fd, buf, sizeof(buf), 0), len);
    assert_int_equal(buf[0], fill);
    assert_int_equal(buf[len - 1], fill);
}

static void a_run_arrives(const char *local, const char *remote, size_t len)
{
    int fd = peer_socket(remote);
    struct net_path path = path_to(local, remote);
    for (int i = 0; i < 10; i++)
        send_filled(&path, i == 9 ? len - 1 : len, i);
    pktio_flush(io, clock_monotonic());
    for (int i = 0; i < 10; i++)
        peer_hears(fd, i == 9 ? len - 1 : len, i);
    close(fd);
}

static void runs_over_the_mtu_go_as_fragments(void **state)
{
    (void)state;
    assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu 1280"));
    open_with(1 << 20);
    a_run_arrives(OUR_IPV4, PEER_IPV4, 1400);
    a_run_arrives(OUR_IPV6, PEER_IPV6, 1400);
    assert_int_equal(counters_get(&counters, COUNTER_TX_PACKETS), 20);
    assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu 1500"));
}

static void runs_arrive_without_checksum_offload(void **state)
{
    (void)state;
    assert_true(namespace_run("ethtool -K " OUR_INTERFACE " tx off >/dev/null"));
    open_with(1 << 20);
    for (int i = 0; i < 2; i++) { /* GSO may be off after the first */
        a_run_arrives(OUR_IPV4, PEER_IPV4, 1000);
        a_run_arrives(OUR_IPV6, PEER_IPV6, 1000);
    }
    assert_int_equal(counters_get(&counters, COUNTER_TX_PACKETS), 40);
    assert_true(namespace_run("ethtool -K " OUR_INTERFACE " tx on >/dev/null"));
}

/* Packets to a neighbour that does not answer stay in the kernel and fill the socket's buffer. What
 * finds it full waits its turn: kept, in order, and sent when there is room. */
static void a_full_buffer_keeps_what_waits(void **state)
{
    (void)state;
    assert_true(
        namespace_run("echo 50 > /proc/sys/net/ipv4/neigh/" OUR_INTERFACE "/retrans_time_ms"));
    open_with(4096);
    int fd = peer_socket(PEER_IPV4);
    struct net_path nobody = path_to(OUR_IPV4, "10.66.0.99"), path = path_to(OUR_IPV4, PEER_IPV4);
    for (int i = 0; i < 20; i++)
        send_filled(&nobody, 1400 - (size_t)i * 10, 0);
    send_filled(&path, 100, 'a');
    send_filled(&path, 200, 'b');
    pktio_flush(io, clock_monotonic());
    assert_true(pktio_deadline(io) != USEC_NEVER);
    send_filled(&path, 300, 'c');
    usec_t until = clock_monotonic() + 20 * USEC_PER_SEC;
    while (pktio_deadline(io) != USEC_NEVER && clock_monotonic() < until) {
        usleep(10000);
        pktio_flush(io, clock_monotonic());
    }
    assert_int_equal(pktio_deadline(io), USEC_NEVER);
    peer_hears(fd, 100, 'a');
    peer_hears(fd, 200, 'b');
    peer_hears(fd, 300, 'c');
    close(fd);
}

static int teardown(void **state)
{
    (void)state;
    pktio_close(set);
    set = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(runs_over_the_mtu_go_as_fragments, teardown),
        cmocka_unit_test_teardown(runs_arrive_without_checksum_offload, teardown),
        cmocka_unit_test_teardown(a_full_buffer_keeps_what_waits, teardown),
    };
    if (!namespaces_create(1)) {
        fprintf(stderr, "skipped: needs root and network namespaces\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
