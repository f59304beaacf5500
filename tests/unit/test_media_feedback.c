/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP both ways: loss on either side, key frame requests, reports, transport feedback.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/round_trip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Alice's camera in one encoding, known by SSRC, and Bob who watches. */
struct call {
    struct world *w;
    struct peer *alice, *bob;
    struct camera cam;
    handle_t track, down;
    struct media_downtrack d;
};

static struct call call_open(bool plain)
{
    struct call c = {.w = world_open(1)};
    c.alice = world_peer(c.w, 0);
    c.bob = world_peer(c.w, 0);
    c.cam = camera_of(c.alice);
    c.cam.plain = plain;
    c.cam.silent = true;
    c.track = world_video_track(c.w, c.alice, 1, camera_ssrc(0), NULL);
    c.down = world_downtrack(c.w, c.bob, c.track, true, &c.d);
    return c;
}

static void frames(struct call *c, unsigned n, bool key_first)
{
    for (unsigned i = 0; i < n; i++) {
        send_frame(c->w, &c->cam, 0, key_first && i == 0);
        world_pass(c->w, 66667);
    }
}

static void send_nack(struct call *c, struct peer *p, uint32_t media, const uint16_t *seqs,
                      size_t n)
{
    uint8_t buf[200];
    struct writer w = writer_of(buf, sizeof buf);
    assert_true(rtcp_write_nack(&w, 1, media, seqs, n));
    peer_send_rtcp(c->w, p, buf, writer_length(&w));
    world_settle(c->w);
}

static void assert_resent(const struct call *c, const struct mail *original, unsigned nth)
{
    const struct mail *m = peer_rtp(c->bob, c->d.rtx_ssrc, nth);
    assert_non_null(m);
    assert_int_equal(m->rtp.pt, VP8_RTX + 10);
    assert_int_equal(m->rtp.ts, original->rtp.ts);
    assert_int_equal(m->rtp.marker, original->rtp.marker);
    assert_int_equal(be16_get(m->rtp.payload), original->rtp.seq);
    assert_int_equal(m->rtp.payload_len, original->rtp.payload_len + 2);
    assert_memory_equal(m->rtp.payload + 2, original->rtp.payload, original->rtp.payload_len);
}

static void nack_is_answered_over_rtx(bool plain)
{
    struct call c = call_open(plain);
    frames(&c, 10, true);
    const struct mail *seventh = peer_rtp(c.bob, c.d.ssrc, 7),
                      *eighth = peer_rtp(c.bob, c.d.ssrc, 8);
    uint16_t lost[] = {seventh->rtp.seq, eighth->rtp.seq};
    send_nack(&c, c.bob, c.d.ssrc, lost, 2);
    assert_int_equal(peer_rtp_count(c.bob, c.d.rtx_ssrc), 2);
    assert_resent(&c, seventh, 0);
    assert_resent(&c, eighth, 1);
    assert_int_equal((uint16_t)(peer_rtp(c.bob, c.d.rtx_ssrc, 0)->rtp.seq + 1),
                     peer_rtp(c.bob, c.d.rtx_ssrc, 1)->rtp.seq);
    send_nack(&c, c.bob, c.d.ssrc, lost, 1); /* too soon */
    assert_int_equal(peer_rtp_count(c.bob, c.d.rtx_ssrc), 2);
    for (unsigned i = 0; i < 5; i++) { /* three times at most */
        world_pass(c.w, 110000);
        send_nack(&c, c.bob, c.d.ssrc, lost, 1);
    }
    assert_int_equal(peer_rtp_count(c.bob, c.d.rtx_ssrc), 4);
    uint16_t never = (uint16_t)(seventh->rtp.seq + 2000);
    send_nack(&c, c.bob, c.d.ssrc, &never, 1);
    assert_int_equal(peer_rtp_count(c.bob, c.d.rtx_ssrc), 4);
    assert_int_equal(c.bob->bad, 0);
    world_close(c.w);
}

static void nack_with_full_descriptors(void **state)
{
    (void)state;
    nack_is_answered_over_rtx(false);
}

