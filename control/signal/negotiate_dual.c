/* SPDX-License-Identifier: Apache-2.0 */
/* Our offers on a subscriber's PeerConnection. */
#include "control/room/arena.h"
#include "control/room/fallback.h"
#include "control/room/participant.h"
#include "control/room/say.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"
#include "control/signal/negotiate.h"

#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_TIMEOUT (15 * USEC_PER_SEC)

static void unanswered(void *arg, usec_t now)
{
    struct transport *t = arg;
    if (t->state != SLUICE__LINK__CONNECTION__CONNECTED || !t->owner->session)
        return; /* other timeouts decide */
    static const struct sdp_error e = {.reason = "no answer"};
    negotiate_failed(t->owner, "our offer", &e, now);
}

/* A control process that took over may have met sections of tracks that ended in between. */
static void detach_orphans(struct transport *t)
{
    const struct index *x = &t->owner->room->rooms->subscriptions;
    for (uint32_t i = 0; i < t->offers->count; i++) {
        const struct sdp_offer_section *sec = &t->offers->sections[i];
        if (sec->active && !index_find(x, sec->owner))
            sdp_offer_detach(t->offers, sec->owner);
    }
}

static void detach_ended(struct transport *t)
{
    while (t->ending) {
        struct ending_slot *e = t->ending;
        t->ending = e->next;
        sdp_offer_detach(t->offers, e->owner);
        free(e);
    }
}

static void attach_waiting(struct transport *t)
{
    for (struct subscription *s = t->owner->subscriptions; s; s = s->next_of_subscriber) {
        if (s->state == SUBSCRIPTION_OFF)
            continue;
        struct sdp_sending sending;
        subscription_sending(s, &sending);
        enum sdp_kind kind =
            s->track->info->type == LIVEKIT__TRACK_TYPE__VIDEO ? SDP_VIDEO : SDP_AUDIO;
        if (sdp_offer_attach(t->offers, kind, s->index.id, &sending) < 0)
            log_warn("signal", "too many sections participant=%s", t->owner->sid);
    }
}

static void fill_map(struct arena *a, const struct transport *t, Livekit__SessionDescription *body)
{
    struct negotiate_map map = {.arena = a, .description = body};
    body->mid_to_track_id =
        ARENA_ARRAY(a, Livekit__SessionDescription__MidToTrackIdEntry *, t->offers->count);
    for (uint32_t i = 0; i < t->offers->count; i++) {
        const struct sdp_offer_section *sec = &t->offers->sections[i];
        if (!sec->active)
            continue;
        char *mid = arena_take(a, SDP_MID_MAX);
        snprintf(mid, SDP_MID_MAX, "%u", i + 1);
        negotiate_map_add(&map, mid, sec->sending.track_sid);
    }
}

static bool write_offer(struct signalling *g, struct transport *t)
{
    struct sdp_policy policy;
    struct sdp_local local;
    struct sdp_candidate candidates[TRANSPORT_CANDIDATES_MAX];
    negotiate_policy(t->owner, &policy);
    negotiate_local(t, &local, candidates);
    struct sdp_writer w = sdp_writer_of(g->scratch->sdp, sizeof g->scratch->sdp);
    return sdp_offer(t->offers, &local, &policy, &w);
}

static void send_offer(struct signalling *g, struct transport *t)
{
    struct arena a = {0};
    Livekit__SessionDescription body = LIVEKIT__SESSION_DESCRIPTION__INIT;
    body.type = (char *)(uintptr_t) "offer";
    body.sdp = g->scratch->sdp;
    body.id = ++t->offer_id;
    fill_map(&a, t, &body);
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_OFFER;
    m.offer = &body;
    say(t->owner, &m);
    arena_free(&a);
    if (!t->described)
        negotiate_trickle(t, "0");
}

void negotiate_offer_now(struct signalling *g, struct transport *t, bool restart, usec_t now)
{
    struct deadlines *ts = &g->rooms.timers;
    timer_stop(ts, &t->negotiate);
    if (restart) {
        transport_restart_ice(t);
        t->awaiting_answer = false; /* an offer of before may have been lost */
    }
    if (t->awaiting_answer) {
        t->offer_again = true;
        return;
    }
    t->offer_again = false;
    detach_ended(t);
    detach_orphans(t);
    attach_waiting(t);
    if (!write_offer(g, t)) {
        static const struct sdp_error e = {.reason = "too large"};
        negotiate_failed(t->owner, "our offer", &e, now);
        return;
    }
    t->awaiting_answer = true;
    t->last_negotiation = now;
    send_offer(g, t);
    t->answer_timeout.fire = unanswered;
    t->answer_timeout.arg = t;
    timer_start(ts, &t->answer_timeout, now + ANSWER_TIMEOUT);
}

static void subscribe(struct signalling *g, struct transport *t, usec_t now)
{
    for (uint32_t i = 0; i < t->offers->count; i++) {
        const struct sdp_offer_section *sec = &t->offers->sections[i];
        struct subscription *s =
            sec->active ? index_find(&g->rooms.subscriptions, sec->owner) : NULL;
        if (s && s->subscriber == t->owner && s->state != SUBSCRIPTION_OFF)
            subscription_bind(s, &g->scratch->facts[i], now);
    }
}

void negotiate_answer(struct signalling *g, struct transport *t,
                      const Livekit__SessionDescription *m, usec_t now)
{
    if (!t->awaiting_answer || (m->id && m->id != t->offer_id)) {
        log_debug("signal", "answer to no offer id=%u participant=%s", m->id, t->owner->sid);
        return;
    }
    struct negotiation_scratch *s = g->scratch;
    struct sdp_error e = {0};
    struct sdp_policy policy;
    struct sdp_remote remote;
    negotiate_policy(t->owner, &policy);
    memset(s->facts, 0, t->offers->count * sizeof *s->facts);
    if (!sdp_parse(&s->description, m->sdp, strlen(m->sdp), &e) ||
        !sdp_offer_apply(t->offers, &policy, &s->description, s->facts, &remote, &e)) {
        negotiate_failed(t->owner, "answer", &e, now);
        return;
    }
    t->awaiting_answer = false;
    t->last_negotiation = now;
    timer_stop(&g->rooms.timers, &t->answer_timeout);
    transport_set_remote(t, &remote);
    if (t->remote_at == 0)
        fallback_transport_changed(t, now);
    subscribe(g, t, now);
    participant_record_changed(t->owner);
    if (t->offer_again)
        negotiate_offer_now(g, t, false, now);
}
