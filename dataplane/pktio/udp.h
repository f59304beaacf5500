/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the udp backend: one non-blocking socket of one address family, with what waits on
 * either side of it.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_UDP_H
#define SLUICE_DATAPLANE_PKTIO_UDP_H

#include "dataplane/pktio/backend.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define UDP_RX_MESSAGES 64    /* of one recvmmsg() */
#define UDP_RX_BUFFER   65728 /* the largest datagram, and a stagger against equal cache sets */
#define UDP_RX_CONTROL  160   /* packet info, GRO size, overflow count */

/* Messages received and not yet handed out; a message is a datagram, or several of equal size that
 * the kernel merged (GRO). */
struct udp_rx {
    struct mmsghdr *messages; /* [UDP_RX_MESSAGES] */
    struct iovec *iov;
    struct sockaddr_storage *names;
    uint8_t *control; /* [UDP_RX_MESSAGES][UDP_RX_CONTROL] */
    uint8_t *buffers; /* [UDP_RX_MESSAGES][UDP_RX_BUFFER] */
    unsigned count, next;
    unsigned stale; /* messages whose headers the kernel has written to */
    /* of messages[next]: */
    uint32_t offset, segment; /* segment 0: not looked at yet */
    struct net_path path;
    usec_t received;   /* when the kernel did, Unix time; 0: it does not tell */
    usec_t oldest;     /* the same, of the last burst's first message */
    uint32_t overflow; /* the kernel's last count of datagrams that found the queue full */
};

#define UDP_TX_BUFFER    262144
#define UDP_TX_RUNS      256
#define UDP_TX_SEGMENTS  64    /* the kernel's UDP_MAX_SEGMENTS */
#define UDP_TX_RUN_BYTES 65000 /* under 65535 with any headers */
#define UDP_TX_CONTROL   80
#define UDP_TX_RETRY     (500 * 1ULL) /* us after a full socket buffer */

/* Consecutive packets on one path: all `segment` long but the last, which may be shorter. */
struct udp_run {
    struct net_path path;
    uint32_t offset, bytes;
    uint16_t segment, count;
};

struct udp_tx {
    uint8_t *buffer;
    struct udp_run *runs;     /* [UDP_TX_RUNS] */
    struct mmsghdr *messages; /* [UDP_TX_RUNS], built from runs when flushing */
    struct iovec *iov;
    struct sockaddr_storage *names;
    uint8_t *control; /* [UDP_TX_RUNS][UDP_TX_CONTROL] */
    uint32_t used;
    unsigned count;
    bool gso;
    usec_t retry_at; /* USEC_NEVER: nothing outstanding */
};

struct udp_socket {
    int fd; /* -1: family not in use */
    uint8_t family;
    uint16_t port;
    struct counters *counters;
    struct udp_rx rx;
    struct udp_tx tx;
};

/* Opens, binds and configures. Returns 0 or an errno value, with words about it in err;
 * udp_socket_close() is due in any case. */
int udp_socket_open(struct udp_socket *s, uint8_t family, uint16_t port, uint32_t buffer,
                    struct counters *counters, char err[PKTIO_ERROR_TEXT]);
void udp_socket_close(struct udp_socket *s);

/* Up to `room` packets into out[]; makes at most one system call, none if packets are left over
 * from the last one. Memory of out[] stays until the next call. */
size_t udp_socket_receive(struct udp_socket *s, struct pktio_packet *out, size_t room);

/* As pktio_send() and pktio_flush(). */
uint8_t *udp_socket_send(struct udp_socket *s, const struct net_path *path, size_t len);
void udp_socket_flush(struct udp_socket *s, usec_t now);

#endif
