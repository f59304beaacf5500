/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/subscription.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/commands.h"
#include "control/room/dynacast.h"
#include "control/room/forward.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/permission.h"
#include "control/room/publication.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/source.h"
#include "control/room/track_info.h"
#include "control/room/transport.h"
#include "control/room/wish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a stream's name in descriptions; it is the client's. */
#define STREAM_NAME_MAX 40

#define SETTLE_TIME (100 * USEC_PER_MS)

static void negotiate(struct participant *p, usec_t now)
{
    struct room_output *out = &p->room->rooms->out;
    out->negotiate(out->ctx, p, now);
}

static void apply_settings(void *arg, usec_t now)
{
    struct subscription *s = arg;
    s->applied = s->settings;
    if (s->state == SUBSCRIPTION_OPEN)
        command_open_subscription(s);
    else if (s->state == SUBSCRIPTION_AWAITING)
        dynacast_source_changed(s->source, now);
}

static uint32_t new_ssrc(void)
{
    for (;;) {
        uint32_t ssrc = random_u32();
        if (ssrc != 0)
            return ssrc;
    }
}

/* Chromium attaches no decryption to a stream that comes back in its section under the SSRC that it
 * had there before. */
static void new_streams(struct subscription *s)
{
    s->ssrc = new_ssrc();
    s->rtx_ssrc = s->track->info->type == LIVEKIT__TRACK_TYPE__VIDEO ? new_ssrc() : 0;
}

struct subscription *subscription_new(struct participant *p, struct publication *t, uint64_t id)
{
    struct subscription *s = heap_new(sizeof *s);
    s->index.id = id;
    s->subscriber = p;
    s->track = t;
    new_streams(s);
    s->settings.quality =
        p->adaptive_stream ? LIVEKIT__VIDEO_QUALITY__LOW : LIVEKIT__VIDEO_QUALITY__HIGH;
    s->applied = s->settings;
    s->settle = (struct timer){.fire = apply_settings, .arg = s};
    s->next_of_subscriber = p->subscriptions;
    p->subscriptions = s;
    s->next_of_track = t->subscribers;
    t->subscribers = s;
    index_add(&p->room->rooms->subscriptions, &s->index);
    return s;
}

