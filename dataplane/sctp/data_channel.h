/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data channels: SCTP over DTLS (RFC 8831, RFC 8261) and their opening (RFC 8832), on usrsctp.
 * SCTP packets in and out, events by asking. All associations of the process belong to one stack
 * and one thread.
 *
 * Names begin with data_, never sctp_: libusrsctp exports its internal functions under that prefix,
 * and one of ours would take their place.
 */
#ifndef SLUICE_DATAPLANE_SCTP_DATA_CHANNEL_H
#define SLUICE_DATAPLANE_SCTP_DATA_CHANNEL_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DATA_PACKET_MAX   1160  /* longest SCTP packet made: fits into DTLS_DATA_MAX */
#define DATA_INPUT_MAX    2048  /* longest SCTP packet taken */
#define DATA_MESSAGE_MAX  65535 /* longest message, both ways; to be said in SDP */
#define DATA_CHANNELS_MAX 16    /* per association */
#define DATA_STREAMS      64    /* per association and direction; usrsctp keeps tables of them */
#define DATA_LABEL_MAX    64    /* a channel with a longer label is closed */
#define DATA_SEND_BUFFER  (256 * 1024)
#define DATA_LOSSY_BUFFER (64 * 1024) /* a lossy message is dropped if more of its kind wait */
#define DATA_RELIABLE_BUFFER                                                                       \
    (DATA_SEND_BUFFER -                                                                            \
     2 * DATA_LOSSY_BUFFER)         /* the rest is for lossy ones, and for the last one */
#define DATA_LOSSY_LEAST (8 * 1024) /* not dropped for the sake of latency below this */

struct data_stack;       /* one per process */
struct data_association; /* one per transport with a data section */

/* NULL if out of memory or there is one already. usrsctp starts a thread here, "SCTP iterator",
 * which then sleeps for good: nothing that we use gives it work. */
struct data_stack *data_stack_create(uint32_t associations_max, usec_t now);
void data_stack_destroy(struct data_stack *s); /* closes what is open */

struct data_options {
    bool dtls_client;          /* our DTLS role: client takes even stream ids, server odd ones */
    uint16_t local_port;       /* 5000 */
    uint16_t remote_port;      /* of the peer's a=sctp-port */
    uint32_t max_message_size; /* of the peer; 0: DATA_MESSAGE_MAX */
    void *user;                /* handed back by data_user() */
};

/* Starts an association; call when DTLS is connected. NULL if the pool is used up. */
struct data_association *data_open(struct data_stack *s, const struct data_options *o, usec_t now);

/* Forgets it: no more events or packets of it. The peer learns it from DTLS. */
void data_close(struct data_association *a);
void *data_user(const struct data_association *a);

/* Takes one SCTP packet. False if it is too short or too long to be one; SCTP itself discards what
 * is wrong inside. Then ask for events and output. */
bool data_input(struct data_association *a, const uint8_t *packet, size_t len, usec_t now);

/* The next SCTP packet to send, of any association; 0: none. Also to be asked after data_send() and
 * data_timeout(). Packets of closed associations are left out. */
size_t data_output(struct data_stack *s, struct data_association **a,
                   uint8_t buf[static DATA_PACKET_MAX]);

/* SCTP packets that were not sent because nobody fetched data_output(); SCTP repeats them. */
uint64_t data_packets_lost(const struct data_stack *s);

/* When to call data_timeout(); USEC_NEVER while there is no association. */
usec_t data_deadline(const struct data_stack *s);
void data_timeout(struct data_stack *s, usec_t now);

enum data_reliability { DATA_RELIABLE, DATA_RETRANSMITS, DATA_LIFETIME };

struct data_channel_type {
    char label[DATA_LABEL_MAX + 1];
    bool ordered;
    enum data_reliability reliability;
    uint32_t limit; /* retransmissions or milliseconds */
};

enum data_event_type {
    DATA_UP,             /* the association is there */
    DATA_DOWN,           /* aborted, shut down or timed out: close it */
    DATA_CHANNEL_OPEN,   /* opened by the peer, or acknowledged by it: channel, type */
    DATA_CHANNEL_CLOSED, /* channel */
    DATA_MESSAGE,        /* channel, type, binary, data, len */
    DATA_DROP_DCEP,      /* counters: a message of the opening protocol was malformed or refused */
    DATA_DROP_MESSAGE,   /* too long, of an unknown kind, or on a stream that is no channel */
};

struct data_event {
    enum data_event_type type;
    struct data_association *association;
    uint16_t channel;                     /* stream id */
    const struct data_channel_type *what; /* of the channel; valid until the next call */
    bool by_peer;                         /* DATA_CHANNEL_OPEN */
    bool binary;                          /* else text (RFC 8831 section 8) */
    const uint8_t *data;                  /* valid until the next call */
    size_t len;
};

/* The next event of any association; call until false. data_close() and data_send() are allowed in
 * between. */
bool data_next_event(struct data_stack *s, struct data_event *e);

/* Opens a channel of ours; usable at once (RFC 8832 section 6), before the association is up too.
 * Returns its stream id, or -1 if there are too many. */
int data_channel_create(struct data_association *a, const struct data_channel_type *type,
                        usec_t now);

/* Of a lossy channel: drops what would wait longer than `latency` at the rate at which the peer
 * takes data; 0: only DATA_LOSSY_BUFFER counts. */
void data_channel_set_latency(struct data_association *a, uint16_t channel, usec_t latency);

/* Closes it both ways (stream reset). */
void data_channel_close(struct data_association *a, uint16_t channel, usec_t now);

enum data_send_result {
    DATA_SENT,
    DATA_WOULD_BLOCK, /* reliable: the buffer is full; nothing was taken */
    DATA_DROPPED,     /* lossy: too much waits already */
    DATA_TOO_LONG,    /* over the peer's or our limit, or over the buffer */
    DATA_NO_CHANNEL,  /* not open, or the association is not up */
};

/* Queues one message. Empty messages are allowed. */
enum data_send_result data_send(struct data_association *a, uint16_t channel, bool binary,
                                const uint8_t *data, size_t len, usec_t now);

/* Bytes queued and not yet acknowledged by the peer, overhead included, as of its last SACK. */
size_t data_buffered(const struct data_association *a);

/* Bytes per second that the peer acknowledged lately; 0: not known yet. */
uint32_t data_rate(const struct data_association *a);

#endif
