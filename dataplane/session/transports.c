/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <stdlib.h>
#include <string.h>

static void adopt(struct transport *t, Sluice__Link__Transport *m)
{
    if (t->state)
        sluice__link__transport__free_unpacked(t->state, NULL);
    t->state = m;
}

static void refuse(struct sessions *s, uint64_t seq, Sluice__Link__FailureCode code,
                   Sluice__Link__Transport *m, const char *why)
{
    fail(s, seq, code, m->id, why);
    sluice__link__transport__free_unpacked(m, NULL);
}

static struct transport *session_transport_create(struct sessions *s, struct participant *p,
                                                  const Sluice__Link__Transport *m)
{
    handle_t h = registry_add(&s->transports, m->id);
    if (!h) {
        session_publish_refusal(s, STATS_POOL_TRANSPORTS);
        return NULL;
    }
    struct transport *t = &s->transport[handle_index(h)];
    *t = (struct transport){.handle = h,
                            .participant = p,
                            .failure = "",
                            .since = s->now,
                            .reliable = -1,
                            .lossy = -1,
                            .data_track = -1};
    STAILQ_INIT(&t->queue);
    LIST_INIT(&t->tracks);
    LIST_INIT(&t->subscriptions);
    if (!ice_init(&t->ice, m->local_ufrag, m->local_pwd, m->tcp_only) || !dtls_drive_open(s, t)) {
        registry_remove(&s->transports, m->id, h);
        return NULL;
    }
    LIST_INSERT_HEAD(&p->transports, t, link);
    return t;
}

static void set_bandwidth(struct sessions *s, const struct transport *t)
{
    const Sluice__Link__Transport *m = t->state;
    struct media_command c = {.type = MEDIA_SET_BANDWIDTH,
                              .handle = t->handle,
                              .bandwidth = {.estimated = m->estimate_bandwidth,
                                            .allow_pause = m->allow_pause,
                                            .cap = m->bandwidth_cap}};
    s->out.command(s->out.context, m->worker, &c);
}

void session_transport_open(struct sessions *s, uint64_t seq, Sluice__Link__Transport *m)
{
    struct participant *p = find_participant(s, m->participant);
    struct transport *t = find_transport(s, m->id);
    struct ice_agent probe;
    if (!p) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m, "participant");
        return;
    }
    if (m->id == 0 || m->worker >= s->config.workers ||
        m->kind > SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER ||
        !ice_init(&probe, m->local_ufrag, m->local_pwd, false) ||
        (t && (t->participant != p || t->state->worker != m->worker))) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m, "transport fields");
        return;
    }
    if (t) {
        t->ice.tcp_only = m->tcp_only;
        adopt(t, m);
        set_bandwidth(s, t);
        return;
    }
    t = session_transport_create(s, p, m);
    if (!t) {
        refuse(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_FULL, m, "transports");
        return;
    }
    adopt(t, m);
    lookup_add_ufrag(s, t->ice.current.ufrag, t->handle);
    worker_command(s, m->worker, MEDIA_OPEN_SESSION, t->handle);
    set_bandwidth(s, t);
    session_publish_transport(s, t);
}

void session_transport_set_remote(struct sessions *s, uint64_t seq,
                                  Sluice__Link__RemoteDescription *m)
{
    struct transport *t = find_transport(s, m->transport);
    bool ok = t && m->fingerprint.len == DTLS_FINGERPRINT && m->sctp_port <= UINT16_MAX;
    if (!ok) {
        fail(s, seq,
             t ? SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID
               : SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID,
             m->transport, t ? "remote description" : "transport");
        sluice__link__remote_description__free_unpacked(m, NULL);
        return;
    }
    if (t->remote)
        sluice__link__remote_description__free_unpacked(t->remote, NULL);
    t->remote = m;
    if (m->dtls_client && dtls_state(t->dtls) == DTLS_HANDSHAKE && !dtls_is_client(t->dtls)) {
        dtls_destroy(t->dtls);
        trim_later(s);
        t->dtls = NULL;
        if (!dtls_drive_open(s, t)) {
            log_error("dtls", "no memory for an association");
            session_transport_close(s, t);
            return;
        }
    }
    if (!dtls_set_fingerprint(t->dtls, m->fingerprint.data)) {
        counters_add(s->counters, COUNTER_DROP_DTLS_FINGERPRINT, 1);
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m->transport,
             "fingerprint is not that of the connected peer");
        return;
    }
    dtls_drive_run(s, t);
    data_drive_open(s, t);
    data_drive_run(s);
    session_transport_schedule(s, t);
}