struct subscription *subscription_find(const struct participant *p, const struct publication *t)
{
    for (struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
        if (s->track == t)
            return s;
    return NULL;
}

void subscription_free(struct subscription *s)
{
    struct rooms *rs = s->subscriber->room->rooms;
    timer_stop(&rs->timers, &s->settle);
    for (struct subscription **at = &s->subscriber->subscriptions; *at;
         at = &(*at)->next_of_subscriber)
        if (*at == s) {
            *at = s->next_of_subscriber;
            break;
        }
    for (struct subscription **at = &s->track->subscribers; *at; at = &(*at)->next_of_track)
        if (*at == s) {
            *at = s->next_of_track;
            break;
        }
    index_remove(&rs->subscriptions, &s->index);
    free(s->facts);
    free(s);
}

/* Off, with its section to be given back by the next description. */
static void stop(struct subscription *s, usec_t now)
{
    struct participant *p = s->subscriber;
    if (s->state == SUBSCRIPTION_OFF)
        return;
    if (s->state == SUBSCRIPTION_OPEN && s->source->facts)
        command_close_subscription(s);
    bool awaited = s->state == SUBSCRIPTION_AWAITING;
    s->state = SUBSCRIPTION_OFF;
    if (awaited)
        dynacast_source_changed(s->source, now);
    s->source = NULL;
    struct transport *t = transport_towards(p);
    if (t && !p->closing) {
        transport_end_slot(t, s->index.id);
        negotiate(p, now);
    }
}

/* A number never serves twice, on the link and as the owner of a section. */
static void renumber(struct subscription *s)
{
    struct index *x = &s->subscriber->room->rooms->subscriptions;
    index_remove(x, &s->index);
    s->index.id = index_new_id();
    index_add(x, &s->index);
}

static void start(struct subscription *s, usec_t now)
{
    s->state = SUBSCRIPTION_WAITING;
    renumber(s);
    new_streams(s);
    say_permission(s->subscriber, s->track, true);
    s->told_allowed = true;
    negotiate(s->subscriber, now);
}

static bool may(const struct subscription *s)
{
    const struct publication *t = publication_origin(s->track);
    return grant_can_subscribe(&s->subscriber->claims.video) &&
           permission_allows(t->owner, s->subscriber, t->sid);
}

/* As many as one participant may have of this kind (limit.subscription_limit_*). */
static bool at_limit(const struct subscription *s)
{
    const struct rooms_config *c = &s->subscriber->room->rooms->config;
    Livekit__TrackType kind = s->track->info->type;
    uint32_t n = 0, most = kind == LIVEKIT__TRACK_TYPE__VIDEO ? c->subscriptions_video
                                                              : c->subscriptions_audio;
    for (const struct subscription *o = s->subscriber->subscriptions; o && most > 0;
         o = o->next_of_subscriber)
        n += o->state != SUBSCRIPTION_OFF && o->track->info->type == kind;
    return most > 0 && n >= most;
}

/* What was kept out by the limit may have its turn. */
static void fill_up(struct participant *p, usec_t now)
{
    const struct rooms_config *c = &p->room->rooms->config;
    if (c->subscriptions_video == 0 && c->subscriptions_audio == 0)
        return;
    for (struct subscription *s = p->subscriptions; s && !p->closing; s = s->next_of_subscriber)
        if (s->state == SUBSCRIPTION_OFF && s->wanted && s->track->published)
            subscription_reconsider(s, now);
}

void subscription_reconsider(struct subscription *s, usec_t now)
{
    bool allowed = may(s);
    if (s->told_allowed && !allowed) {
        say_permission(s->subscriber, s->track, false);
        s->told_allowed = false;
    }
    bool on = s->wanted && allowed && !s->refused && s->track->published && !s->subscriber->closing;
    if (on && s->state == SUBSCRIPTION_OFF && !at_limit(s)) {
        start(s, now);
    } else if (!on && s->state != SUBSCRIPTION_OFF) {
        stop(s, now);
        fill_up(s->subscriber, now);
    }
}

static bool ready(const struct participant *p)
{
    return !p->closing && !p->origin &&
           (p->state == LIVEKIT__PARTICIPANT_INFO__STATE__JOINED ||
            p->state == LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE);
}

static void consider(struct participant *p, struct publication *t, usec_t now)
{
    if (!ready(p) || t->owner == p || !t->published || t->owner->claims.video.hidden)
        return;
    struct subscription *s = subscription_find(p, t);
    if (!s) {
        struct wish *w = wish_find(p, t->sid);
        bool wanted = w && w->subscribe;
        if (!wanted && !p->auto_subscribe)
            return;
        s = subscription_new(p, t, index_new_id());
        s->wanted = true;
        if (w && w->has_settings)
            s->settings = s->applied = w->settings;
        if (w)
            wish_free(w);
    }
    subscription_reconsider(s, now);
}

void subscriptions_of_participant(struct participant *p, usec_t now)
{
    for (struct participant *o = p->room->participants; o; o = o->next)
        for (struct publication *t = o->publications; t; t = t->next)
            consider(p, t, now);
}

void subscriptions_of_track(struct publication *t, usec_t now)
{
    for (struct participant *p = t->owner->room->participants; p; p = p->next)
        consider(p, t, now);
}

void subscription_request(struct participant *p, const char *track_sid, bool wanted, usec_t now)
{
    struct publication *t = room_track(p->room, track_sid);
    if (p->origin)
        return;
    if (!t || t->owner == p) {
        wish_subscribe(p, track_sid, wanted, now);
        return;
    }
    struct subscription *s = subscription_find(p, t);
    if (!s)
        s = subscription_new(p, t, index_new_id());
    s->wanted = wanted;
    s->refused = s->refused && !wanted;
    subscription_reconsider(s, now);
}

void subscription_settings(struct participant *p, const char *track_sid,
                           const struct track_settings *settings, usec_t now)
{
    struct publication *t = room_track(p->room, track_sid);
    struct subscription *s = t ? subscription_find(p, t) : NULL;
    if (!s) {
        wish_settings(p, track_sid, settings, now);
        return;
    }
    bool enable = s->settings.disabled && !settings->disabled;
    s->settings = *settings;
    struct deadlines *ts = &p->room->rooms->timers;
    if (enable) {
        timer_stop(ts, &s->settle);
        apply_settings(s, now);
    } else if (!timer_running(&s->settle)) {
        timer_start(ts, &s->settle, now + SETTLE_TIME);
    }
}

bool subscription_fits(const struct subscription *s, const struct sdp_negotiated *facts)
{
    struct sdp_payload list[SDP_PAYLOADS_MAX];
    uint32_t n;
    return source_for(publication_origin(s->track), facts, list, &n) != NULL;
}

static void tell_publisher(struct subscription *s)
{
    struct publication *t = publication_origin(s->track);
    if (t->told_subscribed || s->subscriber->claims.video.hidden)
        return;
    t->told_subscribed = true;
    say_track_subscribed(t->owner, t->sid);
}

/* Gets this from now on; `news` if the subscriber's side has changed. */
static void take_source(struct subscription *s, struct source *source,
                        const struct sdp_payload *payloads, uint32_t count, bool news, usec_t now)
{
    struct source *old = s->source;
    bool was_open = s->state == SUBSCRIPTION_OPEN, was_awaited = s->state == SUBSCRIPTION_AWAITING;
    if (was_open && count == 0 && old->facts)
        command_close_subscription(s);
    s->source = source;
    s->payload_count = count;
    memcpy(s->payloads, payloads, count * sizeof *payloads);
    s->state = count > 0 ? SUBSCRIPTION_OPEN : SUBSCRIPTION_AWAITING;
    if (count > 0 && (news || !was_open || old != source))
        command_open_subscription(s);
    if (was_awaited && old != source)
        dynacast_source_changed(old, now);
    if (count == 0)
        dynacast_source_changed(source, now);
}

bool subscription_bind(struct subscription *s, const struct sdp_negotiated *facts, usec_t now)
{
    struct sdp_payload payloads[SDP_PAYLOADS_MAX];
    uint32_t n;
    struct source *source = source_for(publication_origin(s->track), facts, payloads, &n);
    if (!source) {
        subscription_refuse(s, LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED, now);
        return false;
    }
    bool news = s->state != SUBSCRIPTION_OPEN || memcmp(s->facts, facts, sizeof *facts) != 0;
    if (!s->facts)
        s->facts = heap_new(sizeof *s->facts);
    *s->facts = *facts;
    take_source(s, source, payloads, n, news, now);
    tell_publisher(s);
    participant_record_changed(s->subscriber);
    return true;
}

static void choose_again(void *arg, struct publication *t)
{
    usec_t now = *(const usec_t *)arg;
    struct sdp_payload payloads[SDP_PAYLOADS_MAX];
    uint32_t n;
    for (struct subscription *s = t->subscribers; s; s = s->next_of_track) {
        if (s->state != SUBSCRIPTION_OPEN && s->state != SUBSCRIPTION_AWAITING)
            continue;
        struct source *source = source_for(publication_origin(t), s->facts, payloads, &n);
        if (source)
            take_source(s, source, payloads, n, false, now);
        else
            subscription_refuse(s, LIVEKIT__SUBSCRIPTION_ERROR__SE_CODEC_UNSUPPORTED, now);
        participant_record_changed(s->subscriber);
    }
}

void subscriptions_choose_again(struct publication *t, usec_t now)
{
    forwards_of_track(t, choose_again, &now);
}

void subscription_refuse(struct subscription *s, Livekit__SubscriptionError why, usec_t now)
{
    log_info("room", "subscription refused error=%d track=%s mime=%s participant=%s", (int)why,
             s->track->sid, s->track->info->mime_type, s->subscriber->sid);
    s->refused = true;
    s->wanted = false;
    stop(s, now);
    say_subscription_error(s->subscriber, s->track->sid, why);
}

void subscription_end(struct subscription *s, usec_t now)
{
    struct participant *p = s->subscriber;
    stop(s, now);
    subscription_free(s);
    fill_up(p, now);
}

void subscription_stream(const struct subscription *s, char *id, size_t size)
{
    const struct publication *t = s->track;
    bool firefox = strncasecmp(s->subscriber->client.browser, "Firefox", 7) == 0;
    bool shared = t->owner->room->sync_streams && !firefox && *t->info->stream;
    snprintf(id, size, "%s|%.*s", t->owner->sid, STREAM_NAME_MAX,
             shared ? t->info->stream : t->sid);
}

void subscription_sending(const struct subscription *s, struct sdp_sending *out)
{
    const struct publication *t = s->track;
    *out = (struct sdp_sending){.ssrc = s->ssrc, .rtx_ssrc = s->rtx_ssrc};
    subscription_stream(s, out->stream_id, sizeof out->stream_id);
    snprintf(out->track_sid, sizeof out->track_sid, "%s", t->sid);
    out->stereo = track_has_feature(t->info, LIVEKIT__AUDIO_TRACK_FEATURE__TF_STEREO);
}

bool subscription_to_participant(const struct participant *p, const struct participant *other)
{
    for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
        if (s->state != SUBSCRIPTION_OFF && s->track->owner == other)
            return true;
    return false;
}

void subscription_tell_paused(struct subscription *s)
{
    if (s->paused == s->told_paused || !s->subscriber->session)
        return;
    s->told_paused = s->paused;
    say_stream_state(s->subscriber, s->track, s->paused);
}
