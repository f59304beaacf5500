/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/sluice-bench/negotiate.h"

#include "control/sdp/candidate.h"
#include "control/sdp/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- tracks --- */

static void add_track(struct peer *p, Livekit__AddTrackRequest *track)
{
    Livekit__SignalRequest m = LIVEKIT__SIGNAL_REQUEST__INIT;
    m.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_ADD_TRACK;
    m.add_track = track;
    livekit_send(p->signal, &m);
}

static void add_audio_track(struct peer *p)
{
    Livekit__AddTrackRequest track = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    track.cid = p->offer.audio_cid;
    track.type = LIVEKIT__TRACK_TYPE__AUDIO;
    track.source = LIVEKIT__TRACK_SOURCE__MICROPHONE;
    track.disable_red = 1;
    add_track(p, &track);
}

static void add_video_track(struct peer *p)
{
    static char codec[] = "vp8", rids[SETTINGS_LAYERS][2] = {"q", "h", "f"};
    const struct settings *s = p->context->settings;
    Livekit__VideoLayer layers[SETTINGS_LAYERS], *list[SETTINGS_LAYERS];
    for (unsigned i = 0; i < s->layers; i++) {
        livekit__video_layer__init(&layers[i]);
        unsigned shift = s->layers - 1 - i;
        layers[i].quality = (Livekit__VideoQuality)(s->layers == 1 ? 2 : i);
        layers[i].width = 1280 >> shift;
        layers[i].height = 720 >> shift;
        layers[i].bitrate = s->kbps[i] * 1000;
        layers[i].rid = rids[i];
        list[i] = &layers[i];
    }
    Livekit__SimulcastCodec simulcast = LIVEKIT__SIMULCAST_CODEC__INIT, *codecs[] = {&simulcast};
    simulcast.codec = codec;
    simulcast.cid = p->offer.video_cid;
    simulcast.layers = list;
    simulcast.n_layers = s->layers;
    Livekit__AddTrackRequest track = LIVEKIT__ADD_TRACK_REQUEST__INIT;
    track.cid = p->offer.video_cid;
    track.type = LIVEKIT__TRACK_TYPE__VIDEO;
    track.source = LIVEKIT__TRACK_SOURCE__CAMERA;
    track.width = 1280;
    track.height = 720;
    track.layers = list;
    track.n_layers = s->layers;
    track.simulcast_codecs = codecs;
    track.n_simulcast_codecs = 1;
    add_track(p, &track);
}

/* --- offers --- */

static void send_offer(struct peer *p)
{
    if (p->offer_outstanding) {
        p->offer_again = true;
        return;
    }
    char *sdp = offer_write(&p->offer);
    if (!sdp) {
        peer_fail(p, "out of memory");
        return;
    }
    p->offer_again = false;
    p->offer_outstanding = true;
    p->tracks_offered = offer_find(&p->offer, OFFER_SEND_AUDIO) >= 0 ||
                        offer_find(&p->offer, OFFER_SEND_VIDEO) >= 0;
    livekit_send_offer(p->signal, sdp, p->offer.version);
    counter_add(&p->context->counters.offers, 1);
    free(sdp);
}

void negotiate_tracks(struct peer *p)
{
    if (!p->member.audio && !p->member.video)
        return;
    if (p->member.audio && offer_add(&p->offer, OFFER_SEND_AUDIO, 1))
        add_audio_track(p);
    if (p->member.video && offer_add(&p->offer, OFFER_SEND_VIDEO, 1))
        add_video_track(p);
    publisher_init(&p->publisher, p->context->settings, &p->offer);
    send_offer(p);
}

void negotiate_sections(struct peer *p, unsigned audios, unsigned videos)
{
    if (audios > OFFER_SECTIONS_MAX || videos > OFFER_SECTIONS_MAX ||
        !offer_add(&p->offer, OFFER_RECEIVE_AUDIO, audios) ||
        !offer_add(&p->offer, OFFER_RECEIVE_VIDEO, videos)) {
        peer_fail(p, "the server wants too many sections");
        return;
    }
    send_offer(p);
}

/* --- candidates --- */

static void take_candidate(struct peer *p, const struct sdp_trickled_candidate *c)
{
    if (!c->tcp && c->component == 1 && c->addr.family == p->context->family)
        connectivity_candidate(&p->transport.ice, &c->addr);
}

void negotiate_candidate(struct peer *p, const char *json)
{
    struct sdp_trickled_candidate c;
    if (sdp_candidate_read_init(json, strlen(json), &c) == SDP_TRICKLED_CANDIDATE)
        take_candidate(p, &c);
}

