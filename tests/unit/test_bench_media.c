/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load generator's media: a publisher's packets straight into a subscriber, over real keys.
 */
#include "bench/sluice-bench/publisher.h"
#include "bench/sluice-bench/recovery.h"
#include "bench/sluice-bench/subscriber.h"

#include "common/bytes.h"
#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/parse.h"
#include "dataplane/rtp/packet.h"
#include "dataplane/rtp/vp8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define WALL  1790000000000000000ULL
#define DELAY 250 /* microseconds on the way */

struct world {
    struct settings settings;
    struct srtp_engine *engine;
    struct transport transport; /* sends to itself: one key for both directions */
    struct offer offer;
    struct publisher publisher;
    struct subscriber subscriber;
    struct counters counters;
    struct outbox out;
    usec_t now;
    unsigned drop_every, packets; /* loses every so many; 0: none */
    uint8_t held[OUTBOX_DATAGRAM];
    size_t held_len;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct srtp_master master = {.profile = SRTP_AEAD_AES_128_GCM, .key = {1}, .salt = {2}};
    w->settings = (struct settings){.audio_pps = 50,
                                    .audio_bytes = 160,
                                    .fps = 30,
                                    .layers = 3,
                                    .kbps = {150, 450, 1700},
                                    .sample = 10,
                                    .remb_kbps = 5000};
    w->engine = srtp_engine_create(NULL);
    w->transport = (struct transport){.engine = w->engine, .state = TRANSPORT_CONNECTED};
    w->transport.send = srtp_key_create(w->engine, &master);
    w->transport.receive = srtp_key_create(w->engine, &master);
    w->offer = (struct offer){.layers = 3, .audio_ssrc = 77, .video_ssrc = 0x1000};
    offer_add(&w->offer, OFFER_SEND_AUDIO, 1);
    offer_add(&w->offer, OFFER_SEND_VIDEO, 1);
    w->now = START;
    publisher_init(&w->publisher, &w->settings, &w->offer);
    publisher_start(&w->publisher, w->now);
    subscriber_init(&w->subscriber, &w->settings, w->now);
    subscriber_announce(&w->subscriber, false, 77, 0);
    for (uint32_t i = 0; i < 3; i++)
        subscriber_announce(&w->subscriber, true, 0x1000 + i, 0x2000 + i);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    srtp_key_destroy(w->transport.send);
    srtp_key_destroy(w->transport.receive);
    subscriber_free(&w->subscriber);
    srtp_engine_destroy(w->engine);
    free(w);
    return 0;
}

static uint64_t wall(const struct world *w)
{
    return WALL + (w->now - START) * 1000;
}

static bool is_rtp(const struct outbox_datagram *d)
{
    return d->data[1] < 192 || d->data[1] > 223;
}

static void deliver(struct world *w, const uint8_t *data, size_t len)
{
    subscriber_rtp(&w->subscriber, &w->transport, data, len, w->now, wall(w) + DELAY * 1000,
                   &w->counters);
}

static void pass(struct world *w)
{
    for (size_t i = 0; i < w->out.count; i++) {
        struct outbox_datagram *d = &w->out.datagrams[i];
        if (!is_rtp(d))
            continue;
        w->packets++;
        if (w->drop_every == 0 || w->packets % w->drop_every != 0)
            deliver(w, d->data, d->len);
    }
    w->out.count = 0;
}

static void play(struct world *w, usec_t duration)
{
    for (usec_t end = w->now + duration; w->now < end; w->now += USEC_PER_MS) {
        while (publisher_deadline(&w->publisher) <= w->now) {
            publisher_run(&w->publisher, &w->transport, w->now, wall(w), &w->out, &w->counters);
            pass(w);
        }
    }
}

static void everything_arrives_and_is_verified(void **state)
{
    struct world *w = *state;
    play(w, 10 * USEC_PER_SEC);
    struct counters *c = &w->counters;
    assert_in_range(c->audio_packets, 495, 502);
    assert_in_range(c->sent_packets, 2500, 4000);
    assert_int_equal(c->received_packets, c->sent_packets);
    assert_int_equal(c->expected_packets, c->sent_packets);
    assert_int_equal(c->received_bytes, c->sent_bytes);
    assert_int_equal(c->streams, 4);
    assert_int_equal(c->key_frames, 3);
    assert_in_range(c->verified, c->sent_packets / 10 - 4, c->sent_packets / 10 + 4);
    assert_int_equal(c->bad_auth + c->corrupt + c->jumps + c->reordered + c->duplicates, 0);
    assert_in_range(histogram_quantile(&c->video_latency, 0.01), DELAY, DELAY + DELAY / 32);
    assert_in_range(histogram_quantile(&c->audio_latency, 1), DELAY, DELAY + DELAY / 32);
    assert_int_equal(histogram_total(&c->first_packet_time), 1);
}

static void loss_is_what_was_lost(void **state)
{
    struct world *w = *state;
    w->drop_every = 50;
    play(w, 10 * USEC_PER_SEC);
    uint64_t lost = w->packets / 50;
    /* What is lost at the very end of a stream cannot be seen yet. */
    assert_in_range(w->counters.expected_packets - w->counters.received_packets, lost - 4, lost);
    assert_int_equal(w->counters.bad_auth, 0);
}

