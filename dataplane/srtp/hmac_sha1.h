/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HMAC-SHA1 (RFC 2104) whose two key blocks are hashed once per key.
 */
#ifndef SLUICE_DATAPLANE_SRTP_HMAC_SHA1_H
#define SLUICE_DATAPLANE_SRTP_HMAC_SHA1_H

#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

/* The states after the inner and the outer pad. */
struct hmac_sha1 {
    SHA_CTX inner, outer;
};

/* key_len is at most 64. */
void hmac_sha1_init(struct hmac_sha1 *h, const uint8_t *key, size_t key_len);

/* The MAC of data[0..len) followed by tail[0..tail_len). */
void hmac_sha1(const struct hmac_sha1 *h, const uint8_t *data, size_t len, const uint8_t *tail,
               size_t tail_len, uint8_t out[static SHA_DIGEST_LENGTH]);

#endif
