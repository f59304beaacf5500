/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/publication.h"

#include "common/log.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/dynacast.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/track_info.h"
#include "control/room/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The layers of a simulcast appear one after the other. */
#define LAYER_DELAY (30 * USEC_PER_MS)

/* Of somebody who is not active yet, tracks are told when it is: participant_active(). */
static void emit(struct publication *t, enum room_event e)
{
    struct rooms *rs = t->owner->room->rooms;
    if (rs->out.event && t->owner->was_active)
        rs->out.event(rs->out.ctx, e, t->owner->room, t->owner, t);
}

static void layers_due(void *arg, usec_t now)
{
    publication_changed(arg, now);
}

struct publication *publication_new(struct participant *p, uint64_t id, Livekit__TrackInfo *info,
                                    const char *cid)
{
    struct publication *t = heap_new(sizeof *t);
    t->index.id = id;
    t->owner = p;
    t->info = info;
    t->cid = heap_text(cid);
    snprintf(t->sid, sizeof t->sid, "%s", info->sid);
    dynacast_init(t);
    t->news = (struct timer){.fire = layers_due, .arg = t};
    struct publication **end = &p->publications;
    while (*end)
        end = &(*end)->next;
    *end = t;
    index_add(&p->room->rooms->publications, &t->index);
    return t;
}

static void refuse(struct participant *p, Livekit__AddTrackRequest *req,
                   Livekit__RequestResponse__Reason reason)
{
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_ADD_TRACK;
    r.add_track = req;
    say_request_response(p, &r, reason, "");
}

static uint32_t count(const struct participant *p, bool published)
{
    uint32_t n = 0;
    for (const struct publication *t = p->publications; t; t = t->next)
        n += t->published == published;
    return n;
}

static uint32_t count_cid(const struct participant *p, const char *cid)
{
    uint32_t n = 0;
    for (const struct publication *t = p->publications; t; t = t->next)
        n += strcmp(t->cid, cid) == 0;
    return n;
}

/* OK, or why not. */
static Livekit__RequestResponse__Reason check(const struct participant *p,
                                              const Livekit__AddTrackRequest *req)
{
    if (!grant_can_publish_source(&p->claims.video, req->source))
        return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
    if (req->type != LIVEKIT__TRACK_TYPE__AUDIO && req->type != LIVEKIT__TRACK_TYPE__VIDEO)
        return LIVEKIT__REQUEST_RESPONSE__REASON__UNSUPPORTED_TYPE;
    if (count(p, false) >= ROOM_PENDING_TRACKS_MAX || count(p, true) >= ROOM_TRACKS_MAX)
        return LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED;
    if (*req->sid && !publication_find(p, req->sid))
        return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND;
    if (*req->sid) /* a second codec of a track: everyone gets the first one */
        return LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED;
    if (count_cid(p, req->cid) > ROOM_QUEUED_TRACKS_MAX)
        return LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED;
    return LIVEKIT__REQUEST_RESPONSE__REASON__OK;
}

/* A section of the last description may have waited for this announcement. */
static void claim_section(struct publication *t, usec_t now)
{
    struct transport *tr = transport_from(t->owner);
    enum sdp_kind kind = t->info->type == LIVEKIT__TRACK_TYPE__VIDEO ? SDP_VIDEO : SDP_AUDIO;
    if (!tr)
        return;
    struct unclaimed_section **best = NULL;
    for (struct unclaimed_section **at = &tr->unclaimed; *at; at = &(*at)->next) {
        if ((*at)->facts.kind != kind)
            continue;
        if (strcmp((*at)->track_id, t->cid) == 0) {
            best = at;
            break;
        }
        if (!best)
            best = at;
    }
    if (!best)
        return;
    struct unclaimed_section *u = *best;
    *best = u->next;
    publication_negotiated(t, tr, &u->facts, u->track_id, now);
    unclaimed_free(u);
}

void publication_add(struct participant *p, Livekit__AddTrackRequest *req, usec_t now)
{
    Livekit__RequestResponse__Reason reason = check(p, req);
    if (reason != LIVEKIT__REQUEST_RESPONSE__REASON__OK) {
        refuse(p, req, reason);
        return;
    }
    bool queued = count_cid(p, req->cid) > 0;
    struct publication *t =
        publication_new(p, index_new_id(), track_info_new(p->room->rooms, req), req->cid);
    if (queued) {
        refuse(p, req, LIVEKIT__REQUEST_RESPONSE__REASON__QUEUED);
        return;
    }
    t->told = true;
    say_track_published(p, t);
    participant_record_changed(p);
    claim_section(t, now);
}

struct publication *publication_find(const struct participant *p, const char *sid)
{
    for (struct publication *t = p->publications; t; t = t->next)
        if (t->told && strcmp(t->sid, sid) == 0)
            return t;
    return NULL;
}

struct publication *publication_by_mid(const struct participant *p, const char *mid)
{
    for (struct publication *t = p->publications; t; t = t->next)
        if (t->published && strcmp(t->facts->mid, mid) == 0)
            return t;
    return NULL;
}

