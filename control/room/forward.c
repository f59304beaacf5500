/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/forward.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/arena.h"
#include "control/room/broadcast.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/record.h"
#include "control/room/rooms.h"
#include "control/room/subscription.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SID_PREFIX 5 /* "TR_VC" */

static struct publication *shown_in(const struct participant *f, const struct publication *t)
{
    for (struct publication *s = f->publications; s; s = s->next)
        if (s->origin == t)
            return s;
    return NULL;
}

void forwards_of_track(struct publication *t, void (*each)(void *arg, struct publication *t),
                       void *arg)
{
    each(arg, t);
    for (struct participant *f = t->owner->forwards; f; f = f->next_forward) {
        struct publication *shown = shown_in(f, t);
        if (shown)
            each(arg, shown);
    }
}

/* A copy that owns its memory, under another sid. */
static Livekit__TrackInfo *copy_info(const Livekit__TrackInfo *from, const char *sid)
{
    Livekit__TrackInfo m = *from;
    m.sid = (char *)(uintptr_t)sid;
    size_t size = livekit__track_info__get_packed_size(&m);
    uint8_t *bytes = heap_new(size + 1);
    livekit__track_info__pack(&m, bytes);
    Livekit__TrackInfo *info = livekit__track_info__unpack(NULL, size, bytes);
    free(bytes);
    if (!info)
        abort();
    return info;
}

static struct publication *show_track(struct participant *f, struct publication *t,
                                      const char *known_sid)
{
    char prefix[SID_PREFIX + 1], sid[ROOM_SID_MAX];
    snprintf(prefix, sizeof prefix, "%.*s", SID_PREFIX, t->sid);
    random_id(sid, prefix, 12);
    struct publication *shown =
        publication_new(f, copy_info(t->info, known_sid ? known_sid : sid), t->cid);
    shown->origin = t;
    shown->told = shown->published = true;
    return shown;
}

/* Of one that is nowhere yet. */
static struct participant *show(struct participant *p, struct room *to, const char *known_sid,
                                usec_t now)
{
    char sid[ROOM_SID_MAX];
    struct participant *f =
        participant_new(to, index_new_id(), known_sid ? known_sid : random_id(sid, "PA_", 12), now);
    claims_free(&f->claims);
    if (!claims_copy(&f->claims, &p->claims))
        abort();
    f->origin = p;
    f->next_forward = p->forwards;
    p->forwards = f;
    f->state = LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
    f->was_active = true;
    f->is_publisher = p->is_publisher;
    f->joined_ms = (int64_t)(clock_realtime() / USEC_PER_MS);
    f->client.client_protocol = p->client.client_protocol;
    return f;
}

enum forward_result forward_start(struct participant *p, struct room *to, usec_t now)
{
    const struct participant *there = room_participant(to, p->claims.identity);
    if (there && there->origin == p)
        return FORWARD_DONE;
    if (there)
        return FORWARD_TAKEN;
    if (p->origin)
        return FORWARD_IS_SHOWN;
    struct participant *f = show(p, to, NULL, now);
    for (struct publication *t = p->publications; t; t = t->next)
        if (t->published)
            show_track(f, t, NULL);
    log_info("room", "forwarded participant=%s identity=%s room=%s to=%s", p->sid,
             p->claims.identity, p->room->name, to->name);
    participant_record_changed(p);
    broadcast_participant(f, true, now);
    participant_tell_joined(f);
    room_counts_changed(to, now);
    room_occupancy_changed(to, now);
    for (struct publication *t = f->publications; t; t = t->next)
        subscriptions_of_track(t, now);
    return FORWARD_DONE;
}

static void set_text(char **field, const char *value)
{
    if (!claims_set_text(field, value))
        abort();
}

