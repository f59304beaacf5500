/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/cc_subscriber.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET         1200
#define PACKET_MIN     100
#define AUDIO_PACKET   140
#define AUDIO_TIME     (20 * USEC_PER_MS)
#define AUDIO_RATE     (AUDIO_PACKET * 8 * 50.0)
#define FRAME_TIME     33333
#define STEP           USEC_PER_MS
#define START          (1000 * USEC_PER_SEC)
#define AUDIO          0xff /* of link_packet.flow */
#define REMB_TIME      (240 * USEC_PER_MS)
#define TEMPORAL_SHARE 0.6 /* of a layer's rate, in its lower temporal layer */

const double camera_rates[CC_SPATIAL] = {150e3, 500e3, 1500e3};

struct subscriber *subscriber_open(const struct link_step *steps, unsigned n_steps, usec_t delay,
                                   usec_t queue_max, unsigned tracks, bool allow_pause)
{
    static const struct link_step fast = {0, 1e9};
    struct subscriber *s = calloc(1, sizeof *s);
    if (!s || !link_init(&s->forward, steps, n_steps, delay, queue_max) ||
        !link_init(&s->back, &fast, 1, delay, queue_max))
        abort();
    s->chance = 1;
    s->n = tracks;
    controller_init(&s->controller, allow_pause);
    cc_history_init(&s->history, s->slots);
    twcc_recorder_init(&s->recorder, 1);
    for (unsigned i = 0; i < tracks; i++)
        s->tracks[i] = (struct camera_track){.max_spatial = i == 0 ? 2 : 1,
                                             .choice = {.spatial = i == 0 ? 2 : 1, .temporal = 1},
                                             .next_frame = i * 1111};
    s->controller.stale = true;
    return s;
}

void subscriber_close(struct subscriber *s)
{
    link_free(&s->forward);
    link_free(&s->back);
    free(s);
}

static void send_packet(struct subscriber *s, uint16_t size, bool marker)
{
    uint16_t seq = s->history.next;
    cc_history_put(&s->history, size, s->now + START);
    s->sent++;
    struct link_packet *p = link_send(&s->forward, &s->chance, size, s->now);
    s->lost += p == NULL;
    if (!p)
        return;
    p->flow = 0;
    p->seq = seq;
    p->marker = marker;
}

static double rate(const struct cc_choice *c)
{
    return c->paused ? 0 : camera_rates[c->spatial] * (c->temporal ? 1 : TEMPORAL_SHARE);
}

static void send_frames(struct subscriber *s)
{
    for (unsigned i = 0; i < s->n; i++) {
        struct camera_track *t = &s->tracks[i];
        if (s->now < t->next_frame)
            continue;
        t->next_frame += FRAME_TIME;
        double bytes = rate(&t->choice) / 8 * FRAME_TIME / USEC_PER_SEC;
        t->frames += bytes > 0;
        for (; bytes > 0; bytes -= PACKET)
            send_packet(s, (uint16_t)fmax(fmin(bytes, PACKET), PACKET_MIN), bytes <= PACKET);
    }
}

static void send_audio(struct subscriber *s)
{
    if (s->now < s->next_audio)
        return;
    s->next_audio = s->now + AUDIO_TIME;
    s->audio_sent++;
    struct link_packet *p = link_send(&s->forward, &s->chance, AUDIO_PACKET, s->now);
    s->audio_lost += p == NULL;
    if (p)
        p->flow = AUDIO;
}

static void choose(struct subscriber *s)
{
    struct cc_track tracks[SUBSCRIBER_TRACKS] = {0};
    for (unsigned i = 0; i < s->n; i++) {
        tracks[i] = (struct cc_track){.max_spatial = s->tracks[i].max_spatial,
                                      .max_temporal = 3,
                                      .screen_share = s->tracks[i].screen_share,
                                      .choice = s->tracks[i].choice};
        for (unsigned l = 0; l < CC_SPATIAL; l++)
            for (unsigned q = 0; q < CC_TEMPORAL; q++)
                tracks[i].rates[l][q] = camera_rates[l] * (q ? 1 : TEMPORAL_SHARE);
    }
    controller_allocate(&s->controller, tracks, s->n, AUDIO_RATE, s->now + START);
    for (unsigned i = 0; i < s->n; i++) {
        struct camera_track *t = &s->tracks[i];
        t->switches += t->choice.paused != tracks[i].choice.paused ||
                       t->choice.spatial != tracks[i].choice.spatial;
        t->choice = tracks[i].choice;
    }
}

