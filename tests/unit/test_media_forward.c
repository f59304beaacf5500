/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/media_world.h"

#include "dataplane/rtcp/build.h"

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

/* ---- simulcast ---- */

/* A simulcast VP8 publisher: three encodings with clocks and numbers of their own. */
struct camera {
    struct peer *peer;
    uint16_t seq[3];
    uint32_t ts[3];
    uint16_t picture[3];
    uint8_t tl0[3], key[3];
    bool plain;       /* one-byte descriptors, as Chromium sends them */
    bool silent;      /* no more mid and rid */
    unsigned packets; /* per frame */
};

static uint32_t camera_ssrc(unsigned layer)
{
    return 0x2000 + layer * 0x100;
}

static size_t vp8_payload(struct camera *c, unsigned layer, bool start, bool key, uint8_t *out)
{
    struct vp8_descriptor d = {.start = start,
                               .extended = !c->plain,
                               .has_picture_id = !c->plain,
                               .long_picture_id = true,
                               .picture_id = c->picture[layer],
                               .has_tl0_picture_index = !c->plain,
                               .tl0_picture_index = c->tl0[layer],
                               .has_temporal = !c->plain,
                               .has_key_index = !c->plain,
                               .key_index = c->key[layer]};
    size_t n = vp8_write(&d, out, VP8_DESCRIPTOR_MAX);
    memset(out + n, 0xa0 + (int)layer, 100);
    out[n] = (uint8_t)(start && key ? 0x00 : 0x01);
    return n + 100;
}

static void send_frame(struct world *w, struct camera *c, unsigned layer, bool key)
{
    static const char *const rids[] = {"q", "h", "f"};
    for (unsigned i = 0; i < c->packets; i++) {
        uint8_t payload[200];
        size_t len = vp8_payload(c, layer, i == 0, key, payload);
        struct sent_packet s = {.pt = VP8_PT,
                                .marker = i + 1 == c->packets,
                                .seq = c->seq[layer]++,
                                .ts = c->ts[layer],
                                .ssrc = camera_ssrc(layer),
                                .audio_level = -1,
                                .transport_cc = -1,
                                .mid = c->silent ? NULL : "1",
                                .rid = c->silent ? NULL : rids[layer],
                                .payload = payload,
                                .payload_len = len};
        peer_send(w, c->peer, &s);
    }
    c->picture[layer] = (c->picture[layer] + 1) & 0x7fff;
    c->tl0[layer]++;
    c->key[layer] = (c->key[layer] + 1) & 0x1f;
    c->ts[layer] += 6000;
}

static struct camera camera_of(struct peer *p)
{
    return (struct camera){.peer = p,
                           .seq = {65530, 200, 30000},
                           .ts = {0xfffff000, 77777, 1000000},
                           .picture = {0x7ffe, 500, 12},
                           .tl0 = {250, 3, 9},
                           .packets = 2};
}

/* The publisher's sender reports: all layers show the same instant. */
static void send_reports(struct world *w, const struct camera *c)
{
    for (unsigned i = 0; i < 3; i++) {
        uint8_t buf[64];
        struct writer out = writer_of(buf, sizeof buf);
        struct rtcp_sender_info sr = {
            .ssrc = camera_ssrc(i), .ntp = ntp_from_unix(w->now + 5000000), .rtp_ts = c->ts[i]};
        assert_true(rtcp_write_sr(&out, &sr, NULL, 0));
        peer_send_rtcp(w, c->peer, buf, writer_length(&out));
    }
    world_settle(w);
}

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

static void send_all(struct world *w, struct camera *c, int key_layer)
{
    for (unsigned i = 0; i < 3; i++)
        send_frame(w, c, i, (int)i == key_layer);
    world_pass(w, 66667);
}

static unsigned plis_for(const struct peer *p, uint32_t ssrc)
{
    unsigned n = 0;
    struct rtcp_packet r;
    struct rtcp_feedback f;
    for (unsigned i = 0; peer_rtcp(p, RTCP_PT_PSFB, PSFB_PLI, i, &r); i++)
        n += rtcp_read_feedback(&r, &f) && f.media == ssrc;
    return n;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_goes_through),
        cmocka_unit_test(simulcast_switches_at_key_frames),
        cmocka_unit_test(simulcast_with_short_descriptors),
        cmocka_unit_test(simulcast_without_sender_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