static void nack_with_short_descriptors(void **state)
{
    (void)state;
    nack_is_answered_over_rtx(true);
}

/* The frame's last packet is lost on the way here: asked for after 20 ms, restored from RTX, and
 * sent on under the number that was kept free for it. */
static void loss_at_the_publisher_is_mended(void **state)
{
    (void)state;
    struct call c = call_open(false);
    frames(&c, 3, true);
    unsigned before = peer_rtp_count(c.bob, c.d.ssrc);
    uint16_t lost_seq = c.cam.seq[0];
    struct camera copy = c.cam;
    c.cam.lose_next = true;
    send_frame(c.w, &c.cam, 0, false);
    assert_int_equal(peer_rtp_count(c.bob, c.d.ssrc), before + 1);
    assert_int_equal(peer_rtcp_count(c.alice, RTCP_PT_RTPFB, RTPFB_NACK), 0);
    world_pass(c.w, 22000);
    struct rtcp_packet r;
    struct rtcp_feedback f;
    struct rtcp_nack_cursor cursor;
    uint16_t seq;
    assert_true(peer_rtcp(c.alice, RTCP_PT_RTPFB, RTPFB_NACK, 0, &r));
    assert_true(rtcp_read_nack(&r, &f, &cursor));
    assert_int_equal(f.media, camera_ssrc(0));
    assert_true(rtcp_nack_next(&cursor, &seq));
    assert_int_equal(seq, lost_seq);
    assert_false(rtcp_nack_next(&cursor, &seq));

    uint8_t payload[200] = {(uint8_t)(lost_seq >> 8), (uint8_t)lost_seq};
    struct vp8_descriptor d = {.start = true,
                               .extended = true,
                               .has_picture_id = true,
                               .long_picture_id = true,
                               .picture_id = copy.picture[0]};
    size_t n = vp8_write(&d, payload + 2, VP8_DESCRIPTOR_MAX);
    memset(payload + 2 + n, 0x77, 50);
    struct sent_packet s = {.pt = VP8_RTX,
                            .seq = 900,
                            .ts = copy.ts[0],
                            .ssrc = camera_ssrc(0) + 1,
                            .audio_level = -1,
                            .transport_cc = -1,
                            .payload = payload,
                            .payload_len = 2 + n + 50};
    peer_send(c.w, c.alice, &s);
    assert_int_equal(peer_rtp_count(c.bob, c.d.ssrc), before + 2);
    const struct mail *mended = peer_rtp(c.bob, c.d.ssrc, before + 1);
    const struct mail *after = peer_rtp(c.bob, c.d.ssrc, before);
    assert_int_equal((uint16_t)(mended->rtp.seq + 1), after->rtp.seq);
    assert_int_equal(mended->rtp.ts, after->rtp.ts);
    s.seq++; /* the same again: a duplicate */
    peer_send(c.w, c.alice, &s);
    assert_int_equal(world_count(c.w, COUNTER_DROP_RTP_DUPLICATE), 1);
    world_pass(c.w, 500000);
    assert_int_equal(peer_rtcp_count(c.alice, RTCP_PT_RTPFB, RTPFB_NACK), 1);
    world_close(c.w);
}

static void send_pli(struct call *c)
{
    uint8_t buf[32];
    struct writer w = writer_of(buf, sizeof buf);
    rtcp_write_pli(&w, 1, c->d.ssrc);
    peer_send_rtcp(c->w, c->bob, buf, writer_length(&w));
    world_settle(c->w);
}

static void plis_are_throttled(void **state)
{
    (void)state;
    struct call c = call_open(true);
    frames(&c, 60, true);
    unsigned before = plis_for(c.alice, camera_ssrc(0));
    for (unsigned i = 0; i < 10; i++) {
        send_pli(&c);
        world_pass(c.w, 10000);
    }
    assert_int_equal(plis_for(c.alice, camera_ssrc(0)), before + 1);
    world_pass(c.w, 450000); /* what came too early is made good */
    assert_int_equal(plis_for(c.alice, camera_ssrc(0)), before + 2);
    frames(&c, 1, true);
    world_pass(c.w, 2000000); /* and over with the key frame */
    assert_int_equal(plis_for(c.alice, camera_ssrc(0)), before + 2);
    world_close(c.w);
}

