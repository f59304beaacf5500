/* SPDX-License-Identifier: Apache-2.0 */
/* Opening sockets, and datagrams with the address they came to. Private to this directory. */
#ifndef SLUICE_DATAPLANE_TURN_SOCKETS_H
#define SLUICE_DATAPLANE_TURN_SOCKETS_H

#include "dataplane/turn/allocation.h"

#include <sys/types.h>

/* Bound to `at` (an unset IP: all addresses of the family); -1 and errno. */
int socket_open_udp(const struct net_addr *at);
int socket_open_listener(const struct net_addr *at);

/* A datagram of at most cap bytes, and where it came from; longer ones are cut. -1: none is there.
 */
ssize_t socket_receive(int fd, struct turn_client *from, uint16_t port, uint8_t *data, size_t cap);

/* False if it did not go. */
bool socket_send(int fd, const struct turn_client *to, const uint8_t *data, size_t len);

#endif