static bool has_cid(const struct publication *t, struct sdp_text cid)
{
    if (sdp_text_is(cid, t->cid))
        return true;
    for (size_t i = 0; i < t->info->n_codecs; i++)
        if (sdp_text_is(cid, t->info->codecs[i]->cid))
            return true;
    return false;
}

struct publication *publication_match(const struct participant *p, enum sdp_kind kind,
                                      struct sdp_text track_id,
                                      bool (*taken)(void *arg, const struct publication *t),
                                      void *arg)
{
    struct publication *first = NULL;
    for (struct publication *t = p->publications; t; t = t->next) {
        bool video = t->info->type == LIVEKIT__TRACK_TYPE__VIDEO;
        if (t->published || !t->told || video != (kind == SDP_VIDEO) || taken(arg, t))
            continue;
        if (track_id.len > 0 && has_cid(t, track_id))
            return t;
        if (!first)
            first = t;
    }
    return first;
}

static bool same_facts(const struct sdp_negotiated *a, const struct sdp_negotiated *b)
{
    return a && memcmp(a, b, sizeof *a) == 0;
}

static void first_published(struct publication *t, usec_t now)
{
    struct participant *p = t->owner;
    log_info("room", "track published track=%s mime=%s participant=%s room=%s", t->sid,
             t->info->mime_type, p->sid, p->room->name);
    bool was_publisher = p->is_publisher;
    p->is_publisher = true;
    broadcast_participant(p, true, now);
    if (!was_publisher)
        room_counts_changed(p->room, now);
    participant_record_changed(p);
    emit(t, TRACK_PUBLISHED);
    dynacast_published(t, now);
    subscriptions_of_track(t, now);
}

void publication_negotiated(struct publication *t, struct transport *transport,
                            const struct sdp_negotiated *facts, const char *track_id, usec_t now)
{
    if (t->published && same_facts(t->facts, facts))
        return;
    if (!t->facts)
        t->facts = heap_new(sizeof *t->facts);
    *t->facts = *facts;
    t->transport = transport;
    char *mime = heap_text(t->info->mime_type);
    track_info_negotiated(t->info, facts, track_id);
    bool new_codec = strcmp(mime, t->info->mime_type) != 0;
    free(mime);
    command_open_track(t);
    if (t->published) {
        if (new_codec)
            publication_changed(t, now);
        return;
    }
    t->published = true;
    first_published(t, now);
}

static void unlist(struct publication *t)
{
    for (struct publication **at = &t->owner->publications; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
    index_remove(&t->owner->room->rooms->publications, &t->index);
}

void publication_free(struct publication *t)
{
    while (t->subscribers)
        subscription_free(t->subscribers);
    unlist(t);
    struct deadlines *ts = &t->owner->room->rooms->timers;
    timer_stop(ts, &t->quality_timer);
    timer_stop(ts, &t->quality_again);
    timer_stop(ts, &t->news);
    livekit__track_info__free_unpacked(t->info, NULL);
    free(t->facts);
    free(t->cid);
    free(t);
}

/* The next one that was queued behind this cid. */
static void release_queued(struct participant *p, const char *cid, usec_t now)
{
    for (struct publication *t = p->publications; t; t = t->next)
        if (!t->told && strcmp(t->cid, cid) == 0) {
            t->told = true;
            say_track_published(p, t);
            claim_section(t, now);
            return;
        }
}

void publication_end(struct publication *t, usec_t now)
{
    struct participant *p = t->owner;
    char *cid = heap_text(t->cid);
    bool published = t->published;
    while (t->subscribers)
        subscription_end(t->subscribers, now);
    if (published) {
        log_info("room", "track ended track=%s participant=%s room=%s", t->sid, p->sid,
                 p->room->name);
        command_close_track(t);
        t->published = false;
        emit(t, TRACK_UNPUBLISHED);
    }
    publication_free(t);
    if (!p->closing) {
        if (published)
            broadcast_participant(p, true, now);
        participant_record_changed(p);
        release_queued(p, cid, now);
    }
    free(cid);
}

void publication_reject(struct publication *t, usec_t now)
{
    struct participant *p = t->owner;
    char sid[ROOM_SID_MAX];
    memcpy(sid, t->sid, sizeof sid);
    publication_end(t, now);
    say_track_unpublished(p, sid);
}

void publication_changed(struct publication *t, usec_t now)
{
    participant_record_changed(t->owner);
    if (t->published)
        broadcast_participant(t->owner, true, now);
}

void publication_set_muted(struct publication *t, bool muted, usec_t now)
{
    if (t->info->muted == muted)
        return;
    t->info->muted = muted;
    if (t->published) {
        command_open_track(t);
        dynacast_muted(t, now);
    }
    publication_changed(t, now);
}

void publication_layer_seen(struct publication *t, uint32_t layer, const char *rid, uint32_t ssrc,
                            uint32_t rtx_ssrc, usec_t now)
{
    if (track_info_layer(t->info, layer, rid, ssrc, rtx_ssrc))
        timer_start_before(&t->owner->room->rooms->timers, &t->news, now + LAYER_DELAY);
}
