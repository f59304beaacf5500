/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/address.h"

#include "common/log.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

bool address_in_cidr(const struct net_addr *ip, const char *cidr)
{
    char text[NET_ADDR_TEXT];
    const char *slash = strchr(cidr, '/');
    size_t len = slash ? (size_t)(slash - cidr) : strlen(cidr);
    if (len >= sizeof text)
        return false;
    memcpy(text, cidr, len);
    text[len] = '\0';
    struct net_addr net;
    if (!net_addr_parse(&net, text, 0) || net.family != ip->family)
        return false;
    unsigned long most = net.family == 4 ? 32 : 128;
    unsigned long bits = slash ? strtoul(slash + 1, NULL, 10) : most;
    if (bits > most)
        return false;
    if (memcmp(net.ip, ip->ip, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || (net.ip[bits / 8] ^ ip->ip[bits / 8]) >> (8 - rest) == 0;
}

static bool name_listed(const struct config_list *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->text[i], name) == 0)
            return true;
    return false;
}

static bool ip_listed(const struct config_list *l, const struct net_addr *a)
{
    for (size_t i = 0; i < l->n; i++)
        if (address_in_cidr(a, l->text[i]))
            return true;
    return false;
}

/* Includes win over excludes. */
static bool allowed(const struct config_rtc *c, const char *interface, const struct net_addr *a)
{
    if (c->interfaces_include.n > 0 ? !name_listed(&c->interfaces_include, interface)
                                    : name_listed(&c->interfaces_exclude, interface))
        return false;
    return c->ips_include.n > 0 ? ip_listed(&c->ips_include, a) : !ip_listed(&c->ips_exclude, a);
}

static size_t from_config(const struct config_rtc *c, struct net_addr *out, size_t cap)
{
    size_t n = 0;
    for (size_t i = 0; i < c->node_ip.n && n < cap; i++) {
        if (net_addr_parse(&out[n], c->node_ip.text[i], 0))
            n++;
        else
            log_warn("address", "rtc.node_ip: not an address: %s", c->node_ip.text[i]);
    }
    return n;
}

static size_t collect(const struct ifaddrs *list, const struct config_rtc *c, int family,
                      bool loopback, struct net_addr *out, size_t n, size_t cap)
{
    for (const struct ifaddrs *i = list; i && n < cap; i = i->ifa_next) {
        struct net_addr a;
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || !net_addr_from_sockaddr(&a, i->ifa_addr))
            continue;
        a.port = 0;
        if (a.family == family && net_addr_is_loopback(&a) == loopback &&
            !net_addr_is_link_local(&a) && allowed(c, i->ifa_name, &a))
            out[n++] = a;
    }
    return n;
}

size_t address_candidates(const struct config *c, struct net_addr *out, size_t cap)
{
    bool loopback = c->rtc.enable_loopback_candidate || c->development;
    size_t n = from_config(&c->rtc, out, cap);
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return n;
    if (n == 0) {
        n = collect(list, &c->rtc, 4, false, out, n, cap);
        n = collect(list, &c->rtc, 6, false, out, n, cap);
        if (loopback || n == 0)
            n = collect(list, &c->rtc, 4, true, out, n, cap);
    }
    freeifaddrs(list);
    return n;
}
