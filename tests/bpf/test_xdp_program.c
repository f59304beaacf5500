/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The XDP program by BPF_PROG_TEST_RUN: one case per way through it.
 */
#include "bpf/sluice_maps.h"
#include "sluice_xdp.skel.h"
#include "tests/bpf/frames.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <linux/if_xdp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define NSEC_PER_SEC 1000000000ULL
#define NONE         XDP_COUNTER_COUNT
#define SKIP         77

/* Payloads' first bytes. */
#define STUN 0
#define DTLS 22
#define RTP  128, .second = 96
#define RTCP 128, .second = 200

static struct sluice_xdp *skel;
static int xsk_fd;

static void set_config(uint64_t token_ns, uint64_t tokens)
{
    uint32_t zero = 0;
    struct sluice_config c = {.port_first = PORT_FIRST,
                              .port_last = PORT_LAST,
                              .token_ns = token_ns,
                              .bucket_ns = token_ns * tokens};
    assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.config), &zero, &c, BPF_ANY), 0);
}

static void set_socket(bool there)
{
    uint32_t queue = 0;
    int map = bpf_map__fd(skel->maps.sockets);
    if (there)
        assert_int_equal(bpf_map_update_elem(map, &queue, &xsk_fd, BPF_ANY), 0);
    else
        bpf_map_delete_elem(map, &queue);
}

/* The pair of a usual frame, IPv4 or IPv6. */
static struct sluice_pair usual_pair(bool ipv6)
{
    struct sluice_pair p = {.remote_port = htons(40000), .local_port = htons(PORT_FIRST)};
    inet_pton(AF_INET6, ipv6 ? "2001:db8::1" : "::ffff:192.0.2.1", p.remote_ip);
    inet_pton(AF_INET6, ipv6 ? "2001:db8:ffff::2" : "::ffff:198.51.100.2", p.local_ip);
    return p;
}

static void set_pair(bool ipv6, bool there)
{
    struct sluice_pair p = usual_pair(ipv6);
    uint8_t present = 1;
    int map = bpf_map__fd(skel->maps.pairs);
    if (there)
        assert_int_equal(bpf_map_update_elem(map, &p, &present, BPF_ANY), 0);
    else
        bpf_map_delete_elem(map, &p);
}

static uint64_t counter(uint32_t which)
{
    uint64_t per_cpu[1024], sum = 0;
    int cpus = libbpf_num_possible_cpus();
    assert_in_range(cpus, 1, 1024);
    assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(skel->maps.counters), &which, per_cpu), 0);
    for (int i = 0; i < cpus; i++)
        sum += per_cpu[i];
    return sum;
}

static void read_counters(uint64_t out[static XDP_COUNTER_COUNT])
{
    for (uint32_t i = 0; i < XDP_COUNTER_COUNT; i++)
        out[i] = counter(i);
}

static uint32_t run(const struct frame_spec *s)
{
    uint8_t frame[FRAME_MAX];
    size_t len = frame_build(frame, s);
    LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = (uint32_t)len,
                .repeat = 1);
    assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.sluice_xdp), &opts), 0);
    return opts.retval;
}

/* Runs one frame: the verdict, and that `which` counted it and nothing else did. */
static void expect_at(const char *what, const struct frame_spec *s, uint32_t verdict,
                      uint32_t which)
{
    uint64_t before[XDP_COUNTER_COUNT], after[XDP_COUNTER_COUNT];
    read_counters(before);
    uint32_t got = run(s);
    read_counters(after);
    if (got != verdict)
        fail_msg("%s: verdict %u, not %u", what, got, verdict);
    for (uint32_t i = 0; i < XDP_COUNTER_COUNT; i++)
        if (after[i] - before[i] != (i == which))
            fail_msg("%s: counter %u changed by %lu", what, i,
                     (unsigned long)(after[i] - before[i]));
}

