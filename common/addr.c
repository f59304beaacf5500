/* SPDX-License-Identifier: Apache-2.0 */
#include "common/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static size_t ip_length(const struct net_addr *a)
{
    return a->family == 6 ? 16 : 4;
}

bool net_addr_from_sockaddr(struct net_addr *a, const struct sockaddr *sa)
{
    memset(a, 0, sizeof(*a));
    if (sa->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
        a->family = 4;
        a->port = ntohs(in->sin_port);
        memcpy(a->ip, &in->sin_addr, 4);
        return true;
    }
    if (sa->sa_family != AF_INET6)
        return false;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
    a->port = ntohs(in6->sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
        a->family = 4;
        memcpy(a->ip, in6->sin6_addr.s6_addr + 12, 4);
    } else {
        a->family = 6;
        memcpy(a->ip, &in6->sin6_addr, 16);
    }
    return true;
}

socklen_t net_addr_to_sockaddr(const struct net_addr *a, struct sockaddr_storage *ss)
{
    memset(ss, 0, sizeof(*ss));
    if (a->family == 4) {
        struct sockaddr_in *in = (struct sockaddr_in *)ss;
        in->sin_family = AF_INET;
        in->sin_port = htons(a->port);
        memcpy(&in->sin_addr, a->ip, 4);
        return sizeof(*in);
    }
    if (a->family == 6) {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons(a->port);
        memcpy(&in6->sin6_addr, a->ip, 16);
        return sizeof(*in6);
    }
    return 0;
}

bool net_addr_parse(struct net_addr *a, const char *ip, uint16_t port)
{
    memset(a, 0, sizeof(*a));
    a->port = port;
    if (inet_pton(AF_INET, ip, a->ip) == 1) {
        a->family = 4;
        return true;
    }
    memset(a->ip, 0, sizeof(a->ip));
    if (inet_pton(AF_INET6, ip, a->ip) == 1) {
        a->family = 6;
        return true;
    }
    return false;
}

const char *net_addr_format_ip(const struct net_addr *a, char buf[static NET_ADDR_TEXT])
{
    if (a->family == 0)
        snprintf(buf, NET_ADDR_TEXT, "unset");
    else
        inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->ip, buf, NET_ADDR_TEXT);
    return buf;
}

const char *net_addr_format(const struct net_addr *a, char buf[static NET_ADDR_TEXT])
{
    char ip[NET_ADDR_TEXT];
    net_addr_format_ip(a, ip);
    if (a->family == 0)
        memcpy(buf, ip, sizeof(ip));
    else
        snprintf(buf, NET_ADDR_TEXT, a->family == 6 ? "[%.45s]:%u" : "%.45s:%u", ip, a->port);
    return buf;
}

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b)
{
    return a->port == b->port && net_addr_same_ip(a, b);
}

bool net_addr_same_ip(const struct net_addr *a, const struct net_addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, ip_length(a)) == 0;
}

bool net_addr_is_loopback(const struct net_addr *a)
{
    if (a->family == 4)
        return a->ip[0] == 127;
    return a->family == 6 && IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)a->ip);
}

bool net_addr_is_link_local(const struct net_addr *a)
{
    if (a->family == 4)
        return a->ip[0] == 169 && a->ip[1] == 254;
    return a->family == 6 && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80;
}

bool net_addr_in_prefix(const struct net_addr *a, const struct net_addr *prefix, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (a->family != prefix->family || bits > 8 * ip_length(a) ||
        memcmp(a->ip, prefix->ip, whole) != 0)
        return false;
    return rest == 0 || (a->ip[whole] ^ prefix->ip[whole]) >> (8 - rest) == 0;
}

static uint64_t mix(uint64_t h)
{
    h ^= h >> 33;
    h *= 0xff51afd7ed558ccdULL;
    h ^= h >> 33;
    h *= 0xc4ceb9fe1a85ec53ULL;
    return h ^ h >> 33;
}

uint64_t net_addr_hash(const struct net_addr *a, uint64_t seed)
{
    uint64_t lo, hi;
    memcpy(&lo, a->ip, 8);
    memcpy(&hi, a->ip + 8, 8);
    uint64_t h = mix(seed ^ lo);
    h = mix(h ^ hi);
    return mix(h ^ ((uint64_t)a->family << 16 | a->port));
}
