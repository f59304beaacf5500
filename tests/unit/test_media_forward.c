/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/media_camera.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MIC 0x1111

static void send_opus(struct world *w, struct peer *p, uint16_t seq, uint32_t ts, int level)
{
    uint8_t payload[60];
    memset(payload, seq & 0xff, sizeof payload);
    struct sent_packet s = {.pt = OPUS_PT,
                            .seq = seq,
                            .ts = ts,
                            .ssrc = MIC,
                            .audio_level = level,
                            .transport_cc = -1,
                            .payload = payload,
                            .payload_len = sizeof payload};
    peer_send(w, p, &s);
}

static void audio_goes_through(void **state)
{
    (void)state;
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    handle_t mic = world_audio_track(w, alice, MIC);
    struct media_downtrack d = {0};
    world_downtrack(w, bob, mic, false, &d);
    for (uint16_t i = 0; i < 10; i++) {
        send_opus(w, alice, (uint16_t)(0xfff0 + i), 48000 + i * 960u, 20);
        world_pass(w, 20000);
    }
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 10);
    for (unsigned i = 0; i < 10; i++) {
        const struct mail *m = peer_rtp(bob, d.ssrc, i);
        assert_int_equal(m->rtp.pt, 120);
        assert_int_equal(m->rtp.seq, (0xfff0 & 0x7fff) + i);
        assert_int_equal(m->rtp.ts, 48000 + i * 960);
        assert_int_equal(m->rtp.payload_len, 60);
        assert_int_equal(m->rtp.payload[59], 0xf0 + i);
        assert_null(m->rtp.extension);
    }
    assert_int_equal(bob->bad, 0);
    assert_int_equal(world_events(w, MEDIA_DOWNTRACK_STARTED, NULL), 1);
    world_close(w);
}

/* RED to one who takes only Opus: the newest block alone, under the number it came with. */
static void red_goes_as_opus(void **state)
{
    (void)state;
    static const uint8_t header[] = {0x80 | OPUS_PT, 960 << 2 >> 8, 0x00, 40, OPUS_PT};
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    struct media_track t = {
        .session = alice->session,
        .n_payloads = 1,
        .n_encodings = 1,
        .mid = "0",
        .payloads = {{.codec = MEDIA_RED, .pt = 63, .clock_rate = 48000}},
        .encodings = {{.ssrc = MIC}},
    };
    handle_t mic = handle_make(3, 7);
    world_set_track(w, alice, mic, &t);
    struct media_downtrack d = {0};
    world_downtrack(w, bob, mic, false, &d);
    uint8_t payload[sizeof header + 40 + 60];
    memcpy(payload, header, sizeof header);
    memset(payload + sizeof header, 0xaa, 40);
    memset(payload + sizeof header + 40, 0xbb, 60);
    struct sent_packet s = {.pt = 63,
                            .seq = 7,
                            .ssrc = MIC,
                            .audio_level = -1,
                            .transport_cc = -1,
                            .payload = payload,
                            .payload_len = sizeof payload};
    peer_send(w, alice, &s);
    s.seq = 8;
    s.payload_len = 2; /* cut short */
    peer_send(w, alice, &s);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 1);
    const struct mail *m = peer_rtp(bob, d.ssrc, 0);
    assert_int_equal(m->rtp.pt, 120);
    assert_int_equal(m->rtp.seq, 7);
    assert_int_equal(m->rtp.payload_len, 60);
    assert_int_equal(m->rtp.payload[0], 0xbb);
    assert_int_equal(m->rtp.payload[59], 0xbb);
    s.seq = 9; /* brings what 8 would have been */
    s.ts = 1920;
    s.payload_len = sizeof payload;
    peer_send(w, alice, &s);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 3);
    m = peer_rtp(bob, d.ssrc, 1);
    assert_int_equal(m->rtp.seq, 9);
    assert_int_equal(m->rtp.payload[0], 0xbb);
    m = peer_rtp(bob, d.ssrc, 2);
    assert_int_equal(m->rtp.seq, 8);
    assert_int_equal(m->rtp.ts, 960);
    assert_int_equal(m->rtp.payload_len, 40);
    assert_int_equal(m->rtp.payload[39], 0xaa);
    s.seq = 10; /* nothing is missing: nothing is sent twice */
    peer_send(w, alice, &s);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 4);
    assert_int_equal(bob->bad, 0);
    world_close(w);
}

/* ---- simulcast ---- */

/* What a decoder needs: numbers without a gap, time that only goes on, pictures one by one. */
static void assert_continuous(const struct peer *p, uint32_t ssrc, bool pictures)
{
    const struct mail *before = peer_rtp(p, ssrc, 0), *m;
    struct vp8_descriptor a, b;
    assert_non_null(before);
    assert_true(vp8_parse(&a, before->rtp.payload, before->rtp.payload_len));
    for (unsigned i = 1; (m = peer_rtp(p, ssrc, i)); i++, before = m, a = b) {
        assert_int_equal(m->rtp.seq, (uint16_t)(before->rtp.seq + 1));
        assert_true(vp8_parse(&b, m->rtp.payload, m->rtp.payload_len));
        int32_t step = (int32_t)(m->rtp.ts - before->rtp.ts);
        assert_true(b.start ? step > 0 : step == 0);
        assert_true(step < 90000 / 2);
        if (pictures) {
            assert_int_equal(b.picture_id, (a.picture_id + b.start) & 0x7fff);
            assert_int_equal(b.tl0_picture_index, (uint8_t)(a.tl0_picture_index + b.start));
            assert_int_equal(b.key_index, (a.key_index + b.start) & 0x1f);
        }
    }
}

