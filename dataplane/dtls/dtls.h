/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS 1.2 with DTLS-SRTP (RFC 6347, RFC 5764) for one peer: datagrams in, datagrams out. The peer
 * must show the certificate that its description announced (RFC 8122); the chain does not matter.
 *
 * Retransmission is OpenSSL's, which reads the system clock itself; deadlines are given in the
 * caller's time.
 */
#ifndef SLUICE_DATAPLANE_DTLS_DTLS_H
#define SLUICE_DATAPLANE_DTLS_DTLS_H

#include "common/clock.h"
#include "dataplane/srtp/srtp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DTLS_FINGERPRINT 32   /* SHA-256 */
#define DTLS_MTU         1200 /* longest datagram that is made */
#define DTLS_INPUT_MAX   2048 /* longest that is taken */
#define DTLS_OVERHEAD    37   /* AEAD record: header 13, explicit nonce 8, tag 16 */
#define DTLS_DATA_MAX    (DTLS_MTU - DTLS_OVERHEAD) /* longest dtls_write() */
#define DTLS_ERROR_TEXT  128
#define DTLS_RETRANSMIT  (100 * USEC_PER_MS) /* first interval; doubles */

struct dtls_context; /* one per process: key, certificate, settings */

/* Makes a key (P-256) and a self-signed certificate. NULL and a text on failure. */
struct dtls_context *dtls_context_create(char err[static DTLS_ERROR_TEXT]);
void dtls_context_destroy(struct dtls_context *c); /* after all its associations */

/* SHA-256 of the certificate. */
void dtls_context_fingerprint(const struct dtls_context *c, uint8_t out[static DTLS_FINGERPRINT]);

struct dtls; /* one association */

/* As server it waits for a ClientHello, as client it has one ready in dtls_output(). `user` is
 * handed back by dtls_user(). NULL if out of memory. */
struct dtls *dtls_create(const struct dtls_context *c, bool client, void *user, usec_t now);
void dtls_destroy(struct dtls *d);
void *dtls_user(const struct dtls *d);

/* SHA-256 of the certificate that the peer must have. May come late: until it is known, the
 * handshake goes on but the state stays DTLS_HANDSHAKE; this call may then make it connected or
 * failed, so look at dtls_state() after it. False if the certificate does not fit; an association
 * that is connected already stays so. */
bool dtls_set_fingerprint(struct dtls *d, const uint8_t fingerprint[static DTLS_FINGERPRINT]);

enum dtls_state {
    DTLS_HANDSHAKE,
    DTLS_CONNECTED, /* keys can be had, data flows */
    DTLS_FAILED,    /* for good: see dtls_error() */
};

enum dtls_result {
    DTLS_OK,
    DTLS_MALFORMED,   /* not DTLS, too long, or refused; an established association goes on */
    DTLS_BAD_PEER,    /* the certificate does not fit the fingerprint: state is DTLS_FAILED */
    DTLS_BROKEN,      /* handshake failed: state is DTLS_FAILED */
    DTLS_WOULD_BLOCK, /* dtls_write(): fetch dtls_output() first */
    DTLS_NOT_READY,   /* dtls_write(): not connected, or the association was closed */
    DTLS_TOO_LONG,
};

/* Takes one datagram (copied). Afterwards call dtls_output() and, once connected, dtls_read() until
 * both give 0. */
enum dtls_result dtls_input(struct dtls *d, const uint8_t *data, size_t len, usec_t now);

/* The next datagram to send, at most DTLS_MTU bytes; 0: none. buf has DTLS_MTU bytes. */
size_t dtls_output(struct dtls *d, uint8_t buf[static DTLS_MTU]);

/* When to call dtls_timeout(); USEC_NEVER if nothing is to be retransmitted. Giving up a handshake
 * that takes too long is the owner's business. */
usec_t dtls_deadline(const struct dtls *d);
void dtls_timeout(struct dtls *d, usec_t now);

enum dtls_state dtls_state(const struct dtls *d);
bool dtls_is_client(const struct dtls *d);

/* close_notify or an alert came, so no more data; SRTP keys stay good and the state is unchanged.
 */
bool dtls_peer_closed(const struct dtls *d);
const char *dtls_error(const struct dtls *d); /* of DTLS_FAILED, for the log; "" else */

/* Frees what only the handshake needs, 40 KiB: to be called once it is over for the peer as well
 * (data of theirs has come, or enough time has passed), as what the peer repeats of it is not
 * answered from then on. SRTP masters cannot be had any more; all else goes on. False if it is too
 * early: not connected, or datagrams wait. */
bool dtls_settle(struct dtls *d);

/* Master keys of both directions; false unless connected with an SRTP profile, and once settled. */
bool dtls_srtp_masters(const struct dtls *d, struct srtp_master *receive, struct srtp_master *send);

/* One application record (an SCTP packet) of 1..DTLS_DATA_MAX bytes. */
enum dtls_result dtls_write(struct dtls *d, const uint8_t *data, size_t len, usec_t now);

/* The next application record that came, 0: none. Also to be called if no data is
 * expected: it answers what the peer repeats of its handshake. Give
 * DTLS_INPUT_MAX bytes: what exceeds cap may be lost. */
size_t dtls_read(struct dtls *d, uint8_t *buf, size_t cap);

/* Sends close_notify; fetch it with dtls_output(). */
void dtls_close(struct dtls *d, usec_t now);

#endif
