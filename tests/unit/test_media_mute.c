/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Switching off and on: at the publisher, by the subscriber, for good.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtp/opus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MIC 0x1111

static void talk(struct world *w, struct peer *p, unsigned from, unsigned n, uint32_t ts_gap)
{
    for (unsigned i = from; i < from + n; i++) {
        uint8_t payload[60] = {1};
        struct sent_packet s = {.pt = OPUS_PT,
                                .seq = (uint16_t)i,
                                .ts = i * 960u + ts_gap,
                                .ssrc = MIC,
                                .audio_level = 20,
                                .transport_cc = -1,
                                .payload = payload,
                                .payload_len = sizeof payload};
        peer_send(w, p, &s);
        world_pass(w, 20000);
    }
}

static void muted_audio_ends_in_silence(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    handle_t mic = world_audio_track(w, alice, MIC);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, mic, false, &d);
    talk(w, alice, 0, 10, 0);
    d.track_muted = true;
    world_set_downtrack(w, bob, down, &d);
    talk(w, alice, 10, 5, 0); /* still on its way: not for Bob */
    world_pass(w, 3000000);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 10 + SILENCE_FRAMES);
    for (unsigned i = 10; i < 10 + SILENCE_FRAMES; i++) {
        const struct mail *m = peer_rtp(bob, d.ssrc, i);
        assert_true(m->rtp.marker);
        assert_int_equal(m->rtp.seq, 1 + i); /* a source's 0 goes out as 1 */
        assert_int_equal(m->rtp.ts, i * 960);
        assert_int_equal(m->rtp.payload_len, OPUS_SILENCE_LENGTH);
        assert_memory_equal(m->rtp.payload, opus_silence, OPUS_SILENCE_LENGTH);
    }
    d.track_muted = false;
    world_set_downtrack(w, bob, down, &d);
    talk(w, alice, 15, 3, 144000); /* her clock went on for three seconds */
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 10 + SILENCE_FRAMES + 3);
    const struct mail *m = peer_rtp(bob, d.ssrc, 10 + SILENCE_FRAMES);
    assert_int_equal(m->rtp.seq, 1 + 10 + SILENCE_FRAMES);
    assert_int_equal(m->rtp.ts, 15 * 960 + 144000);

    d.disabled = true; /* the subscriber himself; and back before the second is over */
    world_set_downtrack(w, bob, down, &d);
    world_pass(w, 99000);
    d.disabled = false;
    world_set_downtrack(w, bob, down, &d);
    unsigned n = peer_rtp_count(bob, d.ssrc);
    assert_int_equal(n, 10 + SILENCE_FRAMES + 3 + 5);
    world_pass(w, 200000);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), n);
    talk(w, alice, 18, 1, 144000 + 5 * 960);
    const struct mail *before = peer_rtp(bob, d.ssrc, n - 1), *after = peer_rtp(bob, d.ssrc, n);
    assert_int_equal(after->rtp.seq, before->rtp.seq + 1);
    assert_true((int32_t)(after->rtp.ts - before->rtp.ts) > 0);
    assert_int_equal(bob->bad, 0);
    world_close(w);
}

static void red_silence_is_red(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    struct media_track t = {
        .session = alice->session,
        .n_payloads = 2,
        .n_encodings = 1,
        .mid = "0",
        .payloads = {{.codec = MEDIA_RED, .pt = 63, .clock_rate = 48000},
                     {.codec = MEDIA_OPUS, .pt = 111, .clock_rate = 48000}},
        .encodings = {{.ssrc = MIC}},
    };
    handle_t mic = handle_make(3, 7);
    world_set_track(w, alice, mic, &t);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, mic, false, &d);
    d.n_payloads = 2;
    memcpy(d.payloads, t.payloads, sizeof d.payloads);
    d.encrypted = true;
    d.sif_trailer_len = 3;
    memcpy(d.sif_trailer, "abc", 3);
    world_set_downtrack(w, bob, down, &d);
    uint8_t payload[20] = {0x6f};
    struct sent_packet s = {.pt = 63,
                            .ssrc = MIC,
                            .audio_level = -1,
                            .transport_cc = -1,
                            .payload = payload,
                            .payload_len = sizeof payload};
    peer_send(w, alice, &s);
    s.pt = 111; /* plain Opus within a RED stream */
    s.seq = 1;
    s.ts = 960;
    peer_send(w, alice, &s);
    assert_int_equal(peer_rtp(bob, d.ssrc, 1)->rtp.pt, 111);
    s.pt = 63;
    s.seq = 2;
    s.ts = 1920;
    peer_send(w, alice, &s);
    d.disabled = true;
    world_set_downtrack(w, bob, down, &d);
    const struct mail *m = peer_rtp(bob, d.ssrc, 3);
    assert_int_equal(m->rtp.pt, 63);
    assert_int_equal(m->rtp.payload_len, 1 + OPUS_SILENCE_LENGTH + 3);
    assert_int_equal(m->rtp.payload[0], 0x6f);
    assert_memory_equal(m->rtp.payload + 1, opus_silence, OPUS_SILENCE_LENGTH);
    assert_memory_equal(m->rtp.payload + 1 + OPUS_SILENCE_LENGTH, "abc", 3);
    world_close(w);
}

