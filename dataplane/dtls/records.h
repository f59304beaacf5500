/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of DTLS 1.2 behind the handshake (RFC 6347 section 4.1), with the AEAD ciphers that we
 * negotiate (RFC 5288, RFC 7905): what is left of an association once its handshake is over, in 150
 * bytes instead of the 40 KiB that OpenSSL keeps. The epoch is always 1.
 */
#ifndef SLUICE_DATAPLANE_DTLS_RECORDS_H
#define SLUICE_DATAPLANE_DTLS_RECORDS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_HEADER   13
#define RECORD_OVERHEAD 37 /* header, explicit nonce (AES-GCM), tag */

enum record_type { RECORD_ALERT = 21, RECORD_DATA = 23 };

struct record_keys {
    uint8_t key[32];
    uint8_t iv[12]; /* AES-GCM: the first 4 bytes, the salt */
};

struct records {
    const EVP_CIPHER *cipher;
    uint8_t explicit_nonce; /* bytes of it in a record: 8 or 0 */
    uint8_t key_length, iv_length;
    struct record_keys read, write;
    uint64_t next_write;   /* sequence number */
    uint64_t highest_read; /* all below highest_read - 63 count as seen */
    uint64_t seen;         /* bit i: highest_read - i */
};

/* Derives the keys of a finished handshake (RFC 5246 section 6.3). False: a cipher that is not
 * ours, or the library fails. */
bool records_init(struct records *r, SSL *ssl, bool client);

/* Continues behind what OpenSSL has sent and read. */
void records_continue(struct records *r, uint64_t next_write, bool any_read, uint64_t highest_read);

/* Writes the next record: len + RECORD_OVERHEAD bytes are enough. Returns its length, 0 on failure.
 */
size_t records_seal(struct records *r, enum record_type type, const uint8_t *data, size_t len,
                    uint8_t *out);

/* Opens the record at the beginning of in[0..len). Returns how many bytes it has, 0 if the rest of
 * the datagram makes no sense. *type is 0 unless it is authentic and new; then its content is in
 * out[] (room for len bytes) and *out_len. */
size_t records_open(struct records *r, const uint8_t *in, size_t len, uint8_t *type, uint8_t *out,
                    size_t *out_len);

/* Sequence number of a record's header if it is of epoch 1. */
bool record_sequence(const uint8_t header[static RECORD_HEADER], uint64_t *sequence);

#endif
