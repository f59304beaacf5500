/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet backend with one worker, and kernel sockets in the peer's namespace that talk to it.
 * What does not come as it should fails the test.
 */
#ifndef SLUICE_TESTS_NETNS_TALK_H
#define SLUICE_TESTS_NETNS_TALK_H

#include "dataplane/pktio/pktio.h"

#define PORT     7882
#define STUN     0x00 /* first bytes that tell the protocols apart */
#define RTP      0x80
#define WAIT_MS  3000
#define QUIET_MS 50
#define BUFFER   (1 << 20) /* a socket buffer for much */

extern struct counters counters;
extern struct pktio_set *set;
extern struct pktio *io;

bool io_open(enum pktio_backend backend, const char *const *interfaces, uint32_t socket_buffer);
void io_close(void);

uint64_t count(enum counter which);

/* A socket in the peer's namespace, connected to us: it hears nobody else. */
int peer_socket(const char *ip);
void peer_sends(int fd, uint8_t first, size_t len);
void peer_hears(int fd, size_t len, int fill);

/* The next burst that is not empty; empty if none comes in time. */
size_t receive(struct pktio_packet *out, int timeout_ms);
void expect_silence(void);

/* Takes one packet of a peer; its path. */
struct net_path learn(int fd, size_t len);
bool has_link(const struct net_path *path);

/* Queues a packet of `len` bytes of this value. */
void send_filled(const struct net_path *path, size_t len, int fill);

#endif
