/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/dynacast.h"

#include "control/room/say.h"
#include "control/room/track_info.h"

#include <stdio.h>
#include <string.h>

#define LAYER_NONE    255
#define QUALITY_NEVER (-2)
#define QUALITY_OFF   (-1)

/* A track that nobody subscribed to is told so after this time. */
#define UNUSED_DELAY (10 * USEC_PER_SEC)

/* A client still busy with publishing passes such a message over: it is said again then. */
#define PUBLISHING_TIME (1 * USEC_PER_SEC)

static int wanted_quality(const struct publication *t)
{
    if (t->wanted_layer == LAYER_NONE)
        return QUALITY_OFF;
    return (int)track_layer_quality(t->info, t->wanted_layer);
}

/* "vp8" */
static void short_name(enum sdp_codec codec, char name[16])
{
    snprintf(name, 16, "%s", sdp_codec_name(codec));
    for (char *p = name; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
}

static void tell(struct publication *t, int quality, usec_t now)
{
    usec_t settled = t->published_at + PUBLISHING_TIME;
    if (now < settled)
        timer_start(&t->owner->room->rooms->timers, &t->quality_again, settled);
    t->told_quality = quality;
    char name[16];
    short_name(track_codec(t->info), name);
    Livekit__SubscribedQuality q[3], *list[3];
    for (int i = 0; i < 3; i++) {
        livekit__subscribed_quality__init(&q[i]);
        q[i].quality = (Livekit__VideoQuality)i;
        q[i].enabled = i <= quality;
        list[i] = &q[i];
    }
    Livekit__SubscribedCodec codec = LIVEKIT__SUBSCRIBED_CODEC__INIT, *codecs[] = {&codec};
    codec.codec = name;
    codec.n_qualities = 3;
    codec.qualities = list;
    Livekit__SubscribedQualityUpdate body = LIVEKIT__SUBSCRIBED_QUALITY_UPDATE__INIT;
    body.track_sid = t->sid;
    body.n_subscribed_qualities = 3;
    body.subscribed_qualities = list;
    body.n_subscribed_codecs = 1;
    body.subscribed_codecs = codecs;
    Livekit__SignalResponse m = LIVEKIT__SIGNAL_RESPONSE__INIT;
    m.message_case = LIVEKIT__SIGNAL_RESPONSE__MESSAGE_SUBSCRIBED_QUALITY_UPDATE;
    m.subscribed_quality_update = &body;
    say(t->owner, &m);
}

static void pause_ended(void *arg, usec_t now)
{
    struct publication *t = arg;
    if (!t->info->muted && wanted_quality(t) != t->told_quality)
        tell(t, wanted_quality(t), now);
}

static void publishing_over(void *arg, usec_t now)
{
    struct publication *t = arg;
    if (!t->info->muted)
        tell(t, t->told_quality, now);
}

void dynacast_init(struct publication *t)
{
    t->wanted_layer = LAYER_NONE;
    t->told_quality = QUALITY_NEVER;
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

void dynacast_wanted(struct publication *t, uint32_t layer, usec_t now)
{
    struct rooms *rs = t->owner->room->rooms;
    t->wanted_layer = layer > 2 ? LAYER_NONE : layer;
    if (!has_layers(t) || t->info->muted)
        return;
    int quality = wanted_quality(t);
    if (t->told_quality == QUALITY_NEVER && quality >= 0)
        timer_stop(&rs->timers, &t->quality_timer); /* it is used */
    if (quality > t->told_quality && quality >= 0)
        tell(t, quality, now);
    else if (quality < t->told_quality)
        timer_start_before(&rs->timers, &t->quality_timer, now + rs->config.dynacast_pause_delay);
}

void dynacast_muted(struct publication *t, usec_t now)
{
    if (has_layers(t) && !t->info->muted && t->told_quality != QUALITY_NEVER)
        tell(t, wanted_quality(t), now);
}

void dynacast_restart(struct publication *t, usec_t now)
{
    if (!has_layers(t) || !t->published)
        return;
    t->told_quality = QUALITY_NEVER;
    if (t->wanted_layer == LAYER_NONE)
        timer_start(&t->owner->room->rooms->timers, &t->quality_timer, now + UNUSED_DELAY);
    else if (!t->info->muted)
        tell(t, wanted_quality(t), now);
}