static void control(struct subscriber *s)
{
    while (controller_probe_due(&s->controller, &s->history, s->now + START) > 0) {
        send_packet(s, PACKET, false);
        s->probes++;
    }
    if (s->controller.stale || s->controller.check_at <= s->now + START)
        choose(s);
}

static void receive(struct subscriber *s)
{
    const struct link_packet *p;
    usec_t second = s->now % USEC_PER_SEC;
    if (s->stalls && second < 150 * USEC_PER_MS)
        return;
    while ((p = link_take(&s->forward, s->now))) {
        s->arrived += p->size;
        if (p->flow == AUDIO)
            continue;
        usec_t at = s->stalls ? s->now : p->arrives;
        if (!s->remb)
            twcc_recorder_record(&s->recorder, p->seq, 1, p->marker, at + START);
    }
}

static void answer(struct subscriber *s)
{
    uint8_t buf[FEEDBACK_MAX];
    size_t len;
    while (twcc_recorder_deadline(&s->recorder) <= s->now + START &&
           (len = twcc_recorder_feedback(&s->recorder, s->now + START, buf, sizeof buf)) > 0) {
        struct link_packet *p = link_send(&s->back, &s->chance, (uint16_t)len, s->now);
        if (p)
            memcpy(p->bytes, buf, len);
    }
}

/* A receiver's estimate, roughly: up by eight percent a second, at most half as much again as what
 * arrives; what arrives, less a part, when the queue is long. */
static void estimate(struct subscriber *s)
{
    if (!s->remb || s->now < s->next_remb)
        return;
    double got = (double)(s->arrived - s->remb_arrived) * 8 * USEC_PER_SEC / REMB_TIME;
    s->remb_arrived = s->arrived;
    s->next_remb = s->now + REMB_TIME;
    bool queue = s->forward.busy_until > s->now + 60 * USEC_PER_MS;
    s->remb_bps = queue ? 0.85 * got : fmin(fmax(s->remb_bps * 1.02, got / 2), 1.5 * got + 10000);
    controller_remb(&s->controller, s->remb_bps, s->history.bytes, s->now + START);
}

static void hear(struct subscriber *s)
{
    const struct link_packet *p;
    while ((p = link_take(&s->back, s->now))) {
        struct rtcp_cursor at = rtcp_begin(p->bytes, p->size);
        struct rtcp_packet rtcp;
        struct rtcp_twcc t;
        struct rtcp_twcc_cursor c;
        while (rtcp_next(&at, &rtcp))
            if (rtcp_read_twcc(&rtcp, &t, &c))
                controller_feedback(&s->controller, &s->history, &t, &c, s->now + START);
    }
}

void subscriber_run(struct subscriber *s, usec_t until)
{
    for (; s->now < until; s->now += STEP) {
        receive(s);
        answer(s);
        estimate(s);
        hear(s);
        control(s);
        send_frames(s);
        send_audio(s);
        if (getenv("CC_TRACE") && s->now % (500 * USEC_PER_MS) == 0)
            fprintf(stderr,
                    "%6.1f est %7.0f budget %7.0f used %7.0f queue %4.0f ok %u goal %.0f layers %u "
                    "%u %u p %u\n",
                    s->now / 1e6, bwe_estimate(&s->controller.bwe) / 1e3,
                    controller_budget(&s->controller) / 1e3, s->controller.last.used / 1e3,
                    s->forward.busy_until > s->now ? (s->forward.busy_until - s->now) / 1e3 : 0,
                    s->controller.bwe.prober.successes, s->controller.bwe.prober.goal / 1e3,
                    subscriber_in_layer(s, 0), subscriber_in_layer(s, 1), subscriber_in_layer(s, 2),
                    subscriber_paused(s));
    }
}

unsigned subscriber_in_layer(const struct subscriber *s, unsigned spatial)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++)
        n += !s->tracks[i].choice.paused && s->tracks[i].choice.spatial == spatial;
    return n;
}

unsigned subscriber_paused(const struct subscriber *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->n; i++)
        n += s->tracks[i].choice.paused;
    return n;
}

unsigned subscriber_switches(struct subscriber *s)
{
    unsigned most = 0;
    for (unsigned i = 0; i < s->n; i++) {
        most = s->tracks[i].switches > most ? s->tracks[i].switches : most;
        s->tracks[i].switches = 0;
    }
    return most;
}
