/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing and subscribing with one PeerConnection: messages, descriptions, and what the
 * dataplane is told. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"

#include <stdio.h>
#include <string.h>

static void settle(void)
{
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
}

/* Both are there and connected. */
static void both_join(void)
{
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    settle();
}

static void alice_publishes(void)
{
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice, OFFER_MIC_CAM, 2);
}

static const char *sid_of(const char *prefix)
{
    static char sid[ROOM_SID_MAX];
    const struct participant *p = actor_participant(&alice);
    for (const struct publication *t = p->publications; t; t = t->next)
        if (strncmp(t->sid, prefix, strlen(prefix)) == 0) {
            snprintf(sid, sizeof sid, "%s", t->sid);
            return sid;
        }
    fail_msg("no track %s", prefix);
    return NULL;
}

static const Livekit__SessionDescription *last_answer(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER)->answer;
}

static void publishing_is_acknowledged_and_told(void **state)
{
    (void)state;
    both_join();
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_string_equal(actor_heard(&alice), "track_published");
    const Livekit__TrackPublishedResponse *r =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_PUBLISHED)->track_published;
    assert_string_equal(r->cid, "mic-1");
    assert_memory_equal(r->track->sid, "TR_AM", 5);
    assert_string_equal(r->track->mime_type, "");
    assert_string_equal(r->track->stream, "camera");
    assert_int_equal(r->track->n_codecs, 1);
    actor_offer(&alice, OFFER_MIC, 2);
    assert_string_equal(actor_heard(&alice), "answer update");
    assert_string_equal(actor_heard(&bob), "update subscription_permission_update");
    const Livekit__ParticipantInfo *info =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
    assert_true(info->is_publisher);
    assert_string_equal(info->tracks[0]->mime_type, "audio/red");
    assert_string_equal(info->tracks[0]->mid, "7");
    const Sluice__Link__Track *t =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track;
    assert_false(t->video);
    assert_string_equal(t->mid, "7");
    assert_int_equal(t->payloads[0]->codec, SLUICE__LINK__CODEC__RED);
    assert_int_equal(t->payloads[1]->codec, SLUICE__LINK__CODEC__OPUS);
    assert_int_equal(t->extensions->audio_level, 1);
    assert_int_equal(t->encodings[0]->ssrc, 3860791199u);
}

static void a_simulcast_camera_has_its_layers(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    const Sluice__Link__Track *t =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track;
    assert_true(t->video);
    assert_int_equal(t->n_encodings, 3);
    assert_string_equal(t->encodings[0]->rid, "q");
    assert_string_equal(t->encodings[2]->rid, "f");
    assert_int_equal(t->encodings[2]->layer, 2);
    assert_int_equal(t->payloads[0]->codec, SLUICE__LINK__CODEC__VP8);
    assert_false(t->svc);
    const Livekit__ParticipantInfo *info =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
    assert_int_equal(info->n_tracks, 2);
    assert_true(info->tracks[1]->simulcast);
    assert_string_equal(info->tracks[1]->mime_type, "video/VP8");
    assert_string_equal(info->tracks[1]->layers[1]->rid, "h");
    assert_int_equal(info->tracks[1]->layers[1]->spatial_layer, 1);
}

static void a_layer_that_is_seen_is_told(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    settle();
    Sluice__Link__LayerSeen body = SLUICE__LINK__LAYER_SEEN__INIT;
    body.track = stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track->id;
    body.layer = 1;
    body.ssrc = 4242;
    body.rid = (char *)(uintptr_t) "h";
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_LAYER_SEEN;
    e.layer_seen = &body;
    stage_event(&stage, &e);
    stage_pass(&stage, 50 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "update");
    const Livekit__ParticipantInfo *info =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
    assert_int_equal(info->tracks[1]->layers[1]->ssrc, 4242);
    assert_int_equal(info->tracks[1]->codecs[0]->layers[1]->ssrc, 4242);
    stage_event(&stage, &e);
    stage_pass(&stage, 50 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "");
}

