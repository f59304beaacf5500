/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SRTCP: RFC 3711 section 3.4, RFC 7714 section 9. Behind the compound stand
 *   AES-CM:  E flag and index, tag
 *   AES-GCM: tag, E flag and index
 */
#include "dataplane/srtp/engine.h"
#include "dataplane/srtp/iv.h"
#include "dataplane/srtp/replay.h"

#include <openssl/crypto.h>

#define CLEAR      8 /* first bytes of the compound that stay in the clear */
#define INDEX_LEN  4
#define E_FLAG     0x80000000u
#define INDEX_MASK 0x7fffffffu

static uint32_t sender_ssrc(const uint8_t *buf)
{
    return be32_get(buf + 4);
}

/* RFC 7714 section 9.2: the clear header, and the word with E flag and index. */
static void gcm_aad(uint8_t aad[static CLEAR + INDEX_LEN], const uint8_t *buf, uint32_t word)
{
    memcpy(aad, buf, CLEAR);
    be32_put(aad + CLEAR, word);
}

static size_t protect_gcm(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                          uint32_t index)
{
    uint8_t iv[SRTP_GCM_IV], aad[CLEAR + INDEX_LEN];
    gcm_aad(aad, buf, index | E_FLAG);
    srtp_gcm_iv(iv, k->salt[SRTP_USE_RTCP], sender_ssrc(buf), index);
    e->ops->seal(e, k, SRTP_USE_RTCP, iv, aad, sizeof aad, buf + CLEAR, len - CLEAR, buf + CLEAR);
    be32_put(buf + len + SRTP_GCM_TAG, index | E_FLAG);
    return len + SRTP_GCM_TAG + INDEX_LEN;
}

static size_t protect_cm(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                         uint32_t index)
{
    uint8_t iv[SRTP_CTR_IV], mac[SRTP_SHA1_LEN];
    srtp_ctr_iv(iv, k->salt[SRTP_USE_RTCP], sender_ssrc(buf), index);
    e->ops->ctr(e, k, SRTP_USE_RTCP, iv, buf + CLEAR, len - CLEAR, buf + CLEAR);
    be32_put(buf + len, index | E_FLAG);
    e->ops->mac(e, k, SRTP_USE_RTCP, buf, len + INDEX_LEN, NULL, 0, mac);
    memcpy(buf + len + INDEX_LEN, mac, SRTP_SHA1_TAG);
    return len + INDEX_LEN + SRTP_SHA1_TAG;
}

size_t srtcp_protect(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                     uint32_t index)
{
    bool gcm = srtp_profile_is_gcm(k->profile);
    return (gcm ? protect_gcm : protect_cm)(e, k, buf, len, index & INDEX_MASK);
}

/* Both take the compound's length and the word with E flag and index. */
static bool open_gcm(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                     uint32_t word)
{
    uint8_t iv[SRTP_GCM_IV], aad[CLEAR + INDEX_LEN];
    gcm_aad(aad, buf, word);
    srtp_gcm_iv(iv, k->salt[SRTP_USE_RTCP], sender_ssrc(buf), word & INDEX_MASK);
    return e->ops->open(e, k, SRTP_USE_RTCP, iv, aad, sizeof aad, buf + CLEAR, len - CLEAR,
                        buf + CLEAR);
}

static bool open_cm(struct srtp_engine *e, const struct srtp_key *k, uint8_t *buf, size_t len,
                    uint32_t word)
{
    uint8_t iv[SRTP_CTR_IV], mac[SRTP_SHA1_LEN];
    e->ops->mac(e, k, SRTP_USE_RTCP, buf, len + INDEX_LEN, NULL, 0, mac);
    if (CRYPTO_memcmp(mac, buf + len + INDEX_LEN, SRTP_SHA1_TAG) != 0)
        return false;
    srtp_ctr_iv(iv, k->salt[SRTP_USE_RTCP], sender_ssrc(buf), word & INDEX_MASK);
    e->ops->ctr(e, k, SRTP_USE_RTCP, iv, buf + CLEAR, len - CLEAR, buf + CLEAR);
    return true;
}

static struct srtcp_source *find_source(struct srtcp_stream *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->sources[i].ssrc == ssrc)
            return &s->sources[i];
    return NULL;
}

static struct srtcp_source *add_source(struct srtcp_stream *s, uint32_t ssrc, uint32_t index)
{
    unsigned at = s->count;
    if (s->count < SRTCP_SOURCES_MAX) {
        s->count++;
    } else {
        at = s->next;
        s->next = (uint8_t)((s->next + 1) % SRTCP_SOURCES_MAX);
    }
    s->sources[at] = (struct srtcp_source){.ssrc = ssrc, .highest = index};
    return &s->sources[at];
}

/* Whether the packet is new; notes it if so. */
static bool accept_index(struct srtcp_stream *s, uint32_t ssrc, uint32_t index)
{
    struct srtcp_source *src = find_source(s, ssrc);
    if (src) {
        struct replay_window w = {src->window, sizeof src->window * 8};
        if (replay_seen(w, src->highest, index))
            return false;
    } else {
        src = add_source(s, ssrc, index);
    }
    struct replay_window w = {src->window, sizeof src->window * 8};
    src->highest = (uint32_t)replay_mark(w, src->highest, index);
    return true;
}

enum srtp_result srtcp_unprotect(struct srtp_engine *e, const struct srtp_key *k,
                                 struct srtcp_stream *s, uint8_t *buf, size_t len, size_t *out_len)
{
    bool gcm = srtp_profile_is_gcm(k->profile);
    size_t extra = INDEX_LEN + (gcm ? SRTP_GCM_TAG : SRTP_SHA1_TAG);
    if (len > SRTP_PACKET_MAX || len < CLEAR + extra)
        return SRTP_BAD_PACKET;
    size_t compound = len - extra;
    uint32_t word = be32_get(gcm ? buf + len - INDEX_LEN : buf + compound);
    if (!(word & E_FLAG))
        return SRTP_BAD_PACKET;
    if (!(gcm ? open_gcm : open_cm)(e, k, buf, compound, word))
        return SRTP_BAD_AUTH;
    *out_len = compound;
    return accept_index(s, sender_ssrc(buf), word & INDEX_MASK) ? SRTP_OK : SRTP_REPLAYED;
}
