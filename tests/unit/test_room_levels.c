/* SPDX-License-Identifier: Apache-2.0 */
/* What reports of the dataplane become: speakers, connection quality, wanted layers. */
#include "tests/unit/signal_cast.h"

#include "control/room/participant.h"
#include "control/room/quality.h"
#include "control/room/speakers.h"

#include <math.h>
#include <string.h>

static int open_stage(void **state)
{
    cast_open(state);
    actor_join(&alice, OFFER_JOIN);
    actor_transport(&alice, SLUICE__LINK__CONNECTION__CONNECTED);
    actor_add_track(&alice, "mic-1", LIVEKIT__TRACK_TYPE__AUDIO, LIVEKIT__TRACK_SOURCE__MICROPHONE);
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice, OFFER_MIC_CAM, 2);
    actor_join(&bob, OFFER_JOIN);
    actor_transport(&bob, SLUICE__LINK__CONNECTION__CONNECTED);
    stage_pass(&stage, 6 * USEC_PER_SEC);
    actor_heard(&alice);
    actor_heard(&bob);
    return 0;
}

static const struct publication *published(bool video)
{
    const struct publication *t = actor_participant(&alice)->publications;
    while (t && (t->info->type == LIVEKIT__TRACK_TYPE__VIDEO) != video)
        t = t->next;
    assert_non_null(t);
    return t;
}

static void level(uint32_t loudest, uint32_t active_ms)
{
    Sluice__Link__AudioLevel l = SLUICE__LINK__AUDIO_LEVEL__INIT, *list[] = {&l};
    l.track = published(false)->source[0].index.id;
    l.loudest = loudest;
    l.active_ms = active_ms;
    Sluice__Link__AudioLevels body = SLUICE__LINK__AUDIO_LEVELS__INIT;
    body.n_levels = 1;
    body.levels = list;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_AUDIO_LEVELS;
    e.audio_levels = &body;
    stage_event(&stage, &e);
}

static const Livekit__SpeakerInfo *speaker(const struct actor *a)
{
    return actor_last(a, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SPEAKERS_CHANGED)
        ->speakers_changed->speakers[0];
}

static void speech_is_told_in_eighths(void **state)
{
    (void)state;
    level(6, 400); /* half of full scale, smoothed by two thirds */
    assert_string_equal(actor_heard(&bob), "speakers_changed");
    assert_string_equal(actor_heard(&alice), "speakers_changed");
    assert_string_equal(speaker(&bob)->sid, actor_participant(&alice)->sid);
    assert_true(speaker(&bob)->active);
    assert_true(speaker(&bob)->level == 0.375f);
    stage_pass(&stage, 400 * USEC_PER_MS);
    level(6, 400);
    assert_true(speaker(&bob)->level == 0.5f);
    stage_pass(&stage, 400 * USEC_PER_MS);
    actor_heard(&bob);
    level(6, 400);
    assert_string_equal(actor_heard(&bob), ""); /* the same eighth */
}

static void silence_ends_speech(void **state)
{
    (void)state;
    level(6, 400);
    stage_pass(&stage, 400 * USEC_PER_MS);
    level(20, 100); /* too short to be speech */
    assert_false(speaker(&bob)->active);
    assert_true(speaker(&bob)->level == 0);
    stage_pass(&stage, 400 * USEC_PER_MS);
    level(6, 400);
    assert_true(speaker(&bob)->active);
    stage_pass(&stage, 1 * USEC_PER_SEC); /* no report at all */
    assert_false(speaker(&bob)->active);
}

static void quiet_speech_is_none(void **state)
{
    (void)state;
    level(50, 400);
    assert_string_equal(actor_heard(&bob), "");
}

static void smoothing_follows_the_formula(void **state)
{
    (void)state;
    struct rooms_config c;
    rooms_config_default(&c);
    double first = speakers_smooth(&c, 0, 20, 400);
    assert_true(fabs(first - 0.1 * 2 / 3) < 1e-9);
    assert_true(fabs(speakers_smooth(&c, first, 20, 400) - (first + (0.1 - first) * 2 / 3)) < 1e-9);
    assert_true(speakers_smooth(&c, 1, 0, 159) == 0);
    /* half of the window: 6 dB less */
    assert_true(fabs(speakers_smooth(&c, 0, 20, 200) - 0.05 * 2 / 3) < 1e-6);
}

static void report(uint32_t packets, uint32_t lost)
{
    Sluice__Link__Report r = SLUICE__LINK__REPORT__INIT, *list[] = {&r};
    r.track = published(true)->source[0].index.id;
    r.packets = packets;
    r.lost = lost;
    Sluice__Link__Reports body = SLUICE__LINK__REPORTS__INIT;
    body.n_reports = 1;
    body.reports = list;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_REPORTS;
    e.reports = &body;
    stage_event(&stage, &e);
}

static void loss_lowers_the_grade(void **state)
{
    (void)state;
    report(900, 100); /* 10 % of video: score 0 */
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "connection_quality");
    const Livekit__ConnectionQualityUpdate *u =
        actor_last(&bob, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_CONNECTION_QUALITY)->connection_quality;
    for (size_t i = 0; i < u->n_updates; i++)
        assert_int_equal(u->updates[i]->quality,
                         strcmp(u->updates[i]->participant_sid, actor_participant(&alice)->sid) == 0
                             ? LIVEKIT__CONNECTION_QUALITY__POOR
                             : LIVEKIT__CONNECTION_QUALITY__EXCELLENT);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), ""); /* nothing new */
    for (int i = 0; i < 6; i++)
        report(1000, 0);
    stage_pass(&stage, 5 * USEC_PER_SEC);
    assert_string_equal(actor_heard(&bob), "connection_quality");
}

