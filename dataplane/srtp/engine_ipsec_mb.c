/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine on intel-ipsec-mb: its managers and keys.
 */
#include "dataplane/srtp/engine_ipsec_mb.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_LINE 64

static void imb_destroy(struct srtp_engine *base)
{
    struct imb_engine *e = imb_engine_of(base);
    if (e->wide)
        free_mb_mgr(e->wide);
    if (e->small)
        free_mb_mgr(e->small);
    free(e);
}

/* The library emulates missing instructions, slower than OpenSSL does without them. */
static bool has_aes_instructions(const IMB_MGR *m)
{
    return (m->features & IMB_CPUFLAGS_SSE) == IMB_CPUFLAGS_SSE;
}

/* Measured with bench-srtp on Zen 4, the managers and SHA-NI switched off in turn: sixteen lanes of
 * AVX-512 beat SHA-NI from six packets on, eight or four lanes never do, and OpenSSL's SHA-1 of one
 * packet at a time is the best for one, and for three without SHA-NI. */
static void choose_ways(struct imb_engine *e)
{
    bool sha_ni = e->small->features & IMB_FEATURE_SHANI;
    e->small_from = sha_ni ? 2 : SIZE_MAX;
    if (e->wide->used_arch == IMB_ARCH_AVX512)
        e->wide_from = 6;
    else
        e->wide_from = sha_ni ? SIZE_MAX : 4;
}

static struct srtp_engine *imb_create(void)
{
    struct imb_engine *e = aligned_alloc(64, (sizeof *e + 63) / 64 * 64);
    if (!e)
        return NULL;
    memset(e, 0, sizeof *e);
    e->wide = alloc_mb_mgr(0);
    e->small = alloc_mb_mgr(0);
    if (!e->wide || !e->small || !has_aes_instructions(e->wide)) {
        imb_destroy(&e->base);
        return NULL;
    }
    init_mb_mgr_auto(e->wide, NULL);
    init_mb_mgr_sse(e->small);
    choose_ways(e);
    return &e->base;
}

static size_t key_size(enum srtp_profile p)
{
    size_t size = offsetof(struct imb_key, gcm);
    size += srtp_profile_is_gcm(p) ? sizeof(struct gcm_key_data[SRTP_USES])
                                   : sizeof(struct imb_cm_keys[SRTP_USES]);
    return (size + 63) / 64 * 64;
}

static void imb_key_destroy(struct srtp_key *k)
{
    OPENSSL_cleanse(k, key_size(k->profile));
    free(k);
}

/* The manager keeps a SHA-1 state as five words of the machine's order. */
static void state_words(uint8_t out[static SRTP_SHA1_LEN], const SHA_CTX *state)
{
    const uint32_t words[] = {state->h0, state->h1, state->h2, state->h3, state->h4};
    memcpy(out, words, sizeof words);
}

static void expand_cm(const IMB_MGR *m, struct imb_cm_keys *k, const struct srtp_session_set *set)
{
    uint8_t unused[IMB_ROUND_KEYS_128];
    IMB_AES_KEYEXP_128(m, set->key, k->round_keys, unused);
    OPENSSL_cleanse(unused, sizeof unused);
    hmac_sha1_init(&k->hmac, set->auth, SRTP_AUTH_KEY);
    state_words(k->ipad, &k->hmac.inner);
    state_words(k->opad, &k->hmac.outer);
}

static void expand(const IMB_MGR *m, struct imb_key *key, enum srtp_use use, enum srtp_profile p,
                   const struct srtp_session_set *set)
{
    switch (p) {
    case SRTP_AEAD_AES_128_GCM:
        IMB_AES128_GCM_PRE(m, set->key, &key->gcm[use]);
        break;
    case SRTP_AEAD_AES_256_GCM:
        IMB_AES256_GCM_PRE(m, set->key, &key->gcm[use]);
        break;
    default:
        expand_cm(m, &key->cm[use], set);
    }
}

static struct srtp_key *imb_key_create(const struct srtp_engine *base,
                                       const struct srtp_session_keys *s)
{
    const struct imb_engine *e = (const struct imb_engine *)base;
    struct imb_key *key = aligned_alloc(64, key_size(s->profile));
    if (!key)
        return NULL;
    memset(key, 0, key_size(s->profile));
    expand(e->wide, key, SRTP_USE_RTP, s->profile, &s->rtp);
    expand(e->wide, key, SRTP_USE_RTCP, s->profile, &s->rtcp);
    return &key->base;
}

/* The round keys and the powers of H: 1 KiB that is another one for each subscriber. */
static void prefetch_gcm(const struct srtp_key *k)
{
    const char *line = (const char *)k, *end = (const char *)&imb_key_of(k)->gcm[SRTP_USE_RTP + 1];
    for (; line < end; line += CACHE_LINE)
        __builtin_prefetch(line);
}

static void imb_protect(struct srtp_engine *e, const struct srtp_job *jobs, size_t n)
{
    const struct srtp_job *cm[SRTP_JOBS_MAX];
    size_t n_cm = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && jobs[i + 1].key != jobs[i].key)
            prefetch_gcm(jobs[i + 1].key);
        if (srtp_profile_is_gcm(jobs[i].key->profile))
            srtp_protect_one(e, &jobs[i]);
        else
            cm[n_cm++] = &jobs[i];
    }
    if (n_cm > 0)
        imb_protect_cm(imb_engine_of(e), cm, n_cm);
}

const struct srtp_engine_ops srtp_engine_ipsec_mb = {
    .name = "ipsec-mb",
    .create = imb_create,
    .destroy = imb_destroy,
    .key_create = imb_key_create,
    .key_destroy = imb_key_destroy,
    .protect = imb_protect,
    .seal = imb_seal,
    .open = imb_open,
    .ctr = imb_ctr,
    .mac = imb_mac,
};