static void subscribers_are_asked_to_offer_once(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    actor_heard(&bob);
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "media_sections_requirement");
    const Livekit__MediaSectionsRequirement *m =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MEDIA_SECTIONS_REQUIREMENT)
            ->media_sections_requirement;
    assert_int_equal(m->num_audios, 0);
    assert_int_equal(m->num_videos, 0);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 0);
    actor_offer(&bob, OFFER_JOIN, 2);
    assert_string_equal(actor_heard(&bob), "answer");
    assert_string_equal(mapped(last_answer(&bob), "0"), sid_of("TR_AM"));
    assert_string_equal(mapped(last_answer(&bob), "3"), sid_of("TR_VC"));
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 2);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "");
}

static void the_first_answer_carries_what_is_there(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    alice_publishes();
    settle();
    actor_join(&bob, OFFER_JOIN);
    assert_string_equal(actor_heard(&bob), "join subscription_permission_update answer trickle");
    const Livekit__SessionDescription *answer = last_answer(&bob);
    assert_string_equal(mapped(answer, "0"), sid_of("TR_AM"));
    assert_string_equal(mapped(answer, "3"), sid_of("TR_VC"));
    char msid[128];
    snprintf(msid, sizeof msid, "a=msid:%s|%s %s", actor_participant(&alice)->sid, sid_of("TR_VC"),
             sid_of("TR_VC"));
    assert_non_null(strstr(answer->sdp, msid));
    assert_string_equal(actor_heard(&alice), "track_subscribed");
    const Sluice__Link__Subscription *s =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
    assert_true(s->ssrc != 0 && s->rtx_ssrc != 0);
    assert_string_equal(s->mid, "3");
    assert_int_equal(s->payloads[0]->codec, SLUICE__LINK__CODEC__VP8);
    assert_int_equal(s->payloads[0]->pt, 96);
    assert_int_equal(s->max_spatial, 2);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&alice), "");
}

static void adaptive_streams_begin_low(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    alice_publishes();
    bob.params.adaptive_stream = true;
    actor_join(&bob, OFFER_JOIN);
    const Sluice__Link__Subscription *s =
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
    assert_int_equal(s->max_spatial, 0);
    assert_false(s->disabled);
}

static void set(const char *sid, bool disabled, uint32_t width, uint32_t height)
{
    char *sids[] = {(char *)(uintptr_t)sid};
    Livekit__UpdateTrackSettings body = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
    body.n_track_sids = 1;
    body.track_sids = sids;
    body.disabled = disabled;
    body.width = width;
    body.height = height;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING;
    m.track_setting = &body;
    actor_send(&bob, &m);
}

static const Sluice__Link__Subscription *last_subscription(void)
{
    return stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
}

static void settings_choose_the_layer(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    alice_publishes();
    actor_join(&bob, OFFER_JOIN);
    const char *cam = sid_of("TR_VC");
    size_t before = stage.command_count;
    set(cam, false, 320, 180);
    stage_pass(&stage, 90 * USEC_PER_MS);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 2);
    stage_pass(&stage, 20 * USEC_PER_MS);
    assert_true(stage.command_count > before);
    assert_int_equal(last_subscription()->max_spatial, 0);
    set(cam, false, 640, 390); /* 0.9 of it fits 360 */
    stage_pass(&stage, 110 * USEC_PER_MS);
    assert_int_equal(last_subscription()->max_spatial, 1);
    set(cam, true, 0, 0);
    stage_pass(&stage, 110 * USEC_PER_MS);
    assert_true(last_subscription()->disabled);
    set(cam, false, 1280, 720); /* at once */
    assert_false(last_subscription()->disabled);
    assert_int_equal(last_subscription()->max_spatial, 2);
}

