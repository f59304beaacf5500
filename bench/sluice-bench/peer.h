/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One participant: signalling, negotiation, transport, and what it sends and receives. Bytes in and
 * out; a worker brings the sockets and the time.
 */
#ifndef SLUICE_BENCH_PEER_H
#define SLUICE_BENCH_PEER_H

#include "bench/sluice-bench/counters.h"
#include "bench/sluice-bench/livekit.h"
#include "bench/sluice-bench/offer.h"
#include "bench/sluice-bench/publisher.h"
#include "bench/sluice-bench/shape.h"
#include "bench/sluice-bench/subscriber.h"
#include "bench/sluice-bench/transport.h"

/* What all participants of a worker use in turn. */
struct peer_context {
    const struct settings *settings;
    const struct dtls_context *dtls;
    struct srtp_engine *srtp;
    struct sdp_description *description; /* scratch */
    struct outbox out;                   /* datagrams of the participant that was called last */
    struct counters counters;
    uint8_t family; /* 4 or 6: of the server's candidates that can be reached */
};

enum peer_state { PEER_WAITING, PEER_JOINING, PEER_UP, PEER_FAILED, PEER_GONE };

struct peer {
    struct peer_context *context;
    struct shape_member member;
    char room[SETTINGS_TEXT], identity[64];
    enum peer_state state;
    struct signal *signal;
    struct offer offer;
    bool offer_outstanding, offer_again;
    bool tracks_offered;    /* the outstanding offer, or an answered one, has our tracks */
    bool tracks_negotiated; /* it is answered */
    struct transport transport;
    struct publisher publisher;
    struct subscriber subscriber;
    usec_t began, joined, connected;
    usec_t now; /* of the call under way */
};

/* Participant `index` of the settings' shape. */
void peer_init(struct peer *p, struct peer_context *context, size_t index);
void peer_free(struct peer *p);

/* Begins to join. False, and PEER_FAILED, if memory is out. */
bool peer_start(struct peer *p, usec_t now);

/* Bytes of the signalling connection; len 0: it ended. */
void peer_signal_input(struct peer *p, const uint8_t *data, size_t len, usec_t now);
const uint8_t *peer_signal_output(struct peer *p, size_t *len);
void peer_signal_written(struct peer *p, size_t n);

/* A datagram (changed in place); `wall` is its arrival, Unix ns. */
void peer_datagram(struct peer *p, const struct net_addr *from, uint8_t *data, size_t len,
                   usec_t now, uint64_t wall);

usec_t peer_deadline(const struct peer *p);
void peer_run(struct peer *p, usec_t now, uint64_t wall);

/* Gives up, with a line in the log. */
void peer_fail(struct peer *p, const char *reason);

/* Says goodbye; what is left to write is in peer_signal_output(). */
void peer_leave(struct peer *p);

#endif
