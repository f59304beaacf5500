/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DTLS peer for tests: plain OpenSSL over memory BIOs.
 */
#ifndef SLUICE_TESTS_UNIT_DTLS_PEER_H
#define SLUICE_TESTS_UNIT_DTLS_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#define PEER_ALL_PROFILES                                                                          \
    "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM" /* as Chromium has it */

struct peer_options {
    bool server, no_certificate, big_hello;
    int version; /* highest; 0: DTLS 1.2 */
    const char *profiles;
};

struct peer {
    SSL_CTX *ctx;
    SSL *ssl;
    BIO *in, *out;
    bool connected, failed;
    uint8_t fingerprint[32];
};

void peer_open(struct peer *p, const struct peer_options *o);
void peer_close(struct peer *p);

/* Goes on with the handshake, given one datagram or NULL. */
void peer_input(struct peer *p, const uint8_t *data, size_t len);

/* The next record that it wants to send, as a datagram of its own; 0: none. */
size_t peer_output(struct peer *p, uint8_t *buf, size_t cap);

#endif
