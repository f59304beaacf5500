/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/dynacast.h"

#include "control/room/forward.h"
#include "control/room/say.h"
#include "control/room/source.h"
#include "control/room/track_info.h"

#include <stdio.h>
#include <string.h>

#define LAYER_NONE 255
#define QUALITIES  3

/* A track that nobody subscribed to is told so after this time. */
#define UNUSED_DELAY (10 * USEC_PER_SEC)

/* A client still busy with publishing passes such a message over: it is said again then. */
#define PUBLISHING_TIME (1 * USEC_PER_SEC)

struct awaited {
    const struct source *source;
    uint32_t layer;
};

static void look_at_waiting(void *arg, struct publication *t)
{
    struct awaited *a = arg;
    const struct source *src = a->source;
    for (const struct subscription *s = t->subscribers; s; s = s->next_of_track) {
        if (s->state != SUBSCRIPTION_AWAITING || s->source != src || s->applied.disabled)
            continue;
        uint32_t layer = track_wanted_layer(src->track->info, source_number(src), &s->applied);
        if (a->layer == LAYER_NONE || layer > a->layer)
            a->layer = layer;
    }
}

/* The highest layer that those want who wait for this codec. */
static uint32_t awaited_layer(const struct source *src)
{
    struct awaited a = {.source = src, .layer = LAYER_NONE};
    forwards_of_track(src->track, look_at_waiting, &a);
    return a.layer;
}

static int wanted_quality(const struct source *s)
{
    uint32_t layer = s->facts ? s->wanted_layer : awaited_layer(s);
    if (layer == LAYER_NONE)
        return QUALITY_OFF;
    return (int)track_layer_quality(s->track->info, source_number(s), layer);
}

