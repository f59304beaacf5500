/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/dcep.h"

#include "common/bytes.h"

#define TYPE_ACK       0x02
#define TYPE_OPEN      0x03
#define UNORDERED      0x80
#define PRIORITY_USUAL 256 /* RFC 8831 section 6.4: normal */

static bool take_label(struct data_channel_type *type, const uint8_t *label, size_t len)
{
    if (len > DATA_LABEL_MAX || memchr(label, 0, len))
        return false;
    memcpy(type->label, label, len);
    type->label[len] = 0;
    return true;
}

static enum dcep_message parse_open(struct reader *r, struct data_channel_type *type)
{
    uint8_t kind = read_u8(r);
    read_be16(r); /* priority */
    uint32_t limit = read_be32(r);
    uint16_t label_len = read_be16(r);
    uint16_t protocol_len = read_be16(r);
    const uint8_t *label = read_bytes(r, label_len);
    read_bytes(r, protocol_len);
    if (r->bad || reader_left(r) > 0 || (kind & ~UNORDERED) > DATA_LIFETIME)
        return DCEP_MALFORMED;
    *type = (struct data_channel_type){0};
    type->ordered = !(kind & UNORDERED);
    type->reliability = (enum data_reliability)(kind & ~UNORDERED);
    type->limit = type->reliability == DATA_RELIABLE ? 0 : limit;
    return take_label(type, label, label_len) ? DCEP_OPEN : DCEP_MALFORMED;
}

enum dcep_message dcep_parse(const uint8_t *data, size_t len, struct data_channel_type *type)
{
    struct reader r = reader_of(data, len);
    uint8_t message = read_u8(&r);
    if (message == TYPE_OPEN)
        return parse_open(&r, type);
    return message == TYPE_ACK && len == 1 ? DCEP_ACK : DCEP_MALFORMED;
}

size_t dcep_write_open(uint8_t *out, size_t cap, const struct data_channel_type *type)
{
    struct writer w = writer_of(out, cap);
    size_t label_len = strnlen(type->label, DATA_LABEL_MAX);
    write_u8(&w, TYPE_OPEN);
    write_u8(&w, (uint8_t)((type->ordered ? 0 : UNORDERED) | type->reliability));
    write_be16(&w, PRIORITY_USUAL);
    write_be32(&w, type->reliability == DATA_RELIABLE ? 0 : type->limit);
    write_be16(&w, (uint16_t)label_len);
    write_be16(&w, 0);
    write_bytes(&w, type->label, label_len);
    return w.bad ? 0 : writer_length(&w);
}

size_t dcep_write_ack(uint8_t *out, size_t cap)
{
    struct writer w = writer_of(out, cap);
    write_u8(&w, TYPE_ACK);
    return w.bad ? 0 : writer_length(&w);
}
