/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stats/line.h"
#include "control/room/quality.h"
#include "control/room/rooms.h"
#include "control/stats/lines.h"

#include <string.h>

static size_t length(const char *text)
{
    return text ? strlen(text) : 0;
}

/* "ACTIVE" of the schema as "active". */
static void put_enum(json_t *o, const char *key, const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value(type, value);
    char text[32];
    size_t n = 0;
    for (const char *c = v ? v->name : "unknown"; *c && n + 1 < sizeof(text); c++)
        text[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    text[n] = '\0';
    line_text(o, key, text);
}

json_t *line_room(const struct room *r)
{
    json_t *o = line_new("room");
    line_text(o, "room", r->name);
    line_text(o, "room_sid", r->sid);
    line_count(o, "created_unix_us", (uint64_t)r->created_ms * USEC_PER_MS);
    line_count(o, "participants", r->participant_count);
    line_count(o, "publishers", room_publisher_count(r));
    line_count(o, "empty_timeout_s", r->empty_timeout);
    line_count(o, "departure_timeout_s", r->departure_timeout);
    line_count(o, "max_participants", r->max_participants);
    line_count(o, "metadata_bytes", length(r->metadata));
    return o;
}

static const char *doubt_name(enum doubt d)
{
    static const char *const names[] = {"", "vanished", "restarting", "lost"};
    return names[d];
}

static void put_client(json_t *o, const struct client *c)
{
    put_enum(o, "sdk", &livekit__client_info__sdk__descriptor, (int)c->sdk);
    line_name(o, "sdk_version", c->version);
    line_count(o, "protocol", (uint64_t)(c->protocol > 0 ? c->protocol : 0));
    line_name(o, "os", c->os);
    line_name(o, "browser", c->browser);
}

static void put_permission(json_t *o, const struct claims *c)
{
    line_flag(o, "can_publish", grant_can_publish(&c->video));
    line_flag(o, "can_subscribe", grant_can_subscribe(&c->video));
    line_flag(o, "can_publish_data", grant_can_publish_data(&c->video));
    line_flag(o, "hidden", c->video.hidden);
}

json_t *line_participant(const struct participant *p)
{
    json_t *o = line_new("participant");
    line_text(o, "room", p->room->name);
    line_text(o, "participant", p->sid);
    line_text(o, "identity", p->claims.identity);
    line_text(o, "name", p->claims.name);
    put_enum(o, "state", &livekit__participant_info__state__descriptor, (int)p->state);
    line_count(o, "joined_unix_us", (uint64_t)p->joined_ms * USEC_PER_MS);
    line_flag(o, "signalling", p->session != NULL);
    put_client(o, &p->client);
    line_flag(o, "single", p->single);
    line_flag(o, "adaptive_stream", p->adaptive_stream);
    put_permission(o, &p->claims);
    if (p->told_quality >= 0) {
        put_enum(o, "quality", &livekit__connection_quality__descriptor, p->told_quality);
        line_number(o, "score", p->told_score);
    }
    line_name(o, "doubt", doubt_name(p->doubt));
    return o;
}

static uint64_t subscribers(const struct publication *t)
{
    uint64_t n = 0;
    for (const struct subscription *s = t->subscribers; s; s = s->next_of_track)
        n += s->state == SUBSCRIPTION_OPEN;
    return n;
}

json_t *line_track(const struct publication *t)
{
    const Livekit__TrackInfo *i = t->info;
    json_t *o = line_new("track");
    line_text(o, "room", t->owner->room->name);
    line_text(o, "participant", t->owner->sid);
    line_text(o, "identity", t->owner->claims.identity);
    line_text(o, "track", t->sid);
    line_text(o, "name", i->name);
    put_enum(o, "type", &livekit__track_type__descriptor, (int)i->type);
    put_enum(o, "source", &livekit__track_source__descriptor, (int)i->source);
    line_text(o, "mime", i->mime_type);
    line_flag(o, "muted", i->muted != 0);
    put_enum(o, "encryption", &livekit__encryption__type__descriptor, (int)i->encryption);
    if (i->type == LIVEKIT__TRACK_TYPE__VIDEO) {
        line_count(o, "width", i->width);
        line_count(o, "height", i->height);
        line_flag(o, "simulcast", i->simulcast != 0);
    }
    line_count(o, "subscribers", subscribers(t));
    for (uint32_t k = 0; k < t->source_count; k++)
        if (t->source[k].score.measured)
            line_number(o, k == 0 ? "score" : "backup_score",
                        quality_mos(t->source[k].score.score));
    return o;
}