/* "vp8" */
static void short_name(enum sdp_codec codec, char name[16])
{
    snprintf(name, 16, "%s", sdp_codec_name(codec));
    for (char *p = name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
}

/* One codec of the message, with what it points to. */
struct codec_part {
    char name[16];
    Livekit__SubscribedCodec codec;
    Livekit__SubscribedQuality quality[QUALITIES], *list[QUALITIES];
};

static void fill_part(struct codec_part *c, const struct source *s)
{
    short_name(source_codec(s), c->name);
    for (int i = 0; i < QUALITIES; i++) {
        livekit__subscribed_quality__init(&c->quality[i]);
        c->quality[i].quality = (Livekit__VideoQuality)i;
        c->quality[i].enabled = i <= s->told_quality;
        c->list[i] = &c->quality[i];
    }
    livekit__subscribed_codec__init(&c->codec);
    c->codec.codec = c->name;
    c->codec.n_qualities = QUALITIES;
    c->codec.qualities = c->list;
}

/* Says what is in told_quality. The old list is that of the primary codec. */
static void repeat(struct publication *t)
{
    struct codec_part part[TRACK_CODECS_MAX];
    Livekit__SubscribedCodec *codecs[TRACK_CODECS_MAX];
    Livekit__SubscribedQualityUpdate body = LIVEKIT__SUBSCRIBED_QUALITY_UPDATE__INIT;
    for (uint32_t i = 0; i < t->source_count; i++) {
        if (t->source[i].told_quality == QUALITY_NEVER)
            continue;
        fill_part(&part[body.n_subscribed_codecs], &t->source[i]);
        codecs[body.n_subscribed_codecs] = &part[body.n_subscribed_codecs].codec;
        body.n_subscribed_codecs++;
    }
    body.track_sid = t->sid;
    body.subscribed_codecs = codecs;
    if (body.n_subscribed_codecs > 0) {
        body.n_subscribed_qualities = QUALITIES;
        body.subscribed_qualities = part[0].list;
    }
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE;
    m.subscribed_quality_update = &body;
    say(t->owner, &m);
}

/* All codecs as they are wanted now; a backup that nobody ever wanted is not named. */
static void tell(struct publication *t, usec_t now)
{
    usec_t settled = t->published_at + PUBLISHING_TIME;
    if (now < settled)
        timer_start(&t->owner->room->rooms->timers, &t->quality_again, settled);
    for (uint32_t i = 0; i < t->source_count; i++) {
        struct source *s = &t->source[i];
        int quality = wanted_quality(s);
        if (i == 0 || quality != QUALITY_OFF || s->told_quality != QUALITY_NEVER)
            s->told_quality = quality;
    }
    repeat(t);
}

static bool differs(const struct source *s, bool unused_too)
{
    int quality = wanted_quality(s);
    bool news = s->told_quality == QUALITY_NEVER && quality == QUALITY_OFF;
    return news ? unused_too && source_number(s) == 0 : quality != s->told_quality;
}

static void pause_ended(void *arg, usec_t now)
{
    struct publication *t = arg;
    bool news = false;
    for (uint32_t i = 0; i < t->source_count; i++)
        news |= differs(&t->source[i], true);
    if (!t->info->muted && news)
        tell(t, now);
}

static void publishing_over(void *arg, usec_t now)
{
    (void)now;
    struct publication *t = arg;
    if (!t->info->muted)
        repeat(t);
}

void dynacast_init(struct publication *t)
{
    for (uint32_t i = 0; i < t->source_count; i++) {
        t->source[i].wanted_layer = LAYER_NONE;
        t->source[i].told_quality = QUALITY_NEVER;
    }
    t->quality_timer = (struct timer){.fire = pause_ended, .arg = t};
    t->quality_again = (struct timer){.fire = publishing_over, .arg = t};
}

static bool has_layers(const struct publication *t)
{
    return t->info->type == LIVEKIT__TRACK_TYPE__VIDEO;
}

void dynacast_published(struct publication *t, usec_t now)
{
    t->published_at = now;
    if (has_layers(t))
        timer_start(&t->owner->room->rooms->timers, &t->quality_timer, now + UNUSED_DELAY);
}

static bool told_anything(const struct publication *t)
{
    for (uint32_t i = 0; i < t->source_count; i++)
        if (t->source[i].told_quality != QUALITY_NEVER)
            return true;
    return false;
}

/* More is told at once, less after a pause. */
static void compare(struct publication *t, usec_t now)
{
    struct rooms *rs = t->owner->room->rooms;
    bool more = false, less = false;
    if (!has_layers(t) || t->info->muted)
        return;
    for (uint32_t i = 0; i < t->source_count; i++) {
        int quality = wanted_quality(&t->source[i]);
        more |= quality > t->source[i].told_quality && quality != QUALITY_OFF;
        less |= quality < t->source[i].told_quality;
    }
    if (more && !told_anything(t))
        timer_stop(&rs->timers, &t->quality_timer); /* it is used */
    if (more)
        tell(t, now);
    else if (less)
        timer_start_before(&rs->timers, &t->quality_timer, now + rs->config.dynacast_pause_delay);
}

void dynacast_wanted(struct source *s, uint32_t layer, usec_t now)
{
    s->wanted_layer = layer > 2 ? LAYER_NONE : layer;
    compare(s->track, now);
}

void dynacast_source_changed(struct source *s, usec_t now)
{
    if (!s->facts)
        s->wanted_layer = LAYER_NONE;
    compare(s->track, now);
}

void dynacast_muted(struct publication *t, usec_t now)
{
    if (has_layers(t) && !t->info->muted && told_anything(t))
        tell(t, now);
}

void dynacast_restart(struct publication *t, usec_t now)
{
    if (!has_layers(t) || !t->published)
        return;
    bool wanted = false;
    for (uint32_t i = 0; i < t->source_count; i++) {
        t->source[i].told_quality = QUALITY_NEVER;
        wanted |= wanted_quality(&t->source[i]) != QUALITY_OFF;
    }
    if (!wanted)
        timer_start(&t->owner->room->rooms->timers, &t->quality_timer, now + UNUSED_DELAY);
    else if (!t->info->muted)
        tell(t, now);
}