void session_transport_restart_ice(struct sessions *s, uint64_t seq,
                                   const Sluice__Link__LocalIce *m)
{
    struct transport *t = find_transport(s, m->transport);
    if (!t) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID, m->transport, "transport");
        return;
    }
    if (strcmp(t->ice.current.ufrag, m->ufrag) == 0)
        return;
    struct ice_credentials dropped = t->ice.previous;
    if (!ice_restart(&t->ice, m->ufrag, m->pwd)) {
        fail(s, seq, SLUICE__LINK__FAILURE_CODE__FAILURE_INVALID, m->transport, "credentials");
        return;
    }
    if (dropped.ufrag[0])
        lookup_remove_ufrag(s, dropped.ufrag);
    lookup_add_ufrag(s, t->ice.current.ufrag, t->handle);
    /* The dump tells the credentials that are in force. */
    free(t->state->local_ufrag);
    free(t->state->local_pwd);
    t->state->local_ufrag = strdup(m->ufrag);
    t->state->local_pwd = strdup(m->pwd);
    ice_drive_events(s, t);
    session_transport_update_connection(s, t);
    session_transport_schedule(s, t);
}

void session_transport_close(struct sessions *s, struct transport *t)
{
    while (!LIST_EMPTY(&t->subscriptions))
        session_subscription_close(s, LIST_FIRST(&t->subscriptions));
    while (!LIST_EMPTY(&t->tracks))
        session_track_close(s, LIST_FIRST(&t->tracks));
    data_drive_close(t);
    data_drive_run(s);
    if (t->remote)
        sluice__link__remote_description__free_unpacked(t->remote, NULL);
    t->remote = NULL; /* so that nothing is opened anew on the way out */
    if (t->dtls) {
        dtls_close(t->dtls, s->now);
        dtls_drive_run(s, t);
    }
    ice_drive_close(s, t);
    worker_command(s, t->state->worker, MEDIA_CLOSE_SESSION, t->handle);
    dtls_destroy(t->dtls);
    timers_set(&s->timers, handle_index(t->handle), USEC_NEVER);
    LIST_REMOVE(t, link);
    registry_remove(&s->transports, t->state->id, t->handle);
    session_publish_transport_gone(s, t);
    adopt(t, NULL);
}

static Sluice__Link__Connection connection_of(const struct transport *t, const char **why)
{
    *why = "";
    if (t->dtls && dtls_state(t->dtls) == DTLS_FAILED) {
        *why = dtls_error(t->dtls);
        return SLUICE__LINK__CONNECTION__FAILED;
    }
    switch (t->ice.state) {
    case ICE_STATE_FAILED:
        *why = "no connectivity check for 15 s";
        return SLUICE__LINK__CONNECTION__FAILED;
    case ICE_STATE_DISCONNECTED:
        return SLUICE__LINK__CONNECTION__DISCONNECTED;
    case ICE_STATE_CONNECTED:
        return t->keyed ? SLUICE__LINK__CONNECTION__CONNECTED
                        : SLUICE__LINK__CONNECTION__ICE_CONNECTED;
    default:
        return SLUICE__LINK__CONNECTION__NEW;
    }
}

void session_transport_update_connection(struct sessions *s, struct transport *t)
{
    Sluice__Link__Connection now = connection_of(t, &t->failure);
    if (now == t->connection)
        return;
    t->connection = now;
    t->since = s->now;
    if (now == SLUICE__LINK__CONNECTION__CONNECTED)
        silence_watch(s);
    char local[NET_ADDR_TEXT], remote[NET_ADDR_TEXT];
    Sluice__Link__TransportState state;
    fill_transport_state(t, &state, local, remote);
    Sluice__Link__Event e = SLUICE__LINK__EVENT__INIT;
    e.body_case = SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE;
    e.transport_state = &state;
    s->out.event(s->out.context, &e);
    session_publish_transport(s, t);
    event_connection(s, t, false);
}

void session_transport_schedule(struct sessions *s, struct transport *t)
{
    usec_t ice = ice_deadline(&t->ice);
    usec_t dtls = t->dtls ? dtls_deadline(t->dtls) : USEC_NEVER;
    usec_t settle = dtls_drive_settle_at(t), at = ice < dtls ? ice : dtls;
    timers_set(&s->timers, handle_index(t->handle), settle < at ? settle : at);
    session_publish_transport(s, t);
}

void session_transport_timeout(struct sessions *s, struct transport *t)
{
    if (ice_deadline(&t->ice) <= s->now) {
        ice_timeout(&t->ice, s->now);
        ice_drive_events(s, t);
    }
    if (t->dtls && dtls_deadline(t->dtls) <= s->now) {
        dtls_timeout(t->dtls, s->now);
        dtls_drive_run(s, t);
    }
    if (dtls_drive_settle_at(t) <= s->now)
        dtls_drive_settle(s, t);
    session_transport_update_connection(s, t);
    session_transport_schedule(s, t);
}
