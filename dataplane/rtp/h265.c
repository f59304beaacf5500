/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/h265.h"

#include "common/bytes.h"

enum { NAL_SPS = 33, NAL_PPS = 34, NAL_AP = 48, NAL_FU = 49 };

#define FU_START 0x80

static uint8_t nal_type(uint16_t header)
{
    return header >> 9 & 0x3f;
}

static bool is_parameter_set(uint8_t type)
{
    return type == NAL_SPS || type == NAL_PPS;
}

static bool aggregate_has_parameter_set(struct reader r)
{
    while (reader_left(&r) > 2) {
        size_t size = read_be16(&r);
        const uint8_t *unit = read_bytes(&r, size);
        if (unit && size >= 2 && is_parameter_set(nal_type(be16_get(unit))))
            return true;
    }
    return false;
}

bool h265_key_frame(const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    uint8_t type = nal_type(read_be16(&r));
    if (r.bad)
        return false;
    if (type == NAL_AP)
        return aggregate_has_parameter_set(r);
    if (type == NAL_FU) {
        uint8_t header = read_u8(&r);
        return (header & FU_START) && is_parameter_set(header & 0x3f);
    }
    return is_parameter_set(type);
}
