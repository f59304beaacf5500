/* SPDX-License-Identifier: Apache-2.0 */
#include "control/address/interfaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

bool interfaces_in_cidr(const struct net_addr *ip, const char *cidr)
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
        if (interfaces_in_cidr(a, l->text[i]))
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

static size_t collect(const struct ifaddrs *list, const struct config_rtc *c, int family,
                      struct net_addr *out, size_t n, size_t cap)
{
    for (const struct ifaddrs *i = list; i && n < cap; i = i->ifa_next) {
        struct net_addr a;
        if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) || !net_addr_from_sockaddr(&a, i->ifa_addr))
            continue;
        a.port = 0;
        if (a.family == family && !net_addr_is_loopback(&a) && !net_addr_is_link_local(&a) &&
            allowed(c, i->ifa_name, &a))
            out[n++] = a;
    }
    return n;
}

size_t interfaces_addresses(const struct config *c, struct net_addr *out, size_t cap)
{
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        return 0;
    size_t n = collect(list, &c->rtc, 4, out, 0, cap);
    n = collect(list, &c->rtc, 6, out, n, cap);
    freeifaddrs(list);
    return n;
}

struct net_addr interfaces_loopback(const struct config *c, size_t others)
{
    struct net_addr a = {0};
    if (c->rtc.enable_loopback_candidate || c->development || others == 0)
        net_addr_parse(&a, "127.0.0.1", 0);
    return a;
}
