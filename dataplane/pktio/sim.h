/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sim backend: a network in memory, for tests and benchmarks. Datagrams are injected where a
 * worker receives, and taken where it sent. Per worker one thread may inject and take while another
 * works. Time is whatever `now` the worker is given.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_SIM_H
#define SLUICE_DATAPLANE_PKTIO_SIM_H

#include "dataplane/pktio/pktio.h"

struct pktio_sim_config {
    unsigned workers;  /* 1..PKTIO_WORKERS_MAX */
    uint32_t slots;    /* datagrams that wait in each direction; a power of two */
    bool discard_sent; /* pktio_flush() counts and forgets: nothing to take */
    bool wake;         /* pktio_fds() gives a descriptor that an injection makes readable; costs a
                          system call per injection */
    struct counters *counters[PKTIO_WORKERS_MAX];
};

/* NULL if the config is out of range or memory is out. Close with pktio_close(). */
struct pktio_set *pktio_sim_open(const struct pktio_sim_config *config);

/* Puts a copy of a datagram before worker's pktio_receive(). False if the queue is full (nothing is
 * counted) or len is not in 1..PKTIO_RECEIVE_MAX. */
bool pktio_sim_inject(struct pktio_set *set, unsigned worker, const struct net_path *path,
                      const void *data, size_t len);

/* What the worker has flushed, oldest first, up to PKTIO_BURST; the memory stays until
 * pktio_sim_take_done(). */
size_t pktio_sim_take(struct pktio_set *set, unsigned worker,
                      struct pktio_packet out[static PKTIO_BURST]);
void pktio_sim_take_done(struct pktio_set *set, unsigned worker);

#endif