static void the_fourth_video_needs_a_section(void **state)
{
    (void)state;
    both_join();
    static const char *const cids[] = {"v1", "v2", "v3", "v4"};
    char sdp[65536];
    strcpy(sdp, SESSION("0 1 2 3 4 5 6 7 8 9 10") RECEIVING);
    static const char *const sections[] = {
        VIDEO(ICE, "7", "a=msid:- v1\r\na=sendonly\r\n"),
        VIDEO(ICE, "8", "a=msid:- v2\r\na=sendonly\r\n"),
        VIDEO(ICE, "9", "a=msid:- v3\r\na=sendonly\r\n"),
        VIDEO(ICE, "10", "a=msid:- v4\r\na=sendonly\r\n"),
    };
    for (int i = 0; i < 4; i++) {
        actor_add_track(&alice, cids[i], LIVEKIT__TRACK_TYPE__VIDEO,
                        LIVEKIT__TRACK_SOURCE__UNKNOWN);
        strcat(sdp, sections[i]);
    }
    actor_offer(&alice, sdp, 2);
    stage_pass(&stage, 200 * USEC_PER_MS);
    const Livekit__MediaSectionsRequirement *m =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MEDIA_SECTIONS_REQUIREMENT)
            ->media_sections_requirement;
    assert_int_equal(m->num_audios, 0);
    assert_int_equal(m->num_videos, 1);
    actor_heard(&bob);
    actor_offer(&bob, SESSION("0 1 2 3 4 5 6 7") RECEIVING VIDEO(ICE, "7", RECVONLY), 2);
    assert_string_equal(actor_heard(&bob), "answer");
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 4);
    assert_non_null(mapped(last_answer(&bob), "7"));
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "");
}

static void unpublishing_gives_the_section_back(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 2);
    settle();
    char old[ROOM_SID_MAX];
    strcpy(old, sid_of("TR_VC"));
    actor_offer(&alice,
                SESSION("0 1 2 3 4 5 6 7 8") RECEIVING AUDIO(ICE, "7", MIC)
                    VIDEO(ICE, "8", "a=inactive\r\n"),
                3);
    assert_string_equal(actor_heard(&bob), "update");
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK), 1);
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "media_sections_requirement");
    actor_offer(&bob, OFFER_JOIN, 3);
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 1);
    assert_non_null(strstr(last_answer(&bob)->sdp, "a=inactive"));
    /* again: the same section serves the new track */
    actor_add_track(&alice, "cam-2", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice,
                SESSION("0 1 2 3 4 5 6 7 8") RECEIVING AUDIO(ICE, "7", MIC)
                    VIDEO(ICE, "8", "a=msid:- cam-2\r\na=sendonly\r\n" SIMULCAST),
                4);
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 4);
    assert_string_equal(mapped(last_answer(&bob), "3"), sid_of("TR_VC"));
    assert_string_not_equal(sid_of("TR_VC"), old);
    assert_null(strstr(last_answer(&bob)->sdp, "a=inactive"));
}

static void unsubscribing_and_back(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 2);
    settle();
    const char *cam = sid_of("TR_VC");
    uint64_t first = last_subscription()->id;
    uint32_t ssrc = last_subscription()->ssrc, rtx_ssrc = last_subscription()->rtx_ssrc;
    actor_subscribe(&bob, cam, false);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 1);
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "media_sections_requirement");
    actor_offer(&bob, OFFER_JOIN, 3);
    assert_null(mapped(last_answer(&bob), "3"));
    actor_heard(&bob);
    actor_subscribe(&bob, cam, true);
    assert_string_equal(actor_heard(&bob), "subscription_permission_update");
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_string_equal(actor_heard(&bob), "media_sections_requirement");
    actor_offer(&bob, OFFER_JOIN, 4);
    assert_string_equal(mapped(last_answer(&bob), "3"), cam);
    assert_true(last_subscription()->id != first); /* numbers serve once */
    assert_true(last_subscription()->ssrc != ssrc && last_subscription()->rtx_ssrc != rtx_ssrc);
}

static void muting_is_told_to_all(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    settle();
    const char *mic = sid_of("TR_AM");
    actor_mute(&alice, mic, true);
    assert_string_equal(actor_heard(&alice), "update");
    assert_string_equal(actor_heard(&bob), "update");
    assert_true(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)
                    ->update->participants[0]
                    ->tracks[0]
                    ->muted);
    assert_true(stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track->muted);
    actor_mute(&alice, mic, true);
    assert_string_equal(actor_heard(&bob), "");
    actor_mute(&alice, "TR_nothing", true);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
}

