/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/participant.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/data_blob.h"
#include "control/room/data_track.h"
#include "control/room/dynacast.h"
#include "control/room/forward.h"
#include "control/room/heap.h"
#include "control/room/patience.h"
#include "control/room/permission.h"
#include "control/room/publication.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"
#include "control/room/wish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_TIMEOUT   (60 * USEC_PER_SEC)
#define REFRESH_PERIOD (300 * USEC_PER_SEC)

static void emit(struct participant *p, enum room_event e)
{
    struct rooms *rs = p->room->rooms;
    if (rs->out.event)
        rs->out.event(rs->out.ctx, e, p->room, p, NULL);
}

void participant_tell_joined(struct participant *p)
{
    struct rooms *rs = p->room->rooms;
    emit(p, PARTICIPANT_JOINED);
    /* and what was published before */
    for (const struct publication *t = p->publications; t && rs->out.event; t = t->next)
        if (t->published)
            rs->out.event(rs->out.ctx, TRACK_PUBLISHED, p->room, p, t);
}

void participant_tell_left(struct participant *p)
{
    emit(p, p->was_active ? PARTICIPANT_LEFT : PARTICIPANT_ABORTED);
}

static void join_timed_out(void *arg, usec_t now)
{
    struct participant *p = arg;
    log_info("room", "not connected in time participant=%s identity=%s room=%s", p->sid,
             p->claims.identity, p->room->name);
    participant_close(p, LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE, true, now);
}

static void patience_ended(void *arg, usec_t now)
{
    struct participant *p = arg;
    /* who still listens has failed to bring media back, and may try from the beginning */
    participant_start_over(p, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT, now);
}

static void refresh_due(void *arg, usec_t now)
{
    participant_refresh_token(arg, now);
}

struct participant *participant_new(struct room *r, uint64_t id, const char *sid, usec_t now)
{
    (void)now;
    struct participant *p = heap_new(sizeof *p);
    p->index.id = id;
    p->room = r;
    snprintf(p->sid, sizeof p->sid, "%s", sid);
    p->everyone_may_subscribe = true;
    p->told_quality = -1;
    client_read(&p->client, NULL);
    if (!claims_init(&p->claims))
        abort();
    p->join_timeout = (struct timer){.fire = join_timed_out, .arg = p};
    p->refresh = (struct timer){.fire = refresh_due, .arg = p};
    p->disconnect = (struct timer){.fire = patience_ended, .arg = p};
    snprintf(p->sif_trailer, sizeof p->sif_trailer, "%s", r->sif_trailer);
    participant_list(p, r);
    r->rooms->participant_count++;
    index_add(&r->rooms->participants, &p->index);
    return p;
}

void participant_list(struct participant *p, struct room *r)
{
    struct participant **end = &r->participants;
    while (*end)
        end = &(*end)->next;
    *end = p;
    p->next = NULL;
    p->room = r;
    r->participant_count++;
}

void participant_unlist(struct participant *p)
{
    struct room *r = p->room;
    for (struct participant **at = &r->participants; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            r->participant_count--;
            break;
        }
}

void participant_free(struct participant *p)
{
    struct deadlines *ts = &p->room->rooms->timers;
    struct timer *all[] = {&p->join_timeout,   &p->refresh,          &p->disconnect,
                           &p->resume_timeout, &p->simulated_speech, &p->record_timer,
                           &p->readdress};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        timer_stop(ts, all[i]);
    wishes_free(p);
    data_blobs_free(p);
    data_tracks_free(p);
    permission_free(p);
    client_free(&p->client);
    claims_free(&p->claims);
    free(p);
}

static bool open_transports(struct participant *p)
{
    if (p->single)
        return transport_open(p, SLUICE__LINK__TRANSPORT_KIND__SINGLE);
    return transport_open(p, SLUICE__LINK__TRANSPORT_KIND__PUBLISHER) &&
           transport_open(p, SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER);
}

static bool is_full_without(const struct room *r, const struct participant *old)
{
    uint32_t others = room_members(r) - (old && !old->origin ? 1 : 0);
    return r->max_participants > 0 && others >= r->max_participants;
}

static void take_options(struct participant *p, const struct participant_options *o)
{
    client_free(&p->client);
    client_read(&p->client, o->client);
    p->single = o->single;
    p->auto_subscribe = o->auto_subscribe;
    p->auto_subscribe_data_tracks = o->auto_subscribe_data_tracks;
    p->adaptive_stream = o->adaptive_stream;
    p->allow_pause = o->allow_pause;
    p->disable_lite = o->disable_lite;
}

struct participant *participant_join(struct room *r, const struct claims *claims,
                                     const struct participant_options *o, void *session, usec_t now)
{
    struct participant *old = room_participant(r, claims->identity);
    if (!r->rooms->media.up || r->rooms->media.worker_count == 0 || is_full_without(r, old))
        return NULL;
    bool replaces = old != NULL;
    if (old)
        participant_close(old, LIVEKIT__DISCONNECT_REASON__DUPLICATE_IDENTITY, true, now);
    char sid[ROOM_SID_MAX];
    struct participant *p = participant_new(r, index_new_id(), random_id(sid, "PA_", 12), now);
    claims_free(&p->claims);
    if (!claims_copy(&p->claims, claims))
        abort();
    take_options(p, o);
    p->replaces = replaces;
    p->session = session;
    p->joined_ms = (int64_t)(clock_realtime() / USEC_PER_MS);
    r->joined_once = true;
    command_open_participant(p);
    p->opened = true;
    open_transports(p);
    timer_start(&r->rooms->timers, &p->join_timeout, now + JOIN_TIMEOUT);
    room_occupancy_changed(r, now);
    room_counts_changed(r, now);
    return p;
}

