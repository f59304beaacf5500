/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel knows of links, addresses, neighbours and routes, kept up to date by its
 * rtnetlink(7) messages: for sending frames past the kernel. Sans-I/O: messages in, requests out.
 * Each table belongs to one thread. Whatever the table does not know, the kernel's stack does: a
 * caller without an answer sends that packet through a kernel socket, which also makes the kernel
 * resolve the neighbour.
 */
#ifndef SLUICE_DATAPLANE_NET_TABLE_H
#define SLUICE_DATAPLANE_NET_TABLE_H

#include "common/addr.h"
#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_REQUEST_MAX 128 /* bytes of the longest request */

/* Groups to subscribe to, as for sockaddr_nl.nl_groups. */
extern const uint32_t net_table_groups;

/* How frames to a remote address leave. */
struct net_hop {
    uint32_t ifindex; /* the interface that carries them: for a VLAN the one below it */
    uint32_t mtu;     /* largest IP packet */
    uint16_t vlan;    /* VLAN id; 0: untagged */
    uint8_t local_mac[6], remote_mac[6];
};

struct net_table;

/* `port` is the netlink port id of the socket that the messages come from and the requests go to.
 * NULL if out of memory. */
struct net_table *net_table_create(uint32_t port);
void net_table_destroy(struct net_table *t);

/* One datagram from the socket. */
void net_table_input(struct net_table *t, const uint8_t *data, size_t len, usec_t now);

/* Messages were lost (ENOBUFS): forgets all and asks anew. */
void net_table_restart(struct net_table *t);

/* The next request to send, at most NET_REQUEST_MAX bytes; returns its length, 0 if none is due. */
size_t net_table_output(struct net_table *t, uint8_t out[static NET_REQUEST_MAX], usec_t now);

/* True once links, addresses and neighbours have been read. */
bool net_table_ready(const struct net_table *t);

/* Counts news of links: another number means that there was some. */
uint32_t net_table_link_news(const struct net_table *t);

/* The same of addresses that were taken away. */
uint32_t net_table_lost_addresses(const struct net_table *t);

/* Largest IP packet of an interface; 0: not known. */
uint32_t net_table_mtu(const struct net_table *t, uint32_t ifindex);

/* The interface that has this address (0: none): the port is not looked at. */
uint32_t net_table_owner(const struct net_table *t, const struct net_addr *local);

/* The interface that has this address and receives what arrives on `ifindex` with VLAN id `vlan`
 * (0: untagged): `ifindex` itself or a VLAN interface above it. 0 if there is none. */
uint32_t net_table_receiver(const struct net_table *t, uint32_t ifindex, uint16_t vlan,
                            const struct net_addr *local);

/* How frames from `local` through interface `ifindex` (0: any) to `remote` leave. False: not known,
 * or not yet; then net_table_output() may have a request to send. */
bool net_table_hop(struct net_table *t, const struct net_addr *local, const struct net_addr *remote,
                   uint32_t ifindex, usec_t now, struct net_hop *hop);

#endif
