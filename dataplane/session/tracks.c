/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/convert.h"
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <string.h>

static void adopt(struct track *t, Sluice__Link__Track *m)
{
    if (t->state)
        sluice__link__track__free_unpacked(t->state, NULL);
    t->state = m;
}

static void refuse(struct sessions *s, uint64_t seq, Sluice__Link__FailureCode code,
                   Sluice__Link__Track *m, const char *why)
{
    fail(s, seq, code, m->id, why);
    sluice__link__track__free_unpacked(m, NULL);
}

static struct track *session_track_create(struct sessions *s, struct transport *transport,
                                          uint64_t id)
{
    handle_t h = registry_add(&s->tracks, id);
    if (!h) {
        session_publish_refusal(s, STATS_POOL_TRACKS);
        return NULL;
    }
    struct track *t = &s->track[handle_index(h)];
    *t = (struct track){.handle = h, .transport = transport, .wanted_told = MEDIA_LAYER_NONE};
    memset(t->wanted, MEDIA_LAYER_NONE, sizeof(t->wanted));
    LIST_INIT(&t->subscriptions);
    LIST_INSERT_HEAD(&transport->tracks, t, link);
    return t;
}

/* Downtracks carry some facts of their track: mute, encryption. */
static void reapply_subscriptions(struct sessions *s, struct track *t)
{
    struct subscription *sub;
    const char *why;
    LIST_FOREACH(sub, &t->subscriptions, track_link)
    session_subscription_apply(s, sub, &why);
}

void session_track_open(struct sessions *s, uint64_t seq, Sluice__Link__Track *m)
{
    struct transport *transport = find_transport(s, m->transport);
    struct track *t = find_track(s, m->id);
    struct media_command c = {.type = MEDIA_SET_TRACK};
    const char *why = "id";
    if (!transport) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m, "transport");
        return;
    }
    if (m->id == 0 || (t && t->transport != transport) ||
        !convert_track(m, transport->handle, &c.track, &why)) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m, why);
        return;
    }
    bool is_new = !t;
    if (is_new)
        t = session_track_create(s, transport, m->id);
    if (!t) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL, m, "tracks");
        return;
    }
    adopt(t, m);
    c.handle = t->handle;
    s->out.command(s->out.context, transport->state->worker, &c);
    session_publish_track(s, t);
    if (is_new)
        event_track(s, "track_opened", t);
    else
        reapply_subscriptions(s, t);
}

void session_track_close(struct sessions *s, struct track *t)
{
    while (!LIST_EMPTY(&t->subscriptions))
        session_subscription_close(s, LIST_FIRST(&t->subscriptions));
    worker_command(s, t->transport->state->worker, MEDIA_CLOSE_TRACK, t->handle);
    event_track(s, "track_closed", t);
    LIST_REMOVE(t, link);
    registry_remove(&s->tracks, t->state->id, t->handle);
    session_publish_track_gone(s, t);
    adopt(t, NULL);
}

void session_track_update_readers(struct sessions *s, struct track *t)
{
    uint32_t readers = 0;
    const struct subscription *sub;
    LIST_FOREACH(sub, &t->subscriptions, track_link)
    readers |= 1u << sub->transport->state->worker;
    if (readers == t->readers)
        return;
    for (unsigned w = 0; w < s->config.workers; w++)
        if (!(readers & 1u << w))
            t->wanted[w] = MEDIA_LAYER_NONE;
    t->readers = readers;
    struct media_command c = {.type = MEDIA_SET_READERS, .handle = t->handle, .readers = readers};
    s->out.command(s->out.context, t->transport->state->worker, &c);
    session_track_tell_wanted(s, t);
}

void session_track_tell_wanted(struct sessions *s, struct track *t)
{
    uint8_t highest = MEDIA_LAYER_NONE;
    for (unsigned w = 0; w < s->config.workers; w++)
        if (t->wanted[w] != MEDIA_LAYER_NONE &&
            (highest == MEDIA_LAYER_NONE || t->wanted[w] > highest))
            highest = t->wanted[w];
    if (highest == t->wanted_told)
        return;
    t->wanted_told = highest;
    session_publish_track(s, t);
    Sluice__Link__WantedLayers wanted = SLUICE__LINK__WANTED_LAYERS__INIT;
    wanted.track = t->state->id;
    wanted.layer = highest;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_WANTED_LAYERS;
    e.wanted_layers = &wanted;
    s->out.event(s->out.context, &e);
}
