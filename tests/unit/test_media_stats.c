/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a media worker writes for others to read: rates, losses and layers of what it receives and
 * sends, how long packets stay, how full its pools are.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Alice's camera in three encodings, and Bob who watches, maybe from another worker. */
struct call {
    struct world *w;
    struct peer *alice, *bob;
    struct camera cam;
    handle_t track, down;
    struct media_downtrack d;
};

static struct call call_open(unsigned workers)
{
    struct call c = {.w = world_open(workers)};
    c.alice = world_peer(c.w, 0);
    c.bob = world_peer(c.w, workers - 1);
    c.cam = camera_of(c.alice);
    c.track = world_video_track(c.w, c.alice, 3, 0, NULL);
    c.down = world_downtrack(c.w, c.bob, c.track, true, &c.d);
    const struct media_command readers = {
        .type = MEDIA_SET_READERS, .handle = c.track, .readers = 1u << (workers - 1)};
    world_command(c.w, 0, &readers);
    return c;
}

static void film(struct call *c, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++)
        send_all(c->w, &c->cam, i % 15 == 0 ? (int)(i / 15 % 3) : -1);
}

static struct stats_track_media track_of_call(const struct call *c)
{
    struct stats_track_media t;
    assert_true(stats_get(&c->w->stats, STATS_TRACK_MEDIA, handle_index(c->track), &t, sizeof t));
    assert_int_equal(t.handle, c->track);
    return t;
}

static struct stats_downtrack_media downtrack_of_call(const struct call *c)
{
    struct stats_downtrack_media d;
    assert_true(
        stats_get(&c->w->stats, STATS_DOWNTRACK_MEDIA, handle_index(c->down), &d, sizeof d));
    assert_int_equal(d.handle, c->down);
    return d;
}

static void layers_are_told(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 60);
    struct stats_track_media t = track_of_call(&c);
    for (unsigned i = 0; i < 3; i++) {
        const struct stats_layer *l = &t.layers[i];
        assert_int_equal(l->ssrc, camera_ssrc(i));
        assert_in_range(l->packets, 40, 60 * c.cam.packets);
        assert_true(l->bytes > l->packets * 12);
        assert_in_range(l->bps, 8 * 14 * 12, 8 * 16 * 1500 * c.cam.packets);
        assert_int_equal(l->lost, 0);
        assert_int_equal(l->loss_ppm, 0);
        assert_in_range(l->key_frames, 1, 2);
        assert_in_range(l->arrived, c.w->now - 2 * USEC_PER_SEC, c.w->now);
    }
    assert_string_equal(t.layers[0].rid, "q");
    assert_string_equal(t.layers[2].rid, "f");
    assert_in_range(t.at, c.w->now - USEC_PER_SEC, c.w->now);
    world_close(c.w);
}

static void silence_has_no_rate_and_keeps_its_counts(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 60);
    uint64_t packets = c.w->counters[0].v[COUNTER_RX_RTP];
    world_pass(c.w, 2 * USEC_PER_SEC);
    struct stats_track_media t = track_of_call(&c);
    struct stats_downtrack_media d = downtrack_of_call(&c);
    assert_int_equal(t.layers[0].packets + t.layers[1].packets + t.layers[2].packets, packets);
    assert_int_equal(t.layers[0].bps, 0);
    assert_int_equal(d.bps, 0);
    assert_int_equal(d.packets, peer_rtp_count(c.bob, c.d.ssrc));
    world_close(c.w);
}

static void loss_is_told(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 20);
    c.cam.lose_next = true;
    film(&c, 20);
    world_pass(c.w, USEC_PER_SEC);
    struct stats_track_media t = track_of_call(&c);
    const struct stats_layer *l = &t.layers[0];
    assert_int_equal(l->lost, 1);
    assert_true(l->nacks >= 1);
    world_close(c.w);
}

static void what_a_subscriber_asks_is_told(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 45);
    uint8_t buf[200];
    struct writer w = writer_of(buf, sizeof buf);
    uint16_t seq = peer_rtp(c.bob, c.d.ssrc, peer_rtp_count(c.bob, c.d.ssrc) - 1)->rtp.seq;
    assert_true(rtcp_write_nack(&w, 1, c.d.ssrc, &seq, 1));
    assert_true(rtcp_write_pli(&w, 1, c.d.ssrc));
    peer_send_rtcp(c.w, c.bob, buf, writer_length(&w));
    world_pass(c.w, USEC_PER_SEC);
    struct stats_downtrack_media d = downtrack_of_call(&c);
    assert_int_equal(d.nacks, 1);
    assert_int_equal(d.plis, 1);
    assert_int_equal(d.retransmitted, 1);
    assert_int_equal(d.layer, 2);
    assert_int_equal(d.codec, MEDIA_VP8);
    assert_true(d.started && d.live);
    world_close(c.w);
}

