/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addresses of this machine, and news of them.
 */
#ifndef SLUICE_CONTROL_ADDRESS_INTERFACES_H
#define SLUICE_CONTROL_ADDRESS_INTERFACES_H

#include "common/addr.h"
#include "common/config/config.h"
#include "control/http/loop.h"

/* Addresses of the interfaces that are up, IPv4 first, without loopback and link-local ones;
 * filtered as rtc.interfaces and rtc.ips say (includes win). Ports are 0. Returns how many, at most
 * cap. */
size_t interfaces_addresses(const struct config *c, struct net_addr *out, size_t cap);

/* 127.0.0.1 if it is to be offered: it is enabled, this is --dev, or there is nothing else. */
struct net_addr interfaces_loopback(const struct config *c, size_t others);

/* True if `ip` lies in `cidr` ("10.0.0.0/8", "2001:db8::1"). */
bool interfaces_in_cidr(const struct net_addr *ip, const char *cidr);

/* Events of rtnetlink: addresses, links, routes. */
struct interfaces_watch {
    struct loop *loop;
    struct loop_watch watch;
    void (*changed)(void *arg, const char *what);
    void *arg;
};

/* False with errno set if the kernel refuses the socket; nothing is watched then. */
bool interfaces_watch_open(struct interfaces_watch *w, struct loop *l);
void interfaces_watch_close(struct interfaces_watch *w);

#endif
