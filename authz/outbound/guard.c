/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/outbound/guard.h"

#include <stdlib.h>
#include <string.h>

struct range {
    uint8_t family, bits;
    uint8_t ip[16];
};

/* Not global, or nobody's server. */
static const struct range refused[] = {
    {4, 8, {0}},             /* this network */
    {4, 8, {10}},            /* private */
    {4, 10, {100, 64}},      /* carrier-grade NAT */
    {4, 8, {127}},           /* loopback */
    {4, 16, {169, 254}},     /* link-local, and the metadata services of clouds */
    {4, 12, {172, 16}},      /* private */
    {4, 24, {192, 0, 0}},    /* protocol assignments */
    {4, 24, {192, 0, 2}},    /* documentation */
    {4, 24, {192, 88, 99}},  /* 6to4 relays */
    {4, 16, {192, 168}},     /* private */
    {4, 15, {198, 18}},      /* benchmarks */
    {4, 24, {198, 51, 100}}, /* documentation */
    {4, 24, {203, 0, 113}},  /* documentation */
    {4, 4, {224}},           /* multicast */
    {4, 4, {240}},           /* reserved, broadcast */
    {6, 96, {0}},            /* unspecified, loopback, IPv4-compatible */
    {6, 48, {0, 0x64, 0xff, 0x9b, 0, 1}},
    {6, 64, {1}},                  /* discard */
    {6, 23, {0x20, 1, 0}},         /* protocol assignments, Teredo */
    {6, 32, {0x20, 1, 0xd, 0xb8}}, /* documentation */
    {6, 16, {0x20, 2}},            /* 6to4 */
    {6, 20, {0x3f, 0xff}},         /* documentation */
    {6, 16, {0x5f}},               /* SRv6 */
    {6, 7, {0xfc}},                /* unique local */
    {6, 10, {0xfe, 0x80}},         /* link-local */
    {6, 10, {0xfe, 0xc0}},         /* site-local */
    {6, 8, {0xff}},                /* multicast */
};

static bool matches(const uint8_t *ip, const uint8_t *base, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    uint8_t mask = (uint8_t)(0xff00 >> rest);
    return memcmp(ip, base, whole) == 0 && (rest == 0 || ((ip[whole] ^ base[whole]) & mask) == 0);
}

/* 64:ff9b::/96 (RFC 6052) and ::ffff:0:0/96 carry an IPv4 address in their last four bytes. */
static bool embedded(const struct net_addr *a, struct net_addr *v4)
{
    static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (a->family != 6 || (memcmp(a->ip, nat64, 12) != 0 && memcmp(a->ip, mapped, 12) != 0))
        return false;
    *v4 = (struct net_addr){.family = 4, .port = a->port};
    memcpy(v4->ip, a->ip + 12, 4);
    return true;
}

bool guard_global(const struct net_addr *a)
{
    struct net_addr v4;
    if (embedded(a, &v4))
        a = &v4;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (refused[i].family == a->family && matches(a->ip, refused[i].ip, refused[i].bits))
            return false;
    }
    /* beyond 2000::/3 nothing is assigned to servers */
    return a->family == 4 || (a->family == 6 && (a->ip[0] & 0xe0) == 0x20);
}

bool guard_network_parse(struct guard_network *n, const char *text)
{
    char ip[64], *end;
    size_t length = strcspn(text, "/");
    if (length >= sizeof(ip))
        return false;
    memcpy(ip, text, length);
    ip[length] = 0;
    if (!net_addr_parse(&n->base, ip, 0))
        return false;
    unsigned long most = n->base.family == 4 ? 32 : 128, bits = most;
    if (text[length] == '/') {
        bits = strtoul(text + length + 1, &end, 10);
        if (*end || end == text + length + 1)
            return false;
    }
    n->bits = (uint8_t)bits;
    return bits <= most;
}

bool guard_network_has(const struct guard_network *n, const struct net_addr *a)
{
    return n->base.family == a->family && matches(a->ip, n->base.ip, n->bits);
}
