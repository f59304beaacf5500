/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the engine on intel-ipsec-mb.
 */
#ifndef SLUICE_DATAPLANE_SRTP_ENGINE_IPSEC_MB_H
#define SLUICE_DATAPLANE_SRTP_ENGINE_IPSEC_MB_H

/* Without it the library's old names clash with OpenSSL's. */
#define NO_COMPAT_IMB_API_053
#include "dataplane/srtp/engine.h"
#include "dataplane/srtp/hmac_sha1.h"
#include "dataplane/srtp/iv.h"

#include <intel-ipsec-mb.h>

#define IMB_ROUND_KEYS_128 (16 * 11)

/* What jobs in flight point to. */
struct imb_scratch {
    uint8_t iv[SRTP_JOBS_MAX][SRTP_CTR_IV];
    uint8_t mac[SRTP_JOBS_MAX][SRTP_SHA1_LEN];
};

struct imb_engine {
    struct srtp_engine base;
    IMB_MGR *wide;  /* the widest vectors of this CPU */
    IMB_MGR *small; /* two lanes with SHA-NI, where the CPU has it */
    /* AES-CM packets in one call from which each manager is the faster way. */
    size_t wide_from, small_from;
    struct gcm_context_data gcm;
    struct imb_scratch scratch;
};

struct imb_cm_keys {
    _Alignas(16) uint8_t round_keys[IMB_ROUND_KEYS_128];
    struct hmac_sha1 hmac;
    uint8_t ipad[SRTP_SHA1_LEN], opad[SRTP_SHA1_LEN]; /* the states of hmac as the jobs want them */
};

/* Allocated at the size of the member that the profile uses. */
struct imb_key {
    struct srtp_key base;
    union {
        struct gcm_key_data gcm[SRTP_USES];
        struct imb_cm_keys cm[SRTP_USES];
    };
};

static inline struct imb_engine *imb_engine_of(struct srtp_engine *e)
{
    return (struct imb_engine *)e;
}

static inline const struct imb_key *imb_key_of(const struct srtp_key *k)
{
    return (const struct imb_key *)k;
}

/* Primitives of the table in engine.h. */
void imb_seal(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use, const uint8_t *iv,
              const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len, uint8_t *out);
bool imb_open(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use, const uint8_t *iv,
              const uint8_t *aad, size_t aad_len, const uint8_t *in, size_t len, uint8_t *out);
void imb_ctr(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use, const uint8_t *iv,
             const uint8_t *in, size_t len, uint8_t *out);
void imb_mac(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
             const uint8_t *data, size_t len, const uint8_t *tail, size_t tail_len,
             uint8_t out[static SRTP_SHA1_LEN]);

/* Protects those of the jobs whose profile is AES-CM. */
void imb_protect_cm(struct imb_engine *e, const struct srtp_job *const *jobs, size_t n);

#endif
