/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/net/table.h"
#include "dataplane/net/watch.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PORT 4711
#define ETH  7
#define VLAN 8

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 1}, router_mac[6] = {2, 0, 0, 0, 0, 9};

/* A message under construction. */
static struct {
    _Alignas(4) uint8_t bytes[1024];
    size_t len;
} message;

static void begin(uint16_t type, uint32_t seq, uint32_t port, const void *body, size_t len)
{
    struct nlmsghdr h = {.nlmsg_type = type, .nlmsg_seq = seq, .nlmsg_pid = port};
    memset(&message, 0, sizeof(message));
    memcpy(message.bytes, &h, sizeof(h));
    memcpy(message.bytes + NLMSG_HDRLEN, body, len);
    message.len = NLMSG_HDRLEN + NLMSG_ALIGN(len);
}

static void add(uint16_t type, const void *data, size_t len)
{
    struct rtattr a = {.rta_type = type, .rta_len = (uint16_t)RTA_LENGTH(len)};
    memcpy(message.bytes + message.len, &a, sizeof(a));
    memcpy(message.bytes + message.len + RTA_LENGTH(0), data, len);
    message.len += RTA_ALIGN(a.rta_len);
}

static void deliver(struct net_table *t, usec_t now)
{
    uint32_t len = (uint32_t)message.len;
    memcpy(message.bytes, &len, sizeof(len));
    net_table_input(t, message.bytes, message.len, now);
}

static struct net_addr ip(const char *text)
{
    struct net_addr a;
    assert_true(net_addr_parse(&a, text, 0));
    return a;
}

static size_t ip_size(const struct net_addr *a)
{
    return a->family == 6 ? 16 : 4;
}

static uint8_t ip_family(const struct net_addr *a)
{
    return a->family == 6 ? AF_INET6 : AF_INET;
}

static void tell_link(struct net_table *t, int ifindex, uint16_t vlan, uint32_t lower)
{
    struct ifinfomsg body = {.ifi_type = ARPHRD_ETHER, .ifi_index = ifindex, .ifi_flags = IFF_UP};
    uint32_t mtu = 1500;
    begin(RTM_NEWLINK, 0, 0, &body, sizeof(body));
    add(IFLA_ADDRESS, own_mac, 6);
    add(IFLA_MTU, &mtu, sizeof(mtu));
    if (vlan) {
        /* IFLA_LINKINFO { kind "vlan", data { id } } */
        uint8_t info[24] = {8,  0, IFLA_INFO_KIND, 0, 'v', 'l', 'a',          'n',
                            12, 0, IFLA_INFO_DATA, 0, 6,   0,   IFLA_VLAN_ID, 0};
        memcpy(info + 16, &vlan, 2);
        add(IFLA_LINK, &lower, sizeof(lower));
        add(IFLA_LINKINFO, info, 20);
    }
    deliver(t, 1);
}

static void tell_address(struct net_table *t, uint32_t ifindex, const char *text, uint16_t type)
{
    struct net_addr a = ip(text);
    struct ifaddrmsg body = {.ifa_family = ip_family(&a), .ifa_index = ifindex};
    begin(type, 0, 0, &body, sizeof(body));
    add(IFA_ADDRESS, a.ip, ip_size(&a));
    deliver(t, 1);
}

static void tell_neighbour(struct net_table *t, int ifindex, const char *text, uint16_t state)
{
    struct net_addr a = ip(text);
    struct ndmsg body = {.ndm_family = ip_family(&a), .ndm_ifindex = ifindex, .ndm_state = state};
    begin(RTM_NEWNEIGH, 0, 0, &body, sizeof(body));
    add(NDA_DST, a.ip, ip_size(&a));
    if (state != NUD_FAILED)
        add(NDA_LLADDR, router_mac, 6);
    deliver(t, 1);
}

/* The pending request's type, 0 if there is none; its sequence number in *seq. */
static uint16_t request(struct net_table *t, usec_t now, uint32_t *seq)
{
    _Alignas(4) uint8_t out[NET_REQUEST_MAX];
    struct nlmsghdr h = {0};
    size_t len = net_table_output(t, out, now);
    if (len == 0)
        return 0;
    memcpy(&h, out, sizeof(h));
    assert_int_equal(h.nlmsg_len, len);
    *seq = h.nlmsg_seq;
    return h.nlmsg_type;
}