static void muted_video_begins_again_with_a_key_frame(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    struct camera cam = camera_of(alice);
    struct media_track config = {0};
    handle_t track = world_video_track(w, alice, 3, 0, &config);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, track, true, &d);
    send_all(w, &cam, 2);
    send_all(w, &cam, -1);
    unsigned n = peer_rtp_count(bob, d.ssrc);
    uint16_t last = peer_rtp(bob, d.ssrc, n - 1)->rtp.seq;
    config.muted = d.track_muted = true;
    world_set_track(w, alice, track, &config);
    world_set_downtrack(w, bob, down, &d);
    send_all(w, &cam, -1);
    world_pass(w, 2000000);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), n);
    unsigned asked = plis_for(alice, camera_ssrc(2));
    config.muted = d.track_muted = false;
    world_set_track(w, alice, track, &config);
    world_set_downtrack(w, bob, down, &d);
    assert_true(plis_for(alice, camera_ssrc(2)) > asked);
    send_all(w, &cam, -1);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), n);
    send_all(w, &cam, 0);
    send_all(w, &cam, 2);
    const struct mail *m = peer_rtp(bob, d.ssrc, n);
    assert_non_null(m);
    assert_int_equal(m->rtp.seq, (uint16_t)(last + 1));
    const struct mail *before = peer_rtp(bob, d.ssrc, n - 1);
    assert_in_range(m->rtp.ts - before->rtp.ts, 90000 * 2, 90000 * 3);
    assert_int_equal(m->rtp.payload[m->rtp.payload_len - 1], 0xa0);
    unsigned all = peer_rtp_count(bob, d.ssrc);
    m = peer_rtp(bob, d.ssrc, all - 1);
    assert_int_equal(m->rtp.payload[m->rtp.payload_len - 1], 0xa2);
    world_close(w);
}

static void closing_leaves_a_clean_decoder(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    struct camera cam = camera_of(alice);
    handle_t track = world_video_track(w, alice, 3, 0, NULL);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, track, true, &d);
    send_all(w, &cam, 2);
    send_all(w, &cam, -1);
    unsigned n = peer_rtp_count(bob, d.ssrc);
    const struct mail *last = peer_rtp(bob, d.ssrc, n - 1);
    struct vp8_descriptor a, b;
    vp8_parse(&a, last->rtp.payload, last->rtp.payload_len);
    struct media_command c = {.type = MEDIA_CLOSE_DOWNTRACK, .handle = down};
    world_command(w, 0, &c);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), n + 6);
    for (unsigned i = 0; i < 6; i++) {
        const struct mail *m = peer_rtp(bob, d.ssrc, n + i);
        assert_true(m->rtp.marker);
        assert_int_equal(m->rtp.seq, (uint16_t)(last->rtp.seq + 1 + i));
        assert_int_equal(m->rtp.ts, last->rtp.ts + 3000 * (i + 1));
        assert_true(vp8_parse(&b, m->rtp.payload, m->rtp.payload_len));
        assert_true(b.key_frame);
        assert_int_equal(b.picture_id, (a.picture_id + 1 + i) & 0x7fff);
        assert_int_equal(m->rtp.payload_len, b.len + 31);
    }
    send_all(w, &cam, 2);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), n + 6);
    struct media_event e;
    assert_true(world_events(w, MEDIA_WANTED_LAYER, &e) > 0);
    assert_int_equal(e.wanted, LAYER_NONE);
    assert_int_equal(bob->bad, 0);
    world_close(w);
}

static void loudness_is_told_per_window(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0);
    world_audio_track(w, alice, MIC);
    talk(w, alice, 0, 41, 0);
    struct media_event e;
    assert_int_equal(world_events(w, MEDIA_AUDIO_LEVEL, &e), 2);
    assert_int_equal(e.audio_level.loudest, 20);
    assert_in_range(e.audio_level.active_ms, 380, 420);
    world_pass(w, 2000000);
    assert_int_equal(world_events(w, MEDIA_AUDIO_LEVEL, &e), 3);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(muted_audio_ends_in_silence),
        cmocka_unit_test(red_silence_is_red),
        cmocka_unit_test(muted_video_begins_again_with_a_key_frame),
        cmocka_unit_test(closing_leaves_a_clean_decoder),
        cmocka_unit_test(loudness_is_told_per_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
