/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What strangers and broken peers send: each class is counted, nothing else happens.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIC 0x1111

struct stage {
    struct world *w;
    struct peer *alice, *bob;
    struct media_downtrack d;
    handle_t mic;
};

static struct stage stage_open(void)
{
    struct stage s = {.w = world_open(1)};
    s.alice = world_peer(s.w, 0);
    s.bob = world_peer(s.w, 0);
    s.mic = world_audio_track(s.w, s.alice, MIC);
    world_downtrack(s.w, s.bob, s.mic, false, &s.d);
    return s;
}

static struct sent_packet opus(uint16_t seq, uint32_t ssrc)
{
    static const uint8_t payload[40];
    return (struct sent_packet){.pt = OPUS_PT,
                                .seq = seq,
                                .ts = seq * 960u,
                                .ssrc = ssrc,
                                .audio_level = 10,
                                .transport_cc = -1,
                                .payload = payload,
                                .payload_len = sizeof payload};
}

static void raw(struct stage *s, const void *data, size_t len)
{
    peer_send_raw(s->w, s->alice, data, len);
    world_settle(s->w);
}

#define EXPECT(counter, action)                                                                    \
    do {                                                                                           \
        uint64_t before_ = world_count(s.w, counter);                                              \
        action;                                                                                    \
        assert_int_equal(world_count(s.w, counter), before_ + 1);                                  \
    } while (0)

static void every_class_is_counted(void **state)
{
    (void)state;
    struct stage s = stage_open();
    uint8_t junk[200];
    memset(junk, 0xff, sizeof junk);
    EXPECT(COUNTER_DROP_CLASS, raw(&s, junk, sizeof junk));
    junk[0] = 0x45;
    EXPECT(COUNTER_DROP_CLASS, raw(&s, junk, sizeof junk));
    junk[0] = 0x80;
    EXPECT(COUNTER_DROP_CLASS, raw(&s, junk, 1));
    junk[1] = OPUS_PT;
    EXPECT(COUNTER_DROP_RTP_MALFORMED, raw(&s, junk, 11));
    junk[0] = 0x9f; /* fifteen CSRCs and an extension that is longer than the packet */
    EXPECT(COUNTER_DROP_RTP_MALFORMED, raw(&s, junk, 90));
    junk[0] = 0x80;
    EXPECT(COUNTER_DROP_RTP_PAYLOAD_TYPE, ({
               struct sent_packet p = opus(1, MIC);
               p.pt = 77;
               peer_send(s.w, s.alice, &p);
           }));
    EXPECT(COUNTER_DROP_SRTP_AUTH, ({
               be32_put(junk + 8, MIC);
               raw(&s, junk, 100);
           }));
    EXPECT(COUNTER_DROP_RTP_MALFORMED, raw(&s, junk, 14)); /* shorter than a tag */
    junk[1] = 200;
    EXPECT(COUNTER_DROP_SRTCP_AUTH, raw(&s, junk, 60));
    EXPECT(COUNTER_DROP_RTCP_MALFORMED, raw(&s, junk, 9));
    EXPECT(COUNTER_DROP_RTCP_MALFORMED, ({ /* authentic, but nonsense inside */
                                           uint8_t bad[16] = {0x81, 201, 0, 1, 0, 0, 0, 1,
                                                              9,    9,   9, 9, 9, 9, 9, 9};
                                           peer_send_rtcp(s.w, s.alice, bad, sizeof bad);
                                           world_settle(s.w);
           }));
    struct peer stranger = *s.alice;
    stranger.path.remote.port = 1;
    junk[1] = OPUS_PT;
    EXPECT(COUNTER_DROP_RTP_UNKNOWN_PEER, ({
               peer_send_raw(s.w, &stranger, junk, 50);
               world_settle(s.w);
           }));
    junk[1] = 201;
    EXPECT(COUNTER_DROP_RTCP_UNKNOWN_PEER, ({
               peer_send_raw(s.w, &stranger, junk, 50);
               world_settle(s.w);
           }));
    assert_int_equal(s.bob->n, 0);
    struct sent_packet p = opus(2, MIC);
    peer_send(s.w, s.alice, &p); /* and the call goes on */
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    world_close(s.w);
}

