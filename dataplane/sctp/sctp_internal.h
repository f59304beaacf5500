/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of sctp/ share.
 */
#ifndef SLUICE_DATAPLANE_SCTP_SCTP_INTERNAL_H
#define SLUICE_DATAPLANE_SCTP_SCTP_INTERNAL_H

#include "common/handle.h"
#include "dataplane/sctp/data_channel.h"
#include "dataplane/sctp/dcep.h"
#include "dataplane/sctp/delivery.h"

#include <usrsctp.h>

#define OUTPUT_SLOTS   1024
#define RECEIVE_BUFFER (256 * 1024)
#define TICK           (10 * USEC_PER_MS)

struct data_channel {
    struct data_channel_type type;
    uint16_t id;
    usec_t latency; /* data_channel_set_latency() */
    bool used;
    bool acked;         /* by the peer, or opened by it */
    bool open_pending;  /* our OPEN is still to be sent */
    bool ack_pending;   /* our ACK is */
    bool closing;       /* no more messages out */
    bool reset_pending; /* our reset of the outgoing stream is still to be requested */
    bool peer_reset;    /* the peer's has come: the place is free once ours is requested */
};

struct data_association {
    struct data_stack *stack;
    handle_t handle;
    struct socket *socket;
    struct data_options options;
    bool registered; /* outlives the association */
    bool up;
    bool discarding; /* the rest of a message that was too long */
    uint16_t out_streams;
    size_t buffered;
    struct delivery delivery;
    struct data_channel channels[DATA_CHANNELS_MAX];
};

/* A message or notification that usrsctp gave us. */
struct received {
    struct received *next;
    handle_t owner;
    uint16_t stream;
    uint32_t ppid;
    int flags;
    unsigned at; /* notification: how much of its stream list was told */
    size_t len;
    uint8_t *data; /* malloc()ed by usrsctp */
};

struct output_packet {
    handle_t owner;
    uint16_t len;
    uint8_t data[DATA_PACKET_MAX];
};

struct data_stack {
    struct handle_pool handles;
    struct data_association *associations;
    usec_t last_tick;
    bool retry; /* some channel has a pending flag */
    uint64_t packets_lost;
    struct received *head, *tail, *current;
    struct data_channel_type what; /* of the event given out */
    uint32_t out_begin, out_count;
    struct output_packet *output; /* [OUTPUT_SLOTS] */
};

/* usrsctp names associations by an address, and gives no other context to its output function. The
 * address stands for the place in the pool and stays registered: taking one back would set a thread
 * of usrsctp to work on all associations. */
static inline void *data_address(const struct data_association *a)
{
    return (void *)(uintptr_t)(handle_index(a->handle) + 1);
}

/* What its callbacks of a socket get. */
static inline void *data_ulp(const struct data_association *a)
{
    return (void *)(uintptr_t)a->handle;
}

struct data_association *data_find(struct data_stack *s, handle_t h);

/* usrsctp's callbacks of a socket; `ulp` is data_ulp(). */
int data_on_receive(struct socket *so, union sctp_sockstore from, void *data, size_t len,
                    struct sctp_rcvinfo info, int flags, void *ulp);
int data_on_send_space(struct socket *so, uint32_t free_bytes, void *ulp);

/* Forgets what was received and not told. */
void data_drop_received(struct data_stack *s);

/* The only stack; NULL if there is none. */
struct data_stack *data_the_stack(void);

/* Hands one message to usrsctp: 0 or errno. `limit` as in struct data_channel_type. */
int data_send_raw(struct data_association *a, uint16_t stream, enum data_ppid ppid, bool ordered,
                  enum data_reliability reliability, uint32_t limit, const uint8_t *data,
                  size_t len);

struct data_channel *data_channel_find(struct data_association *a, uint16_t id);

/* The peer's DCEP message on a stream. Fills e and returns true if there is something to tell. */
bool data_channel_dcep(struct data_association *a, uint16_t stream, const uint8_t *data, size_t len,
                       struct data_event *e);

/* The peer has reset a stream: false if it was no channel. */
bool data_channel_peer_reset(struct data_association *a, uint16_t stream, struct data_event *e);

/* Sends what is pending on the channels. */
void data_channels_flush(struct data_association *a);

#endif
