/* SPDX-License-Identifier: Apache-2.0 */
/* What is changed about a participant while it is there: what it is called, and what it may do. */
#include "control/room/broadcast.h"
#include "control/room/commands.h"
#include "control/room/data_track.h"
#include "control/room/forward.h"
#include "control/room/participant.h"
#include "control/room/permission.h"
#include "control/room/publication.h"
#include "control/room/rooms.h"
#include "control/room/say.h"
#include "control/room/subscription.h"

#include <stdlib.h>
#include <string.h>

static void write_record(void *arg, usec_t now)
{
    (void)now;
    command_open_participant(arg);
}

void participant_record_changed(struct participant *p)
{
    if (p->origin)
        p = p->origin; /* which has it in its own */
    struct deadlines *ts = &p->room->rooms->timers;
    if (timer_running(&p->record_timer))
        return;
    p->record_timer.fire = write_record;
    p->record_timer.arg = p;
    /* due at the next turn of the timers, after everything else of this turn */
    timer_start(ts, &p->record_timer, 0);
}

static void changed(struct participant *p, usec_t now)
{
    broadcast_participant(p, true, now);
    participant_refresh_token(p, now);
    participant_record_changed(p);
    forwards_changed(p, now);
}

static void set_text(char **field, const char *value)
{
    if (!claims_set_text(field, value))
        abort();
}

size_t participant_attributes_size(const struct participant *p,
                                   const struct claims_attribute *attributes, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < p->claims.attribute_count; i++) {
        const struct claims_attribute *a = &p->claims.attributes[i];
        bool replaced = false;
        for (size_t k = 0; k < count && !replaced; k++)
            replaced = strcmp(attributes[k].key, a->key) == 0;
        if (!replaced)
            size += strlen(a->key) + strlen(a->value);
    }
    for (size_t k = 0; k < count; k++)
        if (*attributes[k].value)
            size += strlen(attributes[k].key) + strlen(attributes[k].value);
    return size;
}

static bool within(size_t size, uint32_t limit)
{
    return limit == 0 || size <= limit;
}

bool participant_metadata_fits(const struct participant *p, const char *name, const char *metadata,
                               const struct claims_attribute *attributes, size_t count)
{
    const struct rooms_config *c = &p->room->rooms->config;
    return within(strlen(name), c->name_limit) && within(strlen(metadata), c->metadata_limit) &&
           within(participant_attributes_size(p, attributes, count), c->attributes_limit);
}

void participant_set_metadata(struct participant *p, const char *name, const char *metadata,
                              const struct claims_attribute *attributes, size_t attribute_count,
                              usec_t now)
{
    if (name && *name && strcmp(name, p->claims.name) != 0) {
        set_text(&p->claims.name, name);
        changed(p, now);
    }
    if (metadata && *metadata && strcmp(metadata, p->claims.metadata) != 0) {
        set_text(&p->claims.metadata, metadata);
        changed(p, now);
    }
    if (attribute_count == 0)
        return;
    for (size_t i = 0; i < attribute_count; i++)
        if (!claims_set_attribute(&p->claims, attributes[i].key, attributes[i].value))
            abort();
    changed(p, now);
}

static enum tristate tristate(bool b)
{
    return b ? TRISTATE_TRUE : TRISTATE_FALSE;
}

static void take_permission(struct video_grant *g, const Livekit__ParticipantPermission *m)
{
    g->can_subscribe = tristate(m->can_subscribe);
    g->can_publish = tristate(m->can_publish);
    g->can_publish_data = tristate(m->can_publish_data);
    g->can_update_own_metadata = tristate(m->can_update_metadata);
    g->can_subscribe_metrics = tristate(m->can_subscribe_metrics);
    g->can_manage_agent_session = tristate(m->can_manage_agent_session);
    g->hidden = m->hidden;
    g->recorder = m->recorder;
    g->agent = m->agent;
    g->sources = 0;
    for (size_t i = 0; i < m->n_can_publish_sources; i++)
        if (m->can_publish_sources[i] > 0 && m->can_publish_sources[i] <= 4)
            g->sources |= 1u << m->can_publish_sources[i];
}

static void end_forbidden_tracks(struct participant *p, usec_t now)
{
    for (struct publication *t = p->publications, *next; t; t = next) {
        next = t->next;
        if (!grant_can_publish_source(&p->claims.video, t->info->source))
            publication_reject(t, now);
    }
}

/* As LiveKit: whoever is given the permission to publish counts as a publisher. */
void participant_set_permission(struct participant *p, const Livekit__ParticipantPermission *grant,
                                usec_t now)
{
    take_permission(&p->claims.video, grant);
    command_open_participant(p);
    end_forbidden_tracks(p, now);
    data_tracks_permission_changed(p, now);
    p->is_publisher = grant_can_publish(&p->claims.video);
    changed(p, now);
    room_counts_changed(p->room, now);
    subscriptions_of_participant(p, now);
}