static void replays_are_dropped(void **state)
{
    (void)state;
    struct stage s = stage_open();
    uint8_t data[60] = {0x80, OPUS_PT, 0, 9, 0, 0, 0, 9, 0, 0, 0x11, 0x11};
    peer_send_rtp(s.w, s.alice, data, sizeof data);
    peer_send_rtp(s.w, s.alice, data, sizeof data);
    world_settle(s.w);
    assert_int_equal(world_count(s.w, COUNTER_DROP_SRTP_REPLAY), 1);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    world_close(s.w);
}

static void unknown_ssrcs_bind_nothing(void **state)
{
    (void)state;
    struct stage s = stage_open();
    struct sent_packet p = opus(1, 0x9999);
    p.mid = "7";
    EXPECT(COUNTER_DROP_RTP_UNKNOWN_SSRC, peer_send(s.w, s.alice, &p));
    world_video_track(s.w, s.alice, 3, 0, NULL);
    p.pt = VP8_PT;
    p.mid = "1";
    p.rid = "zz"; /* of no encoding */
    EXPECT(COUNTER_DROP_RTP_UNKNOWN_SSRC, peer_send(s.w, s.alice, &p));
    /* A forged packet with a mid that would fit: the binding stays. */
    uint8_t data[80] = {0x90, OPUS_PT, 0,    1,    0,    0, 0, 1,    0,
                        0,    0x99,    0x99, 0xbe, 0xde, 0, 1, 0x40, '0'};
    EXPECT(COUNTER_DROP_SRTP_AUTH, raw(&s, data, sizeof data));
    p = opus(5, MIC);
    peer_send(s.w, s.alice, &p);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    world_close(s.w);
}

/* A peer that authenticates, and sends anything at all behind a valid header. */
static void authentic_noise(void **state)
{
    (void)state;
    struct stage s = stage_open();
    handle_t cam = world_video_track(s.w, s.alice, 1, 0x2000, NULL);
    struct media_downtrack d = {0};
    world_downtrack(s.w, s.bob, cam, true, &d);
    srand(1);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t data[300];
        size_t len = 12 + (size_t)(rand() % 100);
        for (size_t k = 0; k < len; k++)
            data[k] = (uint8_t)rand();
        static const uint8_t pts[] = {VP8_PT, VP8_RTX, VP9_PT, AV1_PT, OPUS_PT, AV1_PT + 1};
        data[0] = (uint8_t)(0x80 | (rand() % 4 == 0 ? rand() & 0x3f : 0));
        data[1] = (uint8_t)((rand() & 0x80) | pts[(unsigned)rand() % sizeof pts]);
        be16_put(data + 2, (uint16_t)(i / 3));
        be32_put(data + 8, rand() % 3 ? 0x2000 : rand() % 2 ? 0x2001 : MIC);
        struct rtp_packet view;
        if (rtp_parse_header(&view, data, len))
            peer_send_rtp(s.w, s.alice, data, len);
        uint8_t rtcp[120];
        size_t rtcp_len = 4 * (size_t)(1 + rand() % 25);
        for (size_t k = 0; k < rtcp_len; k++)
            rtcp[k] = (uint8_t)rand();
        rtcp[0] = (uint8_t)(0x80 | (rand() & 0x1f));
        rtcp[1] = (uint8_t)(200 + rand() % 8);
        be16_put(rtcp + 2, (uint16_t)(rtcp_len / 4 - 1));
        if (rtcp_len >= 12)
            be32_put(rtcp + 8, rand() % 2 ? d.ssrc : 0x2000);
        peer_send_rtcp(s.w, rand() % 2 ? s.alice : s.bob, rtcp, rtcp_len);
        if (i % 16 == 0)
            world_pass(s.w, 1000);
        s.alice->n = s.bob->n = 0;
    }
    assert_true(world_count(s.w, COUNTER_TX_RTP) > 0);
    assert_int_equal(s.bob->bad + s.alice->bad, 0);
    world_close(s.w);
}