static void order_and_doubles_are_told_from_loss(void **state)
{
    struct world *w = *state;
    play(w, USEC_PER_SEC / 10);
    uint64_t received = w->counters.received_packets;
    for (unsigned n = 0; n < 2; w->now += USEC_PER_MS) {
        publisher_run(&w->publisher, &w->transport, w->now, wall(w), &w->out, &w->counters);
        for (size_t i = 0; i < w->out.count; i++) {
            struct outbox_datagram *d = &w->out.datagrams[i];
            if (be32_get(d->data + 8) != 77 || !is_rtp(d))
                continue;
            if (n++ == 0) {
                memcpy(w->held, d->data, d->len);
                w->held_len = d->len;
            } else {
                deliver(w, d->data, d->len);
            }
        }
        w->out.count = 0;
    }
    assert_int_equal(w->counters.expected_packets - w->counters.received_packets, 1);
    deliver(w, w->held, w->held_len);
    assert_int_equal(w->counters.received_packets, received + 2);
    assert_int_equal(w->counters.expected_packets, w->counters.received_packets);
    assert_int_equal(w->counters.reordered, 1);
    deliver(w, w->held, w->held_len);
    assert_int_equal(w->counters.duplicates, 1);
    assert_int_equal(w->counters.received_packets, received + 2);
}

static void forgeries_are_found(void **state)
{
    struct world *w = *state;
    w->settings.sample = 1;
    subscriber_free(&w->subscriber);
    subscriber_init(&w->subscriber, &w->settings, w->now);
    subscriber_announce(&w->subscriber, false, 77, 0);
    uint8_t packet[60] = {0x80, OFFER_PT_OPUS, 0, 1, 0, 0, 0, 0, 0, 0, 0, 77};
    deliver(w, packet, sizeof packet);
    assert_int_equal(w->counters.bad_auth, 1);
    packet[11] = 78;
    deliver(w, packet, sizeof packet);
    assert_int_equal(w->counters.unknown_streams, 1);
}

static void key_frames_come_on_request(void **state)
{
    struct world *w = *state;
    uint8_t rtcp[64];
    play(w, USEC_PER_SEC);
    uint64_t before = w->counters.key_frames;
    struct writer pli = writer_of(rtcp, sizeof rtcp);
    rtcp_write_pli(&pli, 1, 0x1001);
    publisher_rtcp(&w->publisher, rtcp, writer_length(&pli), w->now, &w->counters);
    publisher_rtcp(&w->publisher, rtcp, writer_length(&pli), w->now, &w->counters);
    play(w, USEC_PER_SEC);
    assert_int_equal(w->counters.key_frames, before + 1);
    assert_int_equal(w->counters.plis, 2);
}

static void a_report_ends_the_announcing(void **state)
{
    struct world *w = *state;
    uint8_t rtcp[64];
    struct rtcp_report_block block = {.ssrc = 77};
    struct writer rr = writer_of(rtcp, sizeof rtcp);
    assert_true(w->publisher.streams[0].announce);
    rtcp_write_rr(&rr, 1, &block, 1);
    publisher_rtcp(&w->publisher, rtcp, writer_length(&rr), w->now, &w->counters);
    assert_false(w->publisher.streams[0].announce);
    assert_true(w->publisher.streams[1].announce);
}

static void what_is_far_too_late_is_left_out(void **state)
{
    struct world *w = *state;
    play(w, USEC_PER_SEC);
    uint64_t audio = w->publisher.streams[0].packets;
    w->now += 5 * USEC_PER_SEC;
    play(w, USEC_PER_SEC);
    assert_int_equal(w->counters.late_frames, 4);
    assert_in_range(w->publisher.streams[0].packets - audio, 49, 52);
}

static void unwanted_layers_rest(void **state)
{
    struct world *w = *state;
    play(w, USEC_PER_SEC);
    publisher_layers(&w->publisher, 1);
    uint64_t high = w->publisher.streams[3].packets, low = w->publisher.streams[1].packets;
    play(w, USEC_PER_SEC);
    assert_int_equal(w->publisher.streams[3].packets, high);
    assert_true(w->publisher.streams[1].packets > low);
    uint64_t keys = w->counters.key_frames;
    publisher_layers(&w->publisher, 7);
    play(w, USEC_PER_SEC);
    assert_int_equal(w->counters.key_frames, keys + 2);
}

