/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of dtls/ share.
 */
#ifndef SLUICE_DATAPLANE_DTLS_DTLS_INTERNAL_H
#define SLUICE_DATAPLANE_DTLS_DTLS_INTERNAL_H

#include "dataplane/dtls/dtls.h"
#include "dataplane/dtls/records.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>

struct dtls_context {
    SSL_CTX *ssl;
    BIO_METHOD *bio;
    uint8_t fingerprint[DTLS_FINGERPRINT];
};

/* Room for two flights of ours, or a few application records. */
#define DTLS_OUTPUT_BUFFER 4096

/* Datagrams between OpenSSL and dtls_input(), dtls_output(). */
struct datagrams {
    uint8_t in[DTLS_INPUT_MAX];
    uint16_t in_len;   /* 0: none waits */
    uint16_t in_begin; /* settled: what was read of it */
    uint16_t out_begin, out_end;
    uint64_t records_sent;           /* of epoch 1: one more than the highest sequence number */
    uint8_t out[DTLS_OUTPUT_BUFFER]; /* each with its length (native 16 bit) before it */
};

struct dtls {
    SSL *ssl; /* NULL: settled, `records` counts */
    void *user;
    enum dtls_state state;
    bool client, peer_closed, broken, has_expected, handshake_done;
    bool any_read; /* application data, up to the sequence number highest_read */
    uint64_t highest_read;
    uint8_t expected[DTLS_FINGERPRINT];
    usec_t deadline;
    const char *error;    /* static */
    struct datagrams *io; /* settled: NULL while there are none */
    struct records records;
};

static inline bool dtls_is_settled(const struct dtls *d)
{
    return d->ssl == NULL;
}

/* True if the peer's certificate is the expected one. */
bool dtls_peer_fits(const struct dtls *d);

/* A BIO that moves whole datagrams (struct datagrams is its data). NULL if out of memory. */
BIO_METHOD *datagram_bio_method(void);

/* A BIO on io, which must outlive it. */
BIO *datagram_bio_new(const BIO_METHOD *method, struct datagrams *io);

/* Takes the oldest datagram that was written; 0 if there is none. */
size_t datagrams_take(struct datagrams *io, uint8_t buf[static DTLS_MTU]);

/* True if a datagram of DTLS_MTU bytes can still be written. */
bool datagrams_have_room(const struct datagrams *io);

/* Adds a datagram to those to be sent; there is room for it. */
void datagrams_put(struct datagrams *io, const uint8_t *data, size_t len);

/* True if any waits, in either direction. */
static inline bool datagrams_waiting(const struct datagrams *io)
{
    return io->in_len > 0 || io->out_begin != io->out_end;
}

/* settled.c: as the functions of dtls.h, for an association that is settled. */
enum dtls_result settled_write(struct dtls *d, enum record_type type, const uint8_t *data,
                               size_t len);
size_t settled_read(struct dtls *d, uint8_t *buf, size_t cap);
void settled_close(struct dtls *d);
/* Makes room for datagrams (false: out of memory); gives it up if none waits. */
bool make_room(struct dtls *d);
void drop_room(struct dtls *d);

#endif