static void stun_and_dtls_go_up(void **state)
{
    (void)state;
    struct stage s = stage_open();
    uint8_t stun[20] = {0, 1};
    raw(&s, stun, sizeof stun);
    uint8_t dtls[30] = {22};
    raw(&s, dtls, sizeof dtls);
    struct ring *r = s.w->rings[0].packets_out;
    struct packet_slot *slot = ring_peek(r);
    assert_non_null(slot);
    assert_int_equal(slot->len, 20);
    assert_int_equal(slot->session, s.alice->session);
    ring_consume(r);
    slot = ring_peek(r);
    assert_int_equal(slot->data[0], 22);
    ring_consume(r);
    for (unsigned i = 0; i < 100; i++) /* nobody takes them */
        raw(&s, stun, sizeof stun);
    assert_int_equal(world_count(s.w, COUNTER_DROP_RING_FULL), 100 - 64);
    world_close(s.w);
}

/* ICE-TCP: both ways through the session thread's rings. */
static void tcp_goes_through_the_rings(void **state)
{
    (void)state;
    struct stage s = stage_open();
    struct media_command c = {
        .type = MEDIA_SET_PATH, .handle = s.bob->session, .path = s.bob->path};
    c.path.tcp = 44;
    world_command(s.w, 0, &c);
    struct sent_packet p = opus(1, MIC);
    peer_send(s.w, s.alice, &p);
    struct packet_slot *out = ring_peek(s.w->rings[0].packets_out);
    assert_non_null(out);
    assert_true(out->to_peer);
    assert_int_equal(out->path.tcp, 44);
    assert_int_equal(out->session, s.bob->session);
    struct srtp_stream stream = {0};
    uint8_t plain[200];
    size_t len;
    uint64_t index;
    assert_int_equal(srtp_unprotect(s.w->srtp, s.bob->down, &stream, out->data, out->len, 12, plain,
                                    &len, &index),
                     SRTP_OK);
    ring_consume(s.w->rings[0].packets_out);
    uint8_t rr[64];
    struct writer w = writer_of(rr, sizeof rr);
    struct rtcp_report_block b = {.ssrc = s.d.ssrc, .fraction_lost = 77};
    rtcp_write_rr(&w, 1, &b, 1);
    size_t rr_len = srtcp_protect(s.w->srtp, s.bob->up, rr, writer_length(&w), 0);
    struct packet_slot *in = ring_reserve(s.w->rings[0].packets_in);
    *in = (struct packet_slot){.session = s.bob->session, .len = (uint16_t)rr_len};
    memcpy(in->data, rr, rr_len);
    ring_publish(s.w->rings[0].packets_in);
    world_settle(s.w);
    assert_int_equal(world_count(s.w, COUNTER_RX_RTCP), 1);
    assert_int_equal(s.w->media[0]->sent.count, 1);
    const struct ssrc_slot *slot = ssrc_map_find(&s.w->media[0]->sent, 1, s.d.ssrc);
    assert_int_equal(s.w->media[0]->downtracks[slot->index].stats.fraction_lost, 77);
    world_close(s.w);
}

/* More packets than frames: some are lost, counted, and it goes on. */
static void used_up_frames(void **state)
{
    (void)state;
    struct stage s = stage_open();
    struct frame *all[1024];
    for (unsigned i = 0; i < 1024; i++)
        all[i] = frame_take(&s.w->media[0]->frames);
    struct sent_packet p = opus(1, MIC);
    EXPECT(COUNTER_DROP_POOL_EMPTY, peer_send(s.w, s.alice, &p));
    for (unsigned i = 0; i < 1024; i++)
        frame_release(&s.w->media[0]->frames, all[i]);
    p = opus(2, MIC);
    peer_send(s.w, s.alice, &p);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    world_close(s.w);
}

