/* SPDX-License-Identifier: Apache-2.0 */
/* Answering a client's offer. */
#include "control/room/arena.h"
#include "control/room/fallback.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/say.h"
#include "control/room/source.h"
#include "control/room/subscription.h"
#include "control/room/track_info.h"
#include "control/room/transport.h"
#include "control/signal/negotiate.h"
#include "control/signal/negotiate_single.h"

#include <stdlib.h>
#include <string.h>

/* One offer while it is worked on. */
struct offer {
    struct signalling *g;
    struct negotiation_scratch *s;
    struct transport *t;
    struct participant *p;
    uint32_t count;   /* sections */
    uint32_t planned; /* of which sources are set */
    usec_t now;
};

static bool is_taken(void *arg, const struct source *s)
{
    const struct offer *o = arg;
    for (uint32_t i = 0; i < o->planned; i++)
        if (o->s->sources[i] == s)
            return true;
    return false;
}

static void copy_mid(const struct sdp_section *sec, char mid[SDP_MID_MAX])
{
    if (!sdp_text_copy(sec->mid, mid, SDP_MID_MAX))
        mid[0] = '\0';
}

static bool still_sends(const struct offer *o, const struct source *s)
{
    struct sdp_text mid = sdp_text_of(s->facts->mid, strlen(s->facts->mid));
    const struct sdp_section *sec = sdp_section_by_mid(&o->s->description, mid);
    return sec && sdp_section_sends(sec) && sdp_section_lives(sec);
}

/* With its last codec a track is gone. */
static void end_sections(struct offer *o, struct publication *t)
{
    uint32_t ended = 0, sent = 0;
    for (uint32_t i = 0; i < t->source_count; i++) {
        sent += t->source[i].facts != NULL;
        ended += t->source[i].facts && !still_sends(o, &t->source[i]);
    }
    if (ended == sent) {
        publication_end(t, o->now);
        return;
    }
    for (uint32_t i = 0; i < t->source_count; i++)
        if (t->source[i].facts && !still_sends(o, &t->source[i]))
            publication_section_ended(&t->source[i], o->now);
}

/* Publications whose section is gone or has stopped sending. */
static void end_unpublished(struct offer *o)
{
    for (struct publication *t = o->p->publications, *next; t; t = next) {
        next = t->next;
        if (t->published)
            end_sections(o, t);
    }
}

static void plan_publishing(struct offer *o, uint32_t i, struct sdp_plan *plan)
{
    const struct sdp_section *sec = &o->s->description.sections[i];
    char mid[SDP_MID_MAX];
    copy_mid(sec, mid);
    struct source *s = publication_by_mid(o->p, mid);
    if (!s)
        s = publication_match(o->p, sec->kind, sec->track_id, is_taken, o);
    o->s->sources[i] = s;
    plan->publishing = (struct sdp_publishing){.dtx = true};
    if (!s)
        return;
    const struct publication *t = s->track;
    plan->publishing.codec = sec->kind == SDP_VIDEO ? source_codec(s) : SDP_CODEC_UNKNOWN;
    plan->publishing.red = !t->info->disable_red;
    plan->publishing.stereo = track_has_feature(t->info, LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO);
    plan->publishing.dtx = !track_has_feature(t->info, LIVEKIT__AUDIO_TRACK_FEATURE__TF_NO_DTX);
}

static void plan_section(struct offer *o, uint32_t i)
{
    const struct sdp_section *sec = &o->s->description.sections[i];
    struct sdp_plan *plan = &o->s->plans[i];
    *plan = (struct sdp_plan){.role = sdp_default_role(sec)};
    o->s->sources[i] = NULL;
    o->planned = i;
    if (plan->role == SDP_ROLE_PUBLISH)
        plan_publishing(o, i, plan);
    else if (o->t->slots && (plan->role == SDP_ROLE_IDLE || plan->role == SDP_ROLE_ENDED) &&
             sdp_section_receives(sec))
        single_plan_section(o->t, i, plan);
    o->planned = i + 1;
}

static bool write_answer(struct offer *o, const struct sdp_local *local, struct sdp_error *e)
{
    struct sdp_policy policy;
    negotiate_policy(o->p, &policy);
    memset(o->s->facts, 0, o->count * sizeof *o->s->facts);
    struct sdp_writer w = sdp_writer_of(o->s->sdp, sizeof o->s->sdp);
    return sdp_answer(&o->s->description, local, &policy, o->s->plans, &w, o->s->facts, e);
}

static struct subscription *sent_in(const struct offer *o, uint32_t i)
{
    if (o->s->plans[i].role != SDP_ROLE_SEND)
        return NULL;
    return index_find(&o->g->rooms.subscriptions, o->t->slots->slot[i].owner);
}

/* Tracks that the client has no codec for give their sections back. True if there were any: the
 * answer has to be written again. */