static void an_offer_may_come_before_add_track(void **state)
{
    (void)state;
    both_join();
    actor_offer(&alice, OFFER_MIC, 2);
    assert_string_equal(actor_heard(&alice), "answer");
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK), 0);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_string_equal(actor_heard(&alice), "track_published update");
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK), 1);
}

static void what_is_not_granted_is_refused(void **state)
{
    (void)state;
    alice.claims.video.sources = GRANT_MICROPHONE;
    both_join();
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    const Livekit__RequestResponse *r =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)->request_response;
    assert_int_equal(r->reason, LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    assert_string_equal(r->add_track->cid, "cam-1");
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_offer(&alice, OFFER_MIC_CAM, 2);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK), 1);
}

/* Clients may send anything: what is in another room is not there for them. */
static void ids_of_another_room_are_unknown(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    struct actor mallory;
    actor_open(&mallory, &stage, "mallory");
    claims_set_text(&mallory.claims.video.room, "other");
    mallory.params.room = (char *)(uintptr_t) "other";
    actor_join(&mallory, OFFER_JOIN);
    actor_transport(&mallory, SLUICE__LINK__CONNECTION__CONNECTED);
    size_t open = stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION);
    const struct publication *mic = actor_participant(&alice)->publications;
    actor_subscribe(&mallory, mic->sid, true);
    actor_mute(&mallory, mic->sid, true);
    assert_int_equal(actor_last(&mallory, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), open);
    assert_false(mic->info->muted);
    assert_null(actor_participant(&mallory)->subscriptions);
    actor_close(&mallory);
}

/* Within a room only one's own tracks can be muted. */
static void tracks_of_others_are_not_one_s_own(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    const struct publication *mic = actor_participant(&alice)->publications;
    actor_mute(&bob, mic->sid, true);
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
    assert_false(mic->info->muted);
}

/* limit.num_tracks, rtc.force_tcp */
static void limits_of_the_configuration_hold(void **state)
{
    (void)state;
    stage.rooms->config.force_tcp = true;
    both_join();
    assert_true(
        stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT)->open_transport->tcp_only);
    alice_publishes();
    struct signal_join j = {.claims = &carol.claims, .params = &carol.params};
    stage.rooms->config.track_limit = 2; /* what Alice publishes */
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 503);
    stage.rooms->config.track_limit = 100;
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 0);
}

static void what_changes_about_a_track_is_told(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    stage_pass(&stage, 1 * USEC_PER_SEC);
    const struct publication *mic = actor_participant(&alice)->publications;
    Livekit__AudioTrackFeature features[] = {LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO};
    Livekit__UpdateLocalAudioTrack audio = LIVEKIT__UPDATE_LOCAL_AUDIO_TRACK__INIT;
    audio.track_sid = (char *)(uintptr_t)mic->sid;
    audio.n_features = 1;
    audio.features = features;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_AUDIO_TRACK;
    m.update_audio_track = &audio;
    actor_send(&alice, &m);
    Livekit__UpdateLocalVideoTrack video = LIVEKIT__UPDATE_LOCAL_VIDEO_TRACK__INIT;
    video.track_sid = (char *)(uintptr_t)mic->next->sid;
    video.width = 333;
    video.height = 222;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_UPDATE_VIDEO_TRACK;
    m.update_video_track = &video;
    actor_send(&alice, &m);
    const Livekit__ParticipantInfo *told =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_UPDATE)->update->participants[0];
    assert_int_equal(told->tracks[0]->n_audio_features, 1);
    assert_int_equal(told->tracks[1]->width, 333);
    video.track_sid = (char *)(uintptr_t) "TR_none";
    actor_send(&alice, &m);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
}

static void without_publish_grant_media_is_not_taken(void **state)
{
    (void)state;
    alice.claims.video.can_publish = TRISTATE_FALSE;
    both_join();
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_ALLOWED);
    actor_offer(&alice, OFFER_MIC_CAM, 2);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK), 0);
}

