/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/info.h"

#include "control/room/data_track.h"

#include <stdio.h>
#include <string.h>

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

Livekit__ParticipantPermission *info_of_permission(struct arena *a, const struct claims *c)
{
    const struct video_grant *g = &c->video;
    Livekit__ParticipantPermission *m =
        ARENA_MESSAGE(a, Livekit__ParticipantPermission, livekit__participant_permission);
    m->can_subscribe = grant_can_subscribe(g);
    m->can_publish = grant_can_publish(g);
    m->can_publish_data = grant_can_publish_data(g);
    m->can_update_metadata = grant_can_update_own_metadata(g);
    m->can_subscribe_metrics = grant_can_subscribe_metrics(g);
    m->can_manage_agent_session = g->can_manage_agent_session == TRISTATE_TRUE;
    m->hidden = g->hidden;
    m->recorder = g->recorder;
    m->agent = g->agent;
    m->can_publish_sources = ARENA_ARRAY(a, Livekit__TrackSource, 4);
    for (unsigned source = 1; source <= 4; source++)
        if (g->sources & (1u << source))
            m->can_publish_sources[m->n_can_publish_sources++] = (Livekit__TrackSource)source;
    return m;
}

static void add_attributes(struct arena *a, const struct claims *c, Livekit__ParticipantInfo *m)
{
    m->attributes = ARENA_ARRAY(a, Livekit__ParticipantInfo__AttributesEntry *, c->attribute_count);
    for (size_t i = 0; i < c->attribute_count; i++) {
        Livekit__ParticipantInfo__AttributesEntry *e =
            ARENA_MESSAGE(a, Livekit__ParticipantInfo__AttributesEntry,
                          livekit__participant_info__attributes_entry);
        e->key = c->attributes[i].key;
        e->value = c->attributes[i].value;
        m->attributes[m->n_attributes++] = e;
    }
}

/* Of the token, by their names in any case. */
static void add_kind_details(struct arena *a, const struct participant *p,
                             Livekit__ParticipantInfo *m)
{
    const ProtobufCEnumDescriptor *d = &livekit__participant_info__kind_detail__descriptor;
    m->kind_details = ARENA_ARRAY(a, Livekit__ParticipantInfo__KindDetail, d->n_values + 1);
    for (unsigned i = 0; i < d->n_values && p->claims.kind_details; i++) {
        char name[64];
        snprintf(name, sizeof name, "\"%s\"", d->values[i].name);
        if (strcasestr(p->claims.kind_details, name))
            m->kind_details[m->n_kind_details++] =
                (Livekit__ParticipantInfo__KindDetail)d->values[i].value;
    }
    if (p->origin)
        m->kind_details[m->n_kind_details++] = LIVEKIT__PARTICIPANT_INFO__KIND_DETAIL__FORWARDED;
}

static void add_tracks(struct arena *a, const struct participant *p, Livekit__ParticipantInfo *m)
{
    size_t n = 0;
    for (const struct publication *t = p->publications; t; t = t->next)
        n += t->published;
    m->tracks = ARENA_ARRAY(a, Livekit__TrackInfo *, n);
    for (const struct publication *t = p->publications; t; t = t->next)
        if (t->published)
            m->tracks[m->n_tracks++] = t->info;
}

Livekit__ParticipantInfo *info_of_participant(struct arena *a, struct participant *p,
                                              Livekit__DisconnectReason reason)
{
    if (p->changed) {
        p->version++;
        p->changed = false;
    }
    Livekit__ParticipantInfo *m =
        ARENA_MESSAGE(a, Livekit__ParticipantInfo, livekit__participant_info);
    m->sid = p->sid;
    m->identity = p->claims.identity;
    m->name = p->claims.name;
    m->metadata = p->claims.metadata;
    m->state = p->state;
    m->version = p->version;
    m->is_publisher = p->is_publisher;
    m->kind = (Livekit__ParticipantInfo__Kind)p->claims.kind;
    m->joined_at = p->joined_ms / 1000;
    m->joined_at_ms = p->joined_ms;
    m->region = text(p->room->rooms->config.region);
    m->disconnect_reason = reason;
    m->permission = info_of_permission(a, &p->claims);
    add_kind_details(a, p, m);
    m->client_protocol = p->client.client_protocol;
    m->n_capabilities = p->client.capability_count;
    m->capabilities = p->client.capabilities;
    add_attributes(a, &p->claims, m);
    if (p->state != LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED) {
        add_tracks(a, p, m);
        data_tracks_info(a, p, m);
    }
    return m;
}

Livekit__ServerInfo *info_of_server(struct arena *a, const struct rooms *rs)
{
    Livekit__ServerInfo *m = ARENA_MESSAGE(a, Livekit__ServerInfo, livekit__server_info);
    m->version = text(ROOM_SERVER_VERSION);
    m->protocol = ROOM_PROTOCOL;
    m->region = text(rs->config.region);
    m->node_id = text(rs->node_id);
    m->agent_protocol = 1;
    return m;
}