static bool drop_unfit(struct offer *o)
{
    bool dropped = false;
    for (uint32_t i = 0; i < o->count; i++) {
        struct subscription *s = sent_in(o, i);
        if (!s || subscription_fits(s, &o->s->facts[i]))
            continue;
        subscription_refuse(s, LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED, o->now);
        o->s->plans[i].role = SDP_ROLE_ENDED;
        dropped = true;
    }
    return dropped;
}

static void send_answer(struct offer *o, uint32_t id)
{
    struct arena a = {0};
    Livekit__SessionDescription body = LIVEKIT__SESSION_DESCRIPTION__INIT;
    body.type = (char *)(uintptr_t) "answer";
    body.sdp = o->s->sdp;
    body.id = id;
    body.mid_to_track_id =
        ARENA_ARRAY(&a, Livekit__SessionDescription__MidToTrackIdEntry *, o->count);
    struct negotiate_map map = {.arena = &a, .description = &body};
    sdp_answer_tracks(o->s->plans, o->s->facts, o->count, negotiate_map_add, &map);
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_ANSWER;
    m.answer = &body;
    say(o->p, &m);
    arena_free(&a);
    if (!o->t->described)
        negotiate_trickle(o->t, o->t->first_mid);
}

static void forget_unclaimed(struct transport *t)
{
    while (t->unclaimed) {
        struct unclaimed_section *u = t->unclaimed;
        t->unclaimed = u->next;
        unclaimed_free(u);
    }
}

static void keep_unclaimed(struct offer *o, uint32_t i)
{
    struct sdp_text id = o->s->description.sections[i].track_id;
    struct unclaimed_section *u = heap_new(sizeof *u);
    u->track_id = heap_text_of(id.at, id.len);
    u->facts = o->s->facts[i];
    struct unclaimed_section **end = &o->t->unclaimed;
    while (*end)
        end = &(*end)->next;
    *end = u;
}

static void publish(struct offer *o)
{
    forget_unclaimed(o->t);
    for (uint32_t i = 0; i < o->count; i++) {
        const struct sdp_negotiated *f = &o->s->facts[i];
        if (o->s->plans[i].role != SDP_ROLE_PUBLISH || f->rejected || f->payload_count == 0)
            continue;
        if (!o->s->sources[i]) {
            keep_unclaimed(o, i);
            continue;
        }
        struct sdp_text id = o->s->description.sections[i].track_id;
        char *track_id = heap_text_of(id.at, id.len);
        publication_negotiated(o->s->sources[i], o->t, f, track_id, o->now);
        free(track_id);
    }
}

static void subscribe(struct offer *o)
{
    for (uint32_t i = 0; i < o->count; i++) {
        struct subscription *s = sent_in(o, i);
        if (s)
            subscription_bind(s, &o->s->facts[i], o->now);
    }
}

/* Reads the offer and what it says of the transport. */
static bool read_offer(struct offer *o, const char *sdp, struct sdp_error *e)
{
    struct sdp_remote remote;
    if (!sdp_parse(&o->s->description, sdp, strlen(sdp), e) ||
        !sdp_remote_of(&o->s->description, &remote, e))
        return false;
    o->count = o->s->description.section_count;
    if (o->t->remote_set && sdp_ice_restarts(&o->t->remote, &remote))
        transport_restart_ice(o->t);
    transport_set_remote(o->t, &remote);
    if (o->t->remote_at == 0)
        fallback_transport_changed(o->t, o->now);
    copy_mid(&o->s->description.sections[0], o->t->first_mid);
    return true;
}

static bool answer(struct offer *o, struct sdp_error *e)
{
    for (uint32_t i = 0; i < o->count; i++)
        plan_section(o, i);
    struct sdp_local local;
    struct sdp_candidate candidates[TRANSPORT_CANDIDATES_MAX];
    negotiate_local(o->t, &local, candidates);
    if (!write_answer(o, &local, e))
        return false;
    return !o->t->slots || !drop_unfit(o) || write_answer(o, &local, e);
}

void negotiate_offer(struct signalling *g, struct transport *t,
                     const Livekit__SessionDescription *m, usec_t now)
{
    struct offer o = {.g = g, .s = g->scratch, .t = t, .p = t->owner, .now = now};
    struct sdp_error e = {0};
    if (!read_offer(&o, m->sdp, &e)) {
        negotiate_failed(o.p, "offer", &e, now);
        return;
    }
    t->offered = true;
    t->asked = false;
    t->last_negotiation = now;
    timer_stop(&g->rooms.timers, &t->negotiate);
    end_unpublished(&o);
    if (t->slots)
        single_take_sections(t, &o.s->description);
    if (!answer(&o, &e)) {
        negotiate_failed(o.p, "answer", &e, now);
        return;
    }
    if (t->slots)
        subscribe(&o);
    send_answer(&o, m->id);
    if (t->slots) {
        single_give_back(t);
        negotiate_ask(t, now);
    }
    publish(&o);
    participant_record_changed(o.p);
}