static void grades_and_scores(void **state)
{
    (void)state;
    assert_true(fabs(quality_mos(100) - 4.5) < 1e-9);
    assert_int_equal(quality_grade(81), LIVEKIT__CONNECTION_QUALITY__EXCELLENT);
    assert_int_equal(quality_grade(80), LIVEKIT__CONNECTION_QUALITY__GOOD);
    assert_int_equal(quality_grade(40), LIVEKIT__CONNECTION_QUALITY__POOR);
    assert_int_equal(quality_grade(20), LIVEKIT__CONNECTION_QUALITY__LOST);
    struct quality_score s = {0};
    quality_measure(&s, true, false, 0, 0);
    assert_true(fabs(s.score - 52) < 1e-9); /* 0.8 of the way from 100 to 40 */
    for (int i = 0; i < 20; i++)
        quality_measure(&s, true, false, 1, 1000);
    assert_true(s.score == 30);
}

static void want(uint32_t layer)
{
    Sluice__Link__WantedLayers body = SLUICE__LINK__WANTED_LAYERS__INIT;
    body.track = published(true)->source[0].index.id;
    body.layer = layer;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WANTED_LAYERS;
    e.wanted_layers = &body;
    stage_event(&stage, &e);
}

/* The highest quality that is enabled, -1: none. */
static int told(void)
{
    const Livekit__SubscribedQualityUpdate *u =
        actor_last(&alice, LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE)
            ->subscribed_quality_update;
    assert_string_equal(u->subscribed_codecs[0]->codec, "vp8");
    int best = -1;
    for (int i = 0; i < 3; i++)
        if (u->subscribed_codecs[0]->qualities[i]->enabled)
            best = i;
    return best;
}

static void more_is_told_at_once_less_later(void **state)
{
    (void)state;
    want(2);
    assert_string_equal(actor_heard(&alice), "subscribed_quality_update");
    assert_int_equal(told(), 2);
    want(0);
    assert_string_equal(actor_heard(&alice), "");
    stage_pass(&stage, 4900 * USEC_PER_MS);
    assert_null(strstr(actor_heard(&alice), "subscribed_quality_update"));
    stage_pass(&stage, 200 * USEC_PER_MS);
    assert_int_equal(told(), 0);
    want(255);
    stage_pass(&stage, 5100 * USEC_PER_MS);
    assert_int_equal(told(), -1);
    want(1);
    assert_int_equal(told(), 1);
}

static size_t times_told(void)
{
    size_t n = 0;
    for (size_t i = 0; i < alice.count; i++)
        n += alice.said[i]->message_case ==
             LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE;
    return n;
}

static void a_client_that_just_publishes_is_told_twice(void **state)
{
    (void)state;
    actor_offer(&alice, OFFER_MIC, 3); /* the camera goes, and comes again */
    actor_add_track(&alice, "cam-1", LIVEKIT__TRACK_TYPE__VIDEO, LIVEKIT__TRACK_SOURCE__CAMERA);
    actor_offer(&alice, OFFER_MIC_CAM, 4);
    stage_pass(&stage, 20 * USEC_PER_MS);
    want(1);
    assert_int_equal(times_told(), 1);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_int_equal(times_told(), 2);
    assert_int_equal(told(), 1);
    want(2);
    stage_pass(&stage, 2 * USEC_PER_SEC);
    assert_int_equal(times_told(), 3);
}

static void a_track_that_nobody_wants_is_paused(void **state)
{
    (void)state;
    stage_pass(&stage, 10 * USEC_PER_SEC);
    assert_int_equal(told(), -1);
}

static void muted_tracks_are_told_nothing(void **state)
{
    (void)state;
    want(2);
    actor_mute(&alice, published(true)->sid, true);
    actor_heard(&alice);
    want(0);
    stage_pass(&stage, 10 * USEC_PER_SEC);
    assert_null(strstr(actor_heard(&alice), "subscribed_quality_update"));
    actor_mute(&alice, published(true)->sid, false);
    assert_non_null(strstr(actor_heard(&alice), "subscribed_quality_update"));
    assert_int_equal(told(), 0);
}

static void reports_of_nothing_are_harmless(void **state)
{
    (void)state;
    Sluice__Link__WantedLayers body = SLUICE__LINK__WANTED_LAYERS__INIT;
    body.track = 4711;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WANTED_LAYERS;
    e.wanted_layers = &body;
    stage_event(&stage, &e);
    Sluice__Link__Event empty = SLUICE__LINK__EVENT__INIT;
    stage_event(&stage, &empty);
    assert_string_equal(actor_heard(&alice), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_stage, cast_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(speech_is_told_in_eighths),
        TEST(silence_ends_speech),
        TEST(quiet_speech_is_none),
        TEST(smoothing_follows_the_formula),
        TEST(loss_lowers_the_grade),
        TEST(grades_and_scores),
        TEST(more_is_told_at_once_less_later),
        TEST(a_client_that_just_publishes_is_told_twice),
        TEST(a_track_that_nobody_wants_is_paused),
        TEST(muted_tracks_are_told_nothing),
        TEST(reports_of_nothing_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
