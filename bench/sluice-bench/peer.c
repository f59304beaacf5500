/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/peer.h"

#include "bench/sluice-bench/negotiate.h"
#include "bench/sluice-bench/recovery.h"
#include "common/log.h"
#include "common/random.h"
#include "dataplane/rtcp/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- life --- */

static void init_offer(struct peer *p)
{
    struct offer *o = &p->offer;
    *o = (struct offer){.session = random_u64() >> 2,
                        .layers = p->context->settings->layers,
                        .audio_ssrc = random_u32() | 1,
                        .video_ssrc = random_u32() & ~0xfu};
    random_ice_chars(o->ufrag, OFFER_UFRAG);
    random_ice_chars(o->pwd, OFFER_PWD);
    dtls_context_fingerprint(p->context->dtls, o->fingerprint);
    random_id(o->audio_cid, "audio-", 16);
    random_id(o->video_cid, "video-", 16);
    offer_add(o, OFFER_RECEIVE_AUDIO, p->context->settings->free_slots);
    offer_add(o, OFFER_RECEIVE_VIDEO, p->context->settings->free_slots);
}

void peer_init(struct peer *p, struct peer_context *context, size_t index)
{
    *p = (struct peer){.context = context};
    p->member = shape_member(&context->settings->shape, index);
    snprintf(p->room, sizeof p->room, "%.200s-%u", context->settings->room, p->member.room);
    snprintf(p->identity, sizeof p->identity, "peer-%zu", index);
    init_offer(p);
}

void peer_free(struct peer *p)
{
    signal_destroy(p->signal);
    transport_free(&p->transport);
    subscriber_free(&p->subscriber);
    p->signal = NULL;
}

void peer_fail(struct peer *p, const char *reason)
{
    if (p->state == PEER_FAILED || p->state == PEER_GONE)
        return;
    log_warn("peer", "failed room=%s identity=%s reason=\"%s\"", p->room, p->identity, reason);
    p->state = PEER_FAILED;
    p->publisher.running = false;
    counter_add(&p->context->counters.failed, 1);
}

static void on_response(void *user, const Livekit__SignalResponse *m);
static void on_janus(void *user, enum janus_event event, const char *text);

static struct signal *open_livekit(struct peer *p)
{
    char *offer = offer_write(&p->offer);
    struct livekit_join join = {.room = p->room,
                                .identity = p->identity,
                                .subscribes = p->member.subscribes,
                                .publishes = p->member.audio || p->member.video,
                                .offer = offer};
    p->offer_outstanding = true;
    struct signal *g = NULL;
    if (offer)
        g = livekit_open(p->context->settings, &join, on_response, p);
    free(offer);
    return g;
}

bool peer_start(struct peer *p, usec_t now)
{
    const struct settings *s = p->context->settings;
    transport_init(&p->transport, p->context->dtls, p->context->srtp, p->offer.pwd);
    subscriber_init(&p->subscriber, s, now);
    p->began = now;
    p->state = PEER_JOINING;
    counter_add(&p->context->counters.started, 1);
    counter_add(&p->context->counters.offers, 1);
    p->signal = s->janus ? janus_open(s, p->room, p->member.audio || p->member.video, on_janus, p)
                         : open_livekit(p);
    if (!p->signal)
        peer_fail(p, "cannot make a join request");
    return p->signal != NULL;
}

void peer_leave(struct peer *p)
{
    if (p->state != PEER_JOINING && p->state != PEER_UP)
        return;
    signal_leave(p->signal);
    p->publisher.running = false;
    p->state = PEER_GONE;
}

/* --- signalling --- */

static void on_joined(struct peer *p)
{
    p->joined = p->now;
    counter_add(&p->context->counters.joined, 1);
    histogram_add(&p->context->counters.join_time, p->joined - p->began);
}

static void on_janus(void *user, enum janus_event event, const char *text)
{
    struct peer *p = user;
    if (event == JANUS_JOINED || event == JANUS_OFFER)
        on_joined(p);
    negotiate_janus(p, event, text);
}

static void on_left(struct peer *p, const Livekit__LeaveRequest *leave)
{
    char text[64];
    snprintf(text, sizeof text, "the server says leave, reason %d action %d", (int)leave->reason,
             (int)leave->action);
    if (p->state != PEER_GONE)
        counter_add(&p->context->counters.left, 1);
    peer_fail(p, text);
}

static unsigned wanted_layers(const Livekit__SubscribedQualityUpdate *m)
{
    size_t n = m->n_subscribed_qualities;
    Livekit__SubscribedQuality **qualities = m->subscribed_qualities;
    if (m->n_subscribed_codecs > 0) {
        n = m->subscribed_codecs[0]->n_qualities;
        qualities = m->subscribed_codecs[0]->qualities;
    }
    unsigned wanted = 0;
    for (size_t i = 0; i < n; i++) {
        if (qualities[i]->enabled && (unsigned)qualities[i]->quality < SETTINGS_LAYERS)
            wanted |= 1u << qualities[i]->quality;
    }
    return wanted;
}

