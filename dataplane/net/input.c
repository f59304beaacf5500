/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages of rtnetlink(7) into the table. Lengths are checked; what is malformed is passed over.
 */
#include "dataplane/net/store.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define ATTRIBUTES 32

struct attribute {
    const uint8_t *data; /* NULL: absent */
    uint16_t len;
};

static void read_attributes(const uint8_t *p, size_t len, struct attribute out[ATTRIBUTES])
{
    memset(out, 0, sizeof(*out) * ATTRIBUTES);
    struct rtattr a;
    while (len >= sizeof(a)) {
        memcpy(&a, p, sizeof(a));
        if (a.rta_len < sizeof(a) || a.rta_len > len)
            return;
        uint16_t type = a.rta_type & NLA_TYPE_MASK;
        if (type < ATTRIBUTES)
            out[type] =
                (struct attribute){.data = p + sizeof(a), .len = (uint16_t)(a.rta_len - sizeof(a))};
        size_t step = RTA_ALIGN(a.rta_len);
        if (step > len)
            return;
        p += step;
        len -= step;
    }
}

static bool read_ip(const struct attribute *a, uint8_t family, struct net_addr *out)
{
    memset(out, 0, sizeof(*out));
    size_t want = family == AF_INET6 ? 16 : 4;
    if (!a->data || a->len != want || (family != AF_INET && family != AF_INET6))
        return false;
    out->family = family == AF_INET6 ? 6 : 4;
    memcpy(out->ip, a->data, want);
    return true;
}

static uint32_t read_u32(const struct attribute *a)
{
    uint32_t v = 0;
    if (a->data && a->len == sizeof(v))
        memcpy(&v, a->data, sizeof(v));
    return v;
}

static bool read_mac(const struct attribute *a, uint8_t mac[6])
{
    if (!a->data || a->len != 6)
        return false;
    memcpy(mac, a->data, 6);
    return true;
}

/* IFLA_LINKINFO of a VLAN interface: its id and what it lies on. */
static void read_vlan(const struct attribute attributes[ATTRIBUTES], struct link *link)
{
    struct attribute info[ATTRIBUTES], data[ATTRIBUTES];
    const struct attribute *nested = &attributes[IFLA_LINKINFO];
    if (!nested->data)
        return;
    read_attributes(nested->data, nested->len, info);
    const struct attribute *kind = &info[IFLA_INFO_KIND];
    if (!kind->data || kind->len < 4 || memcmp(kind->data, "vlan", 4) != 0 ||
        !info[IFLA_INFO_DATA].data)
        return;
    read_attributes(info[IFLA_INFO_DATA].data, info[IFLA_INFO_DATA].len, data);
    if (!data[IFLA_VLAN_ID].data || data[IFLA_VLAN_ID].len != sizeof(link->vlan))
        return;
    memcpy(&link->vlan, data[IFLA_VLAN_ID].data, sizeof(link->vlan));
    link->lower = read_u32(&attributes[IFLA_LINK]);
}

static void on_link(struct net_table *t, const uint8_t *p, size_t len, bool added)
{
    struct ifinfomsg m;
    struct attribute a[ATTRIBUTES];
    if (len < sizeof(m))
        return;
    memcpy(&m, p, sizeof(m));
    if (m.ifi_family != AF_UNSPEC || m.ifi_index <= 0)
        return;
    t->link_news++;
    read_attributes(p + sizeof(m), len - sizeof(m), a);
    struct link link = {.ifindex = (uint32_t)m.ifi_index, .mtu = read_u32(&a[IFLA_MTU])};
    link.usable = read_mac(&a[IFLA_ADDRESS], link.mac) && m.ifi_type == ARPHRD_ETHER &&
                  (m.ifi_flags & (IFF_UP | IFF_LOOPBACK)) == IFF_UP;
    read_vlan(a, &link);
    if (added)
        store_link_add(t, &link);
    else
        store_link_remove(t, link.ifindex);
    store_routes_forget(t);
}

static void on_address(struct net_table *t, const uint8_t *p, size_t len, bool added)
{
    struct ifaddrmsg m;
    struct attribute a[ATTRIBUTES];
    struct net_addr ip;
    if (len < sizeof(m))
        return;
    memcpy(&m, p, sizeof(m));
    read_attributes(p + sizeof(m), len - sizeof(m), a);
    const struct attribute *own = a[IFA_LOCAL].data ? &a[IFA_LOCAL] : &a[IFA_ADDRESS];
    if (m.ifa_index == 0 || !read_ip(own, m.ifa_family, &ip))
        return;
    if (added) {
        store_address_add(t, m.ifa_index, &ip);
    } else {
        store_address_remove(t, m.ifa_index, &ip);
        t->lost_addresses++;
    }
    store_routes_forget(t);
}

