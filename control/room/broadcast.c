/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/broadcast.h"

#include "control/room/heap.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"
#include "control/room/say.h"

#include <stdlib.h>
#include <string.h>

/* From this protocol on clients go by identity and need not hear that a replaced session ended. */
#define PROTOCOL_BY_IDENTITY 12

static void send_chunk(struct participant *to, Livekit__ParticipantInfo **infos, size_t n)
{
    Livekit__ParticipantUpdate body = LIVEKIT__PARTICIPANT_UPDATE__INIT;
    body.participants = infos;
    body.n_participants = n;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE;
    m.update = &body;
    say(to, &m);
}

void broadcast_send(struct participant *to, Livekit__ParticipantInfo **infos, size_t n)
{
    size_t begin = 0, bytes = 0, most = to->room->rooms->config.update_size;
    for (size_t i = 0; i < n; i++) {
        size_t size = livekit__participant_info__get_packed_size(infos[i]);
        if (i > begin && most > 0 && bytes + size > most) {
            send_chunk(to, infos + begin, i - begin);
            begin = i;
            bytes = 0;
        }
        bytes += size;
    }
    if (n > begin)
        send_chunk(to, infos + begin, n - begin);
}

static void tell_everyone(struct participant *p)
{
    struct arena a = {0};
    Livekit__ParticipantInfo *info =
        info_of_participant(&a, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    for (struct participant *to = p->room->participants; to; to = to->next)
        if (to == p || !p->claims.video.hidden)
            broadcast_send(to, &info, 1);
    arena_free(&a);
}

static void schedule_batch(struct room *r, usec_t now)
{
    timer_start_before(&r->rooms->timers, &r->updates, room_tick(r, BROADCAST_PERIOD, now));
}

/* Clients go by identity: the end of a session that is told after the next one of the same
 * identity has begun would end that one for them. */
static bool predecessor_untold(const struct participant *p)
{
    for (const struct departed *d = p->room->departed; d; d = d->next)
        if (strcmp(d->info->identity, p->claims.identity) == 0)
            return true;
    return false;
}

void broadcast_participant(struct participant *p, bool at_once, usec_t now)
{
    p->changed = true;
    if (at_once || p->is_publisher) {
        p->update_queued = false;
        if (predecessor_untold(p))
            broadcast_batch(p->room, now);
        tell_everyone(p);
        return;
    }
    p->update_queued = true;
    schedule_batch(p->room, now);
}

static bool hears_of_replaced(const struct participant *to)
{
    return to->client.protocol < PROTOCOL_BY_IDENTITY;
}

static void tell_departure(struct room *r, const struct participant *gone, struct departed *d)
{
    for (struct participant *to = r->participants; to; to = to->next)
        if (to != gone && (!d->duplicate || hears_of_replaced(to)))
            broadcast_send(to, &d->info, 1);
}

/* A message of its own memory: p is about to be freed. */
static Livekit__ParticipantInfo *snapshot(struct participant *p, Livekit__DisconnectReason reason)
{
    struct arena a = {0};
    Livekit__ParticipantInfo *info = info_of_participant(&a, p, reason);
    size_t size = livekit__participant_info__get_packed_size(info);
    uint8_t *bytes = heap_new(size + 1);
    livekit__participant_info__pack(info, bytes);
    Livekit__ParticipantInfo *copy = livekit__participant_info__unpack(NULL, size, bytes);
    free(bytes);
    arena_free(&a);
    return copy;
}

void departed_free(struct departed *d)
{
    livekit__participant_info__free_unpacked(d->info, NULL);
    free(d);
}

void broadcast_departure(struct participant *p, Livekit__DisconnectReason reason, usec_t now)
{
    if (p->claims.video.hidden)
        return;
    struct room *r = p->room;
    p->changed = true;
    struct departed *d = heap_new(sizeof *d);
    d->duplicate = reason == LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY;
    d->info = snapshot(p, reason);
    if (!d->info || p->is_publisher) {
        if (d->info)
            tell_departure(r, p, d);
        departed_free(d);
        return;
    }
    *r->departed_tail = d;
    r->departed_tail = &d->next;
    schedule_batch(r, now);
}

/* Who left since, then who changed: one update per recipient. */
static void send_batch(struct participant *to, Livekit__ParticipantInfo **infos,
                       struct participant **whose, size_t changed, const struct departed *departed,
                       Livekit__ParticipantInfo **out)
{
    size_t n = 0;
    for (const struct departed *d = departed; d; d = d->next)
        if (!d->duplicate || hears_of_replaced(to))
            out[n++] = d->info;
    for (size_t i = 0; i < changed; i++)
        if (whose[i] == to || !whose[i]->claims.video.hidden)
            out[n++] = infos[i];
    if (n > 0)
        broadcast_send(to, out, n);
}

void broadcast_batch(struct room *r, usec_t now)
{
    (void)now;
    struct arena a = {0};
    size_t gone = 0, changed = 0;
    for (const struct departed *d = r->departed; d; d = d->next)
        gone++;
    Livekit__ParticipantInfo **infos =
        ARENA_ARRAY(&a, Livekit__ParticipantInfo *, r->participant_count);
    struct participant **whose = ARENA_ARRAY(&a, struct participant *, r->participant_count);
    for (struct participant *p = r->participants; p; p = p->next) {
        if (!p->update_queued)
            continue;
        p->update_queued = false;
        whose[changed] = p;
        infos[changed++] = info_of_participant(&a, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    }
    Livekit__ParticipantInfo **out = ARENA_ARRAY(&a, Livekit__ParticipantInfo *, gone + changed);
    for (struct participant *to = r->participants; to; to = to->next)
        send_batch(to, infos, whose, changed, r->departed, out);
    arena_free(&a);
    while (r->departed) {
        struct departed *d = r->departed;
        r->departed = d->next;
        departed_free(d);
    }
    r->departed_tail = &r->departed;
}

size_t broadcast_visible(struct arena *a, struct participant *p, bool with_self,
                         Livekit__ParticipantInfo ***infos)
{
    size_t n = 0;
    *infos = ARENA_ARRAY(a, Livekit__ParticipantInfo *, p->room->participant_count + 1);
    if (with_self)
        (*infos)[n++] = info_of_participant(a, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    for (struct participant *o = p->room->participants; o; o = o->next)
        if (o != p && !o->claims.video.hidden && !o->closing)
            (*infos)[n++] = info_of_participant(a, o, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
    return n;
}

void broadcast_everyone_to(struct participant *to)
{
    struct arena a = {0};
    Livekit__ParticipantInfo **infos;
    size_t n = broadcast_visible(&a, to, true, &infos);
    broadcast_send(to, infos, n);
    arena_free(&a);
}

static void send_room(struct participant *to, Livekit__Room *info)
{
    Livekit__RoomUpdate body = LIVEKIT__ROOM_UPDATE__INIT;
    body.room = info;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ROOM_UPDATE;
    m.room_update = &body;
    say(to, &m);
}

void broadcast_room_to(struct participant *to)
{
    struct arena a = {0};
    send_room(to, info_of_room(&a, to->room));
    arena_free(&a);
}

void broadcast_room(struct room *r, usec_t now)
{
    (void)now;
    struct arena a = {0};
    Livekit__Room *info = info_of_room(&a, r);
    for (struct participant *to = r->participants; to; to = to->next)
        send_room(to, info);
    arena_free(&a);
}
