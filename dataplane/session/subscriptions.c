/* SPDX-License-Identifier: Apache-2.0 */
#include "dataplane/session/convert.h"
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

static void adopt(struct subscription *sub, Sluice__Link__Subscription *m)
{
    if (sub->state)
        sluice__link__subscription__free_unpacked(sub->state, NULL);
    sub->state = m;
}

static void refuse(struct sessions *s, uint64_t seq, Sluice__Link__FailureCode code,
                   Sluice__Link__Subscription *m, const char *why)
{
    fail(s, seq, code, m->id, why);
    sluice__link__subscription__free_unpacked(m, NULL);
}

bool session_subscription_apply(struct sessions *s, struct subscription *sub, const char **why)
{
    struct media_command c = {.type = MEDIA_SET_DOWNTRACK, .handle = sub->handle};
    if (!convert_subscription(sub->state, sub->track->state, &c.downtrack, why))
        return false;
    c.downtrack.session = sub->transport->handle;
    c.downtrack.track = sub->track->handle;
    c.downtrack.track_worker = (uint8_t)sub->track->transport->state->worker;
    s->out.command(s->out.context, sub->transport->state->worker, &c);
    return true;
}

static struct subscription *session_subscription_create(struct sessions *s, struct track *track,
                                                        struct transport *transport, uint64_t id)
{
    handle_t h = registry_add(&s->subscriptions, id);
    if (!h) {
        session_publish_refusal(s, STATS_POOL_SUBSCRIPTIONS);
        return NULL;
    }
    struct subscription *sub = &s->subscription[handle_index(h)];
    *sub = (struct subscription){.handle = h, .track = track, .transport = transport};
    LIST_INSERT_HEAD(&track->subscriptions, sub, track_link);
    track->subscribers++;
    LIST_INSERT_HEAD(&transport->subscriptions, sub, transport_link);
    return sub;
}

/* The same subscriber gets another track under the same SSRCs: a second codec of what it had. */
static void move(struct sessions *s, struct subscription *sub, struct track *to)
{
    struct track *from = sub->track;
    if (from == to)
        return;
    LIST_REMOVE(sub, track_link);
    LIST_INSERT_HEAD(&to->subscriptions, sub, track_link);
    sub->track = to;
    session_track_update_readers(s, from);
    session_publish_track(s, from);
}

/* Whether m may be opened or may change `sub`; else *why. */
static bool check(const Sluice__Link__Subscription *m, const struct subscription *sub,
                  const struct track *track, const struct transport *transport, const char **why)
{
    struct media_downtrack probe;
    *why = "id";
    return m->id != 0 && (!sub || sub->transport == transport) &&
           convert_subscription(m, track->state, &probe, why);
}

void session_subscription_open(struct sessions *s, uint64_t seq, Sluice__Link__Subscription *m)
{
    struct track *track = find_track(s, m->track);
    struct transport *transport = find_transport(s, m->transport);
    struct subscription *sub = find_subscription(s, m->id);
    const char *why;
    if (!track || !transport) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m,
               track ? "transport" : "track");
        return;
    }
    if (!check(m, sub, track, transport, &why)) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m, why);
        return;
    }
    if (!sub)
        sub = session_subscription_create(s, track, transport, m->id);
    if (!sub) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL, m, "subscriptions");
        return;
    }
    adopt(sub, m);
    move(s, sub, track);
    session_subscription_apply(s, sub, &why);
    session_track_update_readers(s, track);
    session_publish_subscription(s, sub);
    session_publish_track(s, track);
}

void session_subscription_close(struct sessions *s, struct subscription *sub)
{
    struct track *track = sub->track;
    worker_command(s, sub->transport->state->worker, MEDIA_CLOSE_DOWNTRACK, sub->handle);
    LIST_REMOVE(sub, track_link);
    track->subscribers--;
    LIST_REMOVE(sub, transport_link);
    registry_remove(&s->subscriptions, sub->state->id, sub->handle);
    session_publish_subscription_gone(s, sub);
    adopt(sub, NULL);
    session_track_update_readers(s, track);
    session_publish_track(s, track);
}
