/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loader on real interfaces (a veth pair and lo in a network namespace of its own): modes,
 * frames through the attached program, sharing of maps, foreign programs, crashes.
 */
#include "bpf/loader.h"
#include "sluice_xdp.skel.h"
#include "tests/bpf/frames.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIP 77

static const struct loader_config config = {.port_first = PORT_FIRST, .port_last = PORT_LAST};
static uint32_t left, right; /* the ends of the pair */

static struct loader *open_loader(void)
{
    char err[LOADER_ERROR_TEXT] = "";
    struct loader *l = loader_open(&config, err);
    if (!l)
        fail_msg("%s", err);
    return l;
}

static void attach(struct loader *l, uint32_t ifindex)
{
    char err[LOADER_ERROR_TEXT] = "";
    if (!loader_attach(l, ifindex, err))
        fail_msg("%s", err);
}

static uint32_t program_on(uint32_t ifindex)
{
    uint32_t id = 0;
    assert_int_equal(bpf_xdp_query_id((int)ifindex, 0, &id), 0);
    return id;
}

/* The kernel takes links of ended processes back a moment later. */
static void expect_gone(uint32_t ifindex)
{
    for (int i = 0; i < 200 && program_on(ifindex) != 0; i++)
        usleep(10000);
    assert_int_equal(program_on(ifindex), 0);
}

static void test_native(void **state)
{
    (void)state;
    struct loader *l = open_loader();
    assert_string_equal(loader_describe(l, left), "detached");
    attach(l, left);
    assert_int_not_equal(program_on(left), 0);
    assert_true(loader_is_native(l, left));
    assert_memory_equal(loader_describe(l, left), "native, ", 8);
    char err[LOADER_ERROR_TEXT] = "";
    assert_false(loader_attach(l, left, err));
    loader_detach(l, left);
    assert_string_equal(loader_describe(l, left), "detached");
    expect_gone(left);
    attach(l, left);
    loader_close(l);
    expect_gone(left);
}

/* lo has no native mode. */
static void test_generic(void **state)
{
    (void)state;
    uint32_t lo = if_nametoindex("lo");
    struct loader *l = open_loader();
    attach(l, lo);
    assert_int_not_equal(program_on(lo), 0);
    assert_false(loader_is_native(l, lo));
    assert_memory_equal(loader_describe(l, lo), "generic, ", 9);
    loader_close(l);
    expect_gone(lo);
}

static void test_no_interface(void **state)
{
    (void)state;
    char err[LOADER_ERROR_TEXT] = "";
    struct loader *l = open_loader();
    assert_false(loader_attach(l, 9999, err));
    assert_true(strlen(err) > 0);
    assert_false(loader_attach(l, 0, err));
    assert_false(loader_set_socket(l, left, 0, 0));
    loader_close(l);
    loader_close(NULL);
}

/* ---- traffic ---- */

/* Sends one frame out of an interface: it comes in at the other end of the pair. */
static void send_frame(uint32_t from, const struct frame_spec *s)
{
    uint8_t frame[FRAME_MAX];
    size_t len = frame_build(frame, s);
    struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = (int)from, .sll_halen = 6};
    int fd = socket(AF_PACKET, SOCK_RAW, 0);
    assert_true(fd >= 0);
    assert_int_equal(sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof to), len);
    close(fd);
}

static int make_xsk(void)
{
    int entries = 64, fd = socket(AF_XDP, SOCK_RAW, 0);
    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_XDP, XDP_RX_RING, &entries, sizeof entries), 0);
    return fd;
}

static void expect_count(struct loader *l, enum sluice_xdp_counter which, uint64_t want)
{
    uint64_t now[XDP_COUNTER_COUNT] = {0};
    for (int i = 0; i < 200; i++) {
        loader_counters(l, now);
        if (now[which] == want)
            return;
        usleep(5000);
    }
    fail_msg("%s is %lu, not %lu", loader_counter_name(which), (unsigned long)now[which],
             (unsigned long)want);
}

#define RTP .first = 128, .second = 96