static void on_neighbour(struct net_table *t, const uint8_t *p, size_t len, bool added)
{
    struct ndmsg m;
    struct attribute a[ATTRIBUTES];
    if (len < sizeof(m))
        return;
    memcpy(&m, p, sizeof(m));
    read_attributes(p + sizeof(m), len - sizeof(m), a);
    struct neighbour n = {.ifindex = m.ndm_ifindex > 0 ? (uint32_t)m.ndm_ifindex : 0};
    if (n.ifindex == 0 || !read_ip(&a[NDA_DST], m.ndm_family, &n.ip))
        return;
    const uint16_t sure = NUD_REACHABLE | NUD_PERMANENT;
    const uint16_t doubtful = NUD_STALE | NUD_DELAY | NUD_PROBE;
    n.doubtful = (m.ndm_state & doubtful) != 0;
    if (added && (m.ndm_state & (sure | doubtful)) && read_mac(&a[NDA_LLADDR], n.mac))
        store_neighbour_add(t, &n);
    else
        store_neighbour_remove(t, n.ifindex, &n.ip);
}

static struct route *take_question(struct net_table *t, uint32_t seq)
{
    for (unsigned i = 0; i < t->asked_count; i++) {
        struct route *r = t->asked[i];
        if (r->state != ROUTE_ASKED || r->seq != seq)
            continue;
        t->asked[i] = t->asked[--t->asked_count];
        return r;
    }
    return NULL;
}

/* Only plain routes through one Ethernet next hop: no tunnels, no local or broadcast ones. */
static bool read_route(const uint8_t *p, size_t len, struct route *r)
{
    struct rtmsg m;
    struct attribute a[ATTRIBUTES];
    if (len < sizeof(m))
        return false;
    memcpy(&m, p, sizeof(m));
    read_attributes(p + sizeof(m), len - sizeof(m), a);
    r->out = read_u32(&a[RTA_OIF]);
    r->next = r->remote;
    bool plain = m.rtm_type == RTN_UNICAST && !a[RTA_ENCAP].data && !a[RTA_MULTIPATH].data;
    if (!plain || r->out == 0)
        return false;
    if (a[RTA_GATEWAY].data)
        return read_ip(&a[RTA_GATEWAY], m.rtm_family, &r->next);
    if (!a[RTA_VIA].data)
        return true;
    /* An IPv4 route through an IPv6 gateway: struct rtvia is the family and the address. */
    uint16_t family;
    if (a[RTA_VIA].len < sizeof(family))
        return false;
    memcpy(&family, a[RTA_VIA].data, sizeof(family));
    struct attribute gateway = {.data = a[RTA_VIA].data + sizeof(family),
                                .len = (uint16_t)(a[RTA_VIA].len - sizeof(family))};
    return read_ip(&gateway, (uint8_t)family, &r->next);
}

static void on_route_answer(struct net_table *t, const struct nlmsghdr *h, const uint8_t *p,
                            size_t len, usec_t now)
{
    struct route *r = take_question(t, h->nlmsg_seq);
    if (!r)
        return;
    r->state = h->nlmsg_type == RTM_NEWROUTE && read_route(p, len, r) ? ROUTE_KNOWN : ROUTE_FAILED;
    r->since = now;
}

static void next_dump(struct net_table *t)
{
    t->dump_asked = false;
    if (t->dump_interrupted)
        net_table_restart(t);
    else if (t->dump != DUMP_DONE)
        t->dump++;
}

/* An answer to one of our requests, as told by its port id: true if it was a control message. */
static bool on_answer(struct net_table *t, const struct nlmsghdr *h, const uint8_t *p, size_t len,
                      usec_t now)
{
    bool of_dump = h->nlmsg_seq == t->dump_seq && t->dump != DUMP_DONE;
    if (of_dump && (h->nlmsg_flags & NLM_F_DUMP_INTR))
        t->dump_interrupted = true;
    if (of_dump && (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR))
        next_dump(t);
    else if (h->nlmsg_type == RTM_NEWROUTE || h->nlmsg_type == NLMSG_ERROR)
        on_route_answer(t, h, p, len, now);
    return h->nlmsg_type < NLMSG_MIN_TYPE || h->nlmsg_type == RTM_NEWROUTE;
}

static void on_message(struct net_table *t, const struct nlmsghdr *h, const uint8_t *p, size_t len,
                       usec_t now)
{
    if (h->nlmsg_pid == t->port && on_answer(t, h, p, len, now))
        return;
    switch (h->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        on_link(t, p, len, h->nlmsg_type == RTM_NEWLINK);
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        on_address(t, p, len, h->nlmsg_type == RTM_NEWADDR);
        break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
        on_neighbour(t, p, len, h->nlmsg_type == RTM_NEWNEIGH);
        break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
    case RTM_NEWRULE:
    case RTM_DELRULE:
        store_routes_forget(t);
        break;
    default:
        break;
    }
}

void net_table_input(struct net_table *t, const uint8_t *data, size_t len, usec_t now)
{
    struct nlmsghdr h;
    while (len >= sizeof(h)) {
        memcpy(&h, data, sizeof(h));
        if (h.nlmsg_len < sizeof(h) || h.nlmsg_len > len)
            return;
        on_message(t, &h, data + sizeof(h), h.nlmsg_len - sizeof(h), now);
        size_t step = NLMSG_ALIGN((size_t)h.nlmsg_len);
        if (step >= len)
            return;
        data += step;
        len -= step;
    }
}
