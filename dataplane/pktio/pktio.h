/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet input and output of media workers, one narrow interface over several backends:
 *   xdp  AF_XDP sockets on the interfaces' queues, with the kernel's stack beside it for the rest
 *   udp  one kernel UDP socket per worker and address family, with GRO and GSO
 *   sim  memory and virtual time, for tests and benchmarks
 *
 * A backend is opened once for all workers; after that each `struct pktio` belongs to one thread
 * and is never shared. Nothing here allocates, locks or makes a system call per packet. pktio
 * counts rx_packets, rx_bytes (all that arrived), tx_packets, tx_bytes (all that left), and its own
 * drops.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_PKTIO_H
#define SLUICE_DATAPLANE_PKTIO_PKTIO_H

#include "common/addr.h"
#include "common/clock.h"
#include "common/stats/counters.h"
#include "common/stats/layout.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PKTIO_BURST       64   /* most packets of one pktio_receive() */
#define PKTIO_PAYLOAD_MAX 1472 /* largest UDP payload sent: 1500 - 20 - 8 */
#define PKTIO_RECEIVE_MAX 2048 /* longer datagrams count as COUNTER_DROP_TRUNCATED */
#define PKTIO_WORKERS_MAX 16
#define PKTIO_FDS_MAX     64 /* most descriptors of one pktio_fds() */
#define PKTIO_ERROR_TEXT  256

/* A way to a peer, as learnt from a packet of theirs: answers take it backwards, so they leave from
 * the address and the interface that the peer used. Plain value; copy it freely. */
struct net_path {
    struct net_addr remote;
    struct net_addr local; /* where the peer sent to; its port tells the worker */
    uint32_t ifindex;      /* 0: let the kernel's routes decide */
    uint32_t tcp;          /* non-zero: an ICE-TCP connection, or with NET_PATH_TURN set an
                              allocation of the TURN server; such a path never reaches pktio */
    uint8_t link[16];      /* the backend's own (xdp: MAC addresses, queue); zero: unknown */
};

#define NET_PATH_TURN 0x80000000u

/* True if packets of the path travel in an ICE-TCP connection. Relayed ones count as UDP. */
static inline bool net_path_is_tcp(const struct net_path *path)
{
    return path->tcp != 0 && !(path->tcp & NET_PATH_TURN);
}

/* A received datagram. `data` may be written to; it stays until pktio_receive_done(). */
struct pktio_packet {
    uint8_t *data;
    uint32_t len; /* 1..PKTIO_RECEIVE_MAX; empty ones are dropped and counted */
    struct net_path path;
};

struct pktio; /* one worker's */

/* Up to PKTIO_BURST packets into out[]; returns how many, 0 if none wait. After a full burst more
 * may wait in memory, where poll(2) does not see them: pktio_deadline() then says so. */
size_t pktio_receive(struct pktio *io, struct pktio_packet out[static PKTIO_BURST], usec_t now);

/* When the kernel received the oldest packet of the last burst, in Unix time; 0 if the backend does
 * not know. */
usec_t pktio_received(const struct pktio *io);

/* Gives the memory of the last burst back; so does the next pktio_receive(). */
void pktio_receive_done(struct pktio *io);

/* Room for exactly `len` payload bytes (1..PKTIO_PAYLOAD_MAX) to path->remote. The caller fills it
 * before pktio_flush(); until then nothing leaves. NULL if there is no room: flush and ask again; a
 * caller that gets NULL right after a flush counts COUNTER_DROP_TX_FULL. Consecutive packets of
 * equal length on an equal path go out as one GSO run where the backend can. */
uint8_t *pktio_send(struct pktio *io, const struct net_path *path, size_t len);

/* Sends all that was filled. */
void pktio_flush(struct pktio *io, usec_t now);

/* Descriptors to poll for input, with their events; returns how many. pktio_receive() may change
 * them. Those that are closed at the moment are -1. */
size_t pktio_fds(struct pktio *io, struct pollfd fds[static PKTIO_FDS_MAX]);

/* When the backend wants pktio_receive() and pktio_flush() called again without input on the
 * descriptors (packets left over, frames outstanding); USEC_NEVER if not. */
usec_t pktio_deadline(const struct pktio *io);

/* Says whether RTP and RTCP from path->remote to path->local are wanted (a validated pair). The xdp
 * backend keeps the kernel program's table by it; others need nothing. May be called from the
 * session thread while the worker runs. */
void pktio_allow(struct pktio *io, const struct net_path *path, bool allowed);

enum pktio_backend { PKTIO_AUTO, PKTIO_XDP, PKTIO_UDP };

struct pktio_config {
    enum pktio_backend backend;
    unsigned workers;                  /* 1..PKTIO_WORKERS_MAX */
    uint16_t ports[PKTIO_WORKERS_MAX]; /* worker i's UDP port, on all addresses */
    bool ipv4, ipv6;
    /* xdp: attach to these; ends with NULL. NULL: to all that are up, have an address and a driver
     * with native XDP. What cannot be attached to goes through the kernel. */
    const char *const *interfaces;
    uint32_t socket_buffer;                       /* bytes asked of the kernel per UDP socket */
    struct counters *counters[PKTIO_WORKERS_MAX]; /* worker i's block */
    /* worker i's, [STATS_QUEUES_PER_WORKER]: what its own queues count. NULL: nothing */
    struct stats_queue *queues[PKTIO_WORKERS_MAX];
};

struct pktio_set; /* all workers' */

/* Opens a backend. On failure returns NULL and says why in err. `auto` tries xdp, then udp, and
 * logs which it chose and why. Needs the privileges; after it they may be dropped. */
struct pktio_set *pktio_open(const struct pktio_config *config, char err[static PKTIO_ERROR_TEXT]);

struct pktio *pktio_worker(struct pktio_set *set, unsigned worker);

/* "udp", "xdp native copy eth0": for people; static as long as the set lives. */
const char *pktio_describe(const struct pktio_set *set);

/* Why that backend: "configured", "xdp is unavailable: ..."; lives as long. */
const char *pktio_reason(const struct pktio_set *set);

/* Detaches programs, closes sockets. All workers have stopped. */
void pktio_close(struct pktio_set *set);

#endif
