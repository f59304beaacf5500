/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sockets of the load generator: one TCP and one UDP socket per participant, datagrams in batches.
 */
#ifndef SLUICE_BENCH_SOCKET_H
#define SLUICE_BENCH_SOCKET_H

#include "bench/sluice-bench/outbox.h"

#include <stdbool.h>
#include <sys/socket.h>

/* All are non-blocking and return -1 with errno on failure. */
int socket_connect_tcp(const struct net_addr *server);
int socket_open_udp(uint8_t family);

/* From now on datagrams come from there alone, and go there without an address. */
bool socket_connect_udp(int fd, const struct net_addr *server);

/* Datagrams that this socket had no room for, since it was opened. */
uint32_t socket_drops(int fd);

#define SOCKET_BATCH   4
#define SOCKET_DATA    65536 /* a run of datagrams that the kernel joined (UDP_GRO) */
#define SOCKET_CONTROL 128

struct socket_batch {
    struct mmsghdr headers[SOCKET_BATCH];
    struct iovec vectors[SOCKET_BATCH];
    struct sockaddr_storage names[SOCKET_BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[SOCKET_BATCH][SOCKET_CONTROL];
    uint8_t data[SOCKET_BATCH][SOCKET_DATA];
};

/* A run of datagrams from one sender: `segment` bytes each, the last one perhaps less. */
struct socket_run {
    struct net_addr from;
    uint8_t *data;
    size_t len, segment;
    uint64_t wall; /* arrival, Unix ns */
};

/* Up to SOCKET_BATCH runs; fewer if no more is waiting. */
unsigned socket_receive(int fd, struct socket_batch *b, struct socket_run runs[SOCKET_BATCH]);

/* Sends and empties the box. Returns how many datagrams the kernel did not take. */
size_t socket_send(int fd, struct outbox *out);

#endif