static void subscribers_report(void **state)
{
    struct world *w = *state;
    play(w, 2 * USEC_PER_SEC);
    subscriber_run(&w->subscriber, &w->transport, w->now, &w->out);
    assert_int_equal(w->out.count, 1);
    struct outbox_datagram *d = &w->out.datagrams[0];
    struct srtcp_stream in = {0};
    size_t len = 0;
    assert_int_equal(srtcp_unprotect(w->engine, w->transport.receive, &in, d->data, d->len, &len),
                     SRTP_OK);
    assert_true(rtcp_valid(d->data, len));
    struct rtcp_cursor at = rtcp_begin(d->data, len);
    struct rtcp_packet p;
    struct rtcp_report r = {0};
    struct rtcp_remb remb = {0};
    assert_true(rtcp_next(&at, &p) && rtcp_read_report(&p, &r));
    assert_int_equal(r.n_blocks, 4);
    assert_int_equal(rtcp_report_block_at(&r, 0).cumulative_lost, 0);
    assert_true(rtcp_next(&at, &p) && rtcp_read_remb(&p, &remb));
    assert_int_equal(remb.n_ssrcs, 3);
}

static void many_streams_are_kept_apart(void **state)
{
    struct world *w = *state;
    for (uint32_t i = 1; i <= 3000; i++)
        subscriber_announce(&w->subscriber, i % 2, i * 65536, 0);
    assert_int_equal(w->subscriber.count, 3007);
    uint8_t packet[60] = {0x80, OFFER_PT_OPUS, 0, 1};
    w->subscriber.sample = 0;
    for (uint32_t i = 1; i <= 3000; i++) {
        be32_put(packet + 8, i * 65536);
        deliver(w, packet, sizeof packet);
    }
    assert_int_equal(w->counters.streams, 3000);
    assert_int_equal(w->counters.unknown_streams, 0);
}

/* One protected packet with two bytes of payload in front of some more. */
static void deliver_made(struct world *w, uint32_t ssrc, uint16_t seq, uint16_t head)
{
    uint8_t p[200] = {0x80, 96};
    be16_put(p + 2, seq);
    be32_put(p + 8, ssrc);
    be16_put(p + 12, head);
    struct srtp_job job = {.key = w->transport.send,
                           .out = p,
                           .payload = p + 12,
                           .header_len = 12,
                           .payload_len = 100};
    srtp_protect(w->engine, &job, 1);
    deliver(w, p, 112 + srtp_tag_length(SRTP_AEAD_AES_128_GCM));
}

/* The numbers that the only datagram of the box asks for. */
static unsigned asked_for(struct world *w, uint16_t *seq)
{
    struct outbox_datagram *d = &w->out.datagrams[0];
    struct srtcp_stream in = {0};
    struct rtcp_packet packet;
    struct rtcp_feedback f;
    size_t len;
    unsigned n = 0;
    assert_int_equal(w->out.count, 1);
    assert_int_equal(srtcp_unprotect(w->engine, w->transport.receive, &in, d->data, d->len, &len),
                     SRTP_OK);
    for (struct rtcp_cursor at = rtcp_begin(d->data, len); rtcp_next(&at, &packet);) {
        if (packet.kind != RTCP_NACK || !rtcp_read_feedback(&packet, &f))
            continue;
        assert_int_equal(f.media, 0x1000);
        n++;
        *seq = be16_get(d->data + len - 4); /* the last pair of number and bitmap */
    }
    w->out.count = 0;
    return n;
}

static void what_is_missing_is_asked_for_and_comes_back(void **state)
{
    struct world *w = *state;
    uint16_t seq = 0;
    subscriber_free(&w->subscriber);
    w->settings.lose = 1;
    w->settings.sample = 0;
    subscriber_init(&w->subscriber, &w->settings, w->now);
    subscriber_announce(&w->subscriber, true, 0x1000, 0x2000);
    w->subscriber.lose = 0; /* the test decides what is lost */
    for (uint16_t i = 100; i < 110; i++) {
        if (i != 105)
            deliver_made(w, 0x1000, i, 0);
    }
    assert_int_equal(counter_get(&w->counters.received_packets), 9);
    w->now += NACK_FIRST_DELAY;
    w->subscriber.lose = 1;
    recovery_ask(&w->subscriber, &w->transport, w->now, &w->out, &w->counters);
    w->subscriber.lose = 0;
    assert_int_equal(asked_for(w, &seq), 1);
    assert_int_equal(seq, 105);
    assert_int_equal(counter_get(&w->counters.asked), 1);
    deliver_made(w, 0x2000, 1, 105);
    deliver_made(w, 0x2000, 2, 105); /* again: not counted */
    assert_int_equal(counter_get(&w->counters.recovered), 1);
    assert_int_equal(counter_get(&w->counters.received_packets), 10);
    assert_int_equal(counter_get(&w->counters.expected_packets), 10);
    assert_int_equal(counter_get(&w->counters.reordered), 0);
    assert_true(nack_generator_deadline(w->subscriber.streams[0].nack) == USEC_NEVER);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(everything_arrives_and_is_verified),
        TEST(loss_is_what_was_lost),
        TEST(order_and_doubles_are_told_from_loss),
        TEST(forgeries_are_found),
        TEST(key_frames_come_on_request),
        TEST(a_report_ends_the_announcing),
        TEST(what_is_far_too_late_is_left_out),
        TEST(unwanted_layers_rest),
        TEST(subscribers_report),
        TEST(what_is_missing_is_asked_for_and_comes_back),
        TEST(many_streams_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
