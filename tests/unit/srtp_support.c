/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/srtp_support.h"

#include "common/bytes.h"

const enum srtp_profile all_profiles[3] = {SRTP_AEAD_AES_128_GCM, SRTP_AEAD_AES_256_GCM,
                                           SRTP_AES128_CM_SHA1_80};
const char *const all_engines[2] = {"ipsec-mb", "evp"};

static uint64_t dice_next(struct dice *d)
{
    d->state += 0x9e3779b97f4a7c15ULL;
    uint64_t z = d->state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

uint32_t dice_roll(struct dice *d, uint32_t below)
{
    return (uint32_t)((dice_next(d) >> 32) * below >> 32);
}

void dice_fill(struct dice *d, void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)dice_next(d);
}

struct srtp_master random_master(struct dice *d, enum srtp_profile p)
{
    struct srtp_master m = {.profile = p};
    dice_fill(d, m.key, srtp_key_length(p));
    dice_fill(d, m.salt, srtp_salt_length(p));
    return m;
}

void random_rtp(struct dice *d, struct rtp_packet *p, uint32_t ssrc, uint16_t seq,
                size_t max_payload)
{
    uint32_t csrcs = dice_roll(d, 4) == 0 ? dice_roll(d, 16) : 0;
    uint32_t words = dice_roll(d, 2) ? dice_roll(d, 6) : 0;
    bool extended = dice_roll(d, 2);
    dice_fill(d, p->data, sizeof p->data);
    p->data[0] = (uint8_t)(0x80 | (extended ? 0x10 : 0) | csrcs);
    be16_put(p->data + 2, seq);
    be32_put(p->data + 8, ssrc);
    p->header_len = 12 + 4 * csrcs;
    if (extended) {
        be16_put(p->data + p->header_len, 0xbede);
        be16_put(p->data + p->header_len + 2, (uint16_t)words);
        p->header_len += 4 + 4 * words;
    }
    p->len = p->header_len + dice_roll(d, (uint32_t)max_payload + 1);
}

size_t random_rtcp(struct dice *d, uint8_t *out, uint32_t ssrc, size_t max_len)
{
    size_t len = 8 + 4 * dice_roll(d, (uint32_t)(max_len - 8) / 4 + 1);
    dice_fill(d, out, len);
    out[0] = 0x80;
    out[1] = 200;
    be16_put(out + 2, (uint16_t)(len / 4 - 1));
    be32_put(out + 4, ssrc);
    return len;
}
