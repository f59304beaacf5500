/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces that go, come and change under running backends, after rights were given up. */
#include "dataplane/pktio/frame.h"
#include "tests/netns/namespaces.h"
#include "tests/netns/talk.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define QUEUES  2
#define TURNS   500 /* of 10 ms, until an interface is attached */

static const char *const interfaces[] = {OUR_INTERFACE, NULL};

/* Effective capabilities: all that we have, or none but what stands for an unlimited
 * RLIMIT_MEMLOCK. */
static void have_rights(bool all)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct caps[2];
    assert_int_equal(syscall(SYS_capget, &head, caps), 0);
    caps[0].effective = all ? caps[0].permitted : 1u << CAP_IPC_LOCK;
    caps[1].effective = all ? caps[1].permitted : 0;
    assert_int_equal(syscall(SYS_capset, &head, caps), 0);
}

/* A turn of the worker, as it runs in a server. */
static size_t turn(struct pktio_packet *out)
{
    have_rights(false);
    size_t n = receive(out, 10);
    have_rights(true);
    return n;
}

/* Packets of the peer until one comes past the kernel. */
static struct net_path learn_past_the_kernel(int fd)
{
    struct pktio_packet got[PKTIO_BURST];
    struct net_path path = {0};
    for (int i = 0; i < TURNS && !has_link(&path); i++) {
        peer_sends(fd, STUN, 100);
        if (turn(got) > 0)
            path = got[0].path;
        pktio_receive_done(io);
    }
    assert_true(has_link(&path));
    return path;
}

static void delete_the_pair(void)
{
    struct pktio_packet got[PKTIO_BURST];
    assert_true(namespace_run("ip link del " OUR_INTERFACE));
    for (int i = 0; i < 5; i++)
        turn(got);
}

static void an_interface_comes_back(void **state)
{
    (void)state;
    assert_true(io_open(PKTIO_XDP, interfaces, BUFFER));
    int fd = peer_socket(OUR_IPV4);
    struct net_path first = learn(fd, 100);
    assert_true(has_link(&first));
    for (int times = 0; times < 3; times++) {
        close(fd);
        delete_the_pair();
        assert_true(namespaces_join(QUEUES));
        fd = peer_socket(OUR_IPV4);
        struct net_path path = learn_past_the_kernel(fd);
        assert_int_not_equal(path.ifindex, first.ifindex);
        uint64_t before = count(COUNTER_TX_XDP_PACKETS);
        send_filled(&path, 300, 'b');
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, 300, 'b');
        assert_int_equal(count(COUNTER_TX_XDP_PACKETS), before + 1);
    }
    close(fd);
    io_close();
}

static void the_network_comes_late(void **state)
{
    (void)state;
    assert_true(namespace_run("ip link del " OUR_INTERFACE));
    assert_true(io_open(PKTIO_XDP, interfaces, BUFFER));
    assert_string_equal(pktio_describe(set), "xdp, no interface yet");
    struct pktio_packet got[PKTIO_BURST];
    turn(got);
    assert_true(namespaces_join(QUEUES));
    int fd = peer_socket(OUR_IPV6);
    learn_past_the_kernel(fd);
    close(fd);
    io_close();
}

/* What was learnt of a path that is gone: its packets leave nevertheless, by the routes. */
static void paths_outlive_their_interface(void **state)
{
    (void)state;
    static const enum pktio_backend backends[] = {PKTIO_UDP, PKTIO_XDP};
    for (int i = 0; i < 2; i++) {
        assert_true(io_open(backends[i], interfaces, BUFFER));
        int fd = peer_socket(OUR_IPV4);
        struct net_path path = learn(fd, 100);
        close(fd);
        delete_the_pair();
        assert_true(namespaces_join(QUEUES));
        fd = peer_socket(OUR_IPV4);
        path.remote.port = learn(fd, 100).remote.port;
        for (size_t n = 0; n < 3; n++) /* a run of equal ones */
            send_filled(&path, 200, 's');
        pktio_flush(io, clock_monotonic());
        for (int n = 0; n < 3; n++)
            peer_hears(fd, 200, 's');
        assert_int_equal(count(COUNTER_DROP_TX_UNREACHABLE) + count(COUNTER_DROP_TX_ERROR), 0);
        close(fd);
        io_close();
    }
}

static void renumbered(const char *old, const char *new, unsigned bits)
{
    struct pktio_packet got[PKTIO_BURST];
    int fd = peer_socket(old);
    struct net_path before = learn(fd, 100);
    close(fd);
    assert_true(namespace_run("ip addr del %s/%u dev " OUR_INTERFACE, old, bits));
    assert_true(namespace_run("ip addr add %s/%u dev " OUR_INTERFACE "%s", new, bits,
                              strchr(new, ':') ? " nodad" : ""));
    turn(got); /* it hears of that */
    fd = peer_socket(new);
    struct net_path back = learn(fd, 100);
    char text[NET_ADDR_TEXT];
    assert_string_equal(net_addr_format_ip(&back.local, text), new);
    for (int i = 0; i < 3; i++)
        send_filled(&back, 150, 'n');
    pktio_flush(io, clock_monotonic());
    for (int i = 0; i < 3; i++)
        peer_hears(fd, 150, 'n');
    before.remote.port = back.remote.port;
    for (int i = 0; i < 3; i++)
        send_filled(&before, 160, 'o');
    pktio_flush(io, clock_monotonic());
    for (int i = 0; i < 3; i++)
        peer_hears(fd, 160, 'o'); /* from the new address: the socket hears nothing else */
    assert_true(namespace_run("ip addr del %s/%u dev " OUR_INTERFACE, new, bits));
    assert_true(namespace_run("ip addr add %s/%u dev " OUR_INTERFACE "%s", old, bits,
                              strchr(old, ':') ? " nodad" : ""));
    close(fd);
}

static void addresses_change(void **state)
{
    (void)state;
    static const enum pktio_backend backends[] = {PKTIO_UDP, PKTIO_XDP};
    for (int i = 0; i < 2; i++) {
        assert_true(io_open(backends[i], interfaces, BUFFER));
        renumbered(OUR_IPV4, "10.66.0.77", 24);
        renumbered(OUR_IPV6, "fd66::77", 64);
        io_close();
    }
}

static void mtu_is_followed(enum pktio_backend backend)
{
    struct pktio_packet got[PKTIO_BURST];
    assert_true(io_open(backend, interfaces, BUFFER));
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 40);
    static const unsigned mtus[] = {1280, 1500, 1300, 1500};
    for (size_t i = 0; i < sizeof(mtus) / sizeof(mtus[0]); i++) {
        assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu %u", mtus[i]));
        turn(got);
        uint64_t before = count(COUNTER_TX_XDP_PACKETS);
        send_filled(&path, 1400, 'm');
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, 1400, 'm');
        bool fits = mtus[i] >= 1428;
        assert_int_equal(count(COUNTER_TX_XDP_PACKETS) - before, backend == PKTIO_XDP && fits);
    }
    close(fd);
    io_close();
}

static void the_mtu_changes(void **state)
{
    (void)state;
    mtu_is_followed(PKTIO_UDP);
    mtu_is_followed(PKTIO_XDP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_comes_back),
        cmocka_unit_test(the_network_comes_late),
        cmocka_unit_test(paths_outlive_their_interface),
        cmocka_unit_test(addresses_change),
        cmocka_unit_test(the_mtu_changes),
    };
    if (!namespaces_create(QUEUES)) {
        fprintf(stderr, "skipped: needs root and network namespaces\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
