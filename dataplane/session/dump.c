/* SPDX-License-Identifier: Apache-2.0 */
/* What a new control is told of what is there: one message per object, then DumpEnd. */
#include "dataplane/session/engine.h"

static void tell(struct sessions *s, Sluice__Link__Event *e)
{
    s->out.event(s->out.context, e);
}

void fill_transport_state(const struct transport *t, Sluice__Link__TransportState *out,
                          char local[static NET_ADDR_TEXT], char remote[static NET_ADDR_TEXT])
{
    *out = (Sluice__Link__TransportState)SLUICE__LINK__TRANSPORT_STATE__INIT;
    out->transport = t->state->id;
    out->state = t->connection;
    out->reason = (char *)t->failure;
    out->restartable = t->connection == SLUICE__LINK__CONNECTION__FAILED && t->keyed &&
                       dtls_state(t->dtls) == DTLS_CONNECTED;
    if (t->path.remote.family) {
        out->local = (char *)net_addr_format(&t->path.local, local);
        out->remote = (char *)net_addr_format(&t->path.remote, remote);
        out->tcp = net_path_is_tcp(&t->path);
    }
}

static void dump_transport(struct sessions *s, const struct transport *t)
{
    char local[NET_ADDR_TEXT], remote[NET_ADDR_TEXT];
    Sluice__Link__TransportState state;
    fill_transport_state(t, &state, local, remote);
    Sluice__Link__DumpTransport d = SLUICE__LINK__DUMP_TRANSPORT__INIT;
    d.transport = t->state;
    d.remote = t->remote;
    d.state = &state;
    d.data_ready = t->data_ready;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT;
    e.dump_transport = &d;
    tell(s, &e);
}

static void dump_tracks(struct sessions *s, const struct transport *t)
{
    struct track *track;
    LIST_FOREACH(track, &t->tracks, link)
    {
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_TRACK;
        e.dump_track = track->state;
        tell(s, &e);
        track->wanted_told = MEDIA_LAYER_NONE;
    }
}

static void dump_subscriptions(struct sessions *s, const struct transport *t)
{
    const struct subscription *sub;
    LIST_FOREACH(sub, &t->subscriptions, transport_link)
    {
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION;
        e.dump_subscription = sub->state;
        tell(s, &e);
    }
}

static void each_transport(struct sessions *s,
                           void (*dump)(struct sessions *s, const struct transport *t))
{
    for (uint32_t i = 0; i < s->transports.pool.size; i++)
        if (s->transports.pool.taken[i])
            dump(s, &s->transport[i]);
}

void dump_all(struct sessions *s)
{
    for (uint32_t i = 0; i < s->participants.pool.size; i++) {
        if (!s->participants.pool.taken[i])
            continue;
        record_parts_dump(s, &s->participant[i]);
        Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
        e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT;
        e.dump_participant = s->participant[i].state;
        tell(s, &e);
    }
    each_transport(s, dump_transport);
    each_transport(s, dump_tracks);
    each_transport(s, dump_subscriptions);
    Sluice__Link__DumpEnd end = SLUICE__LINK__DUMP_END__INIT;
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_DUMP_END;
    e.dump_end = &end;
    tell(s, &e);
    for (uint32_t i = 0; i < s->tracks.pool.size; i++)
        if (s->tracks.pool.taken[i])
            session_track_tell_wanted(s, &s->track[i]);
    for (uint32_t i = 0; i < s->subscriptions.pool.size; i++)
        if (s->subscriptions.pool.taken[i] && s->subscription[i].paused)
            session_subscription_tell_paused(s, &s->subscription[i]);
}