static void the_receivers_report_is_told(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 30);
    struct rtcp_report_block b = {.ssrc = c.d.ssrc, .fraction_lost = 64, .cumulative_lost = 7};
    uint8_t buf[200];
    struct writer w = writer_of(buf, sizeof buf);
    assert_true(rtcp_write_rr(&w, 1, &b, 1));
    peer_send_rtcp(c.w, c.bob, buf, writer_length(&w));
    world_pass(c.w, USEC_PER_SEC);
    struct stats_downtrack_media d = downtrack_of_call(&c);
    assert_int_equal(d.loss_ppm, 250000);
    assert_int_equal(d.lost, 7);
    world_close(c.w);
}

static struct histogram_copy latency(const struct world *w, unsigned worker, enum stats_class class)
{
    struct histogram_copy h;
    histogram_read(&stats_thread(&w->stats, worker)->latency[class], &h);
    return h;
}

static void some_turns_are_timed(void **state)
{
    (void)state;
    world_sending_time = 37;
    struct call c = call_open(1);
    for (unsigned i = 0; i < 20; i++) {
        film(&c, 30);
        peer_forget(c.alice);
        peer_forget(c.bob);
    }
    struct histogram_copy h = latency(c.w, 0, STATS_VIDEO);
    uint64_t sent = world_count(c.w, COUNTER_TX_RTP);
    assert_in_range(h.count, 1, sent / 16);
    assert_int_equal(h.sum, 37 * h.count);
    assert_int_equal(histogram_quantile(&h, 0.99), 37);
    assert_int_equal(latency(c.w, 0, STATS_AUDIO).count, 0);
    world_close(c.w);
}

static void the_way_through_two_workers_is_timed(void **state)
{
    (void)state;
    world_sending_time = 11;
    struct call c = call_open(2);
    for (unsigned i = 0; i < 20; i++) {
        film(&c, 30);
        peer_forget(c.alice);
        peer_forget(c.bob);
    }
    assert_int_equal(latency(c.w, 0, STATS_VIDEO).count, 0);
    struct histogram_copy h = latency(c.w, 1, STATS_VIDEO);
    assert_true(h.count > 0);
    assert_int_equal(h.max, 11); /* received and sent at the same moment of this world's */
    world_close(c.w);
}

static void pools_are_told(void **state)
{
    (void)state;
    struct call c = call_open(1);
    film(&c, 60);
    const struct stats_thread *thread = stats_thread(&c.w->stats, 0);
    if (!thread) {
        fail();
        return;
    }
    const struct stats_pool *p = thread->pool;
    assert_int_equal(p[STATS_POOL_FRAMES].size, 1024);
    assert_in_range(p[STATS_POOL_FRAMES].used, 50, 1024);
    assert_true(p[STATS_POOL_FRAMES].high_water >= p[STATS_POOL_FRAMES].used);
    assert_int_equal(p[STATS_POOL_REMOTES].used, 2);
    assert_int_equal(p[STATS_POOL_RECEIVED].used, 3);
    assert_int_equal(p[STATS_POOL_SENT].used, 2);
    assert_int_equal(p[STATS_POOL_COMMANDS].size, 64);
    world_close(c.w);
}

static void moments_are_spread_over_the_second(void **state)
{
    (void)state;
    unsigned at[16] = {0};
    for (uint32_t i = 0; i < 160; i++) {
        usec_t next = publish_next(5500000, i);
        assert_in_range(next, 5500001, 6500000);
        at[next % USEC_PER_SEC / 62500]++;
    }
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(at[i], 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_are_told),
        cmocka_unit_test(silence_has_no_rate_and_keeps_its_counts),
        cmocka_unit_test(loss_is_told),
        cmocka_unit_test(what_a_subscriber_asks_is_told),
        cmocka_unit_test(the_receivers_report_is_told),
        cmocka_unit_test(some_turns_are_timed),
        cmocka_unit_test(the_way_through_two_workers_is_timed),
        cmocka_unit_test(pools_are_told),
        cmocka_unit_test(moments_are_spread_over_the_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
