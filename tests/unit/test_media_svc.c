/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalable streams: layers left out by dependency descriptor, or by VP9's payload descriptor.
 */
#include "tests/unit/media_camera.h"

#include "tests/unit/hex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define SVC_SSRC 0x3000

/* The structure of a browser's L3T3_KEY stream, attached to its first frame. */
#define L3T3_KEY                                                                                   \
    "8f008581e81485214eaaaaa8000600004000100002aa80a8000600004000100002a000a800060000400016d54924" \
    "1"                                                                                            \
    "b5524906d54923157e001974ca864330e222396eca8655304224390eca87753013f00b3027f016704ff02cf"

/* Templates of that structure, by spatial layer, in the order of a group of four pictures. */
static const uint8_t key_picture[3] = {15, 20, 25};
static const uint8_t pictures[4][3] = {
    {18, 23, 28}, /* T2 */
    {17, 22, 27}, /* T1 */
    {19, 24, 29}, /* T2 */
    {16, 21, 26}, /* T0 */
};

struct scene {
    struct world *w;
    struct peer *alice, *bob;
    handle_t track, down;
    struct media_downtrack d;
    uint8_t pt;
    uint32_t ssrc;
    uint16_t seq, frame;
    uint32_t ts;
    unsigned phase;
    uint16_t picture;
};

static struct scene scene_open(uint8_t pt)
{
    struct scene s = {
        .w = world_open(1), .pt = pt, .ssrc = SVC_SSRC, .seq = 65000, .frame = 65520, .ts = 5};
    s.alice = world_peer(s.w, 0);
    s.bob = world_peer(s.w, 0);
    struct media_track t = {.svc = true};
    s.track = world_video_track(s.w, s.alice, 1, SVC_SSRC, &t);
    s.d.svc = true;
    s.down = world_downtrack(s.w, s.bob, s.track, true, &s.d);
    return s;
}

static void send_layer(struct scene *s, unsigned spatial, uint8_t template, bool structure)
{
    uint8_t dd[DD_LENGTH_MAX] = {0}, payload[50] = {0x0c, 0x80};
    uint8_t len = structure ? (uint8_t)hex_bytes(L3T3_KEY, dd, sizeof dd) : 3;
    dd[0] = 0xc0 | template;
    be16_put(dd + 1, s->frame++);
    memset(payload + 2, (int)(0x10 + spatial), sizeof payload - 2);
    struct sent_packet p = {.pt = s->pt,
                            .marker = spatial == 2,
                            .seq = s->seq++,
                            .ts = s->ts,
                            .ssrc = s->ssrc,
                            .mid = "1",
                            .audio_level = -1,
                            .transport_cc = -1,
                            .dd = dd,
                            .dd_len = len,
                            .payload = payload,
                            .payload_len = sizeof payload};
    peer_send(s->w, s->alice, &p);
}

static void send_picture(struct scene *s, bool key)
{
    const uint8_t *templates = key ? key_picture : pictures[s->phase];
    for (unsigned i = 0; i < 3; i++)
        send_layer(s, i, templates[i], key && i == 0);
    s->phase = key ? 0 : (s->phase + 1) % 4;
    s->ts += 3000;
    world_pass(s->w, 33333);
}

static void limit(struct scene *s, uint8_t spatial, uint8_t temporal)
{
    s->d.max_spatial = spatial;
    s->d.max_temporal = temporal;
    world_set_downtrack(s->w, s->bob, s->down, &s->d);
}

/* Packets from the `from`th on: numbers closed up, each picture ended by a marker. */
static unsigned check(const struct scene *s, unsigned from, uint8_t top)
{
    const struct mail *m;
    unsigned n = 0;
    for (unsigned i = from; (m = peer_rtp(s->bob, s->d.ssrc, i)); i++, n++) {
        if (i > 0)
            assert_int_equal(m->rtp.seq,
                             (uint16_t)(peer_rtp(s->bob, s->d.ssrc, i - 1)->rtp.seq + 1));
        uint8_t spatial = m->rtp.payload[m->rtp.payload_len - 1] - 0x10;
        assert_true(spatial <= top);
        assert_int_equal(m->rtp.marker, spatial == top);
    }
    return n;
}

