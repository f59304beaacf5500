/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-GCM by one direct call per packet: batches gain nothing.
 */
#include "dataplane/srtp/engine_ipsec_mb.h"

#include <openssl/crypto.h>

void imb_seal(struct srtp_engine *base, const struct srtp_key *k, enum srtp_use use,
              const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
              uint8_t *out)
{
    struct imb_engine *e = imb_engine_of(base);
    const struct gcm_key_data *key = &imb_key_of(k)->gcm[use];
    if (k->profile == SRTP_AEAD_AES_128_GCM)
        IMB_AES128_GCM_ENC(e->wide, key, &e->gcm, out, in, len, iv, aad, aad_len, out + len,
                           SRTP_GCM_TAG);
    else
        IMB_AES256_GCM_ENC(e->wide, key, &e->gcm, out, in, len, iv, aad, aad_len, out + len,
                           SRTP_GCM_TAG);
}

bool imb_open(struct srtp_engine *base, const struct srtp_key *k, enum srtp_use use,
              const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len,
              uint8_t *out)
{
    struct imb_engine *e = imb_engine_of(base);
    const struct gcm_key_data *key = &imb_key_of(k)->gcm[use];
    uint8_t tag[SRTP_GCM_TAG];
    if (k->profile == SRTP_AEAD_AES_128_GCM)
        IMB_AES128_GCM_DEC(e->wide, key, &e->gcm, out, in, len, iv, aad, aad_len, tag, sizeof tag);
    else
        IMB_AES256_GCM_DEC(e->wide, key, &e->gcm, out, in, len, iv, aad, aad_len, tag, sizeof tag);
    return CRYPTO_memcmp(tag, in + len, sizeof tag) == 0;
}
