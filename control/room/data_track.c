/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/data_track.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/permission.h"
#include "control/room/say.h"

#include <stdlib.h>
#include <string.h>

#define NAME_MAX_BYTES 256

/* ---- lists ---- */

struct data_track *data_track_new(struct participant *p, uint64_t id, Livekit__DataTrackInfo *info)
{
    struct data_track *t = heap_new(sizeof *t);
    *t = (struct data_track){.owner = p, .id = id, .info = info};
    struct data_track **end = &p->data_tracks;
    while (*end)
        end = &(*end)->next;
    *end = t;
    return t;
}

struct data_track *data_track_find(const struct room *r, const char *sid)
{
    for (const struct participant *p = r->participants; p; p = p->next)
        for (struct data_track *t = p->data_tracks; t; t = t->next)
            if (strcmp(t->info->sid, sid) == 0)
                return t;
    return NULL;
}

static struct data_track *by_handle(const struct participant *p, uint32_t handle)
{
    for (struct data_track *t = p->data_tracks; t; t = t->next)
        if (t->info->pub_handle == handle)
            return t;
    return NULL;
}

bool data_track_is(const struct participant *p, const Livekit__DataTrackInfo *info)
{
    const struct data_track *t = info ? by_handle(p, info->pub_handle) : NULL;
    return t && strcmp(t->info->sid, info->sid) == 0;
}

struct data_subscription *data_subscription_new(struct participant *p, struct data_track *t,
                                                uint16_t handle)
{
    struct data_subscription *s = heap_new(sizeof *s);
    *s = (struct data_subscription){.next = p->data_subscriptions, .track = t, .handle = handle};
    p->data_subscriptions = s;
    return s;
}

static bool drop_subscription(struct participant *p, const struct data_track *t)
{
    for (struct data_subscription **at = &p->data_subscriptions; *at; at = &(*at)->next)
        if ((*at)->track == t) {
            struct data_subscription *s = *at;
            *at = s->next;
            free(s);
            return true;
        }
    return false;
}

static bool has(const struct participant *p, const struct data_track *t)
{
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next)
        if (s->track == t)
            return true;
    return false;
}

static size_t count_subscriptions(const struct participant *p)
{
    size_t n = 0;
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next)
        n++;
    return n;
}

/* ---- handles ---- */

static bool handle_is_used(const struct participant *p, uint16_t handle)
{
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next)
        if (s->handle == handle)
            return true;
    return false;
}

/* Not one that was in use a moment ago: its last packets may still be under way. */
static uint16_t new_handle(struct participant *p)
{
    do
        p->last_data_handle++;
    while (p->last_data_handle == 0 || handle_is_used(p, p->last_data_handle));
    return p->last_data_handle;
}

static void say_handles(struct participant *p)
{
    struct arena a = {0};
    Livekit__DataTrackSubscriberHandles body = LIVEKIT__DATA_TRACK_SUBSCRIBER_HANDLES__INIT;
    body.sub_handles = ARENA_ARRAY(&a, Livekit__DataTrackSubscriberHandles__SubHandlesEntry *,
                                   count_subscriptions(p));
    for (const struct data_subscription *s = p->data_subscriptions; s; s = s->next) {
        Livekit__DataTrackSubscriberHandles__SubHandlesEntry *e =
            ARENA_MESSAGE(&a, Livekit__DataTrackSubscriberHandles__SubHandlesEntry,
                          livekit__data_track_subscriber_handles__sub_handles_entry);
        e->key = s->handle;
        e->value = ARENA_MESSAGE(&a, Livekit__DataTrackSubscriberHandles__PublishedDataTrack,
                                 livekit__data_track_subscriber_handles__published_data_track);
        e->value->publisher_identity = s->track->owner->claims.identity;
        e->value->publisher_sid = s->track->owner->sid;
        e->value->track_sid = s->track->info->sid;
        body.sub_handles[body.n_sub_handles++] = e;
    }
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_DATA_TRACK_SUBSCRIBER_HANDLES;
    m.data_track_subscriber_handles = &body;
    say(p, &m);
    arena_free(&a);
}

/* The dataplane first: who is told a handle may get packets of it at once. */
static void subscriptions_changed(struct participant *p)
{
    command_open_participant(p);
    say_handles(p);
}