static void on_response(void *user, const Livekit__SignalResponse *m)
{
    struct peer *p = user;
    switch (m->message_case) {
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_JOIN:
        on_joined(p);
        negotiate_tracks(p);
        break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER:
        negotiate_answer(p, m->answer);
        break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_TRICKLE:
        negotiate_candidate(p, m->trickle->candidateinit);
        break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_MEDIA_SECTIONS_REQUIREMENT:
        negotiate_sections(p, m->media_sections_requirement->num_audios,
                           m->media_sections_requirement->num_videos);
        break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE:
        if (p->context->settings->layers > 1)
            publisher_layers(&p->publisher, wanted_layers(m->subscribed_quality_update));
        break;
    case LIVEKIT__SIGNAL_RESPONSE__MESSAGE_LEAVE:
        on_left(p, m->leave);
        break;
    default:
        break;
    }
}

void peer_signal_input(struct peer *p, const uint8_t *data, size_t len, usec_t now)
{
    p->now = now;
    if (p->state != PEER_JOINING && p->state != PEER_UP)
        return;
    if (len == 0)
        peer_fail(p, "the signalling connection ended");
    else if (!signal_input(p->signal, data, len, now))
        peer_fail(p, signal_error(p->signal));
}

const uint8_t *peer_signal_output(struct peer *p, size_t *len)
{
    *len = 0;
    return p->signal && p->state != PEER_FAILED ? signal_output(p->signal, len) : NULL;
}

void peer_signal_written(struct peer *p, size_t n)
{
    signal_written(p->signal, n);
}

/* --- media --- */

static void start_media(struct peer *p, usec_t now)
{
    if (p->transport.state != TRANSPORT_CONNECTED || !p->tracks_negotiated ||
        p->publisher.running || p->publisher.count == 0)
        return;
    publisher_start(&p->publisher, now);
    counter_add(&p->context->counters.publishing, 1);
}

static void watch_transport(struct peer *p, usec_t now)
{
    if (p->transport.state == TRANSPORT_FAILED) {
        peer_fail(p, transport_error(&p->transport));
    } else if (p->transport.state == TRANSPORT_CONNECTED && p->connected == 0) {
        p->connected = now;
        p->state = PEER_UP;
        counter_add(&p->context->counters.connected, 1);
        histogram_add(&p->context->counters.connect_time, now - p->began);
    }
}

static void take_rtcp(struct peer *p, const uint8_t *data, size_t len, usec_t now)
{
    if (!rtcp_valid(data, len)) {
        counter_add(&p->context->counters.malformed, 1);
        return;
    }
    publisher_rtcp(&p->publisher, data, len, now, &p->context->counters);
    subscriber_rtcp(&p->subscriber, data, len, now);
}

void peer_datagram(struct peer *p, const struct net_addr *from, uint8_t *data, size_t len,
                   usec_t now, uint64_t wall)
{
    struct peer_context *x = p->context;
    if (p->state != PEER_JOINING && p->state != PEER_UP)
        return;
    switch (transport_input(&p->transport, from, data, &len, now, &x->out)) {
    case TRANSPORT_RTP:
        subscriber_rtp(&p->subscriber, &p->transport, data, len, now, wall, &x->counters);
        break;
    case TRANSPORT_RTCP:
        take_rtcp(p, data, len, now);
        break;
    case TRANSPORT_TAKEN:
        watch_transport(p, now);
        start_media(p, now);
        break;
    case TRANSPORT_BAD:
        counter_add(&x->counters.malformed, 1);
        break;
    }
}

static usec_t earlier(usec_t a, usec_t b)
{
    return a < b ? a : b;
}

usec_t peer_deadline(const struct peer *p)
{
    if (p->state != PEER_JOINING && p->state != PEER_UP)
        return USEC_NEVER;
    usec_t at = earlier(signal_deadline(p->signal), transport_deadline(&p->transport));
    if (p->state == PEER_UP)
        at = earlier(
            at, earlier(publisher_deadline(&p->publisher), subscriber_deadline(&p->subscriber)));
    return at;
}

void peer_run(struct peer *p, usec_t now, uint64_t wall)
{
    struct peer_context *x = p->context;
    if (p->state != PEER_JOINING && p->state != PEER_UP)
        return;
    signal_run(p->signal, now);
    transport_run(&p->transport, now, &x->out);
    watch_transport(p, now);
    start_media(p, now);
    if (p->state != PEER_UP)
        return;
    publisher_run(&p->publisher, &p->transport, now, wall, &x->out, &x->counters);
    subscriber_run(&p->subscriber, &p->transport, now, &x->out);
    recovery_ask(&p->subscriber, &p->transport, now, &x->out, &x->counters);
}
