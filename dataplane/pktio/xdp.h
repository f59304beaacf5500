/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the xdp backend: AF_XDP sockets on the queues of some interfaces, spread over the
 * workers, and beside them each worker's kernel sockets (the udp backend) for everything else:
 * interfaces without XDP, packets that the program passed to the kernel, peers whose link address
 * is unknown.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_XDP_H
#define SLUICE_DATAPLANE_PKTIO_XDP_H

#include "bpf/loader.h"
#include "dataplane/net/watch.h"
#include "dataplane/pktio/backend.h"
#include "dataplane/pktio/interface.h"
#include "dataplane/pktio/xsk_queue.h"

#define XDP_PORTS_MAX 16
#define XDP_QUEUES_MAX                                                                             \
    (PKTIO_FDS_MAX - 3) /* of a worker: its other descriptors are the kernel                       \
                           sockets' and the netlink socket's */

/* An interface that the program is attached to. */
struct xdp_port {
    struct interface interface;
    bool generic, zerocopy;
    unsigned queues; /* with a socket */
};

/* Where the frames to a local address belong: the last answer of the table. */
struct xdp_placing {
    struct net_addr local;
    uint16_t vlan;
    bool valid;
    uint32_t receiver; /* interface that has the address; 0: not the one below which we are */
    uint32_t owner;    /* if so: whoever has it */
};

struct xdp_queue {
    struct xsk_queue xsk;
    unsigned port; /* index into the set's */
    struct xdp_placing placing;
};

struct xdp_worker {
    _Alignas(64) struct pktio io; /* workers share no cache line */
    struct xdp_set *set;
    struct pktio *kernel;
    struct xdp_queue *queues; /* [XDP_QUEUES_MAX], those of one port in a row */
    unsigned queue_count;
    unsigned port_first[XDP_PORTS_MAX], port_count[XDP_PORTS_MAX];
    unsigned first; /* whose turn it is to be read first */
    struct net_watch watch;
    usec_t kernel_at, watch_at, stats_at;        /* when they are looked at again */
    usec_t kick_at;                              /* USEC_NEVER: nothing outstanding */
    usec_t now;                                  /* as last heard */
    uint64_t program_counted[XDP_COUNTER_COUNT]; /* worker 0: of loader_counters() */
};

struct xdp_set {
    struct pktio_set set;
    struct pktio_set *kernel;
    struct loader *loader;
    struct xdp_port ports[XDP_PORTS_MAX];
    unsigned port_count;
    usec_t busy_until; /* for how long sockets of a predecessor are waited for */
    struct xdp_worker workers[PKTIO_WORKERS_MAX];
};

extern const struct pktio_ops xdp_ops;

#endif
