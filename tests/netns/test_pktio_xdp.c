/* SPDX-License-Identifier: Apache-2.0 */
/* The xdp backend against kernel sockets in another network namespace, over veth. */
#include "dataplane/pktio/frame.h"
#include "tests/netns/namespaces.h"
#include "tests/netns/talk.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SKIPPED 77
#define QUEUES  2

static int setup(void **state)
{
    (void)state;
    static const char *const interfaces[] = {OUR_INTERFACE, NULL};
    return io_open(PKTIO_XDP, interfaces, BUFFER) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    io_close();
    return 0;
}

/* The peer's kernel checks addresses and the UDP checksum: AF_XDP frames claim no offload. */
static void answers(const char *ip)
{
    static const size_t lengths[] = {1, 2, 3, 100, 1199, 1200, 1452};
    uint64_t rx = count(COUNTER_RX_XDP_PACKETS), tx = count(COUNTER_TX_XDP_PACKETS);
    int fd = peer_socket(ip);
    struct net_path path = learn(fd, 100);
    char text[NET_ADDR_TEXT];
    assert_string_equal(net_addr_format_ip(&path.local, text), ip);
    assert_int_equal(path.local.port, PORT);
    assert_true(path.ifindex != 0);
    assert_true(has_link(&path));
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        send_filled(&path, lengths[i], (int)i + 1);
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, lengths[i], (int)i + 1);
    }
    assert_int_equal(count(COUNTER_RX_XDP_PACKETS) - rx, 1);
    assert_int_equal(count(COUNTER_TX_XDP_PACKETS) - tx, sizeof(lengths) / sizeof(lengths[0]));
    close(fd);
}

static void says_what_it_is(void **state)
{
    (void)state;
    assert_non_null(strstr(pktio_describe(set), "native copy " OUR_INTERFACE " (2 queues)"));
}

static void answers_past_the_kernel(void **state)
{
    (void)state;
    answers(OUR_IPV4);
    answers(OUR_IPV6);
}

static void media_of_strangers_is_dropped(void **state)
{
    (void)state;
    const char *const ours[] = {OUR_IPV4, OUR_IPV6};
    for (int i = 0; i < 2; i++) {
        struct pktio_packet got[PKTIO_BURST];
        int fd = peer_socket(ours[i]), other = peer_socket(ours[i]);
        struct net_path path = learn(fd, 50);
        peer_sends(fd, RTP, 200);
        expect_silence();
        pktio_allow(io, &path, true);
        peer_sends(other, RTP, 201);
        expect_silence();
        peer_sends(fd, RTP, 202);
        assert_int_equal(receive(got, WAIT_MS), 1);
        assert_int_equal(got[0].len, 202);
        pktio_receive_done(io);
        pktio_allow(io, &path, false);
        peer_sends(fd, RTP, 203);
        expect_silence();
        close(fd);
        close(other);
    }
    struct pktio_packet got[PKTIO_BURST];
    pktio_receive(io, got, clock_monotonic() + 2 * USEC_PER_SEC); /* counts are read now and then */
    assert_int_equal(count(COUNTER_DROP_RTP_UNKNOWN_PEER), 6);
}

/* Without a learnt link: the kernel sends until the neighbour is known, then we do. */
static void resolves(const char *ip)
{
    int fd = peer_socket(ip);
    struct net_path path = learn(fd, 60);
    memset(path.link, 0, sizeof(path.link));
    path.ifindex = 0;
    uint64_t before = count(COUNTER_TX_XDP_PACKETS);
    for (int i = 0; i < 50 && count(COUNTER_TX_XDP_PACKETS) - before < 3; i++) {
        struct pktio_packet got[PKTIO_BURST];
        send_filled(&path, 300, i);
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, 300, i);
        assert_int_equal(receive(got, 10), 0);
    }
    assert_int_equal(count(COUNTER_TX_XDP_PACKETS) - before, 3);
    close(fd);
}

static void resolves_paths_without_a_link(void **state)
{
    (void)state;
    resolves(OUR_IPV4);
    resolves(OUR_IPV6);
    assert_true(count(COUNTER_TX_PACKETS) > count(COUNTER_TX_XDP_PACKETS));
}

static void many_packets_each_way(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 40);
    struct pktio_packet got[PKTIO_BURST];
    pktio_allow(io, &path, true);
    for (int sent = 0, seen = 0; seen < MANY;) {
        for (int i = 0; i < 100 && sent < MANY; i++, sent++)
            peer_sends(fd, RTP, 1000);
        size_t n = receive(got, WAIT_MS);
        assert_in_range(n, 1, PKTIO_BURST);
        pktio_receive_done(io);
        seen += (int)n;
    }
    for (int i = 0; i < MANY; i++) {
        if (i % 500 == 499 || !pktio_send(io, &path, 1000)) {
            pktio_flush(io, clock_monotonic());
            assert_non_null(pktio_send(io, &path, 1000));
        }
    }
    while (pktio_flush(io, clock_monotonic()), pktio_deadline(io) != USEC_NEVER)
        usleep(100);
    for (int i = 0; i < MANY; i++) {
        uint8_t buf[1500];
        assert_int_equal(recv(fd, buf, sizeof(buf), 0), 1000);
    }
    assert_int_equal(count(COUNTER_DROP_RX_OVERFLOW), 0);
    close(fd);
}

