/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an engine is to the rest of this directory: a table of primitives. The layout of packets,
 * indices and replay windows are the same for all engines (rtp.c, rtcp.c, replay.c).
 */
#ifndef SLUICE_DATAPLANE_SRTP_ENGINE_H
#define SLUICE_DATAPLANE_SRTP_ENGINE_H

#include "dataplane/srtp/kdf.h"
#include "dataplane/srtp/srtp.h"

#define SRTP_GCM_TAG  16
#define SRTP_SHA1_TAG 10 /* HMAC-SHA1-80 */
#define SRTP_SHA1_LEN 20
#define RTP_HEADER    12 /* without CSRCs and extension */

/* Which of the two session key sets of a key. */
enum srtp_use { SRTP_USE_RTP, SRTP_USE_RTCP, SRTP_USES };

struct srtp_engine {
    const struct srtp_engine_ops *ops;
};

struct srtp_key {
    const struct srtp_engine_ops *ops;
    enum srtp_profile profile;
    uint8_t salt[SRTP_USES][SRTP_SALT_MAX];
};

struct srtp_engine_ops {
    const char *name;
    struct srtp_engine *(*create)(void); /* NULL: not on this CPU, or no memory */
    void (*destroy)(struct srtp_engine *e);

    /* profile and salt of the result are the caller's to fill. */
    struct srtp_key *(*key_create)(const struct srtp_engine *e, const struct srtp_session_keys *s);
    void (*key_destroy)(struct srtp_key *k);

    void (*protect)(struct srtp_engine *e, const struct srtp_job *jobs, size_t n);

    /* AES-GCM with a 12-byte iv: encrypts in[0..len) to out, the tag behind it. */
    void (*seal)(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                 const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in,
                 size_t len, uint8_t *out);
    /* Decrypts in[0..len), behind which stands the tag, to out. False: the tag does not fit. */
    bool (*open)(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                 const uint8_t *iv, const uint8_t *aad, size_t aad_len, const uint8_t *in,
                 size_t len, uint8_t *out);

    /* AES-CTR with a 16-byte first counter block. */
    void (*ctr)(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out);
    /* HMAC-SHA1 of data[0..len) and then tail[0..tail_len). */
    void (*mac)(struct srtp_engine *e, const struct srtp_key *k, enum srtp_use use,
                const uint8_t *data, size_t len, const uint8_t *tail, size_t tail_len,
                uint8_t out[static SRTP_SHA1_LEN]);
};

/* Protects one packet by the engine's seal, or its ctr and mac (rtp.c). */
void srtp_protect_one(struct srtp_engine *e, const struct srtp_job *j);

extern const struct srtp_engine_ops srtp_engine_evp;
extern const struct srtp_engine_ops srtp_engine_ipsec_mb;

static inline bool srtp_profile_is_gcm(enum srtp_profile p)
{
    return p == SRTP_AEAD_AES_128_GCM || p == SRTP_AEAD_AES_256_GCM;
}

#endif