static uint8_t layer_of(const struct mail *m)
{
    return m->rtp.payload[m->rtp.payload_len - 1] - 0xa0;
}

static uint8_t newest_layer(const struct peer *p, uint32_t ssrc)
{
    return layer_of(peer_rtp(p, ssrc, peer_rtp_count(p, ssrc) - 1));
}

static void simulcast(bool plain, bool reports)
{
    struct world *w = world_open(1);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 0);
    struct camera cam = camera_of(alice);
    cam.plain = plain;
    handle_t track = world_video_track(w, alice, 3, 0, NULL);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, track, true, &d);
    if (reports)
        send_reports(w, &cam);

    send_all(w, &cam, -1); /* no key frame yet: nothing may go */
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 0);
    assert_true(plis_for(alice, camera_ssrc(2)) >= 1);
    send_all(w, &cam, 0); /* the lowest layer comes first and is taken */
    assert_int_equal(newest_layer(bob, d.ssrc), 0);
    cam.silent = true; /* bound for good now */
    for (unsigned i = 0; i < 5; i++)
        send_all(w, &cam, -1);
    assert_int_equal(newest_layer(bob, d.ssrc), 0);
    send_all(w, &cam, 2);
    assert_int_equal(newest_layer(bob, d.ssrc), 2);
    for (unsigned i = 0; i < 5; i++)
        send_all(w, &cam, -1);

    d.max_spatial = 0; /* down again: asked for, and taken at the key frame */
    unsigned asked = plis_for(alice, camera_ssrc(0));
    world_set_downtrack(w, bob, down, &d);
    assert_int_equal(plis_for(alice, camera_ssrc(0)), asked + 1);
    send_all(w, &cam, -1);
    assert_int_equal(newest_layer(bob, d.ssrc), 2);
    send_all(w, &cam, 0);
    assert_int_equal(newest_layer(bob, d.ssrc), 0);
    assert_continuous(bob, d.ssrc, !plain);
    assert_int_equal(bob->bad, 0);
    struct media_event e;
    assert_true(world_events(w, MEDIA_WANTED_LAYER, &e) >= 2);
    assert_int_equal(e.wanted, 0);
    assert_int_equal(world_events(w, MEDIA_LAYER_SEEN, NULL), 3);
    world_close(w);
}

static void simulcast_switches_at_key_frames(void **state)
{
    (void)state;
    simulcast(false, true);
}

static void simulcast_with_short_descriptors(void **state)
{
    (void)state;
    simulcast(true, true);
}

static void simulcast_without_sender_reports(void **state)
{
    (void)state;
    simulcast(false, false);
}

/* The same subscriber gets another track, as when a backup codec comes: the stream goes on. */
static void moves(unsigned workers)
{
    struct world *w = world_open(workers);
    struct peer *alice = world_peer(w, 0), *carol = world_peer(w, workers - 1);
    struct peer *bob = world_peer(w, 0);
    struct camera first = camera_of(alice), second = camera_of(carol);
    second.seq[2] = 7000;
    handle_t a = world_video_track(w, alice, 3, 0, NULL);
    handle_t b = world_video_track(w, carol, 3, 0, NULL);
    struct media_downtrack d = {0};
    handle_t down = world_downtrack(w, bob, a, true, &d);
    struct media_command readers = {.type = MEDIA_SET_READERS, .handle = b, .readers = 1};
    world_command(w, workers - 1, &readers);
    send_all(w, &first, 2);
    for (unsigned i = 0; i < 5; i++)
        send_all(w, &first, -1);
    unsigned before = peer_rtp_count(bob, d.ssrc);
    assert_true(before > 0);

    d.track = b;
    d.track_worker = (uint8_t)(workers - 1);
    send_all(w, &second, -1);
    world_set_downtrack(w, bob, down, &d);
    world_settle(w);
    assert_true(plis_for(carol, camera_ssrc(2)) >= 1);
    send_all(w, &first, 2); /* of the old one nothing more */
    send_all(w, &second, -1);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), before);
    send_all(w, &second, 2);
    for (unsigned i = 0; i < 5; i++)
        send_all(w, &second, -1);
    assert_true(peer_rtp_count(bob, d.ssrc) >= before + 12);
    assert_continuous(bob, d.ssrc, true);
    assert_int_equal(bob->bad, 0);
    assert_int_equal(world_events(w, MEDIA_DOWNTRACK_STARTED, NULL), 1);
    world_close(w);
}

static void a_downtrack_moves_to_another_track(void **state)
{
    (void)state;
    moves(1);
}

static void a_downtrack_moves_to_a_track_of_another_worker(void **state)
{
    (void)state;
    moves(2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_goes_through),
        cmocka_unit_test(red_goes_as_opus),
        cmocka_unit_test(simulcast_switches_at_key_frames),
        cmocka_unit_test(simulcast_with_short_descriptors),
        cmocka_unit_test(simulcast_without_sender_reports),
        cmocka_unit_test(a_downtrack_moves_to_another_track),
        cmocka_unit_test(a_downtrack_moves_to_a_track_of_another_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
