/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "control/room/arena.h"
#include "control/room/broadcast.h"
#include "control/room/data_blob.h"
#include "control/room/data_track.h"
#include "control/room/fallback.h"
#include "control/room/participant.h"
#include "control/room/permission.h"
#include "control/room/publication.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/track_info.h"
#include "control/signal/negotiate.h"
#include "control/signal/session.h"
#include "control/signal/simulate.h"

#include <string.h>

static int64_t unix_ms(void)
{
    return (int64_t)(clock_realtime() / USEC_PER_MS);
}

static void ping(struct participant *p)
{
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG;
    m.pong = unix_ms();
    say(p, &m);
}

static void ping_request(struct participant *p, const Livekit__Ping *req, usec_t now)
{
    fallback_signal_rtt(p, req->rtt, now);
    Livekit__Pong body = LIVEKIT__PONG__INIT;
    body.last_ping_timestamp = req->timestamp;
    body.timestamp = unix_ms();
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_PONG_RESP;
    m.pong_resp = &body;
    say(p, &m);
}

static void trickle(struct participant *p, Livekit__TrickleRequest *req)
{
    /* ICE-lite: the client's checks tell where it is; the candidates are only read. */
    struct sdp_trickled_candidate c;
    if (!*req->candidateinit ||
        sdp_candidate_read_init(req->candidateinit, strlen(req->candidateinit), &c) !=
            SDP_TRICKLED_BAD)
        return;
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_TRICKLE;
    r.trickle = req;
    say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__UNCLASSIFIED_ERROR, "");
}

static void mute(struct participant *p, Livekit__MuteTrackRequest *req, usec_t now)
{
    struct publication *t = publication_find(p, req->sid);
    if (t) {
        publication_set_muted(t, req->muted, now);
        return;
    }
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_MUTE;
    r.mute = req;
    say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND, "");
}

static void subscription(struct participant *p, const Livekit__UpdateSubscription *req, usec_t now)
{
    for (size_t i = 0; i < req->n_track_sids; i++)
        subscription_request(p, req->track_sids[i], req->subscribe, now);
    for (size_t i = 0; i < req->n_participant_tracks; i++)
        for (size_t k = 0; k < req->participant_tracks[i]->n_track_sids; k++)
            subscription_request(p, req->participant_tracks[i]->track_sids[k], req->subscribe, now);
}

static void track_setting(struct participant *p, const Livekit__UpdateTrackSettings *req,
                          usec_t now)
{
    struct track_settings s = {.disabled = req->disabled,
                               .quality = req->quality,
                               .width = req->width,
                               .height = req->height,
                               .fps = req->fps};
    for (size_t i = 0; i < req->n_track_sids; i++)
        subscription_settings(p, req->track_sids[i], &s, now);
}

static void leave(struct participant *p, const Livekit__LeaveRequest *req, usec_t now)
{
    Livekit__DisconnectReason reason = req->reason;
    if (reason != LIVEKIT__DISCONNECT_REASON__USER_UNAVAILABLE &&
        reason != LIVEKIT__DISCONNECT_REASON__USER_REJECTED &&
        reason != LIVEKIT__DISCONNECT_REASON__AGENT_ERROR)
        reason = LIVEKIT__DISCONNECT_REASON__CLIENT_INITIATED;
    participant_close(p, reason, true, now);
}

static void update_metadata(struct participant *p, Livekit__UpdateParticipantMetadata *req,
                            usec_t now)
{
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UPDATE_METADATA;
    r.update_metadata = req;
    r.request_id = req->request_id;
    if (!grant_can_update_own_metadata(&p->claims.video)) {
        say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED,
                             "does not have permission to update own metadata");
        return;
    }
    struct arena a = {0};
    struct claims_attribute *attributes =
        ARENA_ARRAY(&a, struct claims_attribute, req->n_attributes);
    for (size_t i = 0; i < req->n_attributes; i++)
        attributes[i] = (struct claims_attribute){.key = req->attributes[i]->key,
                                                  .value = req->attributes[i]->value};
    bool fits =
        participant_metadata_fits(p, req->name, req->metadata, attributes, req->n_attributes);
    if (fits)
        participant_set_metadata(p, req->name, req->metadata, attributes, req->n_attributes, now);
    arena_free(&a);
    if (fits)
        say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__OK, "");
    else
        say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__LIMIT_EXCEEDED,
                             "exceeds limits");
}