/* A second codec of a track is refused in words; the client goes on with the first. */
static void subscriptions_have_their_limit(void **state)
{
    (void)state;
    stage.rooms->config.subscriptions_video = 1;
    both_join();
    alice_publishes();
    actor_add_track(&alice, "cam-2", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice,
                SESSION("0 1 2 3 4 5 6 7 8 9") RECEIVING AUDIO(ICE, "7", MIC)
                    VIDEO(ICE, "8", CAMERA SIMULCAST) VIDEO(ICE, "9", CAMERA SIMULCAST),
                3);
    actor_offer(&bob, OFFER_JOIN, 2);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    actor_offer(&bob, OFFER_JOIN, 3);
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 2); /* sound, and one of the pictures */
    char first[ROOM_SID_MAX];
    snprintf(first, sizeof first, "%s", mapped(last_answer(&bob), "3"));
    actor_subscribe(&bob, first, false);
    actor_offer(&bob, OFFER_JOIN, 4);
    stage_pass(&stage, 1 * USEC_PER_SEC);
    actor_offer(&bob, OFFER_JOIN, 5);
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 2);
    assert_string_not_equal(mapped(last_answer(&bob), "3") ? mapped(last_answer(&bob), "3")
                                                           : mapped(last_answer(&bob), "4"),
                            first);
}

static void a_busy_server_lets_nobody_in(void **state)
{
    (void)state;
    stage.rooms->config.bytes_per_second = 100000;
    actor_join(&alice, OFFER_JOIN);
    Sluice__Link__Report report = SLUICE__LINK__REPORT__INIT, *reports[] = {&report};
    Sluice__Link__Reports body = SLUICE__LINK__REPORTS__INIT;
    report.bytes = 1000000; /* in 5 s */
    body.reports = reports;
    body.n_reports = 1;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_REPORTS;
    e.reports = &body;
    for (int i = 0; i < 3; i++) {
        stage_event(&stage, &e);
        stage_pass(&stage, 5 * USEC_PER_SEC);
    }
    struct signal_join j = {.claims = &bob.claims, .params = &bob.params};
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 503);
    stage_pass(&stage, 20 * USEC_PER_SEC); /* no media any more */
    assert_int_equal(signal_check(stage.g, &j, stage.now).status, 0);
}

static void streams_are_kept_together(void **state)
{
    (void)state;
    stage.rooms->config.sync_streams = true;
    both_join();
    alice_publishes();
    actor_offer(&bob, OFFER_JOIN, 2);
    char id[80];
    snprintf(id, sizeof id, "a=msid:%s|camera ", actor_participant(&alice)->sid);
    const char *sdp = last_answer(&bob)->sdp, *first = strstr(sdp, id);
    assert_non_null(first);
    assert_non_null(strstr(first + 1, id)); /* of both */
    snprintf(id, sizeof id, "%s|camera", actor_participant(&alice)->sid);
    assert_string_equal(last_subscription()->cname, id);
}

static void without_grant_nothing_is_subscribed(void **state)
{
    (void)state;
    bob.claims.video.can_subscribe = TRISTATE_FALSE;
    both_join();
    alice_publishes();
    stage_pass(&stage, 1 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "update");
}

static void allow_only(bool everyone, const char *identity)
{
    Livekit__TrackPermission rule = LIVEKIT__TRACK_PERMISSION__INIT, *rules[] = {&rule};
    rule.participant_identity = (char *)(uintptr_t)identity;
    rule.all_tracks = true;
    Livekit__SubscriptionPermission body = LIVEKIT__SUBSCRIPTION_PERMISSION__INIT;
    body.all_participants = everyone;
    body.n_track_permissions = *identity ? 1 : 0;
    body.track_permissions = rules;
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_SUBSCRIPTION_PERMISSION;
    m.subscription_permission = &body;
    actor_send(&alice, &m);
}

static void the_publisher_says_who_may(void **state)
{
    (void)state;
    both_join();
    alice_publishes();
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 2);
    settle();
    allow_only(false, "");
    assert_string_equal(actor_heard(&bob), "subscription_permission_update");
    assert_false(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_PERMISSION_UPDATE)
                     ->subscription_permission_update->allowed);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION), 2);
    allow_only(false, "bob");
    assert_true(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_PERMISSION_UPDATE)
                    ->subscription_permission_update->allowed);
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 3);
    stage_pass(&stage, 200 * USEC_PER_MS);
    actor_offer(&bob, OFFER_JOIN, 4);
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 2);
}