static void test_traffic(void **state)
{
    (void)state;
    struct loader *l = open_loader();
    int xsk = make_xsk();
    attach(l, left);
    send_frame(right, &(struct frame_spec){RTP});
    expect_count(l, XDP_PASS_NO_SOCKET, 1);
    assert_true(loader_set_socket(l, left, 0, xsk));
    send_frame(right, &(struct frame_spec){RTP});
    expect_count(l, XDP_DROP_RTP_UNKNOWN_PEER, 1);
    send_frame(right, &(struct frame_spec){.first = 0});
    expect_count(l, XDP_RX_STUN, 1);
    assert_true(loader_set_ports(l, PORT_FIRST + 1, PORT_LAST));
    send_frame(right, &(struct frame_spec){RTP});
    send_frame(right, &(struct frame_spec){RTP, .local_port = PORT_FIRST + 1});
    expect_count(l, XDP_DROP_RTP_UNKNOWN_PEER, 2);
    loader_clear_socket(l, left, 0);
    send_frame(right, &(struct frame_spec){RTP, .local_port = PORT_FIRST + 1});
    expect_count(l, XDP_PASS_NO_SOCKET, 2);
    close(xsk);
    loader_close(l);
}

static struct net_addr address(const char *ip, uint16_t port)
{
    struct net_addr a;
    assert_true(net_addr_parse(&a, ip, port));
    return a;
}

/* A pair is known on all interfaces, and their counters add up. */
static void check_pair(struct loader *l, const char *remote_ip, const char *local_ip, int ipv6,
                       uint64_t *rx, uint64_t *dropped)
{
    struct net_addr remote = address(remote_ip, 40000), local = address(local_ip, PORT_FIRST);
    assert_true(loader_allow(l, &remote, &local));
    assert_true(loader_allow(l, &remote, &local));
    send_frame(right, &(struct frame_spec){RTP, .ipv6 = ipv6});
    send_frame(left, &(struct frame_spec){RTP, .ipv6 = ipv6});
    expect_count(l, XDP_RX_RTP, *rx += 2);
    assert_true(loader_forbid(l, &remote, &local));
    assert_true(loader_forbid(l, &remote, &local));
    send_frame(right, &(struct frame_spec){RTP, .ipv6 = ipv6});
    expect_count(l, XDP_DROP_RTP_UNKNOWN_PEER, ++*dropped);
}

static void test_pairs(void **state)
{
    (void)state;
    struct loader *l = open_loader();
    int a = make_xsk(), b = make_xsk();
    uint64_t rx = 0, dropped = 0;
    attach(l, left);
    attach(l, right);
    assert_true(loader_set_socket(l, left, 0, a));
    assert_true(loader_set_socket(l, right, 0, b));
    check_pair(l, "192.0.2.1", "198.51.100.2", 0, &rx, &dropped);
    check_pair(l, "2001:db8::1", "2001:db8:ffff::2", 1, &rx, &dropped);
    struct net_addr v4 = address("192.0.2.1", 1), v6 = address("2001:db8::1", 1);
    assert_false(loader_allow(l, &v4, &v6));
    assert_int_equal(errno, EINVAL);
    close(a);
    close(b);
    loader_close(l);
    expect_gone(left);
    expect_gone(right);
}

static void test_table_full(void **state)
{
    (void)state;
    char err[LOADER_ERROR_TEXT] = "";
    struct loader_config small = config;
    small.pairs_max = 4;
    struct loader *l = loader_open(&small, err);
    struct net_addr local = address("198.51.100.2", PORT_FIRST);
    bool ok = true;
    assert_non_null(l);
    for (uint16_t port = 1; port <= 5; port++) {
        struct net_addr remote = address("192.0.2.1", port);
        errno = 0;
        ok = loader_allow(l, &remote, &local);
        assert_int_equal(ok, port <= 4);
    }
    assert_int_equal(errno, E2BIG);
    loader_close(l);
}

/* ---- other programs, other processes ---- */

static int load_foreign(void)
{
    const struct bpf_insn pass[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
        {.code = BPF_JMP | BPF_EXIT},
    };
    int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "foreign", "GPL", pass, 2, NULL);
    assert_true(fd >= 0);
    return fd;
}