/* The first key frame came before the subscriber could take it: it does not wait for the throttle,
 * but not without end. */
static void who_has_just_begun_is_served_sooner(void **state)
{
    (void)state;
    struct call c = call_open(true);
    frames(&c, 3, true);
    unsigned before = plis_for(c.alice, camera_ssrc(0));
    send_pli(&c);
    world_pass(c.w, 20000);
    send_pli(&c);
    world_pass(c.w, 100000);
    assert_int_equal(plis_for(c.alice, camera_ssrc(0)), before + 2);
    send_pli(&c);
    world_pass(c.w, 120000);
    assert_int_equal(plis_for(c.alice, camera_ssrc(0)), before + 2);
    world_close(c.w);
}

static void subscribers_get_sender_reports(void **state)
{
    (void)state;
    struct call c = call_open(true);
    frames(&c, 3, true);
    send_reports(c.w, &c.cam);
    uint32_t rtp_then = c.cam.ts[0];
    usec_t then = c.w->now;
    frames(&c, 43, false);
    struct rtcp_packet p;
    struct rtcp_report r;
    assert_int_equal(peer_rtcp_count(c.bob, RTCP_PT_SR, 255), 1);
    assert_true(peer_rtcp(c.bob, RTCP_PT_SR, 255, 0, &p));
    assert_true(rtcp_read_report(&p, &r));
    assert_int_equal(r.sender, c.d.ssrc);
    assert_in_range(r.packets, 80, 92);
    usec_t passed = 0;
    for (unsigned i = 0; i < c.bob->n; i++)
        passed = c.bob->inbox[i].rtcp ? c.bob->inbox[i].at - then : passed;
    uint64_t ntp = ntp_from_unix(then + 5000000 + passed);
    assert_true(r.ntp - ntp + 0x100000 < 0x200000);
    const struct mail *first = peer_rtp(c.bob, c.d.ssrc, 0);
    uint32_t offset = 0xfffff000u - first->rtp.ts;
    assert_int_equal(r.rtp_ts, (uint32_t)(rtp_then + passed * 90 / 1000 - offset));
    assert_true(peer_rtcp(c.bob, RTCP_PT_SDES, 255, 0, &p));
    assert_memory_equal(p.body + 4,
                        "\x01\x09PA_x|TR_y\x0f\x01"
                        "5",
                        14);

    world_pass(c.w, 100000); /* and what they report gives the round trip */
    struct rtcp_report_block b = {.ssrc = c.d.ssrc, .fraction_lost = 12, .cumulative_lost = 3};
    uint8_t buf[64];
    struct writer w = writer_of(buf, sizeof buf);
    b.lsr = ntp_middle(r.ntp);
    b.dlsr = middle_from_usec(c.w->now - then - passed - 40000);
    rtcp_write_rr(&w, 1, &b, 1);
    peer_send_rtcp(c.w, c.bob, buf, writer_length(&w));
    world_settle(c.w);
    world_pass(c.w, 5000000);
    struct media_event e;
    bool seen = false;
    for (unsigned i = 0; i < c.w->n_events; i++) {
        e = c.w->events[i];
        seen |= e.type == MEDIA_REPORT && e.downtrack && e.report.lost == 3 &&
                e.report.rtt_us > 39000 && e.report.rtt_us < 41000;
    }
    assert_true(seen);
    world_close(c.w);
}

