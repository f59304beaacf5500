/* SPDX-License-Identifier: Apache-2.0 */
/* LiveKit data packets within a room: checked, stamped with their sender, sent to whom they are
 * for. */
#include "common/bytes.h"
#include "common/link/link.h"
#include "dataplane/sctp/data_packet.h"
#include "dataplane/session/engine.h"

#include <string.h>

/* Acknowledgement and result. */
#define ANSWERS_PER_CALL 2

/* Fits into a record of the link. */
#define SERVER_PACKET_MAX (LINK_RECORD_MAX - 64)

#define USER_PAYLOAD  2
#define WRAPPER_BYTES 16 /* two keys, two lengths */

struct transport *data_receiving_transport(const struct participant *p)
{
    struct transport *t;
    LIST_FOREACH(t, &p->transports, link)
    if (t->state->kind != SLUICE__LINK__TRANSPORT_KIND__PUBLISHER)
        return t;
    return NULL;
}

static bool addressed_to(const struct data_packet *p, const Sluice__Link__Participant *to)
{
    if (p->value == DATA_VALUE_METRICS && !to->metrics)
        return false;
    if (p->n_identities == 0 && p->n_sids == 0)
        return true;
    for (unsigned i = 0; i < p->n_identities; i++)
        if (data_slice_is(&p->identities[i], to->identity))
            return true;
    for (unsigned i = 0; i < p->n_sids; i++)
        if (data_slice_is(&p->sids[i], to->sid))
            return true;
    return false;
}

/* ---- what may be sent ---- */

/* Sequenced reliable packets arrive once: a client that resumes may send some again. */
static bool is_repeated(struct participant *p, const struct data_packet *packet, bool reliable)
{
    if (reliable && packet->sequence > 0) {
        if (packet->sequence <= p->last_reliable_sequence)
            return true;
        p->last_reliable_sequence = packet->sequence;
    }
    return packet->value == DATA_VALUE_USER &&
           nonces_seen(&p->room->nonces, packet->nonce.data, packet->nonce.len);
}

static bool is_for_participants(const struct participant *p, uint32_t value)
{
    return value != DATA_VALUE_TRANSCRIPTION || p->state->agent;
}

static bool is_welcome(struct sessions *s, struct participant *p, struct data_packet *packet,
                       bool reliable, const uint8_t *data, size_t len)
{
    enum counter reason;
    if (!p->state->can_publish_data)
        reason = COUNTER_DROP_DATA_PERMISSION;
    else if (!data_packet_parse(packet, data, len))
        reason = COUNTER_DROP_DATA_MALFORMED;
    else if (is_repeated(p, packet, reliable))
        reason = COUNTER_DROP_DATA_DUPLICATE;
    else if (!is_for_participants(p, packet->value))
        reason = COUNTER_DROP_DATA_KIND;
    else
        return true;
    counters_add(s->counters, reason, 1);
    return false;
}

/* ---- to whom ---- */

/* A reliable packet for one whose channel is not open yet. Sequenced ones are kept once for all in
 * the room's replay: *kept is the packet's number there, 0 if it is not there yet. */
static void keep(struct sessions *s, const struct participant *from, struct participant *to,
                 const struct data_packet *packet, size_t len, uint64_t *kept)
{
    struct transport *t = data_receiving_transport(to);
    if (packet->sequence == 0 && t) {
        data_drive_send(s, t, true, s->scratch, len);
        return;
    }
    if (packet->sequence > 0 && *kept == 0)
        *kept = replay_add(&to->room->replay, from->handle, s->scratch, len, s->now);
    if (*kept == 0)
        counters_add(s->counters, COUNTER_DROP_DATA_NOT_OPEN, 1);
    else if (to->missed_from == 0)
        to->missed_from = *kept;
}

/* Sends the stamped packet, `len` bytes in s->scratch. */
static void fan_out(struct sessions *s, const struct participant *from,
                    const struct data_packet *packet, bool reliable, size_t len)
{
    struct participant *to;
    uint64_t kept = 0;
    LIST_FOREACH(to, &from->room->participants, link)
    {
        if (to == from || !addressed_to(packet, to->state))
            continue;
        struct transport *t = data_receiving_transport(to);
        if (reliable && !(t && t->data_ready))
            keep(s, from, to, packet, len, &kept);
        else if (t)
            data_drive_send(s, t, reliable, s->scratch, len);
    }
}

/* Agents speak for others in chat and streams. */
static bool speaks_for_another(const struct participant *p, const struct data_packet *packet)
{
    return p->state->agent && packet->has_identity &&
           (packet->value == DATA_VALUE_CHAT || (packet->value >= DATA_VALUE_STREAM_HEADER &&
                                                 packet->value <= DATA_VALUE_STREAM_TRAILER));
}

/* ---- answers to RPCs of the server's, which speaks in the name of whom it calls ---- */

static bool is_for_server(const struct participant *sender, const struct data_packet *packet)
{
    return (packet->value == DATA_VALUE_RPC_ACK || packet->value == DATA_VALUE_RPC_RESPONSE) &&
           packet->n_sids == 0 && packet->n_identities == 1 &&
           data_slice_is(&packet->identities[0], sender->state->identity);
}

