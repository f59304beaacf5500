/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/h264.h"

#include "common/bytes.h"

enum {
    NAL_SPS = 7,
    NAL_STAP_A = 24,
    NAL_STAP_B = 25,
    NAL_MTAP16 = 26,
    NAL_MTAP24 = 27,
    NAL_FU_A = 28,
    NAL_FU_B = 29,
};

#define FU_START 0x80

/* `before`: bytes between a unit's size and its NAL header (DOND and timestamp offset of MTAPs),
 * which the size counts (RFC 6184 section 5.7.2). */
static bool aggregate_has_sps(struct reader r, size_t before)
{
    while (reader_left(&r) > 2) {
        size_t size = read_be16(&r);
        const uint8_t *unit = read_bytes(&r, size);
        if (unit && size > before && (unit[before] & 0x1f) == NAL_SPS)
            return true;
    }
    return false;
}

bool h264_key_frame(const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    uint8_t type = read_u8(&r) & 0x1f;
    switch (type) {
    case NAL_SPS:
        return !r.bad;
    case NAL_STAP_A:
        return aggregate_has_sps(r, 0);
    case NAL_STAP_B:
    case NAL_MTAP16:
    case NAL_MTAP24:
        read_be16(&r); /* decoding order number */
        return aggregate_has_sps(r, type == NAL_STAP_B ? 0 : type == NAL_MTAP16 ? 3 : 4);
    case NAL_FU_A:
    case NAL_FU_B: {
        uint8_t header = read_u8(&r);
        return (header & FU_START) && (header & 0x1f) == NAL_SPS;
    }
    default:
        return false;
    }
}