static void publishers_get_receiver_reports(void **state)
{
    (void)state;
    struct call c = call_open(true);
    frames(&c, 3, true);
    send_reports(c.w, &c.cam);
    frames(&c, 30, false);
    struct rtcp_packet p;
    struct rtcp_report r;
    unsigned n = peer_rtcp_count(c.alice, RTCP_PT_RR, 255);
    assert_in_range(n, 2, 3);
    assert_true(peer_rtcp(c.alice, RTCP_PT_RR, 255, n - 1, &p));
    assert_true(rtcp_read_report(&p, &r));
    assert_int_equal(r.n_blocks, 1);
    struct rtcp_report_block b = rtcp_report_block_at(&r, 0);
    assert_int_equal(b.ssrc, camera_ssrc(0));
    assert_int_equal(b.cumulative_lost, 0);
    assert_true(b.lsr != 0);
    struct rtcp_xr_cursor x;
    struct rtcp_xr_block block;
    uint64_t ntp;
    assert_int_equal(peer_rtcp_count(c.alice, RTCP_PT_XR, 255), n);
    assert_true(peer_rtcp(c.alice, RTCP_PT_XR, 255, n - 1, &p));
    assert_true(rtcp_read_xr(&p, &x));
    assert_true(rtcp_xr_next(&x, &block));
    assert_true(rtcp_read_rrtr(&block, &ntp));

    unsigned before = peer_rtcp_count(c.alice, RTCP_PT_RR, 255);
    world_pass(c.w, 3000000); /* nothing comes: nothing to report but once */
    assert_in_range(peer_rtcp_count(c.alice, RTCP_PT_RR, 255), before, before + 1);
    assert_int_equal(media_deadline(c.w->media[0]) == USEC_NEVER, 0);
    world_close(c.w);
}

static void transport_feedback_is_sent(void **state)
{
    (void)state;
    struct call c = call_open(true);
    for (uint16_t i = 0; i < 60; i++) {
        uint8_t payload[40] = {0x10, i == 0 ? 0 : 1};
        struct sent_packet s = {.pt = VP8_PT,
                                .marker = true,
                                .seq = i,
                                .ts = i * 3000u,
                                .ssrc = camera_ssrc(0),
                                .audio_level = -1,
                                .transport_cc = 65500 + i > 65535 ? i - 36 : 65500 + i,
                                .payload = payload,
                                .payload_len = sizeof payload};
        if (i != 17) /* lost */
            peer_send(c.w, c.alice, &s);
        world_pass(c.w, 10000);
    }
    for (uint16_t i = 24; i < 30; i++) { /* probes, of SSRC 0 */
        uint8_t padding[200] = {[199] = 200};
        struct sent_packet s = {.pt = VP8_PT,
                                .seq = i,
                                .audio_level = -1,
                                .transport_cc = i,
                                .payload = padding,
                                .payload_len = sizeof padding};
        peer_send(c.w, c.alice, &s);
    }
    world_pass(c.w, 200000);
    assert_int_equal(world_count(c.w, COUNTER_DROP_RTP_UNKNOWN_SSRC), 0);
    struct rtcp_packet p;
    struct rtcp_twcc t;
    struct rtcp_twcc_cursor cursor;
    struct rtcp_twcc_status status;
    unsigned received = 0, missing = 0;
    uint16_t next = 65500;
    for (unsigned i = 0; peer_rtcp(c.alice, RTCP_PT_RTPFB, RTPFB_TWCC, i, &p); i++) {
        assert_true(rtcp_read_twcc(&p, &t, &cursor));
        assert_int_equal(t.feedback_count, i);
        while (rtcp_twcc_next(&cursor, &status)) {
            assert_int_equal(status.seq, next++);
            received += status.received;
            missing += !status.received;
        }
    }
    assert_int_equal(received, 59 + 6);
    assert_int_equal(missing, 1);
    world_close(c.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nack_with_full_descriptors),
        cmocka_unit_test(nack_with_short_descriptors),
        cmocka_unit_test(loss_at_the_publisher_is_mended),
        cmocka_unit_test(plis_are_throttled),
        cmocka_unit_test(who_has_just_begun_is_served_sooner),
        cmocka_unit_test(subscribers_get_sender_reports),
        cmocka_unit_test(publishers_get_receiver_reports),
        cmocka_unit_test(transport_feedback_is_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