/* veth in native mode has the sender's kernel split what it would hand over as one. */
static void merged_packets_arrive_apart(void **state)
{
    (void)state;
    int fd = peer_socket(OUR_IPV4), segment = 500;
    struct pktio_packet got[PKTIO_BURST];
    uint8_t data[5000] = {STUN};
    for (size_t i = 0; i < sizeof(data); i += 500)
        data[i] = STUN;
    assert_int_equal(setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)), 0);
    assert_int_equal(send(fd, data, sizeof(data), 0), sizeof(data));
    size_t n = 0;
    while (n < 10) {
        size_t more = receive(got, WAIT_MS);
        assert_in_range(more, 1, 10 - n);
        assert_int_equal(got[0].len, 500);
        pktio_receive_done(io);
        n += more;
    }
    close(fd);
}

/* Packets of the loopback interface never meet the program. */
static void loopback_goes_through_the_kernel(void **state)
{
    (void)state;
    struct net_addr to;
    struct sockaddr_storage ss;
    struct pktio_packet got[PKTIO_BURST];
    assert_true(net_addr_parse(&to, "127.0.0.1", PORT));
    socklen_t len = net_addr_to_sockaddr(&to, &ss);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&ss, len), 0);
    peer_sends(fd, RTP, 77);
    assert_int_equal(receive(got, WAIT_MS), 1);
    struct net_path path = got[0].path;
    assert_false(has_link(&path));
    pktio_receive_done(io);
    send_filled(&path, 88, 'l');
    pktio_flush(io, clock_monotonic());
    peer_hears(fd, 88, 'l');
    assert_int_equal(count(COUNTER_TX_XDP_PACKETS), 0);
    assert_int_equal(count(COUNTER_RX_XDP_PACKETS), 0);
    close(fd);
}

/* Longer than the MTU: the kernel fragments. */
static void longer_than_the_mtu_goes_through_the_kernel(void **state)
{
    (void)state;
    assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu 1280"));
    teardown(NULL);
    assert_int_equal(setup(NULL), 0);
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 40);
    send_filled(&path, 1400, 'f');
    send_filled(&path, 1252, 'g');
    pktio_flush(io, clock_monotonic());
    uint8_t buf[2048];
    assert_int_equal(recv(fd, buf, sizeof(buf), 0) + recv(fd, buf, sizeof(buf), 0), 1400 + 1252);
    assert_int_equal(count(COUNTER_TX_XDP_PACKETS), 1);
    assert_int_equal(count(COUNTER_TX_PACKETS), 2);
    assert_true(namespace_run("ip link set " OUR_INTERFACE " mtu 1500"));
    close(fd);
}

/* Skips the test where the kernel has no VLANs. `hardware`: the peer's tag is not in the frame. */
static void join_vlan(const char *hardware)
{
    if (!namespace_run("ip link add link " OUR_INTERFACE " name vlan7 type vlan id 7"))
        skip();
    assert_true(namespace_run("ip addr add 10.67.0.1/24 dev vlan7 && ip link set vlan7 up"));
    namespace_enter_peer();
    bool ok = namespace_run("ethtool -K " PEER_INTERFACE " tx-vlan-hw-insert %s >/dev/null && "
                            "ip link add link " PEER_INTERFACE " name vlan7 type vlan id 7 && "
                            "ip addr add 10.67.0.2/24 dev vlan7 && ip link set vlan7 up",
                            hardware);
    namespace_enter_ours();
    assert_true(ok);
}

static void leave_vlan(void)
{
    assert_true(namespace_run("ip link del vlan7"));
    namespace_enter_peer();
    bool ok = namespace_run("ip link del vlan7");
    namespace_enter_ours();
    assert_true(ok);
}

static void answers_with_the_tag_of_the_vlan(void **state)
{
    (void)state;
    join_vlan("off");
    answers("10.67.0.1");
    resolves("10.67.0.1");
    leave_vlan();
}

/* A tag that the device took off is not in the frame: then only the kernel knows the way. */
static void hidden_vlan_tags_go_through_the_kernel(void **state)
{
    (void)state;
    join_vlan("on");
    int fd = peer_socket("10.67.0.1");
    struct net_path path = learn(fd, 100);
    send_filled(&path, 200, 'v');
    pktio_flush(io, clock_monotonic());
    peer_hears(fd, 200, 'v');
    leave_vlan();
    close(fd);
}

