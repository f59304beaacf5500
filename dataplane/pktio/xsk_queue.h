/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One AF_XDP socket: the rings of one queue of one interface, with memory of its own (UMEM) that is
 * split into frames for receiving and frames for sending. Owned by one worker; frames never leave
 * their socket (what is forwarded is encrypted into a TX frame, and that is the copy).
 */
#ifndef SLUICE_DATAPLANE_PKTIO_XSK_QUEUE_H
#define SLUICE_DATAPLANE_PKTIO_XSK_QUEUE_H

#include "dataplane/pktio/pktio.h"
#include "dataplane/pktio/xsk_socket.h"

#define XSK_FRAME_SIZE 2048 /* the kernel keeps 256 bytes before received data */
#define XSK_RX_FRAMES  2048
#define XSK_TX_FRAMES  2048
#define XSK_TX_BATCH   128 /* most frames between two flushes: they are still in the cache then */

struct xsk_queue {
    int fd; /* -1: closed */
    uint32_t ifindex, queue;
    bool zerocopy;
    struct counters *counters;
    uint8_t *area; /* RX frames, then TX frames */
    struct xsk_rings rings;
    /* RX frames of the current burst, to go back to the fill ring */
    uint64_t held[PKTIO_BURST];
    unsigned held_count;
    /* a stack of TX frames at rest */
    uint64_t *tx_free;
    unsigned tx_free_count;
    /* descriptors written and not yet submitted: the last `tx_filled` before rings.tx.cached_prod
     */
    unsigned tx_filled;
    bool dead;         /* the interface is gone or down */
    usec_t retry_at;   /* when a dead one is tried again */
    uint64_t overflow; /* the kernel's last count of frames it had no room for */
};

/* Binds `socket` (xsk_socket_new()), whose owner it becomes. A queue that was closed just now is
 * busy for a while: it is tried until `busy_until` (clock_monotonic()), and once at least. On
 * failure returns false and says why; the socket is closed. */
bool xsk_queue_open(struct xsk_queue *x, int socket, uint32_t ifindex, uint32_t queue,
                    usec_t busy_until, struct counters *counters, char err[PKTIO_ERROR_TEXT]);
void xsk_queue_close(struct xsk_queue *x);

/* Up to `room` received frames: data and len of out[] are whole frames, path is untouched. At most
 * PKTIO_BURST until xsk_queue_receive_done(). */
size_t xsk_queue_receive(struct xsk_queue *x, struct pktio_packet *out, size_t room);
void xsk_queue_receive_done(struct xsk_queue *x);

/* A TX frame of `len` bytes to fill, NULL if all are under way or a batch is full: flush and ask
 * again. It leaves with the next flush. */
uint8_t *xsk_queue_send(struct xsk_queue *x, size_t len);

/* The n-th frame since the last flush, for finishing: n < tx_filled. */
uint8_t *xsk_queue_filled(struct xsk_queue *x, unsigned n);

/* Submits what is filled and makes the kernel send. */
void xsk_queue_flush(struct xsk_queue *x, usec_t now);

/* True while the kernel has not taken all that was submitted. */
bool xsk_queue_outstanding(const struct xsk_queue *x);

/* Counts frames that the kernel dropped before they reached us. A system call: now and then. */
void xsk_queue_count_overflow(struct xsk_queue *x);

#endif