static void a_codec_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    alice_publishes();
    /* only H264 in the video section */
    actor_join(
        &bob,
        SESSION("0 1") AUDIO(
            ICE, "0",
            RECVONLY) "m=video 9 UDP/TLS/RTP/SAVPF 103\r\nc=IN IP4 0.0.0.0\r\n"
                      "a=rtpmap:103 H264/90000\r\n" H264_FMTP(
                          "103", "1",
                          "42e01f") "a=setup:actpass\r\na=mid:1\r\na=recvonly\r\n" TRANSPORT(ICE)
                          MUX);
    assert_non_null(strstr(actor_heard(&bob), "subscription_response"));
    const Livekit__SubscriptionResponse *r =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE)
            ->subscription_response;
    assert_int_equal(r->err, LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED);
    assert_string_equal(r->track_sid, sid_of("TR_VC"));
    assert_int_equal(last_answer(&bob)->n_mid_to_track_id, 1);
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), 1);
}

static void an_unknown_track_is_waited_for(void **state)
{
    (void)state;
    both_join();
    actor_subscribe(&bob, "TR_unknown", true);
    stage_pass(&stage, 59 * USEC_PER_SEC);
    assert_null(strstr(actor_heard(&bob), "subscription_response"));
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_non_null(strstr(actor_heard(&bob), "subscription_response"));
}

static void fail_command(uint64_t id, Sluice__Link__FailureCode code)
{
    Sluice__Link__Failure body = SLUICE__LINK__FAILURE__INIT;
    body.id = id;
    body.code = code;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_FAILURE;
    e.failure = &body;
    stage_event(&stage, &e);
}

static void what_the_dataplane_refuses_is_taken_back(void **state)
{
    (void)state;
    actor_join(&alice, OFFER_JOIN);
    alice_publishes();
    actor_join(&bob, OFFER_JOIN);
    actor_heard(&alice);
    actor_heard(&bob);
    fail_command(last_subscription()->id, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL);
    assert_string_equal(actor_heard(&bob), "subscription_response");
    assert_int_equal(actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIPTION_RESPONSE)
                         ->subscription_response->err,
                     LIVEKIT__SUBSCRIPTION_ERROR__SE_UNKNOWN);
    fail_command(stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_TRACK)->open_track->id,
                 SLUICE__LINK__FAILURE_CODE__FAILURE_FULL);
    assert_string_equal(actor_heard(&alice), "update track_unpublished");
    fail_command(4711, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID);
    assert_false(bob.closed);
    fail_command(actor_participant(&bob)->transports[0]->index.id,
                 SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID);
    assert_true(bob.closed);
    fail_command(actor_participant(&alice)->index.id, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL);
    assert_true(alice.closed);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cast_open, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(publishing_is_acknowledged_and_told),
        TEST(a_simulcast_camera_has_its_layers),
        TEST(a_layer_that_is_seen_is_told),
        TEST(subscribers_are_asked_to_offer_once),
        TEST(the_first_answer_carries_what_is_there),
        TEST(adaptive_streams_begin_low),
        TEST(settings_choose_the_layer),
        TEST(the_fourth_video_needs_a_section),
        TEST(unpublishing_gives_the_section_back),
        TEST(unsubscribing_and_back),
        TEST(muting_is_told_to_all),
        TEST(an_offer_may_come_before_add_track),
        TEST(what_is_not_granted_is_refused),
        TEST(ids_of_another_room_are_unknown),
        TEST(tracks_of_others_are_not_one_s_own),
        TEST(limits_of_the_configuration_hold),
        TEST(what_changes_about_a_track_is_told),
        TEST(without_publish_grant_media_is_not_taken),
        TEST(subscriptions_have_their_limit),
        TEST(a_busy_server_lets_nobody_in),
        TEST(streams_are_kept_together),
        TEST(without_grant_nothing_is_subscribed),
        TEST(the_publisher_says_who_may),
        TEST(a_codec_that_is_not_there_is_an_error),
        TEST(an_unknown_track_is_waited_for),
        TEST(what_the_dataplane_refuses_is_taken_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