#define EXPECT(verdict, which, ...)                                                                \
    expect_at(#__VA_ARGS__, &(struct frame_spec){__VA_ARGS__}, verdict, which)

/* A socket is there, no pair is known, buckets are large. */
static int usual_state(void **state)
{
    (void)state;
    set_config(1, 1000000);
    set_socket(true);
    set_pair(false, false);
    set_pair(true, false);
    return 0;
}

static void test_not_ours(void **state)
{
    (void)state;
    EXPECT(XDP_PASS, NONE, .ethertype = 0x0806, .first = RTP);
    EXPECT(XDP_PASS, NONE, .protocol = 6, .first = RTP);
    EXPECT(XDP_PASS, NONE, .version = 5, .first = RTP);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .version = 4, .first = RTP);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .protocol = 6, .first = RTP);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .protocol = 0, .local_port = 53, .first = RTP);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .protocol = 60, .first = RTP); /* destination options */
    EXPECT(XDP_PASS, NONE, .vlan_tags = 2, .first = RTP);
}

static void test_ports(void **state)
{
    (void)state;
    EXPECT(XDP_PASS, NONE, .local_port = PORT_FIRST - 1, .first = RTP);
    EXPECT(XDP_PASS, NONE, .local_port = PORT_LAST + 1, .first = RTP);
    EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .local_port = PORT_FIRST, .first = RTP);
    EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .local_port = PORT_LAST, .first = RTP);
    uint32_t zero = 0;
    struct sluice_config none = {.port_first = 1, .port_last = 0};
    assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.config), &zero, &none, BPF_ANY), 0);
    EXPECT(XDP_PASS, NONE, .first = RTP);
}

static void test_truncated_headers(void **state)
{
    (void)state;
    size_t udp_and_payload = 8 + PAYLOAD_USUAL;
    EXPECT(XDP_PASS, NONE, .first = RTP, .cut = udp_and_payload + 20); /* Ethernet alone */
    EXPECT(XDP_PASS, NONE, .first = RTP, .cut = udp_and_payload + 1);  /* in the IPv4 header */
    EXPECT(XDP_PASS, NONE, .first = RTP, .cut = udp_and_payload);      /* no UDP header */
    EXPECT(XDP_PASS, NONE, .first = RTP, .cut = PAYLOAD_USUAL + 1);    /* in it */
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .first = RTP, .cut = udp_and_payload + 40);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .first = RTP, .cut = udp_and_payload + 1);
    EXPECT(XDP_PASS, NONE, .ipv6 = 1, .first = RTP, .cut = PAYLOAD_USUAL + 1);
    EXPECT(XDP_PASS, NONE, .vlan_tags = 1, .first = RTP, .cut = udp_and_payload + 20 + 1);
}

static void test_lengths(void **state)
{
    (void)state;
    set_pair(false, true);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .cut = 1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .cut = PAYLOAD_USUAL);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .udp_len_error = 1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .udp_len_error = -1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .ip_len_error = 1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .ip_len_error = -1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .ip_len_error = -50); /* under 20 */
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .first = RTP, .ip_len_error = -42, .udp_len_error = -42);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .ipv6 = 1, .first = RTP, .cut = 1);
    EXPECT(XDP_DROP, XDP_DROP_TRUNCATED, .ipv6 = 1, .first = RTP, .ip_len_error = 1);
    EXPECT(XDP_DROP, XDP_DROP_EMPTY, .payload = PAYLOAD_NONE);
    EXPECT(XDP_DROP, XDP_DROP_EMPTY, .payload = 1, .first = STUN);
    EXPECT(XDP_REDIRECT, XDP_RX_RTP, .payload = 2, .first = RTP);
    /* Shorter lengths that agree: Ethernet pads small frames. */
    EXPECT(XDP_REDIRECT, XDP_RX_RTP, .first = RTP, .ip_len_error = -20, .udp_len_error = -20);
}