static void take_candidates(struct peer *p, const char *sdp)
{
    struct sdp_trickled_candidate c;
    for (const char *at = strstr(sdp, "a=candidate:"); at; at = strstr(at + 1, "a=candidate:")) {
        if (sdp_candidate_read(at, strcspn(at, "\r\n"), &c) == SDP_TRICKLED_CANDIDATE)
            take_candidate(p, &c);
    }
}

/* --- answers --- */

static void take_streams(struct peer *p, const struct sdp_description *d)
{
    for (uint32_t i = 0; i < d->section_count && i < p->offer.count; i++) {
        const struct sdp_section *s = &d->sections[i];
        uint8_t kind = p->offer.sections[i];
        if ((kind != OFFER_RECEIVE_AUDIO && kind != OFFER_RECEIVE_VIDEO) || !sdp_section_sends(s))
            continue;
        for (unsigned k = 0; k < s->source_count; k++)
            subscriber_announce(&p->subscriber, kind == OFFER_RECEIVE_VIDEO, s->sources[k].ssrc,
                                s->sources[k].rtx_ssrc);
    }
}

/* Asks for one quality of all videos of the answer. */
static void ask_quality(struct peer *p, const Livekit__SessionDescription *m)
{
    char **sids = calloc(m->n_mid_to_track_id + 1, sizeof *sids);
    size_t n = 0;
    for (size_t i = 0; sids && i < m->n_mid_to_track_id; i++) {
        if (strncmp(m->mid_to_track_id[i]->value, "TR_V", 4) == 0)
            sids[n++] = m->mid_to_track_id[i]->value;
    }
    Livekit__UpdateTrackSettings settings = LIVEKIT__UPDATE_TRACK_SETTINGS__INIT;
    settings.track_sids = sids;
    settings.n_track_sids = n;
    settings.quality = (Livekit__VideoQuality)p->context->settings->quality;
    Livekit__SignalRequest request = LIVEKIT__SIGNAL_REQUEST__INIT;
    request.message_case = LIVEKIT__SIGNAL_REQUEST__MESSAGE_TRACK_SETTING;
    request.track_setting = &settings;
    if (n > 0)
        livekit_send(p->signal, &request);
    free(sids);
}

/* Reads a description into the scratch of the context and tells the transport. Who answers an offer
 * is the DTLS client. */
static bool take_description(struct peer *p, const char *sdp, bool is_offer)
{
    struct sdp_description *d = p->context->description;
    struct sdp_error error;
    struct sdp_remote remote;
    if (!sdp_parse(d, sdp, strlen(sdp), &error) || !sdp_remote_of(d, &remote, &error)) {
        peer_fail(p, error.reason);
        return false;
    }
    take_candidates(p, sdp);
    transport_remote(&p->transport, p->offer.ufrag, &remote, is_offer || remote.dtls_client,
                     p->now);
    return true;
}

void negotiate_answer(struct peer *p, const Livekit__SessionDescription *m)
{
    if (!p->offer_outstanding || (m->id != 0 && m->id != p->offer.version) ||
        !take_description(p, m->sdp, false))
        return;
    p->offer_outstanding = false;
    p->tracks_negotiated = p->tracks_offered;
    take_streams(p, p->context->description);
    if (p->context->settings->quality >= 0)
        ask_quality(p, m);
    if (p->offer_again)
        send_offer(p);
}

/* --- Janus --- */

static void publish_to_janus(struct peer *p)
{
    p->offer.count = 0;
    if (p->member.audio)
        offer_add(&p->offer, OFFER_SEND_AUDIO, 1);
    if (p->member.video)
        offer_add(&p->offer, OFFER_SEND_VIDEO, 1);
    publisher_init(&p->publisher, p->context->settings, &p->offer);
    char *sdp = offer_write(&p->offer);
    if (sdp)
        janus_publish(p->signal, sdp);
    free(sdp);
}

static void subscribe_to_janus(struct peer *p, const char *offer)
{
    const struct sdp_description *d = p->context->description;
    if (!take_description(p, offer, true))
        return;
    for (uint32_t i = 0; i < d->section_count; i++) {
        const struct sdp_section *s = &d->sections[i];
        for (unsigned k = 0; k < s->source_count; k++)
            subscriber_announce(&p->subscriber, s->kind == SDP_VIDEO, s->sources[k].ssrc,
                                s->sources[k].rtx_ssrc);
    }
    char *answer = offer_answer(&p->offer, d);
    if (answer)
        janus_start(p->signal, answer);
    free(answer);
}

void negotiate_janus(struct peer *p, enum janus_event event, const char *text)
{
    switch (event) {
    case JANUS_JOINED:
        publish_to_janus(p);
        break;
    case JANUS_ANSWER:
        p->tracks_negotiated = take_description(p, text, false);
        break;
    case JANUS_OFFER:
        subscribe_to_janus(p, text);
        break;
    case JANUS_ERROR:
        peer_fail(p, text);
        break;
    }
}
