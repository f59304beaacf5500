/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client that comes back to its session on a new WebSocket. The first message, `reconnect`, tells
 * which of its reliable data packets arrived last: the dataplane is asked, and if it does not
 * answer soon, 0 is said. What the client sends again is dropped by the dataplane where it has it.
 */
#include "common/log.h"
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/data_track.h"
#include "control/room/dynacast.h"
#include "control/room/ice_servers.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/patience.h"
#include "control/room/publication.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/signal/negotiate.h"
#include "control/signal/session.h"

#include <string.h>

#define STATUS_TIMEOUT (300 * USEC_PER_MS)

static void say_reconnect(struct participant *p, uint32_t last_sequence)
{
    struct arena a = {0};
    Livekit__ReconnectResponse body = LIVEKIT__RECONNECT_RESPONSE__INIT;
    body.n_ice_servers = ice_servers_for(&a, p, &body.ice_servers);
    body.client_configuration = info_client_configuration(&a, p);
    body.server_info = info_of_server(&a, p->room->rooms);
    body.last_message_seq = last_sequence;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_RECONNECT;
    m.reconnect = &body;
    say(p, &m);
    arena_free(&a);
}

static void status_timed_out(void *arg, usec_t now)
{
    resume_status(arg, 0, now);
}

void resume_start(struct signal_session *s, struct participant *p, usec_t now)
{
    struct signal_session *old = p->session ? p->session : p->resuming_session;
    p->session = NULL;
    if (old) {
        old->participant = NULL;
        session_close(old);
    }
    s->participant = p;
    p->resuming_session = s;
    p->resuming = true;
    p->media_loss = MEDIA_THERE;
    patience_changed(p, now);
    log_info("signal", "resumes participant=%s identity=%s room=%s", p->sid, p->claims.identity,
             p->room->name);
    p->resume_timeout.fire = status_timed_out;
    p->resume_timeout.arg = p;
    timer_start(&p->room->rooms->timers, &p->resume_timeout, now + STATUS_TIMEOUT);
    command_query_participant(p);
}

static void negotiate_again(struct signal_session *s, struct participant *p, usec_t now)
{
    struct transport *t = p->transports[1];
    if (p->single) {
        sdp_slots_forget_asked(p->transports[0]->slots);
        p->transports[0]->asked = false;
        return; /* the client offers */
    }
    if (t && t->described)
        negotiate_offer_now(s->g, t, true, now);
    else
        negotiate_soon(p, now);
}

void resume_status(struct participant *p, uint32_t last_sequence, usec_t now)
{
    struct signal_session *s = p->resuming_session;
    timer_stop(&p->room->rooms->timers, &p->resume_timeout);
    p->resuming = false;
    p->resuming_session = NULL;
    if (!s)
        return;
    p->session = s;
    say_reconnect(p, last_sequence);
    broadcast_everyone_to(p);
    if (p->cut_resume) {
        p->cut_resume = false;
        p->session = NULL;
        s->participant = NULL;
        session_close(s);
        return;
    }
    broadcast_room_to(p);
    negotiate_again(s, p, now);
    participant_refresh_token(p, now);
    for (struct publication *t = p->publications; t; t = t->next)
        dynacast_restart(t, now);
    subscriptions_of_participant(p, now);
    for (struct subscription *sub = p->subscriptions; sub; sub = sub->next_of_subscriber)
        subscription_tell_paused(sub);
}

static bool still_there(const struct participant *p, const Livekit__TrackPublishedResponse *m)
{
    return m->track && publication_find(p, m->track->sid);
}

static void apply_subscription(struct participant *p, const Livekit__UpdateSubscription *m,
                               usec_t now)
{
    for (size_t i = 0; i < m->n_track_sids; i++)
        subscription_request(p, m->track_sids[i], m->subscribe, now);
    for (size_t i = 0; i < m->n_participant_tracks; i++)
        for (size_t k = 0; k < m->participant_tracks[i]->n_track_sids; k++)
            subscription_request(p, m->participant_tracks[i]->track_sids[k], m->subscribe, now);
}

void resume_sync(struct participant *p, const Livekit__SyncState *m, usec_t now)
{
    for (size_t i = 0; i < m->n_publish_tracks; i++)
        if (!still_there(p, m->publish_tracks[i])) {
            log_info("signal", "a published track is gone participant=%s", p->sid);
            participant_start_over(p, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, now);
            return;
        }
    for (size_t i = 0; i < m->n_publish_data_tracks; i++)
        if (!data_track_is(p, m->publish_data_tracks[i]->info)) {
            log_info("signal", "a published data track is gone participant=%s", p->sid);
            participant_start_over(p, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, now);
            return;
        }
    if (m->data_subscription)
        data_subscriptions_update(p, m->data_subscription);
    for (size_t i = 0; i < m->n_track_sids_disabled; i++) {
        struct track_settings off = {.disabled = true};
        subscription_settings(p, m->track_sids_disabled[i], &off, now);
    }
    if (m->subscription)
        apply_subscription(p, m->subscription, now);
}
