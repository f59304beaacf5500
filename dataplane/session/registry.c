/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/engine.h"

bool registry_init(struct registry *r, uint32_t size)
{
    return handle_pool_init(&r->pool, size) && id_map_init(&r->ids, size);
}

void registry_free(struct registry *r)
{
    handle_pool_free(&r->pool);
    id_map_free(&r->ids);
}

handle_t registry_add(struct registry *r, uint64_t id)
{
    handle_t h = handle_take(&r->pool);
    if (h != HANDLE_NONE)
        id_map_put(&r->ids, id, h);
    return h;
}

void registry_remove(struct registry *r, uint64_t id, handle_t h)
{
    id_map_remove(&r->ids, id);
    handle_give(&r->pool, h);
}

struct room *find_room(const struct sessions *s, uint64_t id)
{
    handle_t h = id_map_get(&s->rooms.ids, id);
    return h ? &s->room[handle_index(h)] : NULL;
}

struct participant *find_participant(const struct sessions *s, uint64_t id)
{
    handle_t h = id_map_get(&s->participants.ids, id);
    return h ? &s->participant[handle_index(h)] : NULL;
}

struct transport *find_transport(const struct sessions *s, uint64_t id)
{
    handle_t h = id_map_get(&s->transports.ids, id);
    return h ? &s->transport[handle_index(h)] : NULL;
}

struct track *find_track(const struct sessions *s, uint64_t id)
{
    handle_t h = id_map_get(&s->tracks.ids, id);
    return h ? &s->track[handle_index(h)] : NULL;
}

struct subscription *find_subscription(const struct sessions *s, uint64_t id)
{
    handle_t h = id_map_get(&s->subscriptions.ids, id);
    return h ? &s->subscription[handle_index(h)] : NULL;
}

struct transport *session_transport_of(const struct sessions *s, handle_t h)
{
    return handle_live(&s->transports.pool, h) ? &s->transport[handle_index(h)] : NULL;
}

struct track *session_track_of(const struct sessions *s, handle_t h)
{
    return handle_live(&s->tracks.pool, h) ? &s->track[handle_index(h)] : NULL;
}

struct subscription *session_subscription_of(const struct sessions *s, handle_t h)
{
    return handle_live(&s->subscriptions.pool, h) ? &s->subscription[handle_index(h)] : NULL;
}
