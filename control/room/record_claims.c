/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/record.h"

#include <stdlib.h>

/* Bits of ClaimsRecord.flags. */
enum {
    ROOM_CREATE = 1 << 0,
    ROOM_LIST = 1 << 1,
    ROOM_RECORD = 1 << 2,
    ROOM_ADMIN = 1 << 3,
    ROOM_JOIN = 1 << 4,
    INGRESS_ADMIN = 1 << 5,
    HIDDEN = 1 << 6,
    RECORDER = 1 << 7,
    AGENT = 1 << 8,
};

static uint32_t flags(const struct video_grant *g)
{
    return (g->room_create ? ROOM_CREATE : 0u) | (g->room_list ? ROOM_LIST : 0u) |
           (g->room_record ? ROOM_RECORD : 0u) | (g->room_admin ? ROOM_ADMIN : 0u) |
           (g->room_join ? ROOM_JOIN : 0u) | (g->ingress_admin ? INGRESS_ADMIN : 0u) |
           (g->hidden ? HIDDEN : 0u) | (g->recorder ? RECORDER : 0u) | (g->agent ? AGENT : 0u);
}

Sluice__Record__ClaimsRecord *record_of_claims(struct arena *a, const struct claims *c)
{
    const struct video_grant *g = &c->video;
    Sluice__Record__ClaimsRecord *m =
        ARENA_MESSAGE(a, Sluice__Record__ClaimsRecord, sluice__record__claims_record);
    m->api_key = c->api_key;
    m->identity = c->identity;
    m->name = c->name;
    m->metadata = c->metadata;
    m->room_preset = c->room_preset;
    m->room_config = c->room_config ? c->room_config : (char *)(uintptr_t) "";
    m->kind_details = c->kind_details ? c->kind_details : (char *)(uintptr_t) "";
    m->kind = c->kind;
    m->not_before = c->not_before;
    m->expires = c->expires;
    m->issued_at = c->issued_at;
    m->attributes = ARENA_ARRAY(a, Sluice__Record__AttributeRecord *, c->attribute_count);
    for (size_t i = 0; i < c->attribute_count; i++) {
        Sluice__Record__AttributeRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__AttributeRecord, sluice__record__attribute_record);
        e->key = c->attributes[i].key;
        e->value = c->attributes[i].value;
        m->attributes[m->n_attributes++] = e;
    }
    m->flags = flags(g);
    m->can_publish = g->can_publish;
    m->can_subscribe = g->can_subscribe;
    m->can_publish_data = g->can_publish_data;
    m->can_update_own_metadata = g->can_update_own_metadata;
    m->can_subscribe_metrics = g->can_subscribe_metrics;
    m->can_manage_agent_session = g->can_manage_agent_session;
    m->sources = g->sources;
    m->room = g->room;
    m->destination_room = g->destination_room;
    return m;
}

static void set(char **field, const char *value)
{
    if (!claims_set_text(field, value))
        abort();
}

static enum tristate tristate(uint32_t v)
{
    return v <= TRISTATE_TRUE ? (enum tristate)v : TRISTATE_UNSET;
}

static void set_grant(const Sluice__Record__ClaimsRecord *m, struct video_grant *g)
{
    g->present = true;
    g->room_create = m->flags & ROOM_CREATE;
    g->room_list = m->flags & ROOM_LIST;
    g->room_record = m->flags & ROOM_RECORD;
    g->room_admin = m->flags & ROOM_ADMIN;
    g->room_join = m->flags & ROOM_JOIN;
    g->ingress_admin = m->flags & INGRESS_ADMIN;
    g->hidden = m->flags & HIDDEN;
    g->recorder = m->flags & RECORDER;
    g->agent = m->flags & AGENT;
    g->can_publish = tristate(m->can_publish);
    g->can_subscribe = tristate(m->can_subscribe);
    g->can_publish_data = tristate(m->can_publish_data);
    g->can_update_own_metadata = tristate(m->can_update_own_metadata);
    g->can_subscribe_metrics = tristate(m->can_subscribe_metrics);
    g->can_manage_agent_session = tristate(m->can_manage_agent_session);
    g->sources = m->sources;
    set(&g->room, m->room);
    set(&g->destination_room, m->destination_room);
}

void record_claims(const Sluice__Record__ClaimsRecord *m, struct claims *c)
{
    set(&c->api_key, m->api_key);
    set(&c->identity, m->identity);
    set(&c->name, m->name);
    set(&c->metadata, m->metadata);
    set(&c->room_preset, m->room_preset);
    if (*m->room_config)
        set(&c->room_config, m->room_config);
    if (*m->kind_details)
        set(&c->kind_details, m->kind_details);
    c->kind = (enum claims_kind)m->kind;
    c->not_before = m->not_before;
    c->expires = m->expires;
    c->issued_at = m->issued_at;
    for (size_t i = 0; i < m->n_attributes; i++)
        if (!claims_set_attribute(c, m->attributes[i]->key, m->attributes[i]->value))
            abort();
    set_grant(m, &c->video);
}
