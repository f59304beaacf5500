/* SPDX-License-Identifier: Apache-2.0 */
/* Connectivity checks: answers them, and tells workers and lookups which paths are the peer's. */
#include "dataplane/session/engine.h"
#include "dataplane/session/publish.h"

#include <string.h>

static void count(struct sessions *s, enum ice_verdict verdict)
{
    static const enum counter reason[] = {
        [ICE_REFUSED] = COUNTER_DROP_STUN_OTHER,
        [ICE_BAD_INTEGRITY] = COUNTER_DROP_STUN_INTEGRITY,
        [ICE_MALFORMED] = COUNTER_DROP_STUN_MALFORMED,
        [ICE_OTHER] = COUNTER_DROP_STUN_OTHER,
        [ICE_UNWANTED] = COUNTER_DROP_STUN_OTHER,
    };
    if (verdict != ICE_ACCEPTED)
        counters_add(s->counters, reason[verdict], 1);
}

static void send_path(struct sessions *s, const struct transport *t, enum media_command_type type,
                      const struct net_path *path)
{
    struct media_command c = {.type = type, .handle = t->handle, .path = *path};
    s->out.command(s->out.context, t->state->worker, &c);
}

static void pair_added(struct sessions *s, struct transport *t, const struct net_path *path)
{
    lookup_add_remote(s, path, t->handle);
    if (path->tcp)
        return;
    send_path(s, t, MEDIA_ADD_REMOTE, path);
    s->out.allow(s->out.context, t->state->worker, path, true);
}

static void pair_removed(struct sessions *s, struct transport *t, const struct net_path *path)
{
    /* Another transport may have come from there meanwhile. */
    if (lookup_remote(s, path) != t->handle)
        return;
    lookup_remove_remote(s, path);
    if (path->tcp)
        return;
    send_path(s, t, MEDIA_REMOVE_REMOTE, path);
    s->out.allow(s->out.context, t->state->worker, path, false);
}

void ice_drive_events(struct sessions *s, struct transport *t)
{
    struct ice_event e;
    bool moved;
    while (ice_next_event(&t->ice, &e)) {
        switch (e.type) {
        case ICE_PAIR_ADDED:
            pair_added(s, t, &e.path);
            break;
        case ICE_PAIR_REMOVED:
            pair_removed(s, t, &e.path);
            break;
        case ICE_SELECTED:
            moved = t->keyed && t->path.remote.family && !ice_same_path(&t->path, &e.path);
            t->path = e.path;
            if (moved)
                event_connection(s, t, true);
            send_path(s, t, MEDIA_SET_PATH, &e.path);
            if (t->remote && t->remote->dtls_client)
                dtls_drive_run(s, t);
            break;
        case ICE_STATE:
            break;
        }
    }
}

/* Remembers which ufrags lead here; ice_input() may have dropped the replaced ones. */
static void forget_previous(struct sessions *s, const char *ufrag_before, struct transport *t)
{
    if (ufrag_before[0] && !t->ice.previous.ufrag[0])
        lookup_remove_ufrag(s, ufrag_before);
}

void ice_drive_input(struct sessions *s, struct transport *t, const struct net_path *path,
                     const uint8_t *data, size_t len)
{
    struct ice_reply reply;
    char previous[ICE_UFRAG_MAX + 1];
    memcpy(previous, t->ice.previous.ufrag, sizeof(previous));
    ice_input(&t->ice, data, len, path, s->now, &reply);
    count(s, reply.verdict);
    if (reply.len > 0)
        s->out.packet(s->out.context, t->state->worker, path, reply.data, reply.len);
    forget_previous(s, previous, t);
    ice_drive_events(s, t);
    session_transport_update_connection(s, t);
    session_transport_schedule(s, t);
}

void ice_drive_close(struct sessions *s, struct transport *t)
{
    for (int i = 0; i < ICE_PAIRS_MAX; i++)
        if (t->ice.pairs[i].used)
            pair_removed(s, t, &t->ice.pairs[i].path);
    lookup_remove_ufrag(s, t->ice.current.ufrag);
    if (t->ice.previous.ufrag[0])
        lookup_remove_ufrag(s, t->ice.previous.ufrag);
}
