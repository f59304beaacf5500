/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AES-CM with HMAC-SHA1. SHA-1 is what costs. A manager hashes one packet per vector lane and takes
 * as long for one lane as for all, so the number of packets says which way is the fastest.
 */
#include "dataplane/srtp/engine_ipsec_mb.h"

#include <string.h>

static void fill_cipher(IMB_JOB *job, const struct imb_cm_keys *keys, const uint8_t *iv,
                        const uint8_t *in, size_t len, uint8_t *out)
{
    job->cipher_mode = len > 0 ? IMB_CIPHER_CNTR : IMB_CIPHER_NULL;
    job->cipher_direction = IMB_DIR_ENCRYPT;
    job->chain_order = IMB_ORDER_CIPHER_HASH;
    job->enc_keys = keys->round_keys;
    job->dec_keys = keys->round_keys;
    job->key_len_in_bytes = IMB_KEY_128_BYTES;
    job->iv = iv;
    job->iv_len_in_bytes = SRTP_CTR_IV;
    job->src = in;
    job->dst = out;
    job->cipher_start_src_offset_in_bytes = 0;
    job->msg_len_to_cipher_in_bytes = len;
}

void imb_ctr(struct srtp_engine *base, const struct srtp_key *k, enum srtp_use use,
             const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out)
{
    IMB_MGR *m = imb_engine_of(base)->wide;
    if (len == 0)
        return;
    IMB_JOB *job = IMB_GET_NEXT_JOB(m);
    fill_cipher(job, &imb_key_of(k)->cm[use], iv, in, len, out);
    job->hash_alg = IMB_AUTH_NULL;
    /* Counter mode has no lanes to wait for: the job comes back at once. */
    if (!IMB_SUBMIT_JOB_NOCHECK(m))
        IMB_FLUSH_JOB(m);
}

void imb_mac(struct srtp_engine *base, const struct srtp_key *k, enum srtp_use use,
             const uint8_t *data, size_t len, const uint8_t *tail, size_t tail_len,
             uint8_t out[static SRTP_SHA1_LEN])
{
    (void)base;
    hmac_sha1(&imb_key_of(k)->cm[use].hmac, data, len, tail, tail_len, out);
}

/* The MAC is over header, ciphertext and roll-over counter: the counter stands where the tag will
 * until the job is done. The library hashes from its source pointer, so the offset leads from the
 * plaintext to the output. */
static void fill_job(IMB_JOB *job, const struct srtp_job *j, uint8_t *iv, uint8_t *mac)
{
    const struct imb_cm_keys *keys = &imb_key_of(j->key)->cm[SRTP_USE_RTP];
    size_t len = (size_t)j->header_len + j->payload_len;
    uint8_t *tag = j->out + len;
    srtp_ctr_iv(iv, j->key->salt[SRTP_USE_RTP], rtp_ssrc(j->out), srtp_index(j->out, j->roc));
    be32_put(tag, j->roc);
    fill_cipher(job, keys, iv, j->payload, j->payload_len, j->out + j->header_len);
    job->hash_alg = IMB_AUTH_HMAC_SHA_1;
    job->hash_start_src_offset_in_bytes = (uintptr_t)j->out - (uintptr_t)j->payload;
    job->msg_len_to_hash_in_bytes = len + sizeof j->roc;
    job->u.HMAC._hashed_auth_key_xor_ipad = keys->ipad;
    job->u.HMAC._hashed_auth_key_xor_opad = keys->opad;
    job->auth_tag_output = mac;
    job->auth_tag_output_len_in_bytes = SRTP_SHA1_LEN;
    job->user_data = tag;
}

static void finish(const IMB_JOB *job)
{
    memcpy(job->user_data, job->auth_tag_output, SRTP_SHA1_TAG);
}

static void run_jobs(IMB_MGR *m, struct imb_scratch *s, const struct srtp_job *const *jobs,
                     size_t n)
{
    IMB_JOB *done;
    for (size_t i = 0; i < n; i++) {
        fill_job(IMB_GET_NEXT_JOB(m), jobs[i], s->iv[i], s->mac[i]);
        for (done = IMB_SUBMIT_JOB_NOCHECK(m); done; done = IMB_GET_COMPLETED_JOB(m))
            finish(done);
    }
    while ((done = IMB_FLUSH_JOB(m)))
        finish(done);
}

void imb_protect_cm(struct imb_engine *e, const struct srtp_job *const *jobs, size_t n)
{
    if (n >= e->wide_from)
        run_jobs(e->wide, &e->scratch, jobs, n);
    else if (n >= e->small_from)
        run_jobs(e->small, &e->scratch, jobs, n);
    else
        for (size_t i = 0; i < n; i++)
            srtp_protect_one(&e->base, jobs[i]);
}
