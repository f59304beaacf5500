/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/av1.h"

#include "common/bytes.h"

/* Aggregation header. */
#define AV1_Z 0x80
#define AV1_W 0x30
#define AV1_N 0x08

enum { OBU_SEQUENCE_HEADER = 1, OBU_FRAME_HEADER = 3, OBU_FRAME = 6 };

#define OBU_EXTENSION 0x04
#define OBU_HAS_SIZE  0x02
#define OBUS_MAX      64 /* looked at in one packet */

struct obu {
    uint8_t type;
    const uint8_t *data; /* behind header, extension and size */
    size_t len;
};

static uint32_t read_leb128(struct reader *r)
{
    uint32_t v = 0;
    for (unsigned shift = 0; shift < 28; shift += 7) {
        uint8_t byte = read_u8(r);
        v |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
    r->bad = true; /* no packet is that long */
    return 0;
}

/* One element: with a length in front unless it is the last of `count` (0: all have one). */
static bool next_obu(struct reader *r, unsigned index, unsigned count, struct obu *o)
{
    size_t size = count != 0 && index + 1 == count ? reader_left(r) : read_leb128(r);
    const uint8_t *element = r->bad ? NULL : read_bytes(r, size);
    if (!element || size == 0)
        return false;
    struct reader body = reader_of(element, size);
    uint8_t header = read_u8(&body);
    if (header & OBU_EXTENSION)
        read_u8(&body);
    if (header & OBU_HAS_SIZE)
        read_leb128(&body);
    if (body.bad)
        return false;
    *o = (struct obu){header >> 3 & 0x0f, body.at, reader_left(&body)};
    return true;
}

/* show_existing_frame 0 and frame_type KEY_FRAME: the first three bits (specification 5.9.2; a
 * reduced still picture header has neither and is not used in calls). */
static bool is_key_frame_header(const struct obu *o)
{
    return (o->type == OBU_FRAME || o->type == OBU_FRAME_HEADER) && o->len > 0 &&
           (o->data[0] & 0xe0) == 0;
}

bool av1_key_frame(const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    uint8_t aggregation = read_u8(&r);
    if (r.bad || (aggregation & AV1_Z) || !(aggregation & AV1_N))
        return false;
    unsigned count = (aggregation & AV1_W) >> 4;
    for (unsigned i = 0; i < OBUS_MAX && reader_left(&r) > 0; i++) {
        struct obu o;
        if ((count != 0 && i == count) || !next_obu(&r, i, count, &o))
            return false;
        if (i == 0 && o.type != OBU_SEQUENCE_HEADER)
            return false;
        if (is_key_frame_header(&o))
            return true;
    }
    return false;
}