static void take_names(struct participant *f)
{
    const struct claims *c = &f->origin->claims;
    set_text(&f->claims.name, c->name);
    set_text(&f->claims.metadata, c->metadata);
    for (size_t i = 0; i < f->claims.attribute_count;) {
        const char *key = f->claims.attributes[i].key;
        bool kept = false;
        for (size_t k = 0; k < c->attribute_count && !kept; k++)
            kept = strcmp(c->attributes[k].key, key) == 0;
        if (kept)
            i++;
        else if (!claims_set_attribute(&f->claims, key, ""))
            abort();
    }
    for (size_t i = 0; i < c->attribute_count; i++)
        if (!claims_set_attribute(&f->claims, c->attributes[i].key, c->attributes[i].value))
            abort();
}

void forwards_changed(struct participant *p, usec_t now)
{
    for (struct participant *f = p->forwards; f; f = f->next_forward) {
        take_names(f);
        f->is_publisher = p->is_publisher;
        for (struct publication *t = f->publications; t; t = t->next) {
            Livekit__TrackInfo *old = t->info;
            t->info = copy_info(t->origin->info, t->sid);
            livekit__track_info__free_unpacked(old, NULL);
        }
        broadcast_participant(f, true, now);
    }
}

void forwards_track_published(struct publication *t, usec_t now)
{
    for (struct participant *f = t->owner->forwards; f; f = f->next_forward) {
        struct publication *shown = show_track(f, t, NULL);
        publication_shown(shown, now);
    }
}

void forwards_track_ended(struct publication *t, usec_t now)
{
    for (struct participant *f = t->owner->forwards; f; f = f->next_forward) {
        struct publication *shown = shown_in(f, t);
        if (shown)
            publication_end(shown, now);
    }
}

void forwards_end(struct participant *p, Livekit__DisconnectReason reason, usec_t now)
{
    while (p->forwards)
        participant_close(p->forwards, reason, false, now);
}

void forward_unlink(struct participant *p)
{
    if (!p->origin)
        return;
    for (struct participant **at = &p->origin->forwards; *at; at = &(*at)->next_forward)
        if (*at == p) {
            *at = p->next_forward;
            break;
        }
    participant_record_changed(p->origin);
}

void forwards_record(struct arena *a, const struct participant *p,
                     Sluice__Record__ParticipantRecord *m)
{
    size_t n = 0;
    for (const struct participant *f = p->forwards; f; f = f->next_forward)
        n++;
    m->forwards = ARENA_ARRAY(a, Sluice__Record__ForwardRecord *, n);
    for (const struct participant *f = p->forwards; f; f = f->next_forward) {
        Sluice__Record__ForwardRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__ForwardRecord, sluice__record__forward_record);
        e->room = record_of_room(a, f->room);
        e->sid = (char *)(uintptr_t)f->sid;
        e->info_version = f->version + f->changed;
        size_t tracks = 0;
        for (const struct publication *t = f->publications; t; t = t->next)
            tracks++;
        e->tracks = ARENA_ARRAY(a, char *, tracks);
        e->sids = ARENA_ARRAY(a, char *, tracks);
        for (struct publication *t = f->publications; t; t = t->next) {
            e->tracks[e->n_tracks++] = t->origin->sid;
            e->sids[e->n_sids++] = t->sid;
        }
        m->forwards[m->n_forwards++] = e;
    }
}

struct participant *forward_rebuild(struct participant *p, struct room *to,
                                    const Sluice__Record__ForwardRecord *m, usec_t now)
{
    if (room_participant(to, p->claims.identity) || strlen(m->sid) >= ROOM_SID_MAX)
        return NULL;
    struct participant *f = show(p, to, m->sid, now);
    f->version = m->info_version;
    for (size_t i = 0; i < m->n_tracks && i < m->n_sids; i++) {
        struct publication *t = publication_find(p, m->tracks[i]);
        if (t && t->published && strlen(m->sids[i]) < ROOM_SID_MAX)
            show_track(f, t, m->sids[i]);
    }
    for (struct publication *t = p->publications; t; t = t->next)
        if (t->published && !shown_in(f, t))
            show_track(f, t, NULL);
    return f;
}
