/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/publication.h"

#include "common/log.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/dynacast.h"
#include "control/room/forward.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/source.h"
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

struct publication *publication_new(struct participant *p, Livekit__TrackInfo *info,
                                    const char *cid)
{
    struct publication *t = heap_new(sizeof *t);
    t->owner = p;
    t->info = info;
    t->cid = heap_text(cid);
    sources_init(t);
    snprintf(t->sid, sizeof t->sid, "%s", info->sid);
    dynacast_init(t);
    t->news = (struct timer){.fire = layers_due, .arg = t};
    struct publication **end = &p->publications;
    while (*end)
        end = &(*end)->next;
    *end = t;
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
    if (!*req->sid && count_cid(p, req->cid) > ROOM_QUEUED_TRACKS_MAX)
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
    publication_negotiated(&t->source[0], tr, &u->facts, u->track_id, now);
    unclaimed_free(u);
}

/* The second codec of a track, which its section is to follow. */
static void add_backup(struct participant *p, const Livekit__AddTrackRequest *req)
{
    struct publication *t = publication_find(p, req->sid);
    if (!track_info_add_backup(t->info, req))
        log_debug("room", "a codec that was not announced track=%s participant=%s", t->sid, p->sid);
    say_track_published(p, t, req->cid);
    participant_record_changed(p);
}

