/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/rtp/red.h"

#include "common/bytes.h"

#define RED_F 0x80 /* another header follows */

static bool read_headers(struct red_payload *p, struct reader *r)
{
    p->n_redundant = 0;
    for (;;) {
        uint8_t first = read_u8(r);
        if (!(first & RED_F)) {
            p->primary = (struct red_block){.pt = first & 0x7f};
            return !r->bad;
        }
        const uint8_t *rest = read_bytes(r, 3);
        if (!rest || p->n_redundant == RED_REDUNDANT_MAX)
            return false;
        p->redundant[p->n_redundant++] = (struct red_block){
            .pt = first & 0x7f,
            .ts_offset = (uint16_t)(rest[0] << 6 | rest[1] >> 2),
            .len = (uint16_t)((rest[1] & 3) << 8 | rest[2]),
        };
    }
}

bool red_parse(struct red_payload *p, const uint8_t *payload, size_t len)
{
    struct reader r = reader_of(payload, len);
    if (len > UINT16_MAX || !read_headers(p, &r))
        return false;
    for (unsigned i = 0; i < p->n_redundant; i++) {
        p->redundant[i].data = read_bytes(&r, p->redundant[i].len);
        if (r.bad)
            return false;
    }
    p->primary.data = r.at;
    p->primary.len = (uint16_t)reader_left(&r);
    return true;
}
