/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about tracks and who gets them. */
#include "common/proto/livekit/room.pb-c.h"
#include "control/api/method.h"
#include "control/room/publication.h"
#include "control/room/say.h"
#include "control/room/subscription.h"

/* The client is told first, and mutes the source itself; then everyone. */
static void set_muted(struct publication *t, bool muted, usec_t now)
{
    if (t->info->muted == muted)
        return;
    say_mute(t->owner, t->sid, muted);
    publication_set_muted(t, muted, now);
}

void mute_published_track(struct api_call *c)
{
    const Livekit__MuteRoomTrackRequest *q = (const Livekit__MuteRoomTrackRequest *)c->request;
    const struct participant *p = call_participant(c, q->room, q->identity);
    if (p && p->origin)
        call_refuse_shown(c);
    if (!p || p->origin)
        return;
    struct publication *t = publication_find(p, q->track_sid);
    if (!t) {
        call_fail(c, TWIRP_NOT_FOUND, "track is not found");
        return;
    }
    if (!q->muted && !c->limits->remote_unmute) {
        call_fail(c, TWIRP_FAILED_PRECONDITION, "remote unmute not enabled");
        return;
    }
    set_muted(t, q->muted, c->now);
    Livekit__MuteRoomTrackResponse *m =
        ARENA_MESSAGE(&c->arena, Livekit__MuteRoomTrackResponse, livekit__mute_room_track_response);
    m->track = t->info;
    c->response = &m->base;
}

void update_subscriptions(struct api_call *c)
{
    const Livekit__UpdateSubscriptionsRequest *q =
        (const Livekit__UpdateSubscriptionsRequest *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    if (!p)
        return;
    for (size_t i = 0; i < q->n_track_sids; i++)
        subscription_request(p, q->track_sids[i], q->subscribe, c->now);
    for (size_t i = 0; i < q->n_participant_tracks; i++)
        for (size_t k = 0; k < q->participant_tracks[i]->n_track_sids; k++)
            subscription_request(p, q->participant_tracks[i]->track_sids[k], q->subscribe, c->now);
    c->response = &ARENA_MESSAGE(&c->arena, Livekit__UpdateSubscriptionsResponse,
                                 livekit__update_subscriptions_response)
                       ->base;
}
