/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_track.h"

#include "common/bytes.h"

#define VERSION(b)    ((b) >> 5)
#define FIRST         0x10
#define LAST          0x08
#define EXTENDED      0x04
#define HANDLE_OFFSET 2

bool data_track_parse(struct data_track_header *h, const uint8_t *packet, size_t len)
{
    struct reader r = reader_of(packet, len);
    uint8_t flags = read_u8(&r);
    read_u8(&r); /* reserved */
    h->first = flags & FIRST;
    h->last = flags & LAST;
    h->handle = read_be16(&r);
    h->sequence = read_be16(&r);
    h->frame = read_be16(&r);
    h->timestamp = read_be32(&r);
    h->len = DATA_TRACK_HEADER;
    if (flags & EXTENDED)
        h->len += 4 * ((size_t)read_be16(&r) + 1);
    return !r.bad && VERSION(flags) == 0 && h->handle != 0 && h->len <= len;
}

void data_track_set_handle(uint8_t *packet, uint16_t handle)
{
    packet[HANDLE_OFFSET] = (uint8_t)(handle >> 8);
    packet[HANDLE_OFFSET + 1] = (uint8_t)handle;
}