/* A raw socket on the peer's interface. */
static int peer_wire(uint16_t protocol)
{
    namespace_enter_peer();
    struct sockaddr_ll at = {.sll_family = AF_PACKET,
                             .sll_protocol = htons(protocol),
                             .sll_ifindex = (int)if_nametoindex(PEER_INTERFACE)};
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(protocol)), one = 1;
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
    struct timeval wait = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    namespace_enter_ours();
    return fd;
}

/* A frame as the peer of `path` would send it, on the wire. */
static void peer_sends_frame(int wire, const struct net_path *path, const struct frame_link *back)
{
    uint8_t frame[256];
    struct net_path out = {.remote = path->local, .local = path->remote};
    struct frame_link link = *back;
    memcpy(link.remote_mac, back->local_mac, 6);
    memcpy(link.local_mac, back->remote_mac, 6);
    uint8_t *payload = frame_write_headers(frame, &out, &link, 20);
    memset(payload, STUN, 20);
    frame_finish(frame);
    size_t len = (size_t)(payload - frame) + 20;
    assert_int_equal(send(wire, frame, len, 0), len);
}

/* Hundreds of frames that the program lets through and we do not: they go back to the kernel. */
static void frames_that_are_dropped_go_back(void **state)
{
    (void)state;
    int fd = peer_socket(OUR_IPV4), wire = peer_wire(ETH_P_IP);
    struct net_path path = learn(fd, 100);
    struct frame_link link = frame_link_of(&path);
    memset(link.local_mac, 0xff, 6); /* broadcast: no link to answer on */
    struct pktio_packet got[PKTIO_BURST];
    for (int i = 0; i < 300; i++) {
        peer_sends_frame(wire, &path, &link);
        pktio_receive(io, got, clock_monotonic());
    }
    learn(fd, 101);
    assert_int_equal(count(COUNTER_DROP_FRAME), 300);
    close(wire);
    close(fd);
}

/* The tag of the next frame at the peer that is on our path, 0 if it has none; the kernel takes it
 * off and tells it beside. */
static uint16_t peer_sees_tag(int wire, const struct net_path *path)
{
    uint8_t frame[2048];
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
    struct iovec iov = {.iov_base = frame, .iov_len = sizeof(frame)};
    for (;;) {
        struct msghdr h = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof(control)};
        struct tpacket_auxdata aux = {0};
        struct pktio_packet p;
        ssize_t n = recvmsg(wire, &h, 0);
        assert_true(n > 0);
        struct cmsghdr *c = CMSG_FIRSTHDR(&h);
        if (c && c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
            memcpy(&aux, CMSG_DATA(c), sizeof(aux));
        if (frame_parse(frame, (size_t)n, &p) && net_addr_equal(&p.path.local, &path->remote))
            return aux.tp_status & TP_STATUS_VLAN_VALID ? aux.tp_vlan_tci & 0xfff : 0;
    }
}

/* Without a VLAN interface that has the address there is no way back with a tag; a link that has
 * one (as it would be learnt) puts it into the frame. */
static void tags_are_read_and_written(void **state)
{
    (void)state;
    int fd = peer_socket(OUR_IPV4), wire = peer_wire(ETH_P_ALL);
    struct net_path path = learn(fd, 100);
    struct frame_link link = frame_link_of(&path);
    struct pktio_packet got[PKTIO_BURST];
    link.vlan = 7 | FRAME_VLAN_TAGGED;
    peer_sends_frame(wire, &path, &link);
    assert_int_equal(receive(got, WAIT_MS), 1);
    assert_int_equal(got[0].len, 20);
    assert_true(net_addr_equal(&got[0].path.remote, &path.remote));
    assert_false(has_link(&got[0].path));
    pktio_receive_done(io);

    frame_link_set(&path, &link);
    send_filled(&path, 100, 't');
    pktio_flush(io, clock_monotonic());
    assert_int_equal(peer_sees_tag(wire, &path), 7);
    close(wire);
    close(fd);
}

static void an_interface_that_goes_down_falls_back(void **state)
{
    (void)state;
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 100);
    assert_true(namespace_run("ip link set " OUR_INTERFACE " down"));
    for (int i = 0; i < 5; i++) {
        if (pktio_send(io, &path, 100))
            pktio_flush(io, clock_monotonic());
    }
    assert_true(namespace_run("ip link set " OUR_INTERFACE " up"));
    usec_t later = clock_monotonic() + 2 * USEC_PER_SEC;
    pktio_flush(io, later);
    fd = peer_socket(OUR_IPV4);
    path = learn(fd, 101);
    send_filled(&path, 102, 'u');
    pktio_flush(io, later);
    peer_hears(fd, 102, 'u');
    close(fd);
}

