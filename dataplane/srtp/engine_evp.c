/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on OpenSSL: one cipher context per key set, keyed once, given a new IV per packet.
 */
#include "dataplane/srtp/engine.h"
#include "dataplane/srtp/hmac_sha1.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct evp_key {
    struct srtp_key base;
    EVP_CIPHER_CTX *cipher[SRTP_USES];
    struct hmac_sha1 hmac[SRTP_USES];
};

static const struct evp_key *evp_key_of(const struct srtp_key *k)
{
    return (const struct evp_key *)k;
}

/* These calls fail on wrong use only. Going on would send the plaintext. */
static void must(int result)
{
    if (result != 1)
        abort();
}

static struct srtp_engine *evp_create(void)
{
    return calloc(1, sizeof(struct srtp_engine));
}

static void evp_destroy(struct srtp_engine *e)
{
    free(e);
}

static void evp_key_destroy(struct srtp_key *k)
{
    struct evp_key *key = (struct evp_key *)k;
    for (int use = 0; use < SRTP_USES; use++)
        EVP_CIPHER_CTX_free(key->cipher[use]); /* wipes */
    OPENSSL_cleanse(key, sizeof *key);
    free(key);
}

static const EVP_CIPHER *evp_cipher(enum srtp_profile p)
{
    if (p == SRTP_AES128_CM_SHA1_80)
        return EVP_aes_128_ctr();
    return p == SRTP_AEAD_AES_128_GCM ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
}

static struct srtp_key *evp_key_create(const struct srtp_engine *e,
                                       const struct srtp_session_keys *s)
{
    (void)e;
    const struct srtp_session_set *sets[SRTP_USES] = {&s->rtp, &s->rtcp};
    struct evp_key *key = calloc(1, sizeof *key);
    if (!key)
        return NULL;
    for (int use = 0; use < SRTP_USES; use++) {
        EVP_CIPHER_CTX *c = key->cipher[use] = EVP_CIPHER_CTX_new();
        if (!c || EVP_EncryptInit_ex(c, evp_cipher(s->profile), NULL, sets[use]->key, NULL) != 1) {
            evp_key_destroy(&key->base);
            return NULL;
        }
        hmac_sha1_init(&key->hmac[use], sets[use]->auth, SRTP_AUTH_KEY);
    }
    return &key->base;
}

static void evp_seal(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                     const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in,
                     size_t len, uint8_t *out)
{
    (void)e;
    EVP_CIPHER_CTX *c = evp_key_of(k)->cipher[use];
    int n;
    must(EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv));
    must(EVP_EncryptUpdate(c, NULL, &n, aad, (int)aad_len));
    if (len > 0)
        must(EVP_EncryptUpdate(c, out, &n, in, (int)len));
    must(EVP_EncryptFinal_ex(c, out + len, &n));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SRTP_GCM_TAG, out + len));
}

static bool evp_open(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                     const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in,
                     size_t len, uint8_t *out)
{
    (void)e;
    EVP_CIPHER_CTX *c = evp_key_of(k)->cipher[use];
    uint8_t tag[SRTP_GCM_TAG];
    int n;
    memcpy(tag, in + len, sizeof tag);
    must(EVP_DecryptInit_ex(c, NULL, NULL, NULL, iv));
    must(EVP_DecryptUpdate(c, NULL, &n, aad, (int)aad_len));
    if (len > 0)
        must(EVP_DecryptUpdate(c, out, &n, in, (int)len));
    must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, sizeof tag, tag));
    return EVP_DecryptFinal_ex(c, out + len, &n) == 1;
}

static void evp_ctr(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                    const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out)
{
    (void)e;
    EVP_CIPHER_CTX *c = evp_key_of(k)->cipher[use];
    int n;
    if (len == 0)
        return;
    must(EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv));
    must(EVP_EncryptUpdate(c, out, &n, in, (int)len));
}

static void evp_mac(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                    const uint8_t *data, size_t len, const uint8_t *tail, size_t tail_len,
                    uint8_t out[static SRTP_SHA1_LEN])
{
    (void)e;
    hmac_sha1(&evp_key_of(k)->hmac[use], data, len, tail, tail_len, out);
}

static void evp_protect(struct srtp_engine *e, const struct srtp_job *jobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        srtp_protect_one(e, &jobs[i]);
}

const struct srtp_engine_ops srtp_engine_evp = {
    .name = "evp",
    .create = evp_create,
    .destroy = evp_destroy,
    .key_create = evp_key_create,
    .key_destroy = evp_key_destroy,
    .protect = evp_protect,
    .seal = evp_seal,
    .open = evp_open,
    .ctr = evp_ctr,
    .mac = evp_mac,
};