/* Commands about what is not there, and about places that were taken over. */
static void stale_handles(void **state)
{
    (void)state;
    struct stage s = stage_open();
    for (unsigned type = MEDIA_OPEN_SESSION; type <= MEDIA_REQUEST_KEY_FRAME; type++) {
        struct media_command c = {.type = (enum media_command_type)type,
                                  .handle = handle_make(HANDLE_INDEX_MAX, 3)};
        world_command(s.w, 0, &c);
        c.handle = HANDLE_NONE;
        world_command(s.w, 0, &c);
        c.handle = handle_make(handle_index(s.mic), 900);
        if (type != MEDIA_OPEN_SESSION)
            world_command(s.w, 0, &c);
    }
    struct sent_packet p = opus(1, MIC);
    peer_send(s.w, s.alice, &p);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    struct media_command c = {.type = MEDIA_CLOSE_SESSION, .handle = s.alice->session};
    world_command(s.w, 0, &c);
    peer_send(s.w, s.alice, &p);
    assert_int_equal(world_count(s.w, COUNTER_DROP_RTP_UNKNOWN_PEER), 1);
    c.handle = s.bob->session;
    world_command(s.w, 0, &c);
    assert_int_equal(s.w->media[0]->frames.used, 0);
    assert_int_equal(s.w->media[0]->received.count, 0);
    assert_int_equal(s.w->media[0]->sent.count, 0);
    assert_int_equal(s.w->media[0]->remotes.count, 0);
    world_pass(s.w, 1100000);
    assert_true(media_deadline(s.w->media[0]) == USEC_NEVER);
    world_close(s.w);
}

/* New keys, as after a new DTLS handshake: roll-over counters begin at zero on both sides. */
static void rekeying(void **state)
{
    (void)state;
    struct stage s = stage_open();
    for (unsigned i = 0; i < 40000; i += 4) { /* far enough to wrap Bob's numbers */
        struct sent_packet p = opus((uint16_t)(30000 + i), MIC);
        peer_send(s.w, s.alice, &p);
        s.bob->n = s.alice->n = 0;
    }
    struct srtp_master m = {.profile = s.w->profile, .key = {9}, .salt = {8}};
    struct media_command c = {.type = MEDIA_SET_KEYS, .handle = s.bob->session};
    c.keys = (struct media_keys){.receive = srtp_key_create(s.w->media[0]->srtp, &m),
                                 .send = srtp_key_create(s.w->media[0]->srtp, &m),
                                 .tag_length = 16};
    srtp_key_destroy(s.bob->down);
    s.bob->down = srtp_key_create(s.w->srtp, &m);
    memset(s.bob->streams, 0, sizeof s.bob->streams);
    s.bob->rtcp_in = (struct srtcp_stream){0};
    world_command(s.w, 0, &c);
    struct sent_packet p = opus((uint16_t)(30000 + 40000), MIC);
    peer_send(s.w, s.alice, &p);
    assert_int_equal(peer_rtp_count(s.bob, s.d.ssrc), 1);
    assert_int_equal(s.bob->bad, 0);
    world_close(s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_is_counted),
        cmocka_unit_test(replays_are_dropped),
        cmocka_unit_test(unknown_ssrcs_bind_nothing),
        cmocka_unit_test(authentic_noise),
        cmocka_unit_test(stun_and_dtls_go_up),
        cmocka_unit_test(tcp_goes_through_the_rings),
        cmocka_unit_test(used_up_frames),
        cmocka_unit_test(stale_handles),
        cmocka_unit_test(rekeying),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
