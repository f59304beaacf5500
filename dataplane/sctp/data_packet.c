/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_packet.h"

#include "dataplane/sctp/data_wire.h"

#include <string.h>

bool data_slice_is(const struct data_slice *s, const char *text)
{
    size_t n = strlen(text);
    return s->len == n && (n == 0 || memcmp(s->data, text, n) == 0);
}

/* ---- protobuf ---- */

static uint64_t read_varint(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = read_u8(r);
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    r->bad = true;
    return 0;
}

static void read_value(struct reader *r, struct data_field *f)
{
    switch (f->wire) {
    case WIRE_VARINT:
        f->number = read_varint(r);
        break;
    case WIRE_FIXED64:
        read_bytes(r, 8);
        break;
    case WIRE_FIXED32:
        read_bytes(r, 4);
        break;
    case WIRE_BYTES: {
        uint64_t len = read_varint(r);
        if (len > reader_left(r)) {
            r->bad = true;
            break;
        }
        f->value = (struct data_slice){read_bytes(r, (size_t)len), (uint32_t)len};
        break;
    }
    default: /* groups are long gone */
        r->bad = true;
    }
}

bool data_next_field(struct reader *r, struct data_field *f)
{
    *f = (struct data_field){.whole = {.data = r->at}};
    if (reader_left(r) == 0)
        return false;
    uint64_t key = read_varint(r);
    f->id = (uint32_t)(key >> 3);
    f->wire = (enum data_wire)(key & 7);
    if (key >> 3 == 0 || key >> 32 != 0)
        r->bad = true;
    read_value(r, f);
    f->whole.len = (uint32_t)(r->at - f->whole.data);
    return !r->bad;
}

/* Members of the oneof that we know; of those there can be one. */
static bool is_known_value(uint32_t id)
{
    return id == DATA_VALUE_USER || id == DATA_VALUE_SPEAKER || id == DATA_VALUE_ENCRYPTED ||
           (id >= DATA_VALUE_SIP_DTMF && id <= DATA_VALUE_STREAM_TRAILER);
}

static bool is_envelope(uint32_t id)
{
    return id == FIELD_KIND || id == FIELD_IDENTITY || id == FIELD_DESTINATIONS ||
           id == FIELD_SEQUENCE || id == FIELD_SID;
}

/* ---- what routing needs ---- */

static bool add(struct data_slice *list, uint16_t *n, const struct data_slice *s)
{
    if (*n == DATA_DESTINATIONS_MAX)
        return false;
    list[(*n)++] = *s;
    return true;
}

static bool parse_user_field(struct data_packet *p, const struct data_field *f, bool take)
{
    if (f->wire != WIRE_BYTES)
        return true;
    switch (f->id) {
    case USER_DESTINATION_SIDS:
        return add(p->sids, &p->n_sids, &f->value);
    case USER_DESTINATIONS:
        return !take || add(p->identities, &p->n_identities, &f->value);
    case USER_NONCE:
        p->nonce = f->value;
        return f->value.len <= DATA_NONCE_MAX;
    default:
        return true;
    }
}

/* The envelope's destinations come before those within. */
static bool parse_user(struct data_packet *p)
{
    struct reader r = reader_of(p->user.data, p->user.len);
    struct data_field f;
    bool take = p->n_identities == 0;
    while (data_next_field(&r, &f)) {
        if (!parse_user_field(p, &f, take))
            return false;
    }
    p->identities_in_user = take && p->n_identities > 0;
    return !r.bad;
}

/* What we do not know may be a value or not; it counts only where no known one is. */
static bool take_value(struct data_packet *p, const struct data_field *f)
{
    bool known = is_known_value(f->id);
    if (f->wire != WIRE_BYTES || (!known && p->value != DATA_VALUE_NONE))
        return true;
    if (known && is_known_value(p->value))
        return false;
    p->value = f->id;
    if (f->id == DATA_VALUE_USER)
        p->user = f->value;
    return true;
}

static bool parse_field(struct data_packet *p, const struct data_field *f)
{
    if (f->id == FIELD_SEQUENCE && f->wire == WIRE_VARINT)
        p->sequence = (uint32_t)f->number;
    if (f->id == FIELD_IDENTITY && f->wire == WIRE_BYTES)
        p->has_identity = f->value.len > 0;
    if (f->id == FIELD_DESTINATIONS && f->wire == WIRE_BYTES)
        return add(p->identities, &p->n_identities, &f->value);
    return is_envelope(f->id) || take_value(p, f);
}

bool data_packet_parse(struct data_packet *p, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    struct data_field f;
    p->whole = (struct data_slice){data, (uint32_t)len};
    p->value = DATA_VALUE_NONE;
    p->sequence = 0;
    p->has_identity = false;
    p->user = p->nonce = (struct data_slice){0};
    p->n_identities = p->n_sids = 0;
    p->identities_in_user = false;
    if (len > UINT16_MAX)
        return false;
    while (data_next_field(&r, &f)) {
        if (!parse_field(p, &f))
            return false;
    }
    return !r.bad && (p->value != DATA_VALUE_USER || parse_user(p));
}
