/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/rebuild.h"

#include "common/log.h"
#include "control/room/commands.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"

#include <stdlib.h>
#include <string.h>

/* Everything kept so far, oldest first. */
struct dump_item {
    struct dump_item *next;
    Sluice__Link__Event *event;
    Sluice__Record__ParticipantRecord *record; /* of a participant that is rebuilt */
};

void rebuild_keep(struct rooms *rs, Sluice__Link__Event *e)
{
    struct dump_item **end = rs->dump_tail ? rs->dump_tail : &rs->dump;
    *end = heap_new(sizeof **end);
    (*end)->event = e;
    rs->dump_tail = &(*end)->next;
}

void rebuild_forget(struct rooms *rs)
{
    while (rs->dump) {
        struct dump_item *d = rs->dump;
        rs->dump = d->next;
        sluice__link__event__free_unpacked(d->event, NULL);
        if (d->record)
            sluice__record__participant_record__free_unpacked(d->record, NULL);
        free(d);
    }
    rs->dump_tail = NULL;
}

const Sluice__Link__Track *dumped_track(const struct rooms *rs, uint64_t id)
{
    for (const struct dump_item *d = rs->dump; d; d = d->next)
        if (d->event->body_case == SLUICE__LINK__EVENT__BODY_DUMP_TRACK &&
            d->event->dump_track->id == id)
            return d->event->dump_track;
    return NULL;
}

const Sluice__Link__Subscription *dumped_subscription(const struct rooms *rs, uint64_t id)
{
    for (const struct dump_item *d = rs->dump; d; d = d->next)
        if (d->event->body_case == SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION &&
            d->event->dump_subscription->id == id)
            return d->event->dump_subscription;
    return NULL;
}

const Sluice__Link__DumpTransport *next_dumped_transport(const struct rooms *rs,
                                                         uint64_t participant,
                                                         const Sluice__Link__DumpTransport *last)
{
    bool passed = last == NULL;
    for (const struct dump_item *d = rs->dump; d; d = d->next) {
        if (d->event->body_case != SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT)
            continue;
        const Sluice__Link__DumpTransport *t = d->event->dump_transport;
        if (passed && t->transport && t->transport->participant == participant)
            return t;
        passed = passed || t == last;
    }
    return NULL;
}

/* The dataplane lost them: it was started anew, or never heard of them. */
static void restart_unknown(struct rooms *rs, usec_t now)
{
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants, *next; p; p = next) {
            next = p->next;
            if (p->in_dump || p->origin)
                continue;
            participant_start_over(p, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, now);
        }
}

static void unmark(struct rooms *rs)
{
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants; p; p = p->next)
            p->in_dump = false;
}

/* With the parts that went ahead; NULL if it is none. */
static Sluice__Record__ParticipantRecord *whole_record(struct rooms *rs,
                                                       const Sluice__Link__Participant *m)
{
    if (m->record_parts == 0)
        return record_read(m->record.data, m->record.len);
    struct arena a = {0};
    uint8_t *bytes = arena_take(&a, RECORD_SIZE_MAX);
    size_t size = 0;
    for (const struct dump_item *d = rs->dump; d; d = d->next) {
        if (d->event->body_case != SLUICE__LINK__EVENT__BODY_DUMP_RECORD_PART)
            continue;
        const Sluice__Link__RecordPart *r = d->event->dump_record_part;
        if (r->participant != m->id || r->record_number != m->record_number ||
            r->data.len > RECORD_SIZE_MAX - size)
            continue;
        memcpy(bytes + size, r->data.data, r->data.len);
        size += r->data.len;
    }
    Sluice__Record__ParticipantRecord *record = NULL;
    if (m->record.len <= RECORD_SIZE_MAX - size) {
        memcpy(bytes + size, m->record.data, m->record.len);
        record = record_read(bytes, size + m->record.len);
    }
    arena_free(&a);
    return record;
}

static void take_participant(struct rooms *rs, struct dump_item *d, usec_t now)
{
    const Sluice__Link__Participant *m = d->event->dump_participant;
    struct participant *p = index_find(&rs->participants, m->id);
    if (!p) {
        d->record = whole_record(rs, m);
        if (d->record)
            p = rebuild_participant(rs, m, d->record, now);
    }
    if (p) {
        p->in_dump = true;
        return;
    }
    log_warn("room", "session cannot be taken over sid=%s", m->sid);
    command_close_participant(rs, m->id);
}

/* Objects of participants that we know, which we closed while the link was down. */
static void close_leftover(struct rooms *rs, const Sluice__Link__Event *e)
{
    const Sluice__Link__Transport *t;
    switch (e->body_case) {
    case SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT:
        t = e->dump_transport->transport;
        if (t && !index_find(&rs->transports, t->id))
            command_close_id(rs, SLUICE__LINK__COMMAND__BODY_CLOSE_TRANSPORT, t->id);
        break;
    case SLUICE__LINK__EVENT__BODY_DUMP_TRACK: {
        const struct source *p = index_find(&rs->sources, e->dump_track->id);
        if (!p || !p->facts)
            command_close_id(rs, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK, e->dump_track->id);
        break;
    }
    case SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION: {
        uint64_t id = e->dump_subscription->id;
        const struct subscription *s = index_find(&rs->subscriptions, id);
        if (!s || s->state != SUBSCRIPTION_OPEN)
            command_close_id(rs, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION, id);
        break;
    }
    default:
        break;
    }
}

static void repeat_everything(struct rooms *rs)
{
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants; p; p = p->next)
            command_repeat(p);
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants; p; p = p->next)
            for (struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
                if (s->state == SUBSCRIPTION_OPEN)
                    command_open_subscription(s);
}

static void count_transports(struct rooms *rs)
{
    for (struct room *r = rs->first; r; r = r->next)
        for (struct participant *p = r->participants; p; p = p->next)
            for (int i = 0; i < 2; i++)
                for (uint32_t w = 0; p->transports[i] && w < rs->media.worker_count; w++)
                    if (rs->media.workers[w].worker == p->transports[i]->worker)
                        rs->media.workers[w].transports++;
}

static void apply_states(struct rooms *rs, usec_t now)
{
    for (struct dump_item *d = rs->dump; d; d = d->next) {
        if (d->event->body_case != SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT)
            continue;
        const Sluice__Link__TransportState *m = d->event->dump_transport->state;
        struct transport *t = m ? index_find(&rs->transports, m->transport) : NULL;
        if (t)
            transport_state_changed(t, m, now);
    }
}

typedef void rebuilder(struct participant *p, const Sluice__Record__ParticipantRecord *record,
                       usec_t now);

static void rebuild_each(struct rooms *rs, rebuilder *f, usec_t now)
{
    for (struct dump_item *d = rs->dump; d; d = d->next) {
        struct participant *p =
            d->record ? index_find(&rs->participants, d->event->dump_participant->id) : NULL;
        if (p)
            f(p, d->record, now);
    }
}

void rebuild(struct rooms *rs, usec_t now)
{
    rs->media.up = true;
    count_transports(rs);
    unmark(rs);
    for (struct dump_item *d = rs->dump; d; d = d->next)
        if (d->event->body_case == SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT)
            take_participant(rs, d, now);
    restart_unknown(rs, now);
    rebuild_each(rs, rebuild_forwards, now);
    rebuild_each(rs, rebuild_subscriptions, now);
    for (struct dump_item *d = rs->dump; d; d = d->next)
        close_leftover(rs, d->event);
    repeat_everything(rs);
    apply_states(rs, now);
    rebuild_forget(rs);
    log_info("room", "rooms=%u participants=%u after the dump", rs->room_count,
             rs->participant_count);
}
