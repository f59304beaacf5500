/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Initialisation vectors. Both forms are the salt, xor SSRC and packet index at fixed places.
 */
#ifndef SLUICE_DATAPLANE_SRTP_IV_H
#define SLUICE_DATAPLANE_SRTP_IV_H

#include "common/bytes.h"

#include <stdint.h>
#include <string.h>

#define SRTP_GCM_IV 12
#define SRTP_CTR_IV 16

/* RFC 7714 sections 8.1 and 9.1. `index` is that of RTP (48 bits) or SRTCP (31 bits). */
static inline void srtp_gcm_iv(uint8_t iv[static SRTP_GCM_IV], const uint8_t *salt, uint32_t ssrc,
                               uint64_t index)
{
    be16_put(iv, be16_get(salt));
    be32_put(iv + 2, be32_get(salt + 2) ^ ssrc);
    be16_put(iv + 6, (uint16_t)(be16_get(salt + 6) ^ index >> 32));
    be32_put(iv + 8, be32_get(salt + 8) ^ (uint32_t)index);
}

/* RFC 3711 section 4.1.1. */
static inline void srtp_ctr_iv(uint8_t iv[static SRTP_CTR_IV], const uint8_t *salt, uint32_t ssrc,
                               uint64_t index)
{
    be32_put(iv, be32_get(salt));
    be32_put(iv + 4, be32_get(salt + 4) ^ ssrc);
    be16_put(iv + 8, (uint16_t)(be16_get(salt + 8) ^ index >> 32));
    be32_put(iv + 10, be32_get(salt + 10) ^ (uint32_t)index);
    be16_put(iv + 14, 0);
}

/* The index of an RTP packet from its header and roll-over counter. */
static inline uint64_t srtp_index(const uint8_t *header, uint32_t roc)
{
    return (uint64_t)roc << 16 | be16_get(header + 2);
}

static inline uint32_t rtp_ssrc(const uint8_t *header)
{
    return be32_get(header + 8);
}

#endif
