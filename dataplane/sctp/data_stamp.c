/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/sctp/data_packet.h"
#include "dataplane/sctp/data_wire.h"

#include <string.h>

#define FIELD_OVERHEAD 8 /* key and length of one field of at most 64 KiB */

static void write_varint(struct writer *w, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        write_u8(w, (uint8_t)(v | 0x80));
    write_u8(w, (uint8_t)v);
}

static void write_field(struct writer *w, uint32_t id, const void *data, size_t len)
{
    write_varint(w, id << 3 | WIRE_BYTES);
    write_varint(w, len);
    write_bytes(w, data, len);
}

/* proto3: what is empty is left out. */
static void write_text(struct writer *w, uint32_t id, const char *text)
{
    if (*text)
        write_field(w, id, text, strlen(text));
}

static void write_destinations(struct writer *w, uint32_t id, const struct data_packet *p)
{
    for (unsigned i = 0; i < p->n_identities; i++)
        write_field(w, id, p->identities[i].data, p->identities[i].len);
}

static bool user_field_stays(uint32_t id)
{
    return id != USER_SID && id != USER_IDENTITY && id != USER_DESTINATIONS;
}

static bool envelope_field_stays(const struct data_packet *p, const struct data_sender *from,
                                 uint32_t id)
{
    if (id == DATA_VALUE_USER)
        return p->value != DATA_VALUE_USER;
    if (id == FIELD_DESTINATIONS)
        return p->value != DATA_VALUE_USER;
    if (id == FIELD_IDENTITY)
        return from->keep_identity;
    return id != FIELD_KIND && id != FIELD_SID;
}

static void write_user(struct writer *w, const struct data_packet *p,
                       const struct data_sender *from)
{
    struct reader r = reader_of(p->user.data, p->user.len);
    struct data_field f;
    while (data_next_field(&r, &f)) {
        if (user_field_stays(f.id))
            write_bytes(w, f.whole.data, f.whole.len);
    }
    if (!from->hidden) {
        write_text(w, USER_SID, from->sid);
        write_text(w, USER_IDENTITY, from->identity);
    }
    write_destinations(w, USER_DESTINATIONS, p);
}

/* The user value. Its length is known only afterwards: room for the longest one is left, then
 * closed. */
static void write_user_field(struct writer *w, const struct data_packet *p,
                             const struct data_sender *from)
{
    enum { LENGTH_MAX = 5 };
    write_varint(w, DATA_VALUE_USER << 3 | WIRE_BYTES);
    uint8_t *room = write_space(w, LENGTH_MAX);
    write_user(w, p, from);
    if (w->bad || !room)
        return;
    size_t n = (size_t)(w->at - room) - LENGTH_MAX;
    struct writer length = writer_of(room, LENGTH_MAX);
    write_varint(&length, n);
    memmove(length.at, room + LENGTH_MAX, n);
    w->at = length.at + n;
}

static size_t destinations_room(const struct data_packet *p)
{
    size_t n = 0;
    for (unsigned i = 0; i < p->n_identities; i++)
        n += p->identities[i].len + FIELD_OVERHEAD;
    return n;
}

size_t data_packet_stamp_room(const struct data_packet *p, const struct data_sender *from)
{
    return 2 * (strlen(from->sid) + strlen(from->identity)) + 8 * FIELD_OVERHEAD +
           2 * destinations_room(p);
}

size_t data_packet_stamp(const struct data_packet *p, enum data_packet_kind kind,
                         const struct data_sender *from, uint8_t *out, size_t cap)
{
    struct writer w = writer_of(out, cap);
    struct reader r = reader_of(p->whole.data, p->whole.len);
    struct data_field f;
    while (data_next_field(&r, &f)) {
        if (envelope_field_stays(p, from, f.id))
            write_bytes(&w, f.whole.data, f.whole.len);
    }
    if (kind != DATA_KIND_RELIABLE) {
        write_varint(&w, FIELD_KIND << 3 | WIRE_VARINT);
        write_varint(&w, kind);
    }
    write_text(&w, FIELD_SID, from->sid);
    if (!from->hidden && !from->keep_identity)
        write_text(&w, FIELD_IDENTITY, from->identity);
    if (p->value == DATA_VALUE_USER) {
        write_destinations(&w, FIELD_DESTINATIONS, p);
        write_user_field(&w, p, from);
    }
    return w.bad ? 0 : writer_length(&w);
}
