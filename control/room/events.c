/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/events.h"

#include "common/log.h"
#include "control/room/commands.h"
#include "control/room/dynacast.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/quality.h"
#include "control/room/rebuild.h"
#include "control/room/speakers.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"

#include <string.h>

static void welcome(struct rooms *rs, const Sluice__Link__Welcome *m)
{
    struct media_plane *p = &rs->media;
    rebuild_forget(rs);
    p->up = false;
    p->instance = m->instance;
    p->tcp_port = (uint16_t)m->tcp_port;
    p->worker_count = 0;
    memset(p->fingerprint, 0, sizeof p->fingerprint);
    if (m->fingerprint.len == sizeof p->fingerprint)
        memcpy(p->fingerprint, m->fingerprint.data, sizeof p->fingerprint);
    for (size_t i = 0; i < m->n_media_ports && p->worker_count < MEDIA_WORKERS_MAX; i++)
        p->workers[p->worker_count++] = (struct media_worker){
            .worker = m->media_ports[i]->worker, .udp_port = (uint16_t)m->media_ports[i]->udp_port};
    log_info("link", "dataplane instance=%016llx backend=\"%s\" workers=%u tcp_port=%u",
             (unsigned long long)m->instance, m->backend, p->worker_count, m->tcp_port);
}

/* What could not be opened is taken back, so that nobody waits for it. */
static void take_back(struct rooms *rs, uint64_t id, usec_t now)
{
    struct transport *transport = index_find(&rs->transports, id);
    struct participant *p = transport ? transport->owner : index_find(&rs->participants, id);
    struct source *source = index_find(&rs->sources, id);
    struct subscription *s = index_find(&rs->subscriptions, id);
    if (p)
        participant_close(p, LIVEKIT__DISCONNECT_REASON__JOIN_FAILURE, true, now);
    else if (source)
        publication_reject(source->track, now);
    else if (s)
        subscription_refuse(s, LIVEKIT__SUBSCRIPTION_ERROR__SE_UNKNOWN, now);
}

/* An unknown number is that of something which the dataplane has just given up: it says so itself.
 * But a transport that it does not know is lost. */
static void lost(struct rooms *rs, uint64_t id, usec_t now)
{
    struct transport *t = index_find(&rs->transports, id);
    if (t)
        participant_start_over(t->owner, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, now);
}

static void failure(struct rooms *rs, const Sluice__Link__Failure *m, usec_t now)
{
    log_warn("link", "command failed seq=%llu code=%d id=%016llx: %s", (unsigned long long)m->seq,
             (int)m->code, (unsigned long long)m->id, m->text);
    if (m->code == SLUICE__LINK__FAILURE_CODE__FAILURE_UNKNOWN_ID)
        lost(rs, m->id, now);
    else if (m->code != SLUICE__LINK__FAILURE_CODE__FAILURE_VERSION)
        take_back(rs, m->id, now);
}

static void layer_seen(struct rooms *rs, const Sluice__Link__LayerSeen *m, usec_t now)
{
    struct source *s = index_find(&rs->sources, m->track);
    if (s && s->facts)
        publication_layer_seen(s, m->layer, m->rid, m->ssrc, m->rtx_ssrc, now);
}

static void participant_status(struct rooms *rs, const Sluice__Link__ParticipantStatus *m,
                               usec_t now)
{
    struct participant *p = index_find(&rs->participants, m->participant);
    if (p && p->resuming && rs->out.status)
        rs->out.status(rs->out.ctx, p, m->last_reliable_sequence, now);
}

static void transport_state(struct rooms *rs, const Sluice__Link__TransportState *m, usec_t now)
{
    struct transport *t = index_find(&rs->transports, m->transport);
    if (t)
        transport_state_changed(t, m, now);
}

static void wanted_layers(struct rooms *rs, const Sluice__Link__WantedLayers *m, usec_t now)
{
    struct source *s = index_find(&rs->sources, m->track);
    if (s)
        dynacast_wanted(s, m->layer, now);
}

static void subscription_paused(struct rooms *rs, const Sluice__Link__SubscriptionPaused *m)
{
    struct subscription *s = index_find(&rs->subscriptions, m->subscription);
    if (!s)
        return;
    s->paused = m->paused;
    subscription_tell_paused(s);
}

static void server_packet(struct rooms *rs, const Sluice__Link__ServerPacket *m, usec_t now)
{
    struct participant *p = index_find(&rs->participants, m->participant);
    Livekit__DataPacket *packet = livekit__data_packet__unpack(NULL, m->packet.len, m->packet.data);
    if (p && packet && rs->server_packet)
        rs->server_packet(rs->server_packet_ctx, p, packet, now);
    livekit__data_packet__free_unpacked(packet, NULL);
}

void rooms_event(struct rooms *rs, Sluice__Link__Event *e, usec_t now)
{
    switch (e->body_case) {
    case SLUICE__LINK__EVENT__BODY_WELCOME:
        welcome(rs, e->welcome);
        break;
    case SLUICE__LINK__EVENT__BODY_FAILURE:
        failure(rs, e->failure, now);
        break;
    case SLUICE__LINK__EVENT__BODY_TRANSPORT_STATE:
        transport_state(rs, e->transport_state, now);
        break;
    case SLUICE__LINK__EVENT__BODY_LAYER_SEEN:
        layer_seen(rs, e->layer_seen, now);
        break;
    case SLUICE__LINK__EVENT__BODY_AUDIO_LEVELS:
        speakers_levels(rs, e->audio_levels, now);
        break;
    case SLUICE__LINK__EVENT__BODY_REPORTS:
        quality_reports(rs, e->reports, now);
        break;
    case SLUICE__LINK__EVENT__BODY_WANTED_LAYERS:
        wanted_layers(rs, e->wanted_layers, now);
        break;
    case SLUICE__LINK__EVENT__BODY_SUBSCRIPTION_PAUSED:
        subscription_paused(rs, e->subscription_paused);
        break;
    case SLUICE__LINK__EVENT__BODY_SERVER_PACKET:
        server_packet(rs, e->server_packet, now);
        break;
    case SLUICE__LINK__EVENT__BODY_PARTICIPANT_STATUS:
        participant_status(rs, e->participant_status, now);
        break;
    case SLUICE__LINK__EVENT__BODY_DUMP_PARTICIPANT:
    case SLUICE__LINK__EVENT__BODY_DUMP_RECORD_PART:
    case SLUICE__LINK__EVENT__BODY_DUMP_TRANSPORT:
    case SLUICE__LINK__EVENT__BODY_DUMP_TRACK:
    case SLUICE__LINK__EVENT__BODY_DUMP_SUBSCRIPTION:
        rebuild_keep(rs, e);
        return;
    case SLUICE__LINK__EVENT__BODY_DUMP_END:
        rebuild(rs, now);
        command_set_turn_peers(rs);
        break;
    default:
        break;
    }
    sluice__link__event__free_unpacked(e, NULL);
}

void rooms_link_lost(struct rooms *rs)
{
    rs->media.up = false;
    rebuild_forget(rs);
}
