/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a backend provides. A backend's own structures begin with `struct pktio` and
 * `struct pktio_set`; nothing above this directory sees them.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_BACKEND_H
#define SLUICE_DATAPLANE_PKTIO_BACKEND_H

#include "dataplane/pktio/pktio.h"

#define PKTIO_DESCRIPTION 192

/* The functions of pktio.h that take one worker, with the same contracts. */
struct pktio_ops {
    size_t (*receive)(struct pktio *io, struct pktio_packet *out, usec_t now);
    void (*receive_done)(struct pktio *io);
    usec_t (*received)(const struct pktio *io); /* NULL: not known */
    uint8_t *(*send)(struct pktio *io, const struct net_path *path, size_t len);
    void (*flush)(struct pktio *io, usec_t now);
    size_t (*fds)(struct pktio *io, struct pollfd *fds);
    usec_t (*deadline)(const struct pktio *io);
    void (*allow)(struct pktio *io, const struct net_path *path, bool allowed);
};

struct pktio {
    const struct pktio_ops *ops;
    struct counters *counters;
};

struct pktio_set {
    struct pktio *(*worker)(struct pktio_set *set, unsigned worker);
    void (*close)(struct pktio_set *set);
    unsigned workers;
    char description[PKTIO_DESCRIPTION];
    char reason[PKTIO_ERROR_TEXT]; /* why it was chosen */
};

/* Backends' openers, as pktio_open(). */
struct pktio_set *pktio_udp_open(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT]);
struct pktio_set *pktio_xdp_open(const struct pktio_config *config, char err[PKTIO_ERROR_TEXT]);

/* As pktio_receive() of a worker of the udp backend, for at most `room` packets. */
size_t pktio_udp_receive(struct pktio *io, struct pktio_packet *out, size_t room);

#endif
