/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/srtp/kdf.h"

#include "dataplane/srtp/engine.h"

#include <openssl/evp.h>
#include <string.h>

/* RFC 3711 section 4.3.2. */
enum label { LABEL_RTP_KEY, LABEL_RTP_AUTH, LABEL_RTP_SALT, LABEL_RTCP_KEY };

#define LABEL_AT 7 /* the label's byte in the 112-bit x, as key_derivation_rate is 0 */

/* The PRF: AES in counter mode over zeros, from (master_salt xor label) * 2^16. */
static bool prf(EVP_CIPHER_CTX *ctx, const struct srtp_master *m, unsigned label, uint8_t *out,
                size_t len)
{
    static const uint8_t zeros[SRTP_KEY_MAX];
    uint8_t iv[16] = {0};
    int n = 0;
    memcpy(iv, m->salt, srtp_salt_length(m->profile));
    iv[LABEL_AT] ^= (uint8_t)label;
    return EVP_EncryptInit_ex(ctx, NULL, NULL, m->key, iv) == 1 &&
           EVP_EncryptUpdate(ctx, out, &n, zeros, (int)len) == 1;
}

static bool derive_set(EVP_CIPHER_CTX *ctx, const struct srtp_master *m, unsigned first_label,
                       struct srtp_session_set *set)
{
    enum srtp_profile p = m->profile;
    return prf(ctx, m, first_label + LABEL_RTP_KEY, set->key, srtp_key_length(p)) &&
           (srtp_profile_is_gcm(p) ||
            prf(ctx, m, first_label + LABEL_RTP_AUTH, set->auth, SRTP_AUTH_KEY)) &&
           prf(ctx, m, first_label + LABEL_RTP_SALT, set->salt, srtp_salt_length(p));
}

bool srtp_derive(const struct srtp_master *m, struct srtp_session_keys *out)
{
    size_t key_length = srtp_key_length(m->profile);
    memset(out, 0, sizeof *out);
    if (key_length == 0)
        return false;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *cipher = key_length == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr();
    bool ok = ctx && EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL) == 1 &&
              derive_set(ctx, m, LABEL_RTP_KEY, &out->rtp) &&
              derive_set(ctx, m, LABEL_RTCP_KEY, &out->rtcp);
    EVP_CIPHER_CTX_free(ctx);
    out->profile = m->profile;
    return ok;
}
