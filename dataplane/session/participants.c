/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

static struct room *room_enter(struct sessions *s, const Sluice__Link__Participant *m)
{
    uint64_t id = m->room;
    struct room *r = find_room(s, id);
    if (r)
        return r;
    handle_t h = registry_add(&s->rooms, id);
    if (!h) {
        session_publish_refusal(s, STATS_POOL_ROOMS);
        return NULL;
    }
    r = &s->room[handle_index(h)];
    *r = (struct room){.id = id, .handle = h};
    LIST_INIT(&r->participants);
    replay_init(&r->replay);
    session_publish_room(s, r, m);
    return r;
}

static void room_leave(struct sessions *s, struct room *r)
{
    if (!LIST_EMPTY(&r->participants))
        return;
    replay_clear(&r->replay);
    nonces_free(&r->nonces);
    registry_remove(&s->rooms, r->id, r->handle);
    session_publish_room_gone(s, r);
}

static void adopt(struct participant *p, Sluice__Link__Participant *m)
{
    if (p->state)
        sluice__link__participant__free_unpacked(p->state, NULL);
    p->state = m;
}

/* The session goes on in another room. False if there is no place for it. */
static bool move(struct sessions *s, struct participant *p, const Sluice__Link__Participant *m)
{
    struct room *from = p->room, *to = from->id == m->room ? from : room_enter(s, m);
    if (!to)
        return false;
    if (from == to)
        return true;
    LIST_REMOVE(p, link);
    LIST_INSERT_HEAD(&to->participants, p, link);
    p->room = to;
    room_leave(s, from);
    return true;
}

static bool handles_are_valid(const Sluice__Link__Participant *m)
{
    for (size_t i = 0; i < m->n_data_tracks; i++)
        if (m->data_tracks[i]->handle == 0 || m->data_tracks[i]->handle > UINT16_MAX)
            return false;
    for (size_t i = 0; i < m->n_data_subscriptions; i++)
        if (m->data_subscriptions[i]->handle == 0 || m->data_subscriptions[i]->handle > UINT16_MAX)
            return false;
    return true;
}

void session_participant_open(struct sessions *s, uint64_t seq, Sluice__Link__Participant *m)
{
    struct participant *p = find_participant(s, m->id);
    if (m->id == 0 || m->room == 0 || !handles_are_valid(m)) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m->id, "participant fields");
        sluice__link__participant__free_unpacked(m, NULL);
        return;
    }
    if (p ? !record_parts_complete(p, m) : m->record_parts > 0) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m->id, "record parts");
        sluice__link__participant__free_unpacked(m, NULL);
        return;
    }
    if (p && move(s, p, m)) {
        adopt(p, m);
        session_publish_participant(s, p);
        return;
    }
    if (p) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL, m->id, "rooms");
        sluice__link__participant__free_unpacked(m, NULL);
        return;
    }
    handle_t h = registry_add(&s->participants, m->id);
    struct room *r = h ? room_enter(s, m) : NULL;
    if (!r) {
        if (h)
            registry_remove(&s->participants, m->id, h);
        else
            session_publish_refusal(s, STATS_POOL_PARTICIPANTS);
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL, m->id, "participants");
        sluice__link__participant__free_unpacked(m, NULL);
        return;
    }
    p = &s->participant[handle_index(h)];
    *p = (struct participant){.handle = h, .room = r, .opened = s->now};
    LIST_INIT(&p->transports);
    STAILQ_INIT(&p->parts);
    STAILQ_INIT(&p->coming);
    LIST_INSERT_HEAD(&r->participants, p, link);
    adopt(p, m);
    session_publish_participant(s, p);
    event_participant(s, "participant_opened", p);
}

void session_participant_close(struct sessions *s, struct participant *p)
{
    while (!LIST_EMPTY(&p->transports))
        session_transport_close(s, LIST_FIRST(&p->transports));
    event_participant(s, "participant_closed", p);
    LIST_REMOVE(p, link);
    room_leave(s, p->room);
    registry_remove(&s->participants, p->state->id, p->handle);
    session_publish_participant_gone(s, p);
    record_parts_free(&p->parts);
    record_parts_free(&p->coming);
    adopt(p, NULL);
}

void session_participant_query(struct sessions *s, struct participant *p)
{
    Sluice__Link__ParticipantStatus status = SLUICE__LINK__PARTICIPANT_STATUS__INIT;
    status.participant = p->state->id;
    status.last_reliable_sequence = p->last_reliable_sequence;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_PARTICIPANT_STATUS;
    e.participant_status = &status;
    s->out.event(s->out.context, &e);
}