static void update_audio_track(struct participant *p, Livekit__UpdateLocalAudioTrack *req,
                               usec_t now)
{
    struct publication *t = publication_find(p, req->track_sid);
    if (t) {
        track_info_features(t->info, req->features, req->n_features);
        publication_changed(t, now);
        return;
    }
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UPDATE_AUDIO_TRACK;
    r.update_audio_track = req;
    say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND, "");
}

static void update_video_track(struct participant *p, Livekit__UpdateLocalVideoTrack *req,
                               usec_t now)
{
    struct publication *t = publication_find(p, req->track_sid);
    if (t) {
        t->info->width = req->width;
        t->info->height = req->height;
        publication_changed(t, now);
        return;
    }
    Livekit__RequestResponse r = LIVEKIT__REQUEST_RESPONSE__INIT;
    r.request_case = LIVEKIT__REQUEST_RESPONSE__REQUEST_UPDATE_VIDEO_TRACK;
    r.update_video_track = req;
    say_request_response(p, &r, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND, "");
}

static void offer(struct signal_session *s, const Livekit__SessionDescription *m, usec_t now)
{
    struct transport *t = s->participant->transports[0];
    if (t)
        negotiate_offer(s->g, t, m, now);
}

static void answer(struct signal_session *s, const Livekit__SessionDescription *m, usec_t now)
{
    struct transport *t = s->participant->transports[1];
    if (t)
        negotiate_answer(s->g, t, m, now);
    else
        log_debug("signal", "answer on a single connection participant=%s", s->participant->sid);
}

/* Requests about media. */
static bool dispatch_media(struct signal_session *s, Livekit__SignalRequest *m, usec_t now)
{
    struct participant *p = s->participant;
    switch (m->message_case) {
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_OFFER:
        offer(s, m->offer, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_ANSWER:
        answer(s, m->answer, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRICKLE:
        trickle(p, m->trickle);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK:
        publication_add(p, m->add_track, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_MUTE:
        mute(p, m->mute, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION:
        subscription(p, m->subscription, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING:
        track_setting(p, m->track_setting, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_AUDIO_TRACK:
        update_audio_track(p, m->update_audio_track, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_VIDEO_TRACK:
        update_video_track(p, m->update_video_track, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PUBLISH_DATA_TRACK_REQUEST:
        data_track_publish(p, m->publish_data_track_request, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UNPUBLISH_DATA_TRACK_REQUEST:
        data_track_unpublish(p, m->unpublish_data_track_request, now);
        return true;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_DATA_SUBSCRIPTION:
        data_subscriptions_update(p, m->update_data_subscription);
        return true;
    default:
        return false;
    }
}

/* Requests about the session. */
static void dispatch_session(struct signal_session *s, Livekit__SignalRequest *m, usec_t now)
{
    struct participant *p = s->participant;
    switch (m->message_case) {
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_LEAVE:
        leave(p, m->leave, now);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION_PERMISSION:
        permission_set(p, m->subscription_permission, now);
        participant_record_changed(p);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SYNC_STATE:
        resume_sync(p, m->sync_state, now);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_SIMULATE:
        simulate(p, m->simulate, now);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING:
        ping(p);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_PING_REQ:
        ping_request(p, m->ping_req, now);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_METADATA:
        update_metadata(p, m->update_metadata, now);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_STORE_DATA_BLOB_REQUEST:
        data_blob_store(p, m->store_data_blob_request);
        break;
    case LIVEKIT__SIGNAL_REQUEST__MESSAGE_GET_DATA_BLOB_REQUEST:
        data_blob_get(p, m->get_data_blob_request);
        break;
    default:
        break;
    }
}

void dispatch(struct signal_session *s, Livekit__SignalRequest *m, usec_t now)
{
    fallback_signal_seen(s->participant, now);
    if (s->participant->session != s)
        return; /* `reconnect` has not been said yet */
    if (!dispatch_media(s, m, now))
        dispatch_session(s, m, now);
}