static void test_foreign_stays(void **state)
{
    (void)state;
    char err[LOADER_ERROR_TEXT] = "";
    int fd = load_foreign();
    assert_int_equal(bpf_xdp_attach((int)left, fd, XDP_FLAGS_DRV_MODE, NULL), 0);
    uint32_t id = program_on(left);
    struct loader *l = open_loader();
    assert_false(loader_attach(l, left, err));
    assert_string_equal(err, "another XDP program is attached");
    assert_false(loader_clean_stale(left));
    assert_int_equal(program_on(left), id);
    loader_close(l);
    assert_int_equal(program_on(left), id);
    assert_int_equal(bpf_xdp_detach((int)left, XDP_FLAGS_DRV_MODE, NULL), 0);
    close(fd);
}

/* A process that attaches by its loader and waits to be killed; returns when it has. */
static pid_t start_owner(void)
{
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char err[LOADER_ERROR_TEXT];
        struct loader *l = loader_open(&config, err);
        byte = l && loader_attach(l, left, err);
        (void)!write(ready[1], &byte, 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void kill_owner(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_running_owner(void **state)
{
    (void)state;
    char err[LOADER_ERROR_TEXT] = "";
    pid_t pid = start_owner();
    uint32_t id = program_on(left);
    struct loader *l = open_loader();
    assert_int_not_equal(id, 0);
    assert_false(loader_clean_stale(left));
    assert_false(loader_attach(l, left, err));
    assert_string_equal(err, "another running sluice has its XDP program there");
    assert_int_equal(program_on(left), id);
    kill_owner(pid);
    attach(l, left);
    assert_int_not_equal(program_on(left), id);
    loader_close(l);
    expect_gone(left);
}

/* Attached alone, nothing of a killed process stays; from a dispatcher the next start takes it. */
static void test_crash(void **state)
{
    (void)state;
    kill_owner(start_owner());
    for (int i = 0; i < 100 && program_on(left) != 0; i++)
        usleep(10000);
    loader_clean_stale(left);
    assert_int_equal(program_on(left), 0);
}

/* A program that outlives its process, as attached without a link. */
static void leave_behind(unsigned flags)
{
    struct sluice_xdp *s = sluice_xdp__open_and_load();
    assert_non_null(s);
    assert_int_equal(bpf_xdp_attach((int)left, bpf_program__fd(s->progs.sluice_xdp), flags, NULL),
                     0);
    sluice_xdp__destroy(s);
    assert_int_not_equal(program_on(left), 0);
}

static void test_stale(void **state)
{
    (void)state;
    const unsigned modes[] = {XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE};
    for (int i = 0; i < 2; i++) {
        leave_behind(modes[i]);
        assert_true(loader_clean_stale(left));
        assert_int_equal(program_on(left), 0);
        assert_false(loader_clean_stale(left));

        leave_behind(modes[i]);
        uint32_t old = program_on(left);
        struct loader *l = open_loader();
        attach(l, left);
        assert_int_not_equal(program_on(left), old);
        assert_true(loader_is_native(l, left));
        loader_close(l);
        expect_gone(left);
    }
}

static bool make_namespace(void)
{
    if (unshare(CLONE_NEWNET) != 0 ||
        system("ip link set lo up && ip link add left type veth peer name right && "
               "ip link set left up && ip link set right up") != 0)
        return false;
    left = if_nametoindex("left");
    right = if_nametoindex("right");
    return left && right;
}

static bool can_load(char err[static LOADER_ERROR_TEXT])
{
    struct loader *l = loader_open(&config, err);
    loader_close(l);
    return l;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native),        cmocka_unit_test(test_generic),
        cmocka_unit_test(test_no_interface),  cmocka_unit_test(test_traffic),
        cmocka_unit_test(test_pairs),         cmocka_unit_test(test_table_full),
        cmocka_unit_test(test_foreign_stays), cmocka_unit_test(test_running_owner),
        cmocka_unit_test(test_crash),         cmocka_unit_test(test_stale),
    };
    char err[LOADER_ERROR_TEXT] = "no network namespace with a veth pair";
    if (!make_namespace() || !can_load(err)) {
        printf("skipped: not allowed here (%s)\n", err);
        return SKIP;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
