/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/transport.h"

#include "common/log.h"
#include "common/random.h"
#include "control/room/commands.h"
#include "control/room/fallback.h"
#include "control/room/heap.h"
#include "control/room/ice_servers.h"
#include "control/room/participant.h"
#include "control/room/patience.h"
#include "control/room/preference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct media_worker *worker_by_id(struct media_plane *m, uint32_t id)
{
    for (uint32_t i = 0; i < m->worker_count; i++)
        if (m->workers[i].worker == id)
            return &m->workers[i];
    return NULL;
}

static struct media_worker *least_loaded(struct media_plane *m)
{
    struct media_worker *best = NULL;
    for (uint32_t i = 0; i < m->worker_count; i++)
        if (!best || m->workers[i].transports < best->transports)
            best = &m->workers[i];
    return best;
}

static void new_credentials(struct transport *t)
{
    random_ice_chars(t->ufrag, ROOM_UFRAG_LEN);
    random_ice_chars(t->pwd, ROOM_PWD_LEN);
}

static struct transport *create(struct participant *p, uint64_t id,
                                Sluice__Link__TransportKind kind, struct media_worker *w)
{
    struct transport *t = heap_new(sizeof *t);
    t->index.id = id;
    t->owner = p;
    t->kind = kind;
    t->worker = w->worker;
    w->transports++;
    t->session_id = random_u64() >> 1;
    t->session_version = (uint64_t)(clock_realtime() / USEC_PER_SEC);
    if (kind == SLUICE__LINK__TRANSPORT_KIND__SINGLE)
        t->slots = heap_new(sizeof *t->slots);
    if (kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER) {
        t->offers = heap_new(sizeof *t->offers);
        t->offer_id = 1 + random_u32() % 256;
    }
    p->transports[kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER] = t;
    index_add(&p->room->rooms->transports, &t->index);
    return t;
}

/* A relay speaks UDP to us, however it is reached. */
static bool over_tcp_only(const struct participant *p)
{
    return p->room->rooms->config.force_tcp ||
           (preference_of(p->room, p->claims.identity) != LIVEKIT__CANDIDATE_PROTOCOL__UDP &&
            !ice_servers_over_tls(p));
}

struct transport *transport_open(struct participant *p, Sluice__Link__TransportKind kind)
{
    struct media_worker *w = least_loaded(&p->room->rooms->media);
    if (!w)
        return NULL;
    struct transport *t = create(p, index_new_id(), kind, w);
    t->tcp_only = over_tcp_only(p);
    t->estimate_bandwidth = p->room->rooms->config.estimate_bandwidth;
    t->allow_pause = p->allow_pause;
    new_credentials(t);
    command_open_transport(t);
    return t;
}

struct transport *transport_adopt(struct participant *p, const Sluice__Link__Transport *m)
{
    struct media_worker *w = worker_by_id(&p->room->rooms->media, m->worker);
    if (!w || p->transports[m->kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER] ||
        strlen(m->local_ufrag) > ROOM_UFRAG_LEN || strlen(m->local_pwd) > ROOM_PWD_LEN)
        return NULL;
    struct transport *t = create(p, m->id, m->kind, w);
    snprintf(t->ufrag, sizeof t->ufrag, "%s", m->local_ufrag);
    snprintf(t->pwd, sizeof t->pwd, "%s", m->local_pwd);
    t->tcp_only = m->tcp_only;
    t->estimate_bandwidth = m->estimate_bandwidth;
    t->allow_pause = p->allow_pause = m->allow_pause;
    t->bandwidth_cap = m->bandwidth_cap;
    t->described = true;
    return t;
}

void unclaimed_free(struct unclaimed_section *u)
{
    free(u->track_id);
    free(u);
}