static void answer_route(struct net_table *t, uint32_t seq, uint32_t out, const char *gateway)
{
    struct rtmsg body = {.rtm_family = AF_INET, .rtm_type = RTN_UNICAST};
    begin(RTM_NEWROUTE, seq, PORT, &body, sizeof(body));
    add(RTA_OIF, &out, sizeof(out));
    if (gateway) {
        struct net_addr a = ip(gateway);
        uint8_t via[18] = {AF_INET6};
        memcpy(via + 2, a.ip, 16);
        if (a.family == 6)
            add(RTA_VIA, via, sizeof(via));
        else
            add(RTA_GATEWAY, a.ip, 4);
    }
    deliver(t, 1);
}

static struct net_table *table_after_dumps(void)
{
    struct net_table *t = net_table_create(PORT);
    const uint16_t order[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETNEIGH};
    assert_non_null(t);
    for (int i = 0; i < 3; i++) {
        uint32_t seq = 0, none = 0;
        assert_false(net_table_ready(t));
        assert_int_equal(request(t, 1, &seq), order[i]);
        assert_int_equal(request(t, 1, &seq), 0);
        begin(NLMSG_DONE, seq, PORT, &none, sizeof(none));
        deliver(t, 1);
    }
    assert_true(net_table_ready(t));
    tell_link(t, ETH, 0, 0);
    tell_link(t, VLAN, 100, ETH);
    tell_address(t, ETH, "192.0.2.1", RTM_NEWADDR);
    tell_address(t, VLAN, "2001:db8::1", RTM_NEWADDR);
    return t;
}

static bool hop_to(struct net_table *t, const char *local, const char *remote, usec_t now,
                   struct net_hop *hop)
{
    struct net_addr from = ip(local), to = ip(remote);
    return net_table_hop(t, &from, &to, 0, now, hop);
}

static void resolves_through_a_gateway(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_hop hop;
    uint32_t seq = 0;
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 10, &hop));
    assert_int_equal(request(t, 10, &seq), RTM_GETROUTE);
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 11, &hop));
    assert_int_equal(request(t, 11, &seq), 0); /* once is enough */
    answer_route(t, seq, ETH, "192.0.2.254");
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 12, &hop)); /* no neighbour yet */
    tell_neighbour(t, ETH, "192.0.2.254", NUD_REACHABLE);
    assert_true(hop_to(t, "192.0.2.1", "198.51.100.7", 13, &hop));
    assert_int_equal(hop.ifindex, ETH);
    assert_int_equal(hop.vlan, 0);
    assert_int_equal(hop.mtu, 1500);
    assert_memory_equal(hop.local_mac, own_mac, 6);
    assert_memory_equal(hop.remote_mac, router_mac, 6);
    tell_neighbour(t, ETH, "192.0.2.254", NUD_FAILED);
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 14, &hop));
    net_table_destroy(t);
}

static void resolves_on_link_and_through_ipv6(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_hop hop;
    uint32_t seq = 0;
    assert_false(hop_to(t, "192.0.2.1", "192.0.2.7", 10, &hop));
    request(t, 10, &seq);
    answer_route(t, seq, ETH, NULL);
    tell_neighbour(t, ETH, "192.0.2.7", NUD_PERMANENT);
    assert_true(hop_to(t, "192.0.2.1", "192.0.2.7", 11, &hop));

    assert_false(hop_to(t, "192.0.2.1", "203.0.113.1", 12, &hop));
    request(t, 12, &seq);
    answer_route(t, seq, VLAN, "fe80::1");
    tell_neighbour(t, VLAN, "fe80::1", NUD_REACHABLE);
    assert_true(hop_to(t, "192.0.2.1", "203.0.113.1", 13, &hop));
    assert_int_equal(hop.ifindex, ETH);
    assert_int_equal(hop.vlan, 100);
    net_table_destroy(t);
}

static void route_changes_ask_again(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_hop hop;
    uint32_t seq = 0;
    tell_neighbour(t, ETH, "192.0.2.254", NUD_REACHABLE);
    hop_to(t, "192.0.2.1", "198.51.100.7", 10, &hop);
    request(t, 10, &seq);
    answer_route(t, seq, ETH, "192.0.2.254");
    assert_true(hop_to(t, "192.0.2.1", "198.51.100.7", 11, &hop));
    /* An event: another process's port id and sequence number, which may be equal to ours. */
    struct rtmsg body = {.rtm_family = AF_INET};
    begin(RTM_DELROUTE, seq, 99, &body, sizeof(body));
    deliver(t, 12);
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 13, &hop));
    assert_int_equal(request(t, 13, &seq), RTM_GETROUTE);
    /* The kernel refuses: asked again after a while, not at once. */
    int error = -101;
    begin(NLMSG_ERROR, seq, PORT, &error, sizeof(error));
    deliver(t, 14);
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 15, &hop));
    assert_int_equal(request(t, 15, &seq), 0);
    assert_false(hop_to(t, "192.0.2.1", "198.51.100.7", 20 * USEC_PER_SEC, &hop));
    assert_int_equal(request(t, 20 * USEC_PER_SEC, &seq), RTM_GETROUTE);
    net_table_destroy(t);
}

