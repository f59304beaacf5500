/* SPDX-License-Identifier: Apache-2.0 */
/* A track in two codecs: VP9, and VP8 for those who cannot decode it. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"

#include <stdio.h>
#include <string.h>

#define SENDS(id)  "a=msid:- " id "\r\na=sendonly\r\na=ssrc:4711 cname:x\r\n"
#define CAMERA_VP9 SESSION("0 1 2 3 4 5 6 8") RECEIVING VIDEO(ICE, "8", SENDS("cam-1"))
#define CAMERA_BOTH                                                                                \
    SESSION("0 1 2 3 4 5 6 8 9")                                                                   \
    RECEIVING VIDEO(ICE, "8", SENDS("cam-1")) VIDEO(ICE, "9", SENDS("cam-2"))
#define VP8_ONLY                                                                                   \
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\n" RTX(      \
        "97", "96") "a=setup:actpass\r\na=mid:1\r\na=recvonly\r\n" TRANSPORT(ICE) MUX
#define OFFER_VP8_ONLY SESSION("0 1") AUDIO(ICE, "0", RECVONLY) VP8_ONLY

static void add_track(const char *cid, const char *sid, Livekit__BackupCodecPolicy policy)
{
    Livekit__SimulcastCodec vp9 = LIVEKIT__SIMULCAST_CODEC__INIT;
    Livekit__SimulcastCodec vp8 = LIVEKIT__SIMULCAST_CODEC__INIT;
    Livekit__SimulcastCodec *both[] = {&vp9, &vp8}, *backup[] = {&vp8};
    Livekit__AddTrackRequest body = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    vp9.codec = (char *)(uintptr_t) "vp9";
    vp9.cid = (char *)(uintptr_t)cid;
    vp8.codec = (char *)(uintptr_t) "vp8";
    body.cid = (char *)(uintptr_t)cid;
    body.type = LIVEKIT__TRACK_TYPE__VIDEO;
    body.source = LIVEKIT__TRACK_SOURCE__CAMERA;
    body.sid = (char *)(uintptr_t)sid;
    body.backup_codec_policy = policy;
    body.simulcast_codecs = both;
    body.n_simulcast_codecs = 2;
    if (*sid) {
        vp8.cid = (char *)(uintptr_t)cid;
        body.simulcast_codecs = backup;
        body.n_simulcast_codecs = 1;
    }
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    m.add_track = &body;
    actor_send(&alice, &m);
}

static void join(struct actor *a, const char *offer)
{
    actor_join(a, offer);
    actor_transport(a, SLUICE__LINK__CONNECTION__CONNECTED);
}

static const struct publication *camera(void)
{
    return actor_participant(&alice)->publications;
}

/* Alice sends VP9, Bob gets it. */
static void begin(Livekit__BackupCodecPolicy policy)
{
    join(&alice, OFFER_JOIN);
    add_track("cam-1", "", policy);
    actor_offer(&alice, CAMERA_VP9, 2);
    join(&bob, OFFER_JOIN);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
}

static const Livekit__SubscribedQualityUpdate *told(void)
{
    return actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE)
        ->subscribed_quality_update;
}

static bool wants(const char *codec)
{
    const Livekit__SubscribedQualityUpdate *m = told();
    for (size_t i = 0; i < m->n_subscribed_codecs; i++)
        if (strcmp(m->subscribed_codecs[i]->codec, codec) == 0)
            return m->subscribed_codecs[i]->qualities[2]->enabled;
    return false;
}

static void wanted(uint64_t track, uint32_t layer)
{
    Sluice__Link__WantedLayers body = SLUICE__LINK__WANTED_LAYERS__INIT;
    body.track = track;
    body.layer = layer;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WANTED_LAYERS;
    e.wanted_layers = &body;
    stage_event(&stage, &e);
}

static void seen(uint64_t track)
{
    Sluice__Link__LayerSeen body = SLUICE__LINK__LAYER_SEEN__INIT;
    body.track = track;
    body.ssrc = 4711;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_LAYER_SEEN;
    e.layer_seen = &body;
    stage_event(&stage, &e);
}

static const Sluice__Link__Subscription *last_subscription(void)
{
    return stage_last(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION)->open_subscription;
}

/* Carol, who knows VP8 only, comes; Alice sends the backup. */
static void carol_comes(void)
{
    join(&carol, OFFER_VP8_ONLY);
    add_track("cam-2", camera()->sid, LIVEKIT__BACKUP_CODEC_POLICY__PREFER_REGRESSION);
    actor_offer(&alice, CAMERA_BOTH, 3);
}

