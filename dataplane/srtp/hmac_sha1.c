/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL 3's EVP allocates when a digest's state is copied, which would be twice a packet; its
 * older SHA1 calls work on plain values. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "dataplane/srtp/hmac_sha1.h"

#include <openssl/crypto.h>
#include <string.h>

static void pad_state(SHA_CTX *state, const uint8_t *key, size_t key_len, uint8_t pad)
{
    uint8_t block[SHA_CBLOCK] = {0};
    memcpy(block, key, key_len);
    for (size_t i = 0; i < sizeof block; i++)
        block[i] ^= pad;
    SHA1_Init(state);
    SHA1_Update(state, block, sizeof block);
    OPENSSL_cleanse(block, sizeof block);
}

void hmac_sha1_init(struct hmac_sha1 *h, const uint8_t *key, size_t key_len)
{
    pad_state(&h->inner, key, key_len, 0x36);
    pad_state(&h->outer, key, key_len, 0x5c);
}

void hmac_sha1(const struct hmac_sha1 *h, const uint8_t *data, size_t len, const uint8_t *tail,
               size_t tail_len, uint8_t out[static SHA_DIGEST_LENGTH])
{
    SHA_CTX state = h->inner;
    SHA1_Update(&state, data, len);
    SHA1_Update(&state, tail, tail_len);
    SHA1_Final(out, &state);
    state = h->outer;
    SHA1_Update(&state, out, SHA_DIGEST_LENGTH);
    SHA1_Final(out, &state);
}