static void doubtful_neighbours_are_left_to_the_kernel_now_and_then(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_hop hop;
    uint32_t seq = 0;
    usec_t start = 100 * USEC_PER_SEC;
    hop_to(t, "192.0.2.1", "192.0.2.7", start, &hop);
    request(t, start, &seq);
    answer_route(t, seq, ETH, NULL);
    tell_neighbour(t, ETH, "192.0.2.7", NUD_STALE);
    assert_false(hop_to(t, "192.0.2.1", "192.0.2.7", start + 1, &hop));
    assert_true(hop_to(t, "192.0.2.1", "192.0.2.7", start + 2, &hop));
    tell_neighbour(t, ETH, "192.0.2.7", NUD_DELAY);
    assert_true(hop_to(t, "192.0.2.1", "192.0.2.7", start + 3, &hop));
    assert_false(hop_to(t, "192.0.2.1", "192.0.2.7", start + 6 * USEC_PER_SEC, &hop));
    tell_neighbour(t, ETH, "192.0.2.7", NUD_REACHABLE);
    assert_true(hop_to(t, "192.0.2.1", "192.0.2.7", start + 60 * USEC_PER_SEC, &hop));
    net_table_destroy(t);
}

static void knows_who_has_an_address(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_addr four = ip("192.0.2.1"), six = ip("2001:db8::1"), other = ip("192.0.2.2");
    assert_int_equal(net_table_owner(t, &four), ETH);
    assert_int_equal(net_table_owner(t, &six), VLAN);
    assert_int_equal(net_table_owner(t, &other), 0);
    assert_int_equal(net_table_receiver(t, ETH, 0, &four), ETH);
    assert_int_equal(net_table_receiver(t, ETH, 100, &six), VLAN);
    assert_int_equal(net_table_receiver(t, ETH, 0, &six), 0);
    assert_int_equal(net_table_receiver(t, ETH, 101, &six), 0);
    assert_int_equal(net_table_receiver(t, ETH, 100, &four), 0);
    tell_address(t, ETH, "192.0.2.1", RTM_DELADDR);
    assert_int_equal(net_table_owner(t, &four), 0);
    net_table_destroy(t);
}

static void more_than_fits_is_no_harm(void **state)
{
    (void)state;
    struct net_table *t = table_after_dumps();
    struct net_hop hop;
    uint32_t seq = 0;
    char text[64];
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(text, sizeof(text), "10.0.%u.%u", i / 250, i % 250);
        tell_link(t, 1000 + (int)i, 0, 0);
        tell_address(t, ETH, text, RTM_NEWADDR);
        tell_neighbour(t, ETH, text, NUD_REACHABLE);
        hop_to(t, "192.0.2.1", text, i, &hop);
    }
    unsigned asked = 0;
    while (request(t, 20000, &seq))
        asked++;
    assert_in_range(asked, 1, 64);
    net_table_restart(t);
    assert_false(net_table_ready(t));
    assert_int_equal(request(t, 1, &seq), RTM_GETLINK);
    net_table_destroy(t);
}

/* The real kernel: its loopback addresses, and a route that it answers. */
static void watches_the_kernel(void **state)
{
    (void)state;
    struct net_watch w;
    struct net_addr loopback = ip("127.0.0.1");
    struct net_hop hop;
    assert_int_equal(net_watch_open(&w), 0);
    assert_true(net_table_ready(w.table));
    assert_true(net_table_owner(w.table, &loopback) != 0);
    usec_t now = clock_monotonic();
    /* A local route is no way out through an interface, however often it is asked for. */
    for (int i = 0; i < 3; i++) {
        assert_false(net_table_hop(w.table, &loopback, &loopback, 0, now, &hop));
        net_watch_pump(&w, now);
        usleep(1000);
    }
    net_watch_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resolves_through_a_gateway),
        cmocka_unit_test(resolves_on_link_and_through_ipv6),
        cmocka_unit_test(route_changes_ask_again),
        cmocka_unit_test(doubtful_neighbours_are_left_to_the_kernel_now_and_then),
        cmocka_unit_test(knows_who_has_an_address),
        cmocka_unit_test(more_than_fits_is_no_harm),
        cmocka_unit_test(watches_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
