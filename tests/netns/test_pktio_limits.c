/* SPDX-License-Identifier: Apache-2.0 */
/* The udp backend where the kernel refuses: runs over the MTU, no checksum offload, full buffers.
 */
#include "tests/netns/namespaces.h"
#include "tests/netns/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77

static void a_run_arrives(const char *ip, size_t len)
{
    int fd = peer_socket(ip);
    struct net_path path = learn(fd, 10);
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
    assert_true(io_open(PKTIO_UDP, NULL, BUFFER));
    a_run_arrives(OUR_IPV4, 1400);
    a_run_arrives(OUR_IPV6, 1400);
    assert_int_equal(count(COUNTER_TX_PACKETS), 20);
    assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu 1500"));
}

static void runs_arrive_without_checksum_offload(void **state)
{
    (void)state;
    assert_true(namespace_run("ethtool -K " OUR_INTERFACE " tx off >/dev/null"));
    assert_true(io_open(PKTIO_UDP, NULL, BUFFER));
    for (int i = 0; i < 2; i++) { /* GSO may be off after the first */
        a_run_arrives(OUR_IPV4, 1000);
        a_run_arrives(OUR_IPV6, 1000);
    }
    assert_int_equal(count(COUNTER_TX_PACKETS), 40);
    assert_true(namespace_run("ethtool -K " OUR_INTERFACE " tx on >/dev/null"));
}

/* Packets to a neighbour that does not answer stay in the kernel and fill the socket's buffer. What
 * finds it full waits its turn: kept, in order, and sent when there is room. */
static void a_full_buffer_keeps_what_waits(void **state)
{
    (void)state;
    assert_true(
        namespace_run("echo 50 > /proc/sys/net/ipv4/neigh/" OUR_INTERFACE "/retrans_time_ms"));
    assert_true(io_open(PKTIO_UDP, NULL, 4096));
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 10), nobody = path;
    assert_true(net_addr_parse(&nobody.remote, "10.66.0.99", 9));
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
    io_close();
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