void publication_add(struct participant *p, Livekit__AddTrackRequest *req, usec_t now)
{
    Livekit__RequestResponse__Reason reason = check(p, req);
    if (reason != LIVEKIT__REQUEST_RESPONSE__REASON__OK) {
        refuse(p, req, reason);
        return;
    }
    if (*req->sid) {
        add_backup(p, req);
        return;
    }
    bool queued = count_cid(p, req->cid) > 0;
    struct publication *t = publication_new(p, track_info_new(p->room->rooms, req), req->cid);
    if (queued) {
        refuse(p, req, LIVEKIT__REQUEST_RESPONSE__REASON__QUEUED);
        return;
    }
    t->told = true;
    say_track_published(p, t, t->cid);
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

struct source *publication_by_mid(const struct participant *p, const char *mid)
{
    for (struct publication *t = p->publications; t; t = t->next)
        for (uint32_t i = 0; i < t->source_count; i++)
            if (t->source[i].facts && strcmp(t->source[i].facts->mid, mid) == 0)
                return &t->source[i];
    return NULL;
}

/* Announced for a section of its own: the primary codec with the track, a backup when the client
 * has said under which cid. */
static bool is_pending(const struct source *s)
{
    const struct publication *t = s->track;
    uint32_t i = source_number(s);
    return !s->facts && t->told && (i == 0 || (t->published && *t->info->codecs[i]->cid));
}

static bool has_cid(const struct source *s, struct sdp_text cid)
{
    const struct publication *t = s->track;
    uint32_t i = source_number(s);
    return (i == 0 && sdp_text_is(cid, t->cid)) ||
           (i < t->info->n_codecs && sdp_text_is(cid, t->info->codecs[i]->cid));
}

struct source *publication_match(const struct participant *p, enum sdp_kind kind,
                                 struct sdp_text track_id,
                                 bool (*taken)(void *arg, const struct source *s), void *arg)
{
    struct source *first = NULL;
    for (struct publication *t = p->publications; t; t = t->next) {
        if ((t->info->type == LIVEKIT__TRACK_TYPE__VIDEO) != (kind == SDP_VIDEO))
            continue;
        for (uint32_t i = 0; i < t->source_count; i++) {
            struct source *s = &t->source[i];
            if (!is_pending(s) || taken(arg, s))
                continue;
            if (track_id.len > 0 && has_cid(s, track_id))
                return s;
            if (!first)
                first = s;
        }
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
    forwards_track_published(t, now);
}

void publication_shown(struct publication *t, usec_t now)
{
    t->owner->is_publisher = true;
    broadcast_participant(t->owner, true, now);
    room_counts_changed(t->owner->room, now);
    emit(t, TRACK_PUBLISHED);
    subscriptions_of_track(t, now);
}

void publication_unshare(struct publication *t, usec_t now)
{
    while (t->subscribers)
        subscription_end(t->subscribers, now);
    if (t->published)
        emit(t, TRACK_UNPUBLISHED);
}

/* Those that wait for a backup get it. */
static void backup_published(struct source *s, usec_t now)
{
    struct publication *t = s->track;
    log_info("room", "backup published track=%s mime=%s participant=%s room=%s", t->sid,
             sdp_codec_mime(source_codec(s)), t->owner->sid, t->owner->room->name);
    publication_changed(t, now);
    subscriptions_choose_again(t, now);
    dynacast_source_changed(s, now);
}

void publication_negotiated(struct source *s, struct transport *transport,
                            const struct sdp_negotiated *facts, const char *track_id, usec_t now)
{
    struct publication *t = s->track;
    bool sent = s->facts != NULL;
    if (sent && same_facts(s->facts, facts))
        return;
    source_set_facts(s, facts);
    t->transport = transport;
    enum sdp_codec codec = source_codec(s);
    track_info_negotiated(t->info, source_number(s), facts, track_id);
    command_open_track(s);
    if (!t->published) {
        t->published = true;
        first_published(t, now);
    } else if (!sent) {
        backup_published(s, now);
    } else if (source_codec(s) != codec) {
        publication_changed(t, now);
    }
}

void publication_section_ended(struct source *s, usec_t now)
{
    struct publication *t = s->track;
    source_clear(s);
    t->regressed = false;
    subscriptions_choose_again(t, now);
    command_close_track(s); /* after what moves away from it */
    dynacast_source_changed(s, now);
    publication_changed(t, now);
}

static void unlist(struct publication *t)
{
    for (struct publication **at = &t->owner->publications; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
}

void publication_free(struct publication *t)
{
    while (t->subscribers)
        subscription_free(t->subscribers);
    sources_free(t);
    unlist(t);
    struct deadlines *ts = &t->owner->room->rooms->timers;
    timer_stop(ts, &t->quality_timer);
    timer_stop(ts, &t->quality_again);
    timer_stop(ts, &t->news);
    livekit__track_info__free_unpacked(t->info, NULL);
    free(t->cid);
    free(t);
}

/* The next one that was queued behind this cid. */
static void release_queued(struct participant *p, const char *cid, usec_t now)
{
    for (struct publication *t = p->publications; t; t = t->next)
        if (!t->told && strcmp(t->cid, cid) == 0) {
            t->told = true;
            say_track_published(p, t, t->cid);
            claim_section(t, now);
            return;
        }
}

void publication_end(struct publication *t, usec_t now)
{
    struct participant *p = t->owner;
    char *cid = heap_text(t->cid);
    bool published = t->published;
    forwards_track_ended(t, now);
    while (t->subscribers)
        subscription_end(t->subscribers, now);
    if (published) {
        log_info("room", "track ended track=%s participant=%s room=%s", t->sid, p->sid,
                 p->room->name);
        for (uint32_t i = 0; i < t->source_count; i++)
            if (t->source[i].facts)
                command_close_track(&t->source[i]);
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
    if (!t->published)
        return;
    broadcast_participant(t->owner, true, now);
    forwards_changed(t->owner, now);
}

void publication_set_muted(struct publication *t, bool muted, usec_t now)
{
    if (t->info->muted == muted)
        return;
    t->info->muted = muted;
    if (t->published) {
        command_open_tracks(t);
        dynacast_muted(t, now);
    }
    publication_changed(t, now);
}

/* The first packets of a backup: from here on it can stand in for the primary codec. */
static void regress(struct source *s, usec_t now)
{
    struct publication *t = s->track;
    if (t->regressed || source_number(s) == 0 || !source_regresses(t))
        return;
    log_info("room", "backup codec for all track=%s mime=%s participant=%s", t->sid,
             sdp_codec_mime(source_codec(s)), t->owner->sid);
    t->regressed = true;
    participant_record_changed(t->owner);
    subscriptions_choose_again(t, now);
}

void publication_layer_seen(struct source *s, uint32_t layer, const char *rid, uint32_t ssrc,
                            uint32_t rtx_ssrc, usec_t now)
{
    struct publication *t = s->track;
    if (track_info_layer(t->info, source_number(s), layer, rid, ssrc, rtx_ssrc))
        timer_start_before(&t->owner->room->rooms->timers, &t->news, now + LAYER_DELAY);
    regress(s, now);
}
