/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/info.h"

#include "control/room/ice_servers.h"

#include <stdlib.h>
#include <string.h>

static Livekit__Codec *codec(struct arena *a, const char *mime)
{
    Livekit__Codec *m = ARENA_MESSAGE(a, Livekit__Codec, livekit__codec);
    m->mime = (char *)(uintptr_t)mime;
    return m;
}

/* In the order given, as far as configured. */
static size_t codecs(struct arena *a, const struct rooms *rs, const enum sdp_codec *order, size_t n,
                     Livekit__Codec **list)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (rs->config.codecs & 1u << order[i])
            list[count++] = codec(a, sdp_codec_mime(order[i]));
    return count;
}

size_t info_publish_codecs(struct arena *a, const struct rooms *rs, Livekit__Codec ***list)
{
    static const enum sdp_codec order[] = {SDP_VP8,  SDP_H264, SDP_VP9,  SDP_AV1, SDP_H265,
                                           SDP_PCMU, SDP_PCMA, SDP_OPUS, SDP_RED};
    *list = ARENA_ARRAY(a, Livekit__Codec *, SDP_CODEC_COUNT);
    return codecs(a, rs, order, sizeof order / sizeof *order, *list);
}

Livekit__Room *info_of_room(struct arena *a, const struct room *r)
{
    static const enum sdp_codec order[] = {SDP_PCMU, SDP_PCMA, SDP_OPUS, SDP_RED, SDP_VP8,
                                           SDP_H264, SDP_VP9,  SDP_AV1,  SDP_H265};
    Livekit__Room *m = ARENA_MESSAGE(a, Livekit__Room, livekit__room);
    m->sid = (char *)(uintptr_t)r->sid;
    m->name = r->name;
    m->metadata = r->metadata;
    m->empty_timeout = r->empty_timeout;
    m->departure_timeout = r->departure_timeout;
    m->max_participants = r->max_participants;
    m->creation_time = r->created_ms / 1000;
    m->creation_time_ms = r->created_ms;
    m->turn_password = (char *)(uintptr_t)r->turn_password;
    m->num_participants = r->told_participants;
    m->num_publishers = r->told_publishers;
    m->enabled_codecs = ARENA_ARRAY(a, Livekit__Codec *, SDP_CODEC_COUNT + 1);
    m->n_enabled_codecs =
        codecs(a, r->rooms, order, sizeof order / sizeof *order, m->enabled_codecs);
    m->enabled_codecs[m->n_enabled_codecs++] = codec(a, "video/rtx");
    return m;
}

static void disable(struct arena *a, Livekit__DisabledCodecs *d, const char *mime, bool subscribe)
{
    if (subscribe)
        d->codecs[d->n_codecs++] = codec(a, mime);
    else
        d->publish[d->n_publish++] = codec(a, mime);
}

/* "18.4" beyond "18.3". */
static bool newer_than(const char *version, long major, long minor)
{
    char *end;
    long a = strtol(version, &end, 10);
    long b = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return a > major || (a == major && b > minor);
}

sdp_codec_set info_disabled_codecs(const struct client *c)
{
    return strcasecmp(c->browser, "Safari") == 0 ? 1u << SDP_AV1 : 0;
}

/* NULL if this browser has none to avoid. */
static Livekit__DisabledCodecs *disabled_codecs(struct arena *a, const struct client *c)
{
    bool safari = strcasecmp(c->browser, "Safari") == 0;
    bool firefox = strncasecmp(c->browser, "Firefox", 7) == 0;
    bool hardware_h264 = strcasecmp(c->os, "Linux") == 0 || strcasecmp(c->os, "Android") == 0;
    if (!safari && !(firefox && hardware_h264))
        return NULL;
    Livekit__DisabledCodecs *d =
        ARENA_MESSAGE(a, Livekit__DisabledCodecs, livekit__disabled_codecs);
    d->codecs = ARENA_ARRAY(a, Livekit__Codec *, 2);
    d->publish = ARENA_ARRAY(a, Livekit__Codec *, 2);
    if (safari)
        disable(a, d, "video/AV1", true);
    if (safari && newer_than(c->browser_version, 18, 3))
        disable(a, d, "video/VP9", false);
    if (firefox)
        disable(a, d, "video/H264", false);
    return d;
}

Livekit__ClientConfiguration *info_client_configuration(struct arena *a,
                                                        const struct participant *p)
{
    Livekit__DisabledCodecs *disabled = disabled_codecs(a, &p->client);
    bool relay = ice_servers_over_tls(p);
    if (!disabled && !relay)
        return NULL;
    Livekit__ClientConfiguration *m =
        ARENA_MESSAGE(a, Livekit__ClientConfiguration, livekit__client_configuration);
    m->disabled_codecs = disabled;
    if (relay)
        m->force_relay = LIVEKIT__CLIENT_CONFIG_SETTING__ENABLED;
    return m;
}
