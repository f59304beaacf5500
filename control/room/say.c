/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/say.h"

#include "control/room/participant.h"

/* A SignalResponse on the stack with one member set. */
#define RESPONSE(name, member, kind)                                                               \
    Livekit__SignalResponse name = LIVEKIT__SIGNAL_RESPONSE__INIT;                                 \
    name.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_##kind;                                  \
    name.member = &body

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

void say(struct participant *p, const Livekit__SignalResponse *m)
{
    if (!p->session || p->state == LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED)
        return;
    if (p->state == LIVEKIT__PARTICIPANT_INFO__STATE__JOINING &&
        m->message_case != LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN)
        return; /* the join response is first, and lists what was missed */
    p->room->rooms->out.send(p->room->rooms->out.ctx, p, m);
}

void say_leave(struct participant *p, Livekit__DisconnectReason reason,
               Livekit__LeaveRequest__Action action)
{
    Livekit__LeaveRequest body = LIVEKIT__LEAVE_REQUEST__INIT;
    body.reason = reason;
    body.action = action;
    body.can_reconnect =
        p->client.protocol < 13 && action != LIVEKIT__LEAVE_REQUEST__ACTION__DISCONNECT;
    RESPONSE(m, leave, LEAVE);
    say(p, &m);
}

void say_track_published(struct participant *p, const struct publication *t, const char *cid)
{
    Livekit__TrackPublishedResponse body = LIVEKIT__TRACK_PUBLISHED_RESPONSE__INIT;
    body.cid = text(cid);
    body.track = t->info;
    RESPONSE(m, track_published, TRACK_PUBLISHED);
    say(p, &m);
}

void say_track_unpublished(struct participant *p, const char *track_sid)
{
    Livekit__TrackUnpublishedResponse body = LIVEKIT__TRACK_UNPUBLISHED_RESPONSE__INIT;
    body.track_sid = text(track_sid);
    RESPONSE(m, track_unpublished, TRACK_UNPUBLISHED);
    say(p, &m);
}

static bool knows_new_messages(const struct participant *p)
{
    return p->client.sdk != LIVEKIT__CLIENT_INFO__SDK__RUST || p->client.protocol >= 10;
}

void say_track_subscribed(struct participant *p, const char *track_sid)
{
    if (!knows_new_messages(p))
        return;
    Livekit__TrackSubscribed body = LIVEKIT__TRACK_SUBSCRIBED__INIT;
    body.track_sid = text(track_sid);
    RESPONSE(m, track_subscribed, TRACK_SUBSCRIBED);
    say(p, &m);
}

void say_mute(struct participant *p, const char *track_sid, bool muted)
{
    Livekit__MuteTrackRequest body = LIVEKIT__MUTE_TRACK_REQUEST__INIT;
    body.sid = text(track_sid);
    body.muted = muted;
    RESPONSE(m, mute, MUTE);
    say(p, &m);
}

void say_permission(struct participant *p, const struct publication *t, bool allowed)
{
    Livekit__SubscriptionPermissionUpdate body = LIVEKIT__SUBSCRIPTION_PERMISSION_UPDATE__INIT;
    body.participant_sid = t->owner->sid;
    body.track_sid = text(t->sid);
    body.allowed = allowed;
    RESPONSE(m, subscription_permission_update, SUBSCRIPTION_PERMISSION_UPDATE);
    say(p, &m);
}

void say_stream_state(struct participant *p, const struct publication *t, bool paused)
{
    Livekit__StreamStateInfo info = LIVEKIT__STREAM_STATE_INFO__INIT, *list[] = {&info};
    info.participant_sid = t->owner->sid;
    info.track_sid = text(t->sid);
    info.state = paused ? LIVEKIT__STREAM_STATE__PAUSED : LIVEKIT__STREAM_STATE__ACTIVE;
    Livekit__StreamStateUpdate body = LIVEKIT__STREAM_STATE_UPDATE__INIT;
    body.n_stream_states = 1;
    body.stream_states = list;
    RESPONSE(m, stream_state_update, STREAM_STATE_UPDATE);
    say(p, &m);
}

void say_subscription_error(struct participant *p, const char *track_sid,
                            Livekit__SubscriptionError e)
{
    Livekit__SubscriptionResponse body = LIVEKIT__SUBSCRIPTION_RESPONSE__INIT;
    body.track_sid = text(track_sid);
    body.err = e;
    RESPONSE(m, subscription_response, SUBSCRIPTION_RESPONSE);
    say(p, &m);
}

void say_sections_required(struct participant *p, uint32_t audios, uint32_t videos)
{
    Livekit__MediaSectionsRequirement body = LIVEKIT__MEDIA_SECTIONS_REQUIREMENT__INIT;
    body.num_audios = audios;
    body.num_videos = videos;
    RESPONSE(m, media_sections_requirement, MEDIA_SECTIONS_REQUIREMENT);
    say(p, &m);
}

void say_refresh_token(struct participant *p, const char *token)
{
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REFRESH_TOKEN;
    m.refresh_token = text(token);
    say(p, &m);
}

void say_request_response(struct participant *p, Livekit__RequestResponse *r,
                          Livekit__RequestResponse__Reason reason, const char *message)
{
    if (!knows_new_messages(p))
        return;
    if (reason == LIVEKIT__REQUEST_RESPONSE__REASON__OK && p->client.protocol < 15)
        return;
    r->reason = reason;
    r->message = text(message);
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE;
    m.request_response = r;
    say(p, &m);
}