/* Queue 0 is the first worker's and queue 1 the second's; each sends through its own, wherever the
 * path was learnt. */
static void workers_share_the_queues(void **state)
{
    (void)state;
    static const char *const interfaces[] = {OUR_INTERFACE, NULL};
    static struct counters blocks[2];
    struct pktio_config config = {.backend = PKTIO_XDP,
                                  .workers = 2,
                                  .ports = {PORT, PORT + 1},
                                  .ipv4 = true,
                                  .interfaces = interfaces,
                                  .counters = {&blocks[0], &blocks[1]}};
    char err[PKTIO_ERROR_TEXT] = "";
    memset(blocks, 0, sizeof(blocks));
    set = pktio_open(&config, err);
    assert_non_null(set);
    int fd = peer_socket(OUR_IPV4);
    struct pktio_packet got[PKTIO_BURST];
    size_t n = 0;
    peer_sends(fd, STUN, 100);
    for (unsigned i = 0; n == 0 && i < 200; i++, usleep(1000))
        n = pktio_receive(pktio_worker(set, i % 2), got, clock_monotonic());
    assert_int_equal(n, 1);
    for (unsigned i = 0; i < 2; i++) {
        io = pktio_worker(set, i);
        send_filled(&got[0].path, 100 + i, 'w');
        pktio_flush(io, clock_monotonic());
        peer_hears(fd, 100 + i, 'w');
        assert_int_equal(counters_get(&blocks[i], COUNTER_TX_XDP_PACKETS), 1);
    }
    pktio_close(set);
    config.ports[1] = PORT + 2;
    assert_null(pktio_open(&config, err));
    assert_non_null(strstr(err, "consecutive"));
    close(fd);
}

static void *allow_and_forbid(void *arg)
{
    struct net_path path = *(struct net_path *)arg;
    for (uint16_t i = 1; i <= 2000; i++) {
        path.remote.port = i;
        pktio_allow(io, &path, true);
        pktio_allow(io, &path, false);
    }
    return NULL;
}

static void pairs_change_while_a_worker_runs(void **state)
{
    (void)state;
    pthread_t thread;
    int fd = peer_socket(OUR_IPV4);
    struct net_path path = learn(fd, 10);
    pktio_allow(io, &path, true);
    assert_int_equal(pthread_create(&thread, NULL, allow_and_forbid, &path), 0);
    for (int i = 0; i < 200; i++) {
        struct pktio_packet got[PKTIO_BURST];
        peer_sends(fd, RTP, 300);
        assert_int_equal(receive(got, WAIT_MS), 1);
        pktio_receive_done(io);
    }
    pthread_join(thread, NULL);
    close(fd);
}

/* Wanted, it waits for them; left to choose, it does without. */
static void waits_for_interfaces_that_are_named(void **state)
{
    (void)state;
    static const char *const interfaces[] = {"lo", "nowhere", NULL};
    struct pktio_config config = {.backend = PKTIO_XDP,
                                  .workers = 1,
                                  .ports = {PORT + 1},
                                  .ipv4 = true,
                                  .interfaces = interfaces,
                                  .counters = {&counters}};
    char err[PKTIO_ERROR_TEXT] = "";
    struct pktio_set *waiting = pktio_open(&config, err);
    assert_non_null(waiting);
    assert_string_equal(pktio_describe(waiting), "xdp, no interface yet");
    pktio_close(waiting);
    config.backend = PKTIO_AUTO;
    struct pktio_set *other = pktio_open(&config, err);
    assert_non_null(other);
    assert_string_equal(pktio_describe(other), "udp");
    pktio_close(other);
}

int main(void)
{
#define WITH_IO(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_IO(says_what_it_is),
        WITH_IO(answers_past_the_kernel),
        WITH_IO(media_of_strangers_is_dropped),
        WITH_IO(resolves_paths_without_a_link),
        WITH_IO(many_packets_each_way),
        WITH_IO(merged_packets_arrive_apart),
        WITH_IO(loopback_goes_through_the_kernel),
        WITH_IO(longer_than_the_mtu_goes_through_the_kernel),
        WITH_IO(answers_with_the_tag_of_the_vlan),
        WITH_IO(hidden_vlan_tags_go_through_the_kernel),
        WITH_IO(frames_that_are_dropped_go_back),
        WITH_IO(tags_are_read_and_written),
        WITH_IO(an_interface_that_goes_down_falls_back),
        WITH_IO(pairs_change_while_a_worker_runs),
        cmocka_unit_test(workers_share_the_queues),
        cmocka_unit_test(waits_for_interfaces_that_are_named),
    };
    if (!namespaces_create(QUEUES)) {
        fprintf(stderr, "skipped: needs root and network namespaces\n");
        return SKIPPED;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