static uint32_t newest_mask(const struct scene *s, uint16_t *frame)
{
    static struct dd_structure known, attached;
    struct dependency_descriptor d;
    struct rtp_extension e;
    uint8_t b[DD_LENGTH_MAX];
    size_t len = hex_bytes(L3T3_KEY, b, sizeof b);
    assert_int_equal(dd_parse(&d, NULL, &known, b, len), DD_OK);
    unsigned n = peer_rtp_count(s->bob, s->d.ssrc);
    assert_true(rtp_extension_find(&peer_rtp(s->bob, s->d.ssrc, n - 1)->rtp, EXT_DD, &e));
    assert_int_equal(dd_parse(&d, &known, &attached, e.data, e.len), DD_OK);
    *frame = d.frame_number;
    return d.active_targets;
}

static void layers_by_dependency_descriptor(uint8_t pt)
{
    struct scene s = scene_open(pt);
    uint16_t frame;
    send_picture(&s, true);
    for (unsigned i = 0; i < 8; i++) /* only the key picture needs the layers below */
        send_picture(&s, false);
    assert_int_equal(check(&s, 0, 2), 3 + 8);
    assert_int_equal(newest_mask(&s, &frame), 0x1ff);

    s.alice->n = 0; /* down: goes on as it is until the key frame */
    limit(&s, 1, 3);
    world_pass(s.w, 500000);
    assert_int_equal(plis_for(s.alice, SVC_SSRC), 1);
    unsigned from = peer_rtp_count(s.bob, s.d.ssrc);
    for (unsigned i = 0; i < 4; i++)
        send_picture(&s, false);
    assert_int_equal(check(&s, from, 2), 4);
    from = peer_rtp_count(s.bob, s.d.ssrc);
    send_picture(&s, true);
    for (unsigned i = 0; i < 8; i++)
        send_picture(&s, false);
    assert_int_equal(check(&s, from, 1), 2 + 8);
    assert_int_equal(newest_mask(&s, &frame), 0x3f);
    assert_int_equal(frame, (uint16_t)(s.frame - 2)); /* frames keep their numbers */

    limit(&s, 0, 0);
    from = peer_rtp_count(s.bob, s.d.ssrc);
    send_picture(&s, true);
    for (unsigned i = 0; i < 8; i++)
        send_picture(&s, false);
    assert_int_equal(check(&s, from, 0), 1 + 2);
    assert_int_equal(newest_mask(&s, &frame), 0x01);

    s.alice->n = 0; /* up: not before the key frame that is asked for */
    limit(&s, 2, 3);
    world_pass(s.w, 1000000);
    assert_true(plis_for(s.alice, SVC_SSRC) > 0);
    from = peer_rtp_count(s.bob, s.d.ssrc);
    for (unsigned i = 0; i < 4; i++)
        send_picture(&s, false);
    assert_true(check(&s, from, 0) > 0);
    from = peer_rtp_count(s.bob, s.d.ssrc);
    send_picture(&s, true);
    for (unsigned i = 0; i < 4; i++)
        send_picture(&s, false);
    assert_int_equal(check(&s, from, 2), 3 + 4);
    assert_int_equal(newest_mask(&s, &frame), 0x1ff);
    assert_int_equal(s.bob->bad, 0);
    world_close(s.w);
}

static void av1_layers(void **state)
{
    (void)state;
    layers_by_dependency_descriptor(AV1_PT);
}

static void vp9_layers_with_dependency_descriptor(void **state)
{
    (void)state;
    layers_by_dependency_descriptor(VP9_PT);
}

static void begins_with_a_structure(void **state)
{
    (void)state;
    struct scene s = scene_open(AV1_PT);
    send_picture(&s, false); /* nobody can read these yet */
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 0);
    assert_int_equal(world_count(s.w, COUNTER_DROP_RTP_DESCRIPTOR), 3);
    assert_true(plis_for(s.alice, SVC_SSRC) > 0);
    send_picture(&s, true);
    assert_int_equal(check(&s, 0, 2), 3);
    world_close(s.w);
}

