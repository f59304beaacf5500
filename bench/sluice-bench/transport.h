/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one transport of a participant: ICE, DTLS in whichever role the server leaves us, SRTP keys.
 */
#ifndef SLUICE_BENCH_TRANSPORT_H
#define SLUICE_BENCH_TRANSPORT_H

#include "bench/sluice-bench/connectivity.h"
#include "control/sdp/remote.h"
#include "dataplane/dtls/dtls.h"
#include "dataplane/srtp/srtp.h"

enum transport_state {
    TRANSPORT_NEW,       /* nothing known of the server */
    TRANSPORT_CHECKING,  /* ICE */
    TRANSPORT_HANDSHAKE, /* DTLS */
    TRANSPORT_CONNECTED,
    TRANSPORT_FAILED,
};

enum transport_input {
    TRANSPORT_TAKEN, /* it was STUN or DTLS */
    TRANSPORT_RTP,   /* protected still */
    TRANSPORT_RTCP,  /* decrypted in place, *len adjusted */
    TRANSPORT_BAD,
};

struct transport {
    enum transport_state state;
    struct connectivity ice;
    struct dtls *dtls;
    const struct dtls_context *context;
    struct srtp_engine *engine; /* the worker's */
    struct srtp_key *receive, *send;
    struct srtcp_stream rtcp_in;
    uint32_t rtcp_index;
    bool dtls_client; /* we are */
    uint8_t fingerprint[DTLS_FINGERPRINT];
    usec_t handshake_expires;
};

void transport_init(struct transport *t, const struct dtls_context *context,
                    struct srtp_engine *engine, const char *own_pwd);
void transport_free(struct transport *t);

/* What the answer says; only the first call counts. */
void transport_remote(struct transport *t, const char *own_ufrag, const struct sdp_remote *remote,
                      bool we_are_client, usec_t now);

/* A datagram. Watch `state` afterwards; ice.selected tells where to connect the socket. */
enum transport_input transport_input(struct transport *t, const struct net_addr *from,
                                     uint8_t *data, size_t *len, usec_t now, struct outbox *out);

/* Encrypts d->data[0..len), an RTCP compound, and commits it. */
void transport_send_rtcp(struct transport *t, struct outbox *out, size_t len);

usec_t transport_deadline(const struct transport *t);
void transport_run(struct transport *t, usec_t now, struct outbox *out);

const char *transport_error(const struct transport *t);

#endif
