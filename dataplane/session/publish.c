/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/publish.h"

#include "dataplane/session/engine.h"

static void put(struct sessions *s, enum stats_section_id id, handle_t h, const void *body,
                size_t size)
{
    if (s->config.stats)
        stats_put(s->config.stats, id, handle_index(h), body, size);
}

static void put_pool(struct sessions *s, enum stats_pool_id id, const struct registry *r)
{
    if (s->config.stats)
        stats_pool_set(&stats_thread(s->config.stats, s->config.workers)->pool[id], r->pool.size,
                       r->pool.used, r->pool.high_water);
}

void session_publish_refusal(struct sessions *s, enum stats_pool_id pool)
{
    if (!s->config.stats)
        return;
    stats_pool_refuse(&stats_thread(s->config.stats, s->config.workers)->pool[pool]);
    event_plain(s, "pool_exhausted", stats_pool_name(pool));
}

void session_publish_room(struct sessions *s, const struct room *r,
                          const Sluice__Link__Participant *m)
{
    struct stats_room b = {.handle = r->handle, .id = r->id, .opened = s->now};
    stats_text(b.sid, sizeof(b.sid), m->room_sid);
    stats_text(b.name, sizeof(b.name), m->room_name);
    put(s, STATS_ROOMS, r->handle, &b, sizeof(b));
    put_pool(s, STATS_POOL_ROOMS, &s->rooms);
}

void session_publish_room_gone(struct sessions *s, const struct room *r)
{
    static const struct stats_room none;
    put(s, STATS_ROOMS, r->handle, &none, sizeof(none));
    put_pool(s, STATS_POOL_ROOMS, &s->rooms);
}

void session_publish_participant(struct sessions *s, const struct participant *p)
{
    struct stats_participant b = {.handle = p->handle,
                                  .room = p->room->handle,
                                  .id = p->state->id,
                                  .opened = p->opened,
                                  .hidden = p->state->hidden != 0,
                                  .agent = p->state->agent != 0,
                                  .can_publish_data = p->state->can_publish_data != 0};
    stats_text(b.sid, sizeof(b.sid), p->state->sid);
    stats_text(b.identity, sizeof(b.identity), p->state->identity);
    stats_text(b.name, sizeof(b.name), p->state->name);
    put(s, STATS_PARTICIPANTS, p->handle, &b, sizeof(b));
    put_pool(s, STATS_POOL_PARTICIPANTS, &s->participants);
}

void session_publish_participant_gone(struct sessions *s, const struct participant *p)
{
    static const struct stats_participant none;
    put(s, STATS_PARTICIPANTS, p->handle, &none, sizeof(none));
    put_pool(s, STATS_POOL_PARTICIPANTS, &s->participants);
}

static uint8_t protocol_of(const struct net_path *path)
{
    if (path->tcp & NET_PATH_TURN)
        return STATS_TURN;
    return path->tcp ? STATS_TCP : STATS_UDP;
}

static void add_pair(struct stats_transport *b, const struct ice_pair *p, bool selected)
{
    b->pairs[b->n_pairs++] = (struct stats_pair){.local = p->path.local,
                                                 .remote = p->path.remote,
                                                 .priority = p->priority,
                                                 .checked = p->last_check,
                                                 .protocol = protocol_of(&p->path),
                                                 .selected = selected};
}

/* The selected one first; who has more pairs than there is room for has them for no good. */
static void add_pairs(struct stats_transport *b, const struct ice_agent *a)
{
    if (a->selected >= 0)
        add_pair(b, &a->pairs[a->selected], true);
    for (int i = 0; i < ICE_PAIRS_MAX && b->n_pairs < STATS_PAIRS; i++)
        if (a->pairs[i].used && !a->pairs[i].removed && i != a->selected)
            add_pair(b, &a->pairs[i], false);
}

void session_publish_transport(struct sessions *s, const struct transport *t)
{
    struct stats_transport b = {.handle = t->handle,
                                .participant = t->participant->handle,
                                .id = t->state->id,
                                .since = t->since,
                                .queued_bytes = (uint32_t)t->queued,
                                .restarts = t->ice.generation - 1,
                                .kind = (uint8_t)t->state->kind,
                                .worker = (uint8_t)t->state->worker,
                                .state = (uint8_t)t->connection,
                                .silent = t->hearing.silent,
                                .data_ready = t->data_ready,
                                .keyed = t->keyed,
                                .srtp = t->tag_length};
    stats_text(b.reason, sizeof(b.reason), t->failure);
    add_pairs(&b, &t->ice);
    put(s, STATS_TRANSPORTS, t->handle, &b, sizeof(b));
    put_pool(s, STATS_POOL_TRANSPORTS, &s->transports);
}

void session_publish_transport_gone(struct sessions *s, const struct transport *t)
{
    static const struct stats_transport none;
    put(s, STATS_TRANSPORTS, t->handle, &none, sizeof(none));
    put_pool(s, STATS_POOL_TRANSPORTS, &s->transports);
}

void session_publish_track(struct sessions *s, const struct track *t)
{
    const Sluice__Link__Track *m = t->state;
    struct stats_track b = {.handle = t->handle,
                            .transport = t->transport->handle,
                            .id = m->id,
                            .video = m->video != 0,
                            .muted = m->muted != 0,
                            .svc = m->svc != 0,
                            .encrypted = m->encrypted != 0,
                            .worker = (uint8_t)t->transport->state->worker,
                            .codec = m->n_payloads ? (uint8_t)m->payloads[0]->codec : 0,
                            .source = m->source <= UINT8_MAX ? (uint8_t)m->source : 0,
                            .wanted = t->wanted_told,
                            .subscribers = t->subscribers};
    stats_text(b.sid, sizeof(b.sid), m->sid);
    stats_text(b.name, sizeof(b.name), m->name);
    put(s, STATS_TRACKS, t->handle, &b, sizeof(b));
    put_pool(s, STATS_POOL_TRACKS, &s->tracks);
}

void session_publish_track_gone(struct sessions *s, const struct track *t)
{
    static const struct stats_track none;
    put(s, STATS_TRACKS, t->handle, &none, sizeof(none));
    put_pool(s, STATS_POOL_TRACKS, &s->tracks);
}

void session_publish_subscription(struct sessions *s, const struct subscription *sub)
{
    const Sluice__Link__Subscription *m = sub->state;
    struct stats_subscription b = {.handle = sub->handle,
                                   .track = sub->track->handle,
                                   .transport = sub->transport->handle,
                                   .ssrc = m->ssrc,
                                   .id = m->id,
                                   .disabled = m->disabled != 0,
                                   .max_spatial = (uint8_t)m->max_spatial,
                                   .max_temporal = (uint8_t)m->max_temporal,
                                   .worker = (uint8_t)sub->transport->state->worker};
    put(s, STATS_SUBSCRIPTIONS, sub->handle, &b, sizeof(b));
    put_pool(s, STATS_POOL_SUBSCRIPTIONS, &s->subscriptions);
}

void session_publish_subscription_gone(struct sessions *s, const struct subscription *sub)
{
    static const struct stats_subscription none;
    put(s, STATS_SUBSCRIPTIONS, sub->handle, &none, sizeof(none));
    put_pool(s, STATS_POOL_SUBSCRIPTIONS, &s->subscriptions);
}
