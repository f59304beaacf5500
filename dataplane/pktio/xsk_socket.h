/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AF_XDP sockets and their rings, as linux/if_xdp.h has them. libxdp makes its own sockets, which
 * takes CAP_NET_RAW each time; these can be made at the start and bound when rights are gone.
 */
#ifndef SLUICE_DATAPLANE_PKTIO_XSK_SOCKET_H
#define SLUICE_DATAPLANE_PKTIO_XSK_SOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <xdp/xsk.h>

/* Needs CAP_NET_RAW. -1 with errno if it fails. A socket is good for one xsk_rings_open(): after
 * the interface is gone it cannot be bound again. */
int xsk_socket_new(void);

enum xsk_ring { XSK_FILL, XSK_COMPLETION, XSK_RX, XSK_TX, XSK_RINGS };

struct xsk_rings {
    struct xsk_ring_prod fill, tx;
    struct xsk_ring_cons completion, rx;
    void *map[XSK_RINGS];
    size_t map_size[XSK_RINGS];
};

struct xsk_memory {
    void *area; /* page-aligned, the caller's; outlives the socket */
    size_t size;
    uint32_t frame_size, rx_frames, tx_frames; /* the latter two are the rings' sizes too */
};

/* Registers the memory and makes the rings. Returns 0 or a positive errno value; the descriptor
 * stays the caller's. */
int xsk_rings_open(struct xsk_rings *r, int fd, const struct xsk_memory *m);
void xsk_rings_close(struct xsk_rings *r);

/* Zero-copy where the driver can, else copy. Returns 0 or a positive errno value; after EBUSY (the
 * queue has a socket) it may be tried again. */
int xsk_bind(int fd, uint32_t ifindex, uint32_t queue);

#endif