/* ---- subscribing ---- */

static bool may_subscribe(const struct participant *p, const struct data_track *t)
{
    return t->owner != p && grant_can_subscribe(&p->claims.video) &&
           permission_allows(t->owner, p, t->info->sid);
}

static bool subscribe(struct participant *p, struct data_track *t)
{
    if (has(p, t) || !may_subscribe(p, t) || count_subscriptions(p) >= ROOM_DATA_SUBSCRIPTIONS_MAX)
        return false;
    data_subscription_new(p, t, new_handle(p));
    return true;
}

void data_subscriptions_update(struct participant *p, const Livekit__UpdateDataSubscription *m)
{
    for (size_t i = 0; i < m->n_updates; i++) {
        struct data_track *t = data_track_find(p->room, m->updates[i]->track_sid);
        if (t && m->updates[i]->subscribe)
            subscribe(p, t);
        else if (t)
            drop_subscription(p, t);
    }
    subscriptions_changed(p);
}

/* ---- publishing ---- */

static Livekit__RequestResponse__Reason check_encoding(const struct participant *p,
                                                       const Livekit__PublishDataTrackRequest *req)
{
    size_t most = p->room->rooms->config.data_track_encoding_length;
    const Livekit__DataTrackFrameEncoding *f = req->frame_encoding;
    const Livekit__DataTrackSchemaEncoding *s = req->schema ? req->schema->encoding : NULL;
    bool good = true;
    if (f && f->value_case == LIVEKIT__DATA_TRACK_FRAME_ENCODING__VALUE_CUSTOM && most > 0)
        good = strlen(f->custom) <= most;
    if (s && s->value_case == LIVEKIT__DATA_TRACK_SCHEMA_ENCODING__VALUE_CUSTOM && most > 0)
        good = good && strlen(s->custom) <= most;
    if (req->schema)
        good = good && strlen(req->schema->name) <= NAME_MAX_BYTES;
    return good ? LIVEKIT__REQUEST_RESPONSE__REASON__OK
                : LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_REQUEST;
}

/* OK, or why not. */
static Livekit__RequestResponse__Reason check(const struct participant *p,
                                              const Livekit__PublishDataTrackRequest *req)
{
    size_t n = 0;
    if (!p->room->rooms->config.data_tracks || !grant_can_publish_data(&p->claims.video))
        return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
    if (req->pub_handle == 0 || req->pub_handle > UINT16_MAX)
        return LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_HANDLE;
    if (!*req->name || strlen(req->name) > NAME_MAX_BYTES)
        return LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_NAME;
    for (const struct data_track *t = p->data_tracks; t; t = t->next, n++) {
        if (t->info->pub_handle == req->pub_handle)
            return LIVEKIT__REQUEST_RESPONSE__REASON__DUPLICATE_HANDLE;
        if (strcmp(t->info->name, req->name) == 0)
            return LIVEKIT__REQUEST_RESPONSE__REASON__DUPLICATE_NAME;
    }
    if (n >= ROOM_DATA_TRACKS_MAX)
        return LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED;
    return check_encoding(p, req);
}

/* A DataTrackInfo that owns its memory. */
static Livekit__DataTrackInfo *new_info(const Livekit__PublishDataTrackRequest *req)
{
    char sid[ROOM_SID_MAX];
    Livekit__DataTrackInfo m = LIVEKIT__DATA_TRACK_INFO__INIT;
    m.pub_handle = req->pub_handle;
    m.sid = random_id(sid, "DTR_", 12);
    m.name = req->name;
    m.encryption = req->encryption;
    m.frame_encoding = req->frame_encoding;
    m.schema = req->schema;
    size_t size = livekit__data_track_info__get_packed_size(&m);
    uint8_t *bytes = heap_new(size + 1);
    livekit__data_track_info__pack(&m, bytes);
    Livekit__DataTrackInfo *info = livekit__data_track_info__unpack(NULL, size, bytes);
    free(bytes);
    return info;
}

