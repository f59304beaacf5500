/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams that are not media: to which transport they belong, and to which of its parts. */
#include "bpf/classify.h"
#include "dataplane/session/engine.h"

static void stun(struct sessions *s, const struct net_path *path, const uint8_t *data, size_t len)
{
    const char *ufrag;
    size_t ufrag_len;
    if (!stun_request_ufrag(data, len, &ufrag, &ufrag_len)) {
        stun_response(s, path, data, len);
        return;
    }
    struct transport *t = session_transport_of(s, lookup_ufrag(s, ufrag, ufrag_len));
    if (!t) {
        counters_add(s->counters, COUNTER_DROP_STUN_UNKNOWN_UFRAG, 1);
        return;
    }
    /* A transport lives on one worker's port; checks to another's must not succeed. */
    if (!path->tcp && path->local.port != s->config.ports[t->state->worker]) {
        counters_add(s->counters, COUNTER_DROP_STUN_OTHER, 1);
        return;
    }
    ice_drive_input(s, t, path, data, len);
}

static void dtls(struct sessions *s, const struct net_path *path, const uint8_t *data, size_t len)
{
    struct transport *t = session_transport_of(s, lookup_remote(s, path));
    if (t)
        dtls_drive_input(s, t, path, data, len);
    else
        counters_add(s->counters, COUNTER_DROP_DTLS_UNKNOWN_PEER, 1);
}

void sessions_packet(struct sessions *s, const struct net_path *path, const uint8_t *data,
                     size_t len, usec_t now)
{
    s->now = now;
    if (len < PACKET_CLASSIFY_MIN) {
        counters_add(s->counters, COUNTER_DROP_EMPTY, 1);
        return;
    }
    switch (packet_classify(data[0], data[1])) {
    case PACKET_STUN:
        stun(s, path, data, len);
        break;
    case PACKET_DTLS:
        dtls(s, path, data, len);
        break;
    default:
        counters_add(s->counters, COUNTER_DROP_CLASS, 1);
    }
}

handle_t sessions_tcp_session(const struct sessions *s, const struct net_path *path,
                              unsigned *worker)
{
    struct transport *t = session_transport_of(s, lookup_remote(s, path));
    if (!t)
        return HANDLE_NONE;
    *worker = t->state->worker;
    return t->handle;
}

void sessions_tcp_closed(struct sessions *s, const struct net_path *path, usec_t now)
{
    s->now = now;
    struct transport *t = session_transport_of(s, lookup_remote(s, path));
    if (!t)
        return;
    ice_path_closed(&t->ice, path);
    ice_drive_events(s, t);
    session_transport_update_connection(s, t);
    session_transport_schedule(s, t);
}
