/* SPDX-License-Identifier: Apache-2.0 */
/* LiveKit data packets within a room: checked, stamped with their sender, sent to whom they are
 * for. */
#include "dataplane/sctp/data_packet.h"
#include "dataplane/session/engine.h"

#include <string.h>

/* Where a participant receives data: its only PeerConnection, or the subscriber one. */
static struct transport *receiving_transport(const struct participant *p)
{
    struct transport *t;
    LIST_FOREACH(t, &p->transports, link)
    if (t->state->kind != SLUICE__LINK__TRANSPORT_KIND__PUBLISHER)
        return t;
    return NULL;
}

static bool addressed_to(const struct data_packet *p, const Sluice__Link__Participant *to)
{
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

/* Sequenced reliable packets arrive once: a client that resumes may send some again. */
static bool is_repeated(struct participant *p, const struct data_packet *packet, bool reliable)
{
    if (!reliable || packet->sequence == 0)
        return false;
    if (packet->sequence <= p->last_reliable_sequence)
        return true;
    p->last_reliable_sequence = packet->sequence;
    return false;
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
    else
        return true;
    counters_add(s->counters, reason, 1);
    return false;
}

void data_route(struct sessions *s, struct transport *from, bool reliable, const uint8_t *data,
                size_t len)
{
    struct participant *sender = from->participant;
    struct data_packet packet;
    if (!is_welcome(s, sender, &packet, reliable, data, len))
        return;
    const struct data_sender stamp = {
        .sid = sender->state->sid,
        .identity = sender->state->identity,
        .hidden = sender->state->hidden,
    };
    enum data_packet_kind kind = reliable ? DATA_KIND_RELIABLE : DATA_KIND_LOSSY;
    size_t n = data_packet_stamp(&packet, kind, &stamp, s->scratch, DATA_SCRATCH);
    if (n == 0) {
        counters_add(s->counters, COUNTER_DROP_DATA_MALFORMED, 1);
        return;
    }
    struct participant *to;
    LIST_FOREACH(to, &sender->room->participants, link)
    {
        struct transport *t = to == sender ? NULL : receiving_transport(to);
        if (t && addressed_to(&packet, to->state))
            data_drive_send(s, t, reliable, s->scratch, n);
    }
}

static bool is_destination(const Sluice__Link__SendData *m, const struct participant *p)
{
    for (size_t i = 0; i < m->n_destination_identities; i++)
        if (strcmp(m->destination_identities[i], p->state->identity) == 0)
            return true;
    return m->n_destination_identities == 0;
}

void room_send_data(struct sessions *s, const Sluice__Link__SendData *m)
{
    struct room *room = find_room(s, m->room);
    struct participant *p;
    if (!room || m->packet.len == 0)
        return;
    LIST_FOREACH(p, &room->participants, link)
    {
        struct transport *t = receiving_transport(p);
        if (t && is_destination(m, p))
            data_drive_send(s, t, m->reliable, m->packet.data, m->packet.len);
    }
    data_drive_run(s);
}