static void a_backup_is_asked_for(void **state)
{
    (void)state;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    uint64_t vp9 = camera()->source[0].index.id;
    assert_int_equal(last_subscription()->track, vp9);
    wanted(vp9, 2);
    assert_true(wants("vp9"));
    assert_int_equal(told()->n_subscribed_codecs, 1);
    size_t opened = stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION);
    join(&carol, OFFER_VP8_ONLY);
    assert_true(wants("vp8") && wants("vp9"));
    assert_int_equal(stage_count(&stage, SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION), opened);
    assert_null(strstr(actor_heard(&carol), "subscription_response"));
}

static void a_backup_is_published_and_forwarded(void **state)
{
    (void)state;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    wanted(camera()->source[0].index.id, 2);
    join(&carol, OFFER_VP8_ONLY);
    actor_heard(&alice);
    add_track("cam-2", camera()->sid, LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    const Livekit__TrackPublishedResponse *r =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRACK_PUBLISHED)->track_published;
    assert_string_equal(r->cid, "cam-2");
    assert_string_equal(r->track->sid, camera()->sid);
    assert_string_equal(r->track->codecs[1]->cid, "cam-2");
    actor_offer(&alice, CAMERA_BOTH, 3);
    uint64_t vp8 = camera()->source[1].index.id;
    assert_int_not_equal(vp8, 0);
    assert_int_equal(last_subscription()->track, vp8);
    assert_int_equal(last_subscription()->payloads[0]->codec, SLUICE__LINK__CODEC__VP8);
    assert_string_equal(camera()->info->codecs[1]->mid, "9");
    assert_string_equal(camera()->info->mid, "8");
    assert_string_equal(camera()->info->mime_type, "video/VP9");
    wanted(vp8, 2);
    seen(vp8); /* Bob goes on with VP9 */
    assert_int_equal(bob.stage->rooms->first->participant_count, 3);
    assert_false(camera()->regressed);
}

static void few_participants_share_the_backup(void **state)
{
    (void)state;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__PREFER_REGRESSION);
    const Sluice__Link__Subscription *bobs = last_subscription();
    uint64_t id = bobs->id;
    uint32_t ssrc = bobs->ssrc;
    uint64_t vp9 = camera()->source[0].index.id;
    wanted(vp9, 2);
    carol_comes();
    uint64_t vp8 = camera()->source[1].index.id;
    wanted(vp8, 2);
    seen(vp8);
    assert_true(camera()->regressed);
    assert_int_equal(last_subscription()->id, id);
    assert_int_equal(last_subscription()->track, vp8);
    assert_int_equal(last_subscription()->ssrc, ssrc);
    assert_int_equal(last_subscription()->payloads[0]->codec, SLUICE__LINK__CODEC__VP8);
    wanted(vp9, 255); /* nobody is left, which is told after a pause */
    stage_pass(&stage, 6 * USEC_PER_SEC);
    assert_true(wants("vp8") && !wants("vp9"));
}

static void many_do_not(void **state)
{
    (void)state;
    stage.rooms->config.codec_regression_threshold = 3;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__PREFER_REGRESSION);
    carol_comes();
    seen(camera()->source[1].index.id);
    assert_false(camera()->regressed);
}

static void when_the_backup_ends_the_first_codec_is_back(void **state)
{
    (void)state;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__REGRESSION);
    carol_comes();
    uint64_t vp8 = camera()->source[1].index.id;
    seen(vp8);
    actor_offer(&alice,
                SESSION("0 1 2 3 4 5 6 8 9") RECEIVING VIDEO(ICE, "8", SENDS("cam-1"))
                    VIDEO(ICE, "9", "a=inactive\r\n"),
                4);
    assert_int_equal(last_subscription()->track, camera()->source[0].index.id);
    assert_int_equal(stage_last(&stage, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK)->close_track->id,
                     vp8);
    assert_false(camera()->regressed);
    assert_true(wants("vp8")); /* Carol still waits for it */
    actor_offer(&alice, OFFER_JOIN, 5);
    assert_null(camera());
}

static void codecs_that_were_not_announced_change_nothing(void **state)
{
    (void)state;
    begin(LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    add_track("cam-2", "TR_none", LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    assert_int_equal(actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_REQUEST_RESPONSE)
                         ->request_response->reason,
                     LIVEKIT__REQUEST_RESPONSE__REASON__NOT_FOUND);
    actor_offer(&alice, CAMERA_BOTH, 3); /* without AddTrack its section waits */
    assert_null(camera()->source[1].facts);
    assert_null(camera()->next);
    add_track("cam-2", camera()->sid, LIVEKIT__BACKUP_CODEC_POLICY__SIMULCAST);
    actor_offer(&alice, CAMERA_BOTH, 4);
    assert_non_null(camera()->source[1].facts);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, cast_open, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_backup_is_asked_for),
        TEST(a_backup_is_published_and_forwarded),
        TEST(few_participants_share_the_backup),
        TEST(many_do_not),
        TEST(when_the_backup_ends_the_first_codec_is_back),
        TEST(codecs_that_were_not_announced_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