void transport_close(struct transport *t, bool tell)
{
    struct rooms *rs = t->owner->room->rooms;
    if (tell)
        command_close_transport(t);
    struct media_worker *w = worker_by_id(&rs->media, t->worker);
    if (w && w->transports > 0)
        w->transports--;
    timer_stop(&rs->timers, &t->negotiate);
    timer_stop(&rs->timers, &t->establish);
    timer_stop(&rs->timers, &t->answer_timeout);
    index_remove(&rs->transports, &t->index);
    t->owner->transports[t->kind == SLUICE__LINK__TRANSPORT_KIND__SUBSCRIBER] = NULL;
    while (t->unclaimed) {
        struct unclaimed_section *u = t->unclaimed;
        t->unclaimed = u->next;
        unclaimed_free(u);
    }
    while (t->ending) {
        struct ending_slot *e = t->ending;
        t->ending = e->next;
        free(e);
    }
    free(t->slots);
    free(t->offers);
    free(t);
}

void transport_set_remote(struct transport *t, const struct sdp_remote *remote)
{
    const struct sdp_remote *old = &t->remote;
    bool same = t->remote_set && strcmp(old->ufrag, remote->ufrag) == 0 &&
                strcmp(old->pwd, remote->pwd) == 0 &&
                memcmp(old->fingerprint, remote->fingerprint, sizeof old->fingerprint) == 0 &&
                old->dtls_client == remote->dtls_client && old->sctp_port == remote->sctp_port &&
                old->max_message_size == remote->max_message_size;
    t->remote = *remote;
    t->remote_set = true;
    if (!same)
        command_set_remote(t);
}

void transport_restart_ice(struct transport *t)
{
    bool tcp_only = over_tcp_only(t->owner);
    if (tcp_only != t->tcp_only) {
        t->tcp_only = tcp_only;
        command_open_transport(t);
    }
    new_credentials(t);
    t->described = false;
    command_restart_ice(t);
}

size_t transport_candidates(const struct transport *t,
                            struct sdp_candidate list[static TRANSPORT_CANDIDATES_MAX])
{
    struct rooms *rs = t->owner->room->rooms;
    const struct media_worker *w = worker_by_id(&rs->media, t->worker);
    size_t n = 0;
    for (int tcp = 0; tcp <= 1; tcp++) {
        uint16_t port = tcp ? rs->media.tcp_port : w ? w->udp_port : 0;
        uint16_t shift = tcp || !w ? 0 : (uint16_t)(w->udp_port - rs->media.workers[0].udp_port);
        if (port == 0 || (t->tcp_only && !tcp))
            continue;
        for (size_t i = 0; i < rs->address_count && n < TRANSPORT_CANDIDATES_MAX; i++) {
            const struct candidate_address *a = &rs->addresses[i];
            if (!(tcp ? a->tcp : a->udp))
                continue;
            list[n] =
                (struct sdp_candidate){.addr = a->at, .tcp = tcp, .preference = a->preference};
            list[n++].addr.port = a->at.port ? (uint16_t)(a->at.port + shift) : port;
        }
    }
    return n;
}

void transport_end_slot(struct transport *t, uint64_t owner)
{
    struct ending_slot *e = heap_new(sizeof *e);
    e->owner = owner;
    e->next = t->ending;
    t->ending = e;
}

bool transport_slot_ending(const struct transport *t, uint64_t owner)
{
    for (const struct ending_slot *e = t->ending; e; e = e->next)
        if (e->owner == owner)
            return true;
    return false;
}

struct transport *transport_towards(const struct participant *p)
{
    return p->single ? p->transports[0] : p->transports[1];
}

struct transport *transport_from(const struct participant *p)
{
    return p->transports[0];
}

void transport_state_changed(struct transport *t, const Sluice__Link__TransportState *m, usec_t now)
{
    struct participant *p = t->owner;
    t->state = m->state;
    log_debug("room", "transport state=%d participant=%s room=%s reason=%s", (int)m->state, p->sid,
              p->room->name, m->reason);
    fallback_transport_changed(t, now);
    if (m->state == SLUICE__LINK__CONNECTION__CONNECTED) {
        t->was_connected = true;
        if (t == participant_primary(p))
            participant_active(p, now);
    } else if (m->state == SLUICE__LINK__CONNECTION__FAILED) {
        log_info("room", "media lost participant=%s identity=%s room=%s reason=%s", p->sid,
                 p->claims.identity, p->room->name, m->reason);
        participant_media_lost(p, m->restartable, now);
    }
    patience_changed(p, now);
}