static void say_published(struct participant *p, struct data_track *t)
{
    Livekit__PublishDataTrackResponse body = LIVEKIT__PUBLISH_DATA_TRACK_RESPONSE__INIT;
    body.info = t->info;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PUBLISH_DATA_TRACK_RESPONSE;
    m.publish_data_track_response = &body;
    say(p, &m);
}

static void say_unpublished(struct participant *p, struct data_track *t)
{
    Livekit__UnpublishDataTrackResponse body = LIVEKIT__UNPUBLISH_DATA_TRACK_RESPONSE__INIT;
    body.info = t->info;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UNPUBLISH_DATA_TRACK_RESPONSE;
    m.unpublish_data_track_response = &body;
    say(p, &m);
}

void data_track_publish(struct participant *p, Livekit__PublishDataTrackRequest *req, usec_t now)
{
    Livekit__RequestResponse__Reason reason = check(p, req);
    Livekit__DataTrackInfo *info =
        reason == LIVEKIT__REQUEST_RESPONSE__REASON__OK ? new_info(req) : NULL;
    if (!info) {
        Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
        r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_PUBLISH_DATA_TRACK;
        r.publish_data_track = req;
        say_request_response(p, &r, reason, "");
        return;
    }
    struct data_track *t = data_track_new(p, index_new_id(), info);
    command_open_participant(p);
    say_published(p, t);
    broadcast_participant(p, true, now);
    for (struct participant *o = p->room->participants; o; o = o->next)
        if (o->auto_subscribe_data_tracks && subscribe(o, t))
            subscriptions_changed(o);
}

static void unlist(struct data_track *t)
{
    struct data_track **at = &t->owner->data_tracks;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    livekit__data_track_info__free_unpacked(t->info, NULL);
    free(t);
}

static void drop_subscribers(struct data_track *t)
{
    for (struct participant *o = t->owner->room->participants; o; o = o->next)
        if (drop_subscription(o, t))
            subscriptions_changed(o);
}

/* Ends t for its subscribers. */
static void end(struct data_track *t)
{
    drop_subscribers(t);
    unlist(t);
}

void data_tracks_part(struct participant *p)
{
    for (struct data_track *t = p->data_tracks; t; t = t->next)
        drop_subscribers(t);
    bool had = p->data_subscriptions != NULL;
    while (p->data_subscriptions)
        drop_subscription(p, p->data_subscriptions->track);
    if (had)
        subscriptions_changed(p);
}

void data_track_unpublish(struct participant *p, Livekit__UnpublishDataTrackRequest *req,
                          usec_t now)
{
    struct data_track *t = by_handle(p, req->pub_handle);
    if (!t) {
        Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
        r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UNPUBLISH_DATA_TRACK;
        r.unpublish_data_track = req;
        say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__INVALID_HANDLE, "");
        return;
    }
    say_unpublished(p, t);
    end(t);
    command_open_participant(p);
    broadcast_participant(p, true, now);
}

void data_tracks_end(struct participant *p)
{
    while (p->data_tracks)
        end(p->data_tracks);
    data_tracks_free(p);
}

void data_tracks_free(struct participant *p)
{
    while (p->data_subscriptions)
        drop_subscription(p, p->data_subscriptions->track);
    while (p->data_tracks)
        unlist(p->data_tracks);
}

static bool drop_forbidden(struct participant *p)
{
    bool changed = false;
    for (struct data_subscription *s = p->data_subscriptions, *next; s; s = next) {
        next = s->next;
        if (!may_subscribe(p, s->track))
            changed |= drop_subscription(p, s->track);
    }
    return changed;
}

void data_tracks_permission_changed(struct participant *p, usec_t now)
{
    bool published = p->data_tracks != NULL && !grant_can_publish_data(&p->claims.video);
    for (struct data_track *t = published ? p->data_tracks : NULL, *next; t; t = next) {
        next = t->next;
        say_unpublished(p, t);
        end(t);
    }
    if (drop_forbidden(p))
        subscriptions_changed(p);
    else if (published)
        command_open_participant(p);
    if (published)
        broadcast_participant(p, true, now);
}

void data_tracks_rules_changed(struct participant *p)
{
    if (!p->data_tracks)
        return;
    for (struct participant *o = p->room->participants; o; o = o->next)
        if (drop_forbidden(o))
            subscriptions_changed(o);
}
