/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A subscriber's line and what is sent to it: caps, pauses, transport-wide numbers and feedback,
 * probes.
 */
#include "tests/unit/media_camera.h"

#include "dataplane/rtcp/build.h"
#include "dataplane/rtcp/twcc_recorder.h"
#include "dataplane/rtp/extension.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FRAME_TIME 66667

/* Alice's camera in three encodings of about 43, 170 and 640 kbit/s; Bob behind a line. */
struct call {
    struct world *w;
    struct peer *alice, *bob;
    struct camera cam;
    handle_t track, down;
    struct media_downtrack d;
    double line; /* bit/s; 0: no limit */
    usec_t busy_until;
    struct twcc_recorder recorder;
    uint64_t numbered;
    uint16_t next_number;
    unsigned probes, media;
};

static struct call call_open(const struct media_bandwidth *bandwidth)
{
    struct call c = {.w = world_open(1)};
    c.alice = world_peer(c.w, 0);
    c.bob = world_peer(c.w, 0);
    c.cam = camera_of(c.alice);
    c.track = world_video_track(c.w, c.alice, 3, 0, NULL);
    world_command(c.w, 0,
                  &(struct media_command){.type = MEDIA_SET_BANDWIDTH,
                                          .handle = c.bob->session,
                                          .bandwidth = *bandwidth});
    c.down = world_downtrack(c.w, c.bob, c.track, true, &c.d);
    c.d.extensions.transport_cc = EXT_TRANSPORT_CC;
    world_set_downtrack(c.w, c.bob, c.down, &c.d);
    twcc_recorder_init(&c.recorder, 77);
    return c;
}

static void set_bandwidth(struct call *c, bool allow_pause, uint64_t cap)
{
    world_command(c->w, 0,
                  &(struct media_command){
                      .type = MEDIA_SET_BANDWIDTH,
                      .handle = c->bob->session,
                      .bandwidth = {.estimated = true, .allow_pause = allow_pause, .cap = cap}});
    world_settle(c->w);
}

static uint16_t number_of(const struct mail *m)
{
    struct rtp_extension e;
    uint16_t n = 0;
    assert_true(rtp_extension_find(&m->rtp, EXT_TRANSPORT_CC, &e) && transport_cc_get(&e, &n));
    return n;
}

/* What has come to Bob goes over his line; what it takes arrives. */
static void over_the_line(struct call *c)
{
    for (unsigned i = 0; i < c->bob->n; i++) {
        const struct mail *m = &c->bob->inbox[i];
        if (m->rtcp)
            continue;
        uint16_t n = number_of(m);
        assert_int_equal(n, c->next_number); /* every packet counts, whatever its SSRC */
        c->next_number++;
        c->numbered++;
        c->probes += m->rtp.ssrc == c->d.rtx_ssrc;
        c->media += m->rtp.ssrc == c->d.ssrc;
        usec_t begin = c->busy_until > m->at ? c->busy_until : m->at;
        if (c->line > 0 && begin - m->at > 300000)
            continue;
        c->busy_until = begin + (c->line > 0 ? (usec_t)((double)m->len * 8e6 / c->line) : 0);
        twcc_recorder_record(&c->recorder, n, m->rtp.ssrc, m->rtp.marker, c->busy_until);
    }
    peer_forget(c->bob);
}

static void feedback(struct call *c)
{
    uint8_t buf[RTCP_COMPOUND_MAX];
    size_t len;
    while (twcc_recorder_deadline(&c->recorder) <= c->w->now &&
           (len = twcc_recorder_feedback(&c->recorder, c->w->now, buf, sizeof buf)) > 0) {
        peer_send_rtcp(c->w, c->bob, buf, len);
        world_settle(c->w);
    }
}

/* Frames of all layers for so long; each layer's are key frames when it was asked for. */
static void play(struct call *c, usec_t time)
{
    static const unsigned packets[] = {2, 8, 30};
    for (usec_t end = c->w->now + time; c->w->now < end;) {
        for (unsigned l = 0; l < 3; l++) {
            unsigned plis = plis_for(c->alice, camera_ssrc(l));
            c->cam.packets = packets[l];
            send_frame(c->w, &c->cam, l, plis > 0 || c->numbered == 0);
        }
        peer_forget(c->alice);
        send_reports(c->w, &c->cam);
        for (unsigned ms = 0; ms < FRAME_TIME / 1000; ms += 6) {
            world_pass(c->w, 6 * USEC_PER_MS);
            over_the_line(c);
            feedback(c);
        }
    }
}