static void test_fragments_and_options(void **state)
{
    (void)state;
    set_pair(false, true);
    EXPECT(XDP_PASS, XDP_PASS_FRAGMENT, .first = RTP, .frag_off = 0x2000);
    EXPECT(XDP_PASS, XDP_PASS_FRAGMENT, .first = RTP, .frag_off = 185);
    EXPECT(XDP_PASS, XDP_PASS_FRAGMENT, .first = RTP, .ipv6 = 1, .protocol = 44);
    EXPECT(XDP_REDIRECT, XDP_RX_RTP, .first = RTP, .frag_off = 0x4000); /* do not fragment */
    EXPECT(XDP_PASS, XDP_PASS_OPTIONS, .first = RTP, .ihl = 6);
    EXPECT(XDP_PASS, XDP_PASS_OPTIONS, .first = RTP, .ihl = 15);
    EXPECT(XDP_PASS, NONE, .first = RTP, .ihl = 6, .protocol = 6);
}

static void test_classes(void **state)
{
    (void)state;
    set_pair(false, true);
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second += 1 + 30 * (first % 64 != 0)) {
            uint32_t which = XDP_DROP_CLASS;
            if (first < 4)
                which = XDP_RX_STUN;
            else if (first >= 20 && first < 64)
                which = XDP_RX_DTLS;
            else if (first >= 128 && first < 192)
                which = second / 32 == 6 ? XDP_RX_RTCP : XDP_RX_RTP;
            EXPECT(which == XDP_DROP_CLASS ? XDP_DROP : XDP_REDIRECT, which,
                   .first = (uint8_t)first, .second = (uint8_t)second);
        }
}

static void test_pairs(void **state)
{
    (void)state;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        for (unsigned tags = 0; tags < 2; tags++) {
            set_pair(ipv6, false);
            EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .ipv6 = ipv6, .vlan_tags = tags,
                   .first = RTP);
            EXPECT(XDP_DROP, XDP_DROP_RTCP_UNKNOWN_PEER, .ipv6 = ipv6, .vlan_tags = tags,
                   .first = RTCP);
            set_pair(ipv6, true);
            EXPECT(XDP_REDIRECT, XDP_RX_RTP, .ipv6 = ipv6, .vlan_tags = tags, .first = RTP);
            EXPECT(XDP_REDIRECT, XDP_RX_RTCP, .ipv6 = ipv6, .vlan_tags = tags, .first = RTCP);
        }
        /* Each part of the pair counts. */
        EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .ipv6 = ipv6, .remote_host = 1, .first = RTP);
        EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .ipv6 = ipv6, .remote_net = 1, .first = RTP);
        EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .ipv6 = ipv6, .remote_port = 40001,
               .first = RTP);
        EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .ipv6 = ipv6, .local_port = PORT_FIRST + 1,
               .first = RTP);
    }
}

static void test_no_socket(void **state)
{
    (void)state;
    set_pair(false, true);
    set_socket(false);
    EXPECT(XDP_PASS, XDP_PASS_NO_SOCKET, .first = RTP);
    EXPECT(XDP_PASS, XDP_PASS_NO_SOCKET, .first = RTP, .remote_port = 1);
    EXPECT(XDP_PASS, XDP_PASS_NO_SOCKET, .first = STUN);
    EXPECT(XDP_PASS, XDP_PASS_NO_SOCKET, .payload = PAYLOAD_NONE);
    EXPECT(XDP_PASS, NONE, .local_port = 53, .first = RTP);
}

/* The last socket of a process that ended is the same to the map as one that was closed. */
static void test_socket_closed(void **state)
{
    (void)state;
    EXPECT(XDP_DROP, XDP_DROP_RTP_UNKNOWN_PEER, .first = RTP);
    int entries = 64, other = socket(AF_XDP, SOCK_RAW, 0);
    uint32_t queue = 0;
    assert_int_equal(setsockopt(other, SOL_XDP, XDP_RX_RING, &entries, sizeof entries), 0);
    assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.sockets), &queue, &other, BPF_ANY),
                     0);
    close(other);
    EXPECT(XDP_PASS, XDP_PASS_NO_SOCKET, .first = RTP);
}

#define TOKENS 5

