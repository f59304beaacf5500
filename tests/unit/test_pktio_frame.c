/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bytes.h"
#include "dataplane/pktio/checksum.h"
#include "dataplane/pktio/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct net_path path_of(const char *local, const char *remote, uint16_t vlan)
{
    struct net_path path = {0};
    struct frame_link link = {.remote_mac = {2, 0, 0, 0, 0, 9},
                              .local_mac = {2, 0, 0, 0, 0, 1},
                              .vlan = vlan ? (uint16_t)(vlan | FRAME_VLAN_TAGGED) : 0};
    assert_true(net_addr_parse(&path.local, local, 7882));
    assert_true(net_addr_parse(&path.remote, remote, 40000));
    frame_link_set(&path, &link);
    return path;
}

static struct net_path backwards(const struct net_path *path)
{
    struct net_path back = {.remote = path->local, .local = path->remote};
    struct frame_link link = frame_link_of(path), swapped = link;
    memcpy(swapped.local_mac, link.remote_mac, 6);
    memcpy(swapped.remote_mac, link.local_mac, 6);
    frame_link_set(&back, &swapped);
    return back;
}

/* Returns the frame's length. */
static size_t build(uint8_t *frame, const struct net_path *path, size_t len)
{
    struct frame_link link = frame_link_of(path);
    uint8_t *payload = frame_write_headers(frame, path, &link, len);
    assert_int_equal(payload - frame, frame_headers_size(path, &link));
    for (size_t i = 0; i < len; i++)
        payload[i] = (uint8_t)(i * 7 + 3);
    frame_finish(frame);
    return (size_t)(payload - frame) + len;
}

/* RFC 1071, a word at a time. */
static uint16_t plain_sum(const uint8_t *p, size_t len, uint32_t sum)
{
    for (size_t i = 0; i < len; i++)
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* A receiver's sums over a whole packet give all ones. */
static void check_sums(const uint8_t *ip)
{
    bool v6 = ip[0] >> 4 == 6;
    const uint8_t *udp = ip + (v6 ? 40 : 20);
    uint16_t len = be16_get(udp + 4);
    if (!v6)
        assert_int_equal(plain_sum(ip, 20, 0), 0xffff);
    uint16_t addresses = v6 ? plain_sum(ip + 8, 32, 0) : plain_sum(ip + 12, 8, 0);
    assert_int_equal(plain_sum(udp, len, (uint32_t)addresses + 17 + len), 0xffff);
    assert_true(be16_get(udp + 6) != 0);
}

static void round_trip(const char *local, const char *remote, uint16_t vlan, size_t len)
{
    uint8_t frame[2048];
    struct net_path path = path_of(local, remote, vlan);
    size_t size = build(frame, &path, len);
    check_sums(frame + (vlan ? 18 : 14));
    struct pktio_packet got;
    memset(frame + size, 0xee, 60); /* Ethernet's padding is no part of the packet */
    assert_true(frame_parse(frame, size + 60, &got));
    assert_int_equal(got.len, len);
    assert_ptr_equal(got.data, frame + size - len);
    struct net_path back = backwards(&path);
    assert_memory_equal(&got.path, &back, sizeof(back));
    for (size_t cut = 0; cut < size; cut++)
        assert_false(frame_parse(frame, cut, &got));
}

static void frames_round_trip(void **state)
{
    (void)state;
    for (size_t len = 1; len <= PKTIO_PAYLOAD_MAX; len = len < 40 ? len + 1 : len * 3 / 2) {
        round_trip("192.0.2.1", "198.51.100.7", 0, len);
        round_trip("192.0.2.1", "198.51.100.7", 100, len);
        round_trip("2001:db8::1", "2001:db8:1::77", 0, len);
        round_trip("2001:db8::1", "2001:db8:1::77", 4094, len);
    }
}

static void a_sum_of_zero_is_sent_as_ones(void **state)
{
    (void)state;
    uint8_t frame[128];
    struct net_path path = path_of("192.0.2.1", "198.51.100.7", 0);
    struct frame_link link = frame_link_of(&path);
    uint8_t *payload = frame_write_headers(frame, &path, &link, 2);
    memset(payload, 0, 2);
    frame_finish(frame);
    memcpy(payload, payload - 2, 2); /* what is left to all ones: the sum becomes zero */
    memset(payload - 2, 0, 2);
    frame_finish(frame);
    assert_int_equal(be16_get(payload - 2), 0xffff);
}

static void refuses(size_t offset, uint8_t mask, const char *local, const char *remote)
{
    uint8_t frame[256];
    struct net_path path = path_of(local, remote, 0);
    size_t size = build(frame, &path, 100);
    struct pktio_packet got;
    frame[offset] ^= mask;
    assert_false(frame_parse(frame, size, &got));
}

static void refuses_what_is_not_plain_udp(void **state)
{
    (void)state;
    const char *a = "192.0.2.1", *b = "198.51.100.7", *c = "2001:db8::1", *d = "2001:db8::2";
    refuses(0, 1, a, b);     /* group MAC address */
    refuses(12, 0xff, a, b); /* EtherType */
    refuses(14, 0x20, a, b); /* version */
    refuses(14, 0x01, a, b); /* header of 16 bytes */
    refuses(16, 0x01, a, b); /* longer than the frame */
    refuses(17, 0x01, a, b); /* UDP length disagrees */
    refuses(20, 0x20, a, b); /* more fragments */
    refuses(21, 0x01, a, b); /* a later fragment */
    refuses(23, 0x01, a, b); /* protocol */
    refuses(39, 0x01, a, b); /* UDP length */
    refuses(14, 0x20, c, d); /* version */
    refuses(18, 0x01, c, d); /* longer than the frame */
    refuses(20, 0x11, c, d); /* extension header */
    refuses(59, 0x01, c, d); /* UDP length */
}

static void skips_ipv4_options(void **state)
{
    (void)state;
    uint8_t frame[256], with[260];
    struct net_path path = path_of("192.0.2.1", "198.51.100.7", 0);
    size_t size = build(frame, &path, 100);
    memcpy(with, frame, 34);
    memset(with + 34, 1, 4); /* no-operation options */
    memcpy(with + 38, frame + 34, size - 34);
    with[14] = 0x46;
    be16_put(with + 16, (uint16_t)(be16_get(with + 16) + 4));
    struct pktio_packet got;
    assert_true(frame_parse(with, size + 4, &got));
    assert_int_equal(got.len, 100);
    assert_int_equal(got.data[1], 10);
    assert_int_equal(got.path.remote.port, 7882);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_round_trip),
        cmocka_unit_test(a_sum_of_zero_is_sent_as_ones),
        cmocka_unit_test(refuses_what_is_not_plain_udp),
        cmocka_unit_test(skips_ipv4_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
