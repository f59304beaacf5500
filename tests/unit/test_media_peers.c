/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A track that is received at one worker and sent from another, and packets that come in at the
 * wrong one.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void set_readers(struct world *w, unsigned worker, handle_t track, uint32_t readers)
{
    struct media_command c = {.type = MEDIA_SET_READERS, .handle = track, .readers = readers};
    world_command(w, worker, &c);
}

static void close_object(struct world *w, unsigned worker, enum media_command_type type, handle_t h)
{
    struct media_command c = {.type = type, .handle = h};
    world_command(w, worker, &c);
}

static void assert_all_frames_home(struct world *w)
{
    for (unsigned i = 0; i < w->workers; i++) {
        assert_int_equal(w->media[i]->frames.used, 0);
        for (unsigned j = 0; j < w->workers; j++) {
            assert_int_equal(w->media[i]->peers[j].lent, 0);
            assert_int_equal(w->media[i]->peers[j].n_borrowed, 0);
        }
    }
}

static void track_crosses_workers(void **state)
{
    (void)state;
    struct world *w = world_open(2);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 1), *carol = world_peer(w, 0);
    struct camera cam = camera_of(alice);
    handle_t track = world_video_track(w, alice, 3, 0, NULL);
    struct media_downtrack at_bob = {0}, at_carol = {0};
    handle_t down = world_downtrack(w, bob, track, true, &at_bob);
    world_downtrack(w, carol, track, true, &at_carol);
    set_readers(w, 0, track, 3);
    send_reports(w, &cam);
    send_all(w, &cam, -1);
    unsigned asked = plis_for(alice, camera_ssrc(2));
    send_all(w, &cam, 0);
    for (unsigned i = 0; i < 4; i++)
        send_all(w, &cam, i == 1 ? 2 : -1);
    assert_true(asked > 0);
    unsigned n = peer_rtp_count(bob, at_bob.ssrc);
    assert_true(n > 8);
    assert_int_equal(n, peer_rtp_count(carol, at_carol.ssrc));
    for (unsigned i = 0; i < n; i++) {
        const struct rtp_packet *a = &peer_rtp(bob, at_bob.ssrc, i)->rtp;
        const struct rtp_packet *b = &peer_rtp(carol, at_carol.ssrc, i)->rtp;
        assert_int_equal(a->seq, b->seq);
        assert_int_equal(a->ts, b->ts);
        assert_int_equal(a->payload_len, b->payload_len);
        assert_memory_equal(a->payload, b->payload, a->payload_len);
    }

    /* retransmission: the history is at worker 0 */
    uint8_t buf[64];
    struct writer out = writer_of(buf, sizeof buf);
    const struct mail *lost = peer_rtp(bob, at_bob.ssrc, n - 1);
    rtcp_write_nack(&out, 1, at_bob.ssrc, &lost->rtp.seq, 1);
    peer_send_rtcp(w, bob, buf, writer_length(&out));
    world_settle(w);
    const struct mail *again = peer_rtp(bob, at_bob.rtx_ssrc, 0);
    assert_non_null(again);
    assert_int_equal(be16_get(again->rtp.payload), lost->rtp.seq);
    assert_memory_equal(again->rtp.payload + 2, lost->rtp.payload, lost->rtp.payload_len);

    /* a key frame request */
    world_pass(w, 1000000);
    unsigned before = plis_for(alice, camera_ssrc(2));
    out = writer_of(buf, sizeof buf);
    rtcp_write_pli(&out, 1, at_bob.ssrc);
    peer_send_rtcp(w, bob, buf, writer_length(&out));
    world_settle(w);
    assert_int_equal(plis_for(alice, camera_ssrc(2)), before + 1);

    /* sender reports on the publisher's clock reach across */
    world_pass(w, 3000000);
    assert_true(peer_rtcp_count(bob, RTCP_PT_SR, 255) > 0);

    /* what Bob does not want is not passed on */
    at_bob.disabled = true;
    world_set_downtrack(w, bob, down, &at_bob);
    assert_int_equal(w->media[0]->tracks[handle_index(track)].wanted[1], LAYER_NONE);
    n = peer_rtp_count(bob, at_bob.ssrc);
    send_all(w, &cam, 2);
    assert_int_equal(peer_rtp_count(bob, at_bob.ssrc), n);

    close_object(w, 1, MEDIA_CLOSE_DOWNTRACK, down);
    set_readers(w, 0, track, 1);
    close_object(w, 0, MEDIA_CLOSE_TRACK, track);
    world_settle(w);
    assert_all_frames_home(w);
    assert_int_equal(bob->bad + carol->bad, 0);
    world_close(w);
}

/* More at once than the rings hold: packets are lost and counted, frames are not. */
static void full_rings_lose_no_frames(void **state)
{
    (void)state;
    struct world *w = world_open(2);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 1);
    handle_t track = world_audio_track(w, alice, 0x1234);
    struct media_downtrack d = {0};
    world_downtrack(w, bob, track, false, &d);
    set_readers(w, 0, track, 3);
    for (uint16_t i = 0; i < 300; i++) {
        uint8_t data[100] = {0x80, OPUS_PT};
        be16_put(data + 2, i);
        be32_put(data + 4, i * 960u);
        be32_put(data + 8, 0x1234);
        peer_send_rtp(w, alice, data, sizeof data);
    }
    for (unsigned i = 0; i < 8; i++) /* worker 1 sleeps meanwhile */
        media_turn(w->media[0], w->now, w->now);
    assert_int_equal(w->media[0]->peers[1].lent, 64);
    assert_int_equal(counters_get(&w->counters[0], COUNTER_DROP_RING_FULL), 300 - 64);
    world_settle(w);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 64);
    assert_all_frames_home(w);
    world_close(w);
}

static void strays_are_handed_over(void **state)
{
    (void)state;
    struct world *w = world_open(2);
    struct peer *alice = world_peer(w, 0), *bob = world_peer(w, 1);
    handle_t track = world_audio_track(w, alice, 0x1234);
    struct media_downtrack d = {0};
    world_downtrack(w, bob, track, false, &d);
    set_readers(w, 0, track, 2);
    alice->worker = 1; /* its queue, though it is sent to worker 0's port */
    uint8_t payload[30] = {1, 2, 3};
    struct sent_packet s = {.pt = OPUS_PT,
                            .ssrc = 0x1234,
                            .audio_level = 10,
                            .transport_cc = -1,
                            .payload = payload,
                            .payload_len = sizeof payload};
    peer_send(w, alice, &s);
    world_settle(w);
    assert_int_equal(world_count(w, COUNTER_RX_STRAY), 1);
    assert_int_equal(peer_rtp_count(bob, d.ssrc), 1);
    uint8_t sr[32];
    struct writer out = writer_of(sr, sizeof sr);
    struct rtcp_sender_info info = {.ssrc = 0x1234, .ntp = 7};
    rtcp_write_sr(&out, &info, NULL, 0);
    peer_send_rtcp(w, alice, sr, writer_length(&out));
    world_settle(w);
    assert_int_equal(world_count(w, COUNTER_RX_STRAY), 2);
    assert_int_equal(w->media[0]->tracks[handle_index(track)].layers[0].clock.ntp, 7);
    assert_all_frames_home(w);
    world_close(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(track_crosses_workers),
        cmocka_unit_test(full_rings_lose_no_frames),
        cmocka_unit_test(strays_are_handed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
