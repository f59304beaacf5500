/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/data_track.h"
#include "control/room/heap.h"

#include <stdlib.h>

bool claims_is_agent(const struct claims *c)
{
    return c->video.agent || c->kind == CLAIMS_AGENT;
}

static size_t count_tracks(const struct participant *p)
{
    size_t n = 0;
    for (const struct data_track *t = p->data_tracks; t; t = t->next)
        n++;
    return n;
}

static size_t count_subscriptions(const struct participant *p)
{
    size_t n = 0;
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next)
        n++;
    return n;
}

void data_tracks_info(struct arena *a, const struct participant *p, Livekit__ParticipantInfo *m)
{
    m->data_tracks = ARENA_ARRAY(a, Livekit__DataTrackInfo *, count_tracks(p));
    for (const struct data_track *t = p->data_tracks; t; t = t->next)
        m->data_tracks[m->n_data_tracks++] = t->info;
}

void data_tracks_command(struct arena *a, const struct participant *p, Sluice__Link__Participant *m)
{
    m->data_tracks = ARENA_ARRAY(a, Sluice__Link__DataTrack *, count_tracks(p));
    for (const struct data_track *t = p->data_tracks; t; t = t->next) {
        Sluice__Link__DataTrack *e =
            ARENA_MESSAGE(a, Sluice__Link__DataTrack, sluice__link__data_track);
        e->id = t->id;
        e->handle = t->info->pub_handle;
        m->data_tracks[m->n_data_tracks++] = e;
    }
    m->data_subscriptions =
        ARENA_ARRAY(a, Sluice__Link__DataSubscription *, count_subscriptions(p));
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next) {
        Sluice__Link__DataSubscription *e =
            ARENA_MESSAGE(a, Sluice__Link__DataSubscription, sluice__link__data_subscription);
        e->track = s->track->id;
        e->handle = s->handle;
        m->data_subscriptions[m->n_data_subscriptions++] = e;
    }
}

void data_tracks_record(struct arena *a, const struct participant *p,
                        Sluice__Record__ParticipantRecord *m)
{
    m->data_tracks = ARENA_ARRAY(a, Sluice__Record__DataTrackRecord *, count_tracks(p));
    for (const struct data_track *t = p->data_tracks; t; t = t->next) {
        Sluice__Record__DataTrackRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__DataTrackRecord, sluice__record__data_track_record);
        e->id = t->id;
        e->info = t->info;
        m->data_tracks[m->n_data_tracks++] = e;
    }
    m->data_subscriptions =
        ARENA_ARRAY(a, Sluice__Record__DataSubscriptionRecord *, count_subscriptions(p));
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next) {
        Sluice__Record__DataSubscriptionRecord *e = ARENA_MESSAGE(
            a, Sluice__Record__DataSubscriptionRecord, sluice__record__data_subscription_record);
        e->track_sid = s->track->info->sid;
        e->handle = s->handle;
        m->data_subscriptions[m->n_data_subscriptions++] = e;
    }
}

/* A DataTrackInfo that owns its memory. */
static Livekit__DataTrackInfo *copy_info(const Livekit__DataTrackInfo *m)
{
    size_t size = livekit__data_track_info__get_packed_size(m);
    uint8_t *bytes = heap_new(size + 1);
    livekit__data_track_info__pack(m, bytes);
    Livekit__DataTrackInfo *info = livekit__data_track_info__unpack(NULL, size, bytes);
    free(bytes);
    return info;
}

void data_tracks_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m)
{
    for (size_t i = 0; i < m->n_data_tracks && i < ROOM_DATA_TRACKS_MAX; i++) {
        const Sluice__Record__DataTrackRecord *e = m->data_tracks[i];
        Livekit__DataTrackInfo *info = e->info && e->id ? copy_info(e->info) : NULL;
        if (info)
            data_track_new(p, e->id, info);
    }
}

void data_subscriptions_rebuild(struct participant *p, const Sluice__Record__ParticipantRecord *m)
{
    for (size_t i = 0; i < m->n_data_subscriptions && i < ROOM_DATA_SUBSCRIPTIONS_MAX; i++) {
        const Sluice__Record__DataSubscriptionRecord *e = m->data_subscriptions[i];
        struct data_track *t = data_track_find(p->room, e->track_sid);
        if (!t || t->owner == p || e->handle == 0 || e->handle > UINT16_MAX)
            continue;
        data_subscription_new(p, t, (uint16_t)e->handle);
        if (e->handle > p->last_data_handle)
            p->last_data_handle = (uint16_t)e->handle;
    }
}
