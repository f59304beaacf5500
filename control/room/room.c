/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "common/random.h"
#include "control/room/broadcast.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/quality.h"
#include "control/room/room_internal.h"
#include "control/room/rooms.h"

#include <stdlib.h>
#include <string.h>

#define COUNTS_PERIOD (5 * USEC_PER_SEC)

static void emit(struct room *r, enum room_event e)
{
    if (r->rooms->out.event)
        r->rooms->out.event(r->rooms->out.ctx, e, r, NULL, NULL);
}

static void updates_due(void *arg, usec_t now)
{
    broadcast_batch(arg, now);
}

static void lifetime_ended(void *arg, usec_t now)
{
    struct room *r = arg;
    room_close(r, LIVEKIT__DISCONNECT_REASON__ROOM_CLOSED, now);
}

static void count(struct room *r)
{
    r->told_participants = 0;
    for (const struct participant *p = r->participants; p; p = p->next)
        r->told_participants += !p->claims.video.hidden && !p->closing;
    r->told_publishers = room_publisher_count(r);
}

static void counts_due(void *arg, usec_t now)
{
    struct room *r = arg;
    uint32_t participants = r->told_participants, publishers = r->told_publishers;
    count(r);
    if (participants == r->told_participants && publishers == r->told_publishers)
        return;
    r->next_counts = now + COUNTS_PERIOD;
    broadcast_room(r, now);
}

struct room *room_new(struct rooms *rs, const char *name, usec_t now)
{
    struct room *r = heap_new(sizeof *r);
    r->rooms = rs;
    r->id = index_new_id();
    random_id(r->sid, "RM_", 12);
    random_id(r->turn_password, "", sizeof r->turn_password - 1);
    random_id(r->sif_trailer, "", sizeof r->sif_trailer - 1);
    r->name = heap_text(name);
    r->metadata = heap_text("");
    r->created = now;
    r->created_ms = (int64_t)(clock_realtime() / USEC_PER_MS);
    r->empty_timeout = rs->config.empty_timeout;
    r->departure_timeout = rs->config.departure_timeout;
    r->max_participants = rs->config.max_participants;
    r->sync_streams = rs->config.sync_streams;
    r->departed_tail = &r->departed;
    r->updates = (struct timer){.fire = updates_due, .arg = r};
    r->lifetime = (struct timer){.fire = lifetime_ended, .arg = r};
    r->counts = (struct timer){.fire = counts_due, .arg = r};
    r->quality = (struct timer){.fire = quality_due, .arg = r};
    r->next = rs->first;
    rs->first = r;
    rs->room_count++;
    return r;
}

void room_free(struct room *r)
{
    struct deadlines *ts = &r->rooms->timers;
    timer_stop(ts, &r->updates);
    timer_stop(ts, &r->lifetime);
    timer_stop(ts, &r->counts);
    timer_stop(ts, &r->quality);
    while (r->departed) {
        struct departed *d = r->departed;
        r->departed = d->next;
        departed_free(d);
    }
    preferences_free(r);
    free(r->name);
    free(r->metadata);
    free(r);
}

static void take_settings(struct room *r, const struct room_settings *s)
{
    if (s->empty_timeout)
        r->empty_timeout = s->empty_timeout;
    if (s->departure_timeout)
        r->departure_timeout = s->departure_timeout;
    if (s->max_participants)
        r->max_participants = s->max_participants;
    r->sync_streams |= s->sync_streams;
    if (s->metadata && *s->metadata) {
        free(r->metadata);
        r->metadata = heap_text(s->metadata);
    }
}

struct room *rooms_open(struct rooms *rs, const char *name, const struct room_settings *s,
                        usec_t now)
{
    struct room *r = rooms_find(rs, name);
    if (r || rs->room_count >= ROOMS_MAX)
        return r;
    r = room_new(rs, name, now);
    if (s)
        take_settings(r, s);
    log_info("room", "room started room=%s sid=%s", r->name, r->sid);
    emit(r, ROOM_STARTED);
    room_occupancy_changed(r, now);
    timer_start(&rs->timers, &r->quality, room_tick(r, QUALITY_PERIOD, now));
    return r;
}

static void records_changed(struct room *r)
{
    for (struct participant *p = r->participants; p; p = p->next)
        participant_record_changed(p);
}

void room_update_settings(struct room *r, const struct room_settings *s, usec_t now)
{
    take_settings(r, s);
    records_changed(r);
    room_occupancy_changed(r, now);
}

void room_close(struct room *r, Livekit__DisconnectReason reason, usec_t now)
{
    while (r->participants)
        participant_close(r->participants, reason, true, now);
    log_info("room", "room finished room=%s sid=%s", r->name, r->sid);
    r->told_participants = r->told_publishers = 0;
    emit(r, ROOM_FINISHED);
    for (struct room **at = &r->rooms->first; *at; at = &(*at)->next)
        if (*at == r) {
            *at = r->next;
            break;
        }
    r->rooms->room_count--;
    room_free(r);
}

void room_set_metadata(struct room *r, const char *metadata, usec_t now)
{
    free(r->metadata);
    r->metadata = heap_text(metadata);
    records_changed(r);
    broadcast_room(r, now);
}

uint32_t room_members(const struct room *r)
{
    uint32_t n = 0;
    for (const struct participant *p = r->participants; p; p = p->next)
        n += !p->origin;
    return n;
}

bool room_is_full(const struct room *r)
{
    return r->max_participants > 0 && room_members(r) >= r->max_participants;
}

struct participant *room_participant(const struct room *r, const char *identity)
{
    for (struct participant *p = r->participants; p; p = p->next)
        if (strcmp(p->claims.identity, identity) == 0)
            return p;
    return NULL;
}

struct participant *room_participant_by_sid(const struct room *r, const char *sid)
{
    for (struct participant *p = r->participants; p; p = p->next)
        if (strcmp(p->sid, sid) == 0)
            return p;
    return NULL;
}

struct publication *room_track(const struct room *r, const char *sid)
{
    for (const struct participant *p = r->participants; p; p = p->next)
        for (struct publication *t = p->publications; t; t = t->next)
            if (t->published && strcmp(t->sid, sid) == 0)
                return t;
    return NULL;
}

uint32_t room_publisher_count(const struct room *r)
{
    uint32_t n = 0;
    for (const struct participant *p = r->participants; p; p = p->next)
        n += p->is_publisher && !p->closing;
    return n;
}

usec_t room_tick(const struct room *r, usec_t period, usec_t now)
{
    usec_t since = now > r->created ? now - r->created : 0;
    return r->created + (since / period + 1) * period;
}

void room_counts_changed(struct room *r, usec_t now)
{
    usec_t at = room_tick(r, COUNTS_PERIOD, now);
    timer_start_before(&r->rooms->timers, &r->counts, at > r->next_counts ? at : r->next_counts);
}

void room_occupancy_changed(struct room *r, usec_t now)
{
    struct deadlines *ts = &r->rooms->timers;
    uint32_t seconds = r->joined_once ? r->departure_timeout : r->empty_timeout;
    if (room_members(r) > 0)
        timer_stop(ts, &r->lifetime);
    else
        timer_start(ts, &r->lifetime, now + seconds * USEC_PER_SEC);
}