/* Strangers of one prefix share a bucket; other prefixes and known pairs have none of it. */
static void check_buckets(int ipv6, uint8_t first, uint32_t rx, uint32_t drop)
{
    uint8_t net = (uint8_t)(10 + 10 * first);
    set_config(3600 * NSEC_PER_SEC, TOKENS);
    set_pair(ipv6, false);
    for (uint8_t i = 0; i < TOKENS; i++)
        EXPECT(XDP_REDIRECT, rx, .ipv6 = ipv6, .first = first, .remote_net = net, .remote_host = i,
               .remote_port = (uint16_t)(1000 + i));
    EXPECT(XDP_DROP, drop, .ipv6 = ipv6, .first = first, .remote_net = net);
    EXPECT(XDP_DROP, drop, .ipv6 = ipv6, .first = first, .remote_net = net, .remote_host = 99);
    EXPECT(XDP_REDIRECT, rx, .ipv6 = ipv6, .first = first, .remote_net = (uint8_t)(net + 1));
    for (uint8_t i = 0; i < 2 * TOKENS; i++)
        run(&(struct frame_spec){.ipv6 = ipv6, .first = first});
    EXPECT(XDP_DROP, drop, .ipv6 = ipv6, .first = first);
    set_pair(ipv6, true);
    EXPECT(XDP_REDIRECT, rx, .ipv6 = ipv6, .first = first);
}

static void test_buckets(void **state)
{
    (void)state;
    for (int ipv6 = 0; ipv6 < 2; ipv6++) {
        check_buckets(ipv6, STUN, XDP_RX_STUN, XDP_DROP_STUN_RATE);
        check_buckets(ipv6, DTLS, XDP_RX_DTLS, XDP_DROP_DTLS_RATE);
    }
}

/* The same bytes in IPv4 and IPv6 are not the same prefix. */
static void test_prefixes(void **state)
{
    (void)state;
    const __u8 ip[16] = {192, 0, 2, 1};
    assert_int_not_equal(sluice_prefix_ipv4(ip), sluice_prefix_ipv6(ip));
}

static void test_bucket_refills(void **state)
{
    (void)state;
    uint64_t token = NSEC_PER_SEC / 10;
    set_config(token, 2);
    EXPECT(XDP_REDIRECT, XDP_RX_STUN, .first = STUN, .remote_net = 77);
    EXPECT(XDP_REDIRECT, XDP_RX_STUN, .first = STUN, .remote_net = 77);
    EXPECT(XDP_DROP, XDP_DROP_STUN_RATE, .first = STUN, .remote_net = 77);
    usleep(150000);
    EXPECT(XDP_REDIRECT, XDP_RX_STUN, .first = STUN, .remote_net = 77);
    EXPECT(XDP_DROP, XDP_DROP_STUN_RATE, .first = STUN, .remote_net = 77);
}

static bool load(void)
{
    int entries = 64;
    skel = sluice_xdp__open_and_load();
    xsk_fd = socket(AF_XDP, SOCK_RAW, 0);
    return skel && xsk_fd >= 0 &&
           setsockopt(xsk_fd, SOL_XDP, XDP_RX_RING, &entries, sizeof entries) == 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_not_ours, usual_state),
        cmocka_unit_test_setup(test_ports, usual_state),
        cmocka_unit_test_setup(test_truncated_headers, usual_state),
        cmocka_unit_test_setup(test_lengths, usual_state),
        cmocka_unit_test_setup(test_fragments_and_options, usual_state),
        cmocka_unit_test_setup(test_classes, usual_state),
        cmocka_unit_test_setup(test_pairs, usual_state),
        cmocka_unit_test_setup(test_no_socket, usual_state),
        cmocka_unit_test_setup(test_socket_closed, usual_state),
        cmocka_unit_test_setup(test_buckets, usual_state),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test_setup(test_bucket_refills, usual_state),
    };
    if (!load()) {
        printf("skipped: BPF programs or AF_XDP sockets are not allowed here (%s)\n",
               strerror(errno));
        return SKIP;
    }
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    close(xsk_fd);
    sluice_xdp__destroy(skel);
    return rc;
}
