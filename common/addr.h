/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An IP address with port as a flat value: comparable with memcmp when made by these functions.
 */
#ifndef SLUICE_COMMON_ADDR_H
#define SLUICE_COMMON_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct net_addr {
    uint8_t family; /* 0 = unset, 4 or 6 */
    uint8_t pad;
    uint16_t port;  /* host order */
    uint8_t ip[16]; /* network order; IPv4 in the first four bytes, the rest zero */
};

/* Longest text: "[" IPv6 "]:65535" and NUL. */
#define NET_ADDR_TEXT 56

/* Sets *a from sa (AF_INET, AF_INET6; a v4-mapped IPv6 becomes IPv4). False for other families. */
bool net_addr_from_sockaddr(struct net_addr *a, const struct sockaddr *sa);

/* Fills ss and returns its length; 0 if a is unset. */
socklen_t net_addr_to_sockaddr(const struct net_addr *a, struct sockaddr_storage *ss);

/* Reads a numeric address ("192.0.2.1", "2001:db8::1"), without port. */
bool net_addr_parse(struct net_addr *a, const char *ip, uint16_t port);

/* "192.0.2.1:7882", "[2001:db8::1]:7882", or "unset". Returns buf. */
const char *net_addr_format(const struct net_addr *a, char buf[static NET_ADDR_TEXT]);

/* The address alone, without port and brackets. Returns buf. */
const char *net_addr_format_ip(const struct net_addr *a, char buf[static NET_ADDR_TEXT]);

bool net_addr_equal(const struct net_addr *a, const struct net_addr *b);
bool net_addr_same_ip(const struct net_addr *a, const struct net_addr *b);
bool net_addr_is_loopback(const struct net_addr *a);
bool net_addr_is_link_local(const struct net_addr *a);

/* True if the first `bits` bits of both addresses are the same, and so are their families. */
bool net_addr_in_prefix(const struct net_addr *a, const struct net_addr *prefix, unsigned bits);

/* A hash for tables; seeded by the caller against chosen collisions. */
uint64_t net_addr_hash(const struct net_addr *a, uint64_t seed);

#endif