void participant_joined(struct participant *p, usec_t now)
{
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__JOINED;
    broadcast_participant(p, p->replaces, now);
    participant_record_changed(p);
    participant_refresh_token(p, now);
    subscriptions_of_participant(p, now);
}

void participant_active(struct participant *p, usec_t now)
{
    if (p->state != LIVEKIT__PARTICIPANT_INFO__STATE__JOINED)
        return;
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
    p->was_active = true;
    timer_stop(&p->room->rooms->timers, &p->join_timeout);
    log_info("room", "active participant=%s identity=%s room=%s", p->sid, p->claims.identity,
             p->room->name);
    broadcast_participant(p, false, now);
    participant_record_changed(p);
    participant_tell_joined(p);
    subscriptions_of_participant(p, now);
}

bool participant_subscriber_primary(const struct participant *p)
{
    return !p->single && p->client.protocol >= 3 && grant_can_subscribe(&p->claims.video);
}

struct transport *participant_primary(const struct participant *p)
{
    return p->transports[participant_subscriber_primary(p)];
}

static void hang_up(struct participant *p)
{
    struct room_output *out = &p->room->rooms->out;
    if (!p->session)
        p->session = p->resuming_session;
    if (p->session)
        out->hang_up(out->ctx, p);
    p->session = p->resuming_session = NULL;
}

/* The dataplane ends them with the participant. */
static void drop_subscriptions(struct participant *p, usec_t now)
{
    while (p->subscriptions) {
        struct subscription *s = p->subscriptions;
        struct source *awaited = s->state == SUBSCRIPTION_AWAITING ? s->source : NULL;
        subscription_free(s);
        if (awaited)
            dynacast_source_changed(awaited, now);
    }
}

static void end_media(struct participant *p, usec_t now)
{
    data_tracks_end(p);
    while (p->publications)
        publication_end(p->publications, now);
    drop_subscriptions(p, now);
    for (int i = 0; i < 2; i++)
        if (p->transports[i])
            transport_close(p->transports[i], false);
}

static void close_session(struct participant *p, Livekit__DisconnectReason reason, usec_t now)
{
    struct room *r = p->room;
    log_info("room", "left participant=%s identity=%s room=%s reason=%d", p->sid,
             p->claims.identity, r->name, (int)reason);
    p->closing = true;
    forwards_end(p, reason, now);
    hang_up(p);
    end_media(p, now);
    if (!p->origin)
        command_close_participant(r->rooms, p->index.id);
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    p->disconnect_reason = reason;
    broadcast_departure(p, reason, now);
    participant_tell_left(p);
    participant_unlist(p);
    r->rooms->participant_count--;
    index_remove(&r->rooms->participants, &p->index);
    forward_unlink(p);
    participant_free(p);
    room_counts_changed(r, now);
    room_occupancy_changed(r, now);
}

void participant_close(struct participant *p, Livekit__DisconnectReason reason, bool say_goodbye,
                       usec_t now)
{
    if (say_goodbye)
        say_leave(p, reason, LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT);
    close_session(p, reason, now);
}

void participant_start_over(struct participant *p, Livekit__DisconnectReason reason, usec_t now)
{
    say_leave(p, reason, LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    close_session(p, reason, now);
}

static bool media_was_up(const struct participant *p)
{
    return (p->transports[0] && p->transports[0]->was_connected) ||
           (p->transports[1] && p->transports[1]->was_connected);
}

void participant_signal_lost(struct participant *p, usec_t now)
{
    p->session = p->resuming_session = NULL;
    if (!media_was_up(p))
        close_session(p, LIVEKIT__DISCONNECT_REASON__SIGNAL_CLOSE, now);
    else
        patience_changed(p, now);
}

void participant_media_lost(struct participant *p, bool restartable, usec_t now)
{
    if (p->media_loss == MEDIA_GONE || (p->media_loss == MEDIA_RESUMABLE && restartable))
        return;
    p->media_loss = restartable ? MEDIA_RESUMABLE : MEDIA_GONE;
    if (!restartable)
        say_leave(p, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT,
                  LIVEKIT__LEAVE_REQUEST__ACTION__RECONNECT);
    else if (p->client.protocol >= 13) /* older ones resume when their socket closes */
        say_leave(p, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT,
                  LIVEKIT__LEAVE_REQUEST__ACTION__RESUME);
    hang_up(p);
    patience_changed(p, now);
}

void participant_resume(struct participant *p)
{
    if (p->client.protocol < 13)
        hang_up(p); /* these resume when the connection just ends */
    else
        say_leave(p, LIVEKIT__DISCONNECT_REASON__CONNECTION_TIMEOUT,
                  LIVEKIT__LEAVE_REQUEST__ACTION__RESUME);
}

char *participant_token(const struct participant *p)
{
    const struct api_keys *keys = p->room->rooms->config.keys;
    int64_t unix_now = (int64_t)(clock_realtime() / USEC_PER_SEC);
    return keys ? token_sign_refresh(keys, &p->claims, unix_now) : NULL;
}

void participant_refresh_token(struct participant *p, usec_t now)
{
    struct rooms *rs = p->room->rooms;
    timer_start(&rs->timers, &p->refresh, now + REFRESH_PERIOD);
    char *token = p->session ? participant_token(p) : NULL;
    if (token)
        say_refresh_token(p, token);
    free(token);
}