static uint8_t layer(struct call *c)
{
    return downtrack_current(downtrack_of(c->w->media[0], c->down));
}

static void the_cap_chooses_layers(void **state)
{
    (void)state;
    struct call c = call_open(&(struct media_bandwidth){.estimated = true});
    play(&c, 3 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 2);
    set_bandwidth(&c, false, 120000);
    c.media = 0;
    play(&c, 2 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 0);
    c.media = 0;
    play(&c, 1 * USEC_PER_SEC);
    assert_in_range(c.media, 20, 40); /* two packets a frame */
    set_bandwidth(&c, false, 1);      /* nothing fits, but the lowest goes */
    play(&c, 2 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 0);
    set_bandwidth(&c, false, 0);
    play(&c, 2 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 2);
    assert_int_equal(world_events(c.w, MEDIA_DOWNTRACK_PAUSED, NULL), 0);
    assert_int_equal(c.probes, 0);
    world_close(c.w);
}

static void what_does_not_fit_is_paused_and_told(void **state)
{
    (void)state;
    struct media_event e;
    struct call c = call_open(&(struct media_bandwidth){.estimated = true, .allow_pause = true});
    play(&c, 2 * USEC_PER_SEC);
    set_bandwidth(&c, true, 10000);
    play(&c, 1 * USEC_PER_SEC);
    assert_int_equal(world_events(c.w, MEDIA_DOWNTRACK_PAUSED, &e), 1);
    assert_true(e.paused && e.handle == c.down);
    c.media = 0;
    play(&c, 1 * USEC_PER_SEC);
    assert_int_equal(c.media, 0);
    set_bandwidth(&c, true, 0);
    play(&c, 1 * USEC_PER_SEC);
    assert_int_equal(world_events(c.w, MEDIA_DOWNTRACK_PAUSED, &e), 2);
    assert_false(e.paused);
    assert_true(c.media > 0);
    assert_int_equal(c.bob->bad, 0);
    world_close(c.w);
}

/* The line gets thin, then wide again: layers follow, by feedback and probes alone. */
static void layers_follow_feedback(void **state)
{
    (void)state;
    struct call c = call_open(&(struct media_bandwidth){.estimated = true});
    c.line = 2e6;
    play(&c, 5 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 2);
    assert_int_equal(c.probes, 0);
    c.line = 3e5;
    play(&c, 3 * USEC_PER_SEC);
    assert_in_range(layer(&c), 0, 1);
    play(&c, 20 * USEC_PER_SEC);
    assert_in_range(layer(&c), 0, 1);
    c.line = 5e6;
    c.probes = 0;
    usec_t since = c.w->now;
    while (layer(&c) != 2 && c.w->now < since + 20 * USEC_PER_SEC)
        play(&c, 100 * USEC_PER_MS);
    print_message("up after %.1f s, %u probe packets\n", (double)(c.w->now - since) / USEC_PER_SEC,
                  c.probes);
    assert_int_equal(layer(&c), 2);
    assert_true(c.probes > 0);
    assert_int_equal(world_count(c.w, COUNTER_TX_PROBES) > 0, true);
    assert_int_equal(c.bob->bad, 0);
    play(&c, 10 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 2);
    world_close(c.w);
}

/* Without estimation numbers are written all the same, and nothing follows from feedback. */
static void numbers_without_estimation(void **state)
{
    (void)state;
    struct call c = call_open(&(struct media_bandwidth){0});
    c.line = 2e5;
    play(&c, 5 * USEC_PER_SEC);
    assert_int_equal(layer(&c), 2);
    assert_true(c.numbered > 1000);
    world_close(c.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cap_chooses_layers),
        cmocka_unit_test(what_does_not_fit_is_paused_and_told),
        cmocka_unit_test(layers_follow_feedback),
        cmocka_unit_test(numbers_without_estimation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