/* Encoder and SSRC begin anew in the middle: numbers go on, frames are the new stream's. */
static void another_ssrc_of_the_same_stream(void **state)
{
    (void)state;
    struct scene s = scene_open(AV1_PT);
    send_picture(&s, true);
    send_picture(&s, false);
    s.ssrc += 7;
    s.frame = 3;
    s.seq = 77;
    s.ts = 12345;
    send_picture(&s, false);
    unsigned from = peer_rtp_count(s.bob, s.d.ssrc);
    assert_int_equal(check(&s, 0, 2), 4);
    send_picture(&s, true);
    send_picture(&s, false);
    assert_int_equal(check(&s, from, 2), 4);
    world_close(s.w);
}

/* AV1 without dependency descriptors is one layer. */
static void av1_without_descriptors(void **state)
{
    (void)state;
    struct scene s = scene_open(AV1_PT);
    static const uint8_t key[] = {0x28, 0x02, 0x08, 0x00, 0x30, 0x10};
    static const uint8_t delta[] = {0x10, 0x30, 0x40, 0x00};
    for (unsigned i = 0; i < 60; i++) {
        struct sent_packet p = {.pt = AV1_PT,
                                .marker = true,
                                .seq = s.seq++,
                                .ts = s.ts += 3000,
                                .ssrc = SVC_SSRC,
                                .audio_level = -1,
                                .transport_cc = -1,
                                .payload = i ? delta : key,
                                .payload_len = i ? sizeof delta : sizeof key};
        peer_send(s.w, s.alice, &p);
        world_pass(s.w, 33333);
    }
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 60);
    assert_in_range(plis_for(s.alice, SVC_SSRC), 0, 1);
    world_close(s.w);
}

/* Three spatial layers, two temporal ones; flags of RFC 9628: I P L F B E V Z. */
static void send_vp9(struct scene *s, bool key, unsigned temporal)
{
    for (unsigned spatial = 0; spatial < 3; spatial++) {
        uint8_t flags = 0x80 | (key ? 0 : 0x40) | 0x20 | 0x08 | 0x04;
        uint8_t payload[50] = {flags,
                               0x80 | (s->picture >> 8 & 0x7f),
                               s->picture & 0xff,
                               (uint8_t)(temporal << 5 | 0x10 | spatial << 1 | (spatial > 0)),
                               1, /* TL0PICIDX */
                               key ? 0x80 : 0x84};
        memset(payload + 6, (int)(0x10 + spatial), sizeof payload - 6);
        struct sent_packet p = {.pt = VP9_PT,
                                .marker = spatial == 2,
                                .seq = s->seq++,
                                .ts = s->ts,
                                .ssrc = SVC_SSRC,
                                .audio_level = -1,
                                .transport_cc = -1,
                                .payload = payload,
                                .payload_len = sizeof payload};
        peer_send(s->w, s->alice, &p);
    }
    s->picture++;
    s->ts += 3000;
    world_pass(s->w, 33333);
}

static void vp9_layers_by_its_own_descriptor(void **state)
{
    (void)state;
    struct scene s = scene_open(VP9_PT);
    send_vp9(&s, false, 0);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 0);
    send_vp9(&s, true, 0);
    for (unsigned i = 0; i < 6; i++)
        send_vp9(&s, false, (i + 1) % 2);
    assert_int_equal(check(&s, 0, 2), 21);
    limit(&s, 1, 0);
    send_vp9(&s, false, 0); /* down at the end of a picture */
    unsigned from = peer_rtp_count(s.bob, s.d.ssrc);
    for (unsigned i = 0; i < 6; i++)
        send_vp9(&s, false, (i + 1) % 2);
    assert_int_equal(check(&s, from, 1), 6);
    limit(&s, 2, 3);
    from = peer_rtp_count(s.bob, s.d.ssrc);
    send_vp9(&s, true, 0);
    assert_int_equal(check(&s, from, 2), 3);
    assert_int_equal(s.bob->bad, 0);
    world_close(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(av1_layers),
        cmocka_unit_test(vp9_layers_with_dependency_descriptor),
        cmocka_unit_test(begins_with_a_structure),
        cmocka_unit_test(another_ssrc_of_the_same_stream),
        cmocka_unit_test(av1_without_descriptors),
        cmocka_unit_test(vp9_layers_by_its_own_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
