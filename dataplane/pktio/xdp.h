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

#include <pthread.h>
#include <stdatomic.h>

#define XDP_PORTS_MAX 16
#define XDP_QUEUES_MAX                                                                             \
    (PKTIO_FDS_MAX - 3)       /* of a worker: its other descriptors are the kernel                 \
                                 sockets' and the netlink socket's */
#define XDP_SPARE_SOCKETS  32 /* made while we may, for interfaces that come back */
#define XDP_SPARE_PROGRAMS 4

_Static_assert(XDP_QUEUES_MAX <= STATS_QUEUES_PER_WORKER, "each queue has its counts");

/* An interface that the program is, was or will be attached to. Interfaces come and go; the first
 * worker attaches and detaches, and each worker follows with its own sockets. */
struct xdp_port {
    char name[IF_NAMESIZE];
    bool may_be_generic;
    _Atomic uint64_t state; /* see xdp_ports.c; what workers follow */
    _Atomic unsigned times; /* how often what was learnt of paths became void */
    /* of whom attaches */
    uint32_t ifindex;                 /* attached to this; 0: not attached */
    _Atomic uint32_t refused;         /* this one cannot be attached to, for good */
    char complaint[PKTIO_ERROR_TEXT]; /* as last told */
    /* for the description */
    bool generic, zerocopy;
    unsigned queues; /* with a socket */
};

/* The same as one worker sees it. */
struct xdp_view {
    uint64_t state;
    uint32_t ifindex; /* whose sockets are open; 0: none are */
    uint32_t mtu;
    unsigned first, room; /* its places among the worker's queues */
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
    struct xsk_queue xsk; /* fd -1: closed */
    unsigned port;        /* index into the set's */
    struct xdp_placing placing;
};

struct xdp_worker {
    _Alignas(64) struct pktio io; /* workers share no cache line */
    struct xdp_set *set;
    struct pktio *kernel;
    unsigned index;
    struct xdp_queue *queues; /* [XDP_QUEUES_MAX], those of one port in a row */
    unsigned queue_count;
    struct stats_queue *stats; /* [XDP_QUEUES_MAX], by queue; NULL: none */
    struct xdp_view view[XDP_PORTS_MAX];
    unsigned first; /* whose turn it is to be read first */
    struct net_watch watch;
    usec_t kernel_at, watch_at, stats_at; /* when they are looked at again */
    usec_t ports_at;                      /* the same; USEC_NEVER: all are there */
    uint32_t link_news, lost_addresses;
    usec_t kick_at;                              /* USEC_NEVER: nothing outstanding */
    usec_t now;                                  /* as last heard */
    uint64_t program_counted[XDP_COUNTER_COUNT]; /* worker 0: of loader_counters() */
};

struct xdp_set {
    struct pktio_set set;
    struct pktio_set *kernel;
    struct loader *loader;
    struct xdp_port ports[XDP_PORTS_MAX];
    _Atomic unsigned port_count;
    bool scan;                /* no interface was named, and there is none yet */
    pthread_mutex_t changing; /* interfaces: the loader and what follows */
    int spare[XDP_SPARE_SOCKETS];
    unsigned spare_count;
    struct xdp_worker workers[PKTIO_WORKERS_MAX];
};

extern const struct pktio_ops xdp_ops;

/* ---- xdp_ports.c ---- */

/* A place for an interface that is not attached yet; NULL if there are too many. */
struct xdp_port *xdp_port_add(struct xdp_set *x, const char *name, bool may_be_generic);

/* Attaches if the interface is there. */
bool xdp_port_attach(struct xdp_set *x, struct xdp_port *p, char err[PKTIO_ERROR_TEXT]);
void xdp_port_detach(struct xdp_set *x, struct xdp_port *p);

/* Opens and closes a worker's sockets as the port's state wants it. Returns how many are open. A
 * queue that has a socket already is waited for until `busy_until`. */
unsigned xdp_port_follow(struct xdp_worker *w, unsigned port, usec_t busy_until);

/* What the link of a path says about the port that it was learnt at, never 0; and if that still
 * holds: the interface has not gone and come back since, and has lost no address. */
uint8_t xdp_port_mark(const struct xdp_worker *w, unsigned port);
bool xdp_port_marked(const struct xdp_worker *w, uint8_t mark, unsigned *port);

/* Now and then, by the worker itself: interfaces that went, came, changed. */
void xdp_ports_watch(struct xdp_worker *w, usec_t now);

#endif