static void hand_to_server(struct sessions *s, struct participant *sender, const uint8_t *data,
                           size_t len)
{
    if (sender->answers == 0 || len > SERVER_PACKET_MAX) {
        counters_add(s->counters, COUNTER_DROP_DATA_KIND, 1);
        return;
    }
    sender->answers--;
    Sluice__Link__ServerPacket m = SLUICE__LINK__SERVER_PACKET__INIT;
    m.participant = sender->state->id;
    m.packet.data = (uint8_t *)(uintptr_t)data;
    m.packet.len = len;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_SERVER_PACKET;
    e.server_packet = &m;
    s->out.event(s->out.context, &e);
}

void data_route(struct sessions *s, struct transport *from, bool reliable, const uint8_t *data,
                size_t len)
{
    struct participant *sender = from->participant;
    struct data_packet packet;
    if (!is_welcome(s, sender, &packet, reliable, data, len))
        return;
    if (is_for_server(sender, &packet)) {
        hand_to_server(s, sender, data, len);
        return;
    }
    const struct data_sender stamp = {
        .sid = sender->state->sid,
        .identity = sender->state->identity,
        .hidden = sender->state->hidden,
        .keep_identity = speaks_for_another(sender, &packet),
    };
    enum data_packet_kind kind = reliable ? DATA_KIND_RELIABLE : DATA_KIND_LOSSY;
    size_t n = data_packet_stamp(&packet, kind, &stamp, s->scratch, DATA_SCRATCH);
    if (n == 0)
        counters_add(s->counters, COUNTER_DROP_DATA_MALFORMED, 1);
    else
        fan_out(s, sender, &packet, reliable, n);
}

static void write_varint(struct writer *w, size_t v)
{
    for (; v >= 0x80; v >>= 7)
        write_u8(w, (uint8_t)(v | 0x80));
    write_u8(w, (uint8_t)v);
}

static size_t varint_length(size_t v)
{
    size_t n = 1;
    while (v >>= 7)
        n++;
    return n;
}

void data_route_unlabelled(struct sessions *s, struct transport *from, bool reliable,
                           const uint8_t *data, size_t len)
{
    uint8_t packet[DATA_MESSAGE_MAX + WRAPPER_BYTES];
    struct writer w = writer_of(packet, sizeof(packet));
    write_u8(&w, DATA_VALUE_USER << 3 | 2);
    write_varint(&w, 1 + varint_length(len) + len);
    write_u8(&w, USER_PAYLOAD << 3 | 2);
    write_varint(&w, len);
    write_bytes(&w, data, len);
    if (!w.bad)
        data_route(s, from, reliable, packet, writer_length(&w));
}

/* ---- what was missed ---- */

static bool is_missed(const struct replay_packet *p, const struct participant *to)
{
    struct data_packet packet;
    return p->sender != to->handle && data_packet_parse(&packet, p->data, p->len) &&
           addressed_to(&packet, to->state);
}

static void forget_replay(struct room *r)
{
    const struct participant *p;
    LIST_FOREACH(p, &r->participants, link)
    if (p->missed_from)
        return;
    replay_clear(&r->replay);
}

void data_replay(struct sessions *s, struct transport *t)
{
    struct participant *to = t->participant;
    if (to->missed_from == 0 || t != data_receiving_transport(to))
        return;
    const struct replay_packet *p = replay_find(&to->room->replay, to->missed_from, s->now);
    for (; p; p = STAILQ_NEXT(p, link))
        if (is_missed(p, to))
            data_drive_send(s, t, true, p->data, p->len);
    to->missed_from = 0;
    forget_replay(to->room);
}

/* ---- of the server's own ---- */

static bool is_destination(const Sluice__Link__SendData *m, const struct data_packet *packet,
                           const struct participant *p)
{
    for (size_t i = 0; i < m->n_destination_identities; i++)
        if (strcmp(m->destination_identities[i], p->state->identity) == 0)
            return true;
    return m->n_destination_identities == 0 && addressed_to(packet, p->state);
}

void room_send_data(struct sessions *s, const Sluice__Link__SendData *m)
{
    struct room *room = find_room(s, m->room);
    struct data_packet packet;
    struct participant *p;
    if (!room)
        return;
    if (m->packet.len == 0 || !data_packet_parse(&packet, m->packet.data, m->packet.len)) {
        counters_add(s->counters, COUNTER_DROP_DATA_MALFORMED, 1);
        return;
    }
    if (nonces_seen(&room->nonces, packet.nonce.data, packet.nonce.len)) {
        counters_add(s->counters, COUNTER_DROP_DATA_DUPLICATE, 1);
        return;
    }
    LIST_FOREACH(p, &room->participants, link)
    {
        struct transport *t = data_receiving_transport(p);
        if (!t || !is_destination(m, &packet, p))
            continue;
        if (packet.value == DATA_VALUE_RPC_REQUEST)
            p->answers += ANSWERS_PER_CALL;
        data_drive_send(s, t, m->reliable, m->packet.data, m->packet.len);
    }
    data_drive_run(s);
}
