/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our interface as a bridge's port, the addresses on the bridge: frames that arrive at the port may
 * not be answered past the bridge, and the bridge itself only has generic XDP.
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
#define BRIDGE  "bridge0"

static int teardown(void **state)
{
    (void)state;
    io_close();
    return 0;
}

static void answer(const char *ip, bool past_kernel)
{
    uint64_t before = count(COUNTER_TX_XDP_PACKETS);
    int fd = peer_socket(ip);
    struct net_path path = learn(fd, 100);
    assert_int_equal(has_link(&path), past_kernel);
    for (int i = 1; i < 5; i++) {
        send_filled(&path, 1000, i);
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, 1000, i);
    }
    assert_int_equal(count(COUNTER_TX_XDP_PACKETS) - before, past_kernel ? 4 : 0);
    close(fd);
}

static void the_port_receives_and_the_kernel_answers(void **state)
{
    (void)state;
    static const char *const interfaces[] = {OUR_INTERFACE, NULL};
    assert_true(io_open(PKTIO_XDP, interfaces, BUFFER));
    answer(OUR_IPV4, false);
    answer(OUR_IPV6, false);
    assert_int_equal(count(COUNTER_RX_XDP_PACKETS), 2);
}

static void a_named_bridge_works_in_generic_mode(void **state)
{
    (void)state;
    static const char *const interfaces[] = {BRIDGE, NULL};
    assert_true(io_open(PKTIO_XDP, interfaces, BUFFER));
    assert_string_equal(pktio_describe(set), "xdp generic copy " BRIDGE " (1 queue)");
    answer(OUR_IPV4, true);
    answer(OUR_IPV6, true);
    assert_int_equal(count(COUNTER_RX_XDP_PACKETS), 2);
}

static void generic_mode_is_not_chosen_by_itself(void **state)
{
    (void)state;
    assert_true(io_open(PKTIO_AUTO, NULL, BUFFER));
    assert_string_equal(pktio_describe(set), "udp");
    answer(OUR_IPV4, false);
}

static void native_mode_is_chosen_by_itself(void **state)
{
    (void)state;
    assert_true(namespace_run("ip link set " OUR_INTERFACE " nomaster && ip link del " BRIDGE
                              " && ip addr add " OUR_IPV4 "/24 dev " OUR_INTERFACE));
    assert_true(io_open(PKTIO_AUTO, NULL, BUFFER));
    assert_string_equal(pktio_describe(set), "xdp native copy " OUR_INTERFACE " (1 queue)");
    answer(OUR_IPV4, true);
}

static bool create_bridge(void)
{
    return namespace_run("ip link add " BRIDGE " type bridge && ip addr flush dev " OUR_INTERFACE
                         " && ip link set " OUR_INTERFACE " master " BRIDGE
                         " && ip addr add " OUR_IPV4 "/24 dev " BRIDGE " && ip addr add " OUR_IPV6
                         "/64 dev " BRIDGE " nodad && ip link set " BRIDGE " up");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_port_receives_and_the_kernel_answers, teardown),
        cmocka_unit_test_teardown(a_named_bridge_works_in_generic_mode, teardown),
        cmocka_unit_test_teardown(generic_mode_is_not_chosen_by_itself, teardown),
        cmocka_unit_test_teardown(native_mode_is_chosen_by_itself, teardown),
    };
    if (!namespaces_create(1) || !create_bridge() || !namespace_wait_up(BRIDGE)) {
        fprintf(stderr, "skipped: needs root, network namespaces and bridges\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
