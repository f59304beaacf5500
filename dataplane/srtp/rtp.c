/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One RTP packet: RFC 3711 section 3.3, RFC 7714 section 8.
 */
#include "dataplane/srtp/engine.h"
#include "dataplane/srtp/iv.h"
#include "dataplane/srtp/replay.h"

#include <openssl/crypto.h>

static void seal_gcm(struct srtp_engine *e, const struct srtp_job *j)
{
    uint8_t iv[SRTP_GCM_IV];
    srtp_gcm_iv(iv, j->key->salt[SRTP_USE_RTP], rtp_ssrc(j->out), srtp_index(j->out, j->roc));
    e->ops->seal(e, j->key, SRTP_USE_RTP, iv, j->out, j->header_len, j->payload, j->payload_len,
                 j->out + j->header_len);
}

static void seal_cm(struct srtp_engine *e, const struct srtp_job *j)
{
    uint8_t iv[SRTP_CTR_IV], roc[4], mac[SRTP_SHA1_LEN];
    size_t len = (size_t)j->header_len + j->payload_len;
    srtp_ctr_iv(iv, j->key->salt[SRTP_USE_RTP], rtp_ssrc(j->out), srtp_index(j->out, j->roc));
    e->ops->ctr(e, j->key, SRTP_USE_RTP, iv, j->payload, j->payload_len, j->out + j->header_len);
    be32_put(roc, j->roc);
    e->ops->mac(e, j->key, SRTP_USE_RTP, j->out, len, roc, sizeof roc, mac);
    memcpy(j->out + len, mac, SRTP_SHA1_TAG);
}

void srtp_protect_one(struct srtp_engine *e, const struct srtp_job *j)
{
    (srtp_profile_is_gcm(j->key->profile) ? seal_gcm : seal_cm)(e, j);
}

static bool open_gcm(struct srtp_engine *e, const struct srtp_key *k, const uint8_t *in,
                     size_t header_len, size_t payload_len, uint64_t index, uint8_t *out)
{
    uint8_t iv[SRTP_GCM_IV];
    srtp_gcm_iv(iv, k->salt[SRTP_USE_RTP], rtp_ssrc(in), index);
    return e->ops->open(e, k, SRTP_USE_RTP, iv, in, header_len, in + header_len, payload_len,
                        out + header_len);
}

static bool open_cm(struct srtp_engine *e, const struct srtp_key *k, const uint8_t *in,
                    size_t header_len, size_t payload_len, uint64_t index, uint8_t *out)
{
    uint8_t iv[SRTP_CTR_IV], roc[4], mac[SRTP_SHA1_LEN];
    size_t len = header_len + payload_len;
    be32_put(roc, (uint32_t)(index >> 16));
    e->ops->mac(e, k, SRTP_USE_RTP, in, len, roc, sizeof roc, mac);
    if (CRYPTO_memcmp(mac, in + len, SRTP_SHA1_TAG) != 0)
        return false;
    srtp_ctr_iv(iv, k->salt[SRTP_USE_RTP], rtp_ssrc(in), index);
    e->ops->ctr(e, k, SRTP_USE_RTP, iv, in + header_len, payload_len, out + header_len);
    return true;
}

/* Whether the packet is new; notes it if so. */
static bool accept_index(struct srtp_stream *s, uint64_t index)
{
    struct replay_window w = {s->window, sizeof s->window * 8};
    if (!s->started) {
        s->started = true;
        s->highest = index;
    } else if (replay_seen(w, s->highest, index)) {
        return false;
    }
    s->highest = replay_mark(w, s->highest, index);
    return true;
}

enum srtp_result srtp_unprotect(struct srtp_engine *e, const struct srtp_key *k,
                                struct srtp_stream *s, const uint8_t *in, size_t len,
                                size_t header_len, uint8_t *out, size_t *out_len, uint64_t *index)
{
    bool gcm = srtp_profile_is_gcm(k->profile);
    size_t tag = gcm ? SRTP_GCM_TAG : SRTP_SHA1_TAG;
    if (len > SRTP_PACKET_MAX || header_len < RTP_HEADER || header_len > len ||
        len - header_len < tag)
        return SRTP_BAD_PACKET;
    size_t payload_len = len - header_len - tag;
    uint64_t i = replay_estimate(s, be16_get(in + 2));
    if (!(gcm ? open_gcm : open_cm)(e, k, in, header_len, payload_len, i, out))
        return SRTP_BAD_AUTH;
    if (out != in)
        memcpy(out, in, header_len);
    *out_len = header_len + payload_len;
    *index = i;
    return accept_index(s, i) ? SRTP_OK : SRTP_REPLAYED;
}
