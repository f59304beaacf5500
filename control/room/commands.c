/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/commands.h"

#include "common/link/link.h"
#include "common/log.h"
#include "control/room/arena.h"
#include "control/room/data_track.h"
#include "control/room/record.h"
#include "control/room/source.h"
#include "control/room/subscription.h"
#include "control/room/track_info.h"
#include "control/room/transport.h"

#include <stdio.h>
#include <string.h>

static void command(struct rooms *rs, Sluice__Link__Command *c)
{
    if (rs->media.up)
        rs->out.command(rs->out.ctx, c);
}

void command_close_id(struct rooms *rs, Sluice__Link__Command__BodyCase kind, uint64_t id)
{
    Sluice__Link__Id body = SLUICE__LINK__ID__INIT;
    body.id = id;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = kind;
    c.close_participant = &body; /* all bodies of type Id share the union */
    command(rs, &c);
}

/* What is too much of the record for one message goes ahead. */
static void send_parts(const struct participant *p, Sluice__Link__Participant *body)
{
    if (body->record.len <= RECORD_PART_MAX)
        return;
    body->record_number = index_new_id();
    while (body->record.len > RECORD_PART_MAX) {
        Sluice__Link__RecordPart part = SLUICE__LINK__RECORD_PART__INIT;
        part.participant = p->index.id;
        part.record_number = body->record_number;
        part.data.data = body->record.data;
        part.data.len = RECORD_PART_MAX;
        Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
        c.body_case = SLUICE__LINK__COMMAND__BODY_ADD_RECORD_PART;
        c.add_record_part = &part;
        command(p->room->rooms, &c);
        body->record.data += RECORD_PART_MAX;
        body->record.len -= RECORD_PART_MAX;
        body->record_parts++;
    }
}

void command_open_participant(const struct participant *p)
{
    if (p->origin)
        return; /* nothing of it is there */
    Sluice__Link__Participant body = SLUICE__LINK__PARTICIPANT__INIT;
    body.id = p->index.id;
    body.room = p->room->id;
    body.sid = (char *)(uintptr_t)p->sid;
    body.identity = p->claims.identity;
    body.can_publish_data = grant_can_publish_data(&p->claims.video);
    body.hidden = p->claims.video.hidden;
    body.agent = claims_is_agent(&p->claims);
    body.metrics = grant_can_subscribe_metrics(&p->claims.video);
    body.room_name = p->room->name;
    body.room_sid = p->room->sid;
    body.name = p->claims.name;
    struct arena a = {0};
    data_tracks_command(&a, p, &body);
    size_t most = p->opened ? RECORD_SIZE_MAX : RECORD_PART_MAX;
    body.record.data = record_pack(&a, p, most, &body.record.len);
    send_parts(p, &body);
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_PARTICIPANT;
    c.open_participant = &body;
    command(p->room->rooms, &c);
    arena_free(&a);
}

void command_close_participant(struct rooms *rs, uint64_t id)
{
    command_close_id(rs, SLUICE__LINK__COMMAND__BODY_CLOSE_PARTICIPANT, id);
}

void command_open_transport(const struct transport *t)
{
    Sluice__Link__Transport body = SLUICE__LINK__TRANSPORT__INIT;
    body.id = t->index.id;
    body.participant = t->owner->index.id;
    body.kind = t->kind;
    body.worker = t->worker;
    body.local_ufrag = (char *)(uintptr_t)t->ufrag;
    body.local_pwd = (char *)(uintptr_t)t->pwd;
    body.tcp_only = t->tcp_only;
    body.estimate_bandwidth = t->estimate_bandwidth;
    body.allow_pause = t->allow_pause;
    body.bandwidth_cap = t->bandwidth_cap;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRANSPORT;
    c.open_transport = &body;
    command(t->owner->room->rooms, &c);
}

void command_close_transport(const struct transport *t)
{
    command_close_id(t->owner->room->rooms, SLUICE__LINK__COMMAND__BODY_CLOSE_TRANSPORT,
                     t->index.id);
}

void command_set_remote(const struct transport *t)
{
    Sluice__Link__RemoteDescription body = SLUICE__LINK__REMOTE_DESCRIPTION__INIT;
    body.transport = t->index.id;
    body.ufrag = (char *)(uintptr_t)t->remote.ufrag;
    body.pwd = (char *)(uintptr_t)t->remote.pwd;
    body.fingerprint.data = (uint8_t *)(uintptr_t)t->remote.fingerprint;
    body.fingerprint.len = sizeof t->remote.fingerprint;
    body.dtls_client = t->remote.dtls_client;
    body.sctp_port = t->remote.sctp_port;
    body.max_message_size = t->remote.max_message_size;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_REMOTE;
    c.set_remote = &body;
    command(t->owner->room->rooms, &c);
}

void command_restart_ice(const struct transport *t)
{
    Sluice__Link__LocalIce body = SLUICE__LINK__LOCAL_ICE__INIT;
    body.transport = t->index.id;
    body.ufrag = (char *)(uintptr_t)t->ufrag;
    body.pwd = (char *)(uintptr_t)t->pwd;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_RESTART_ICE;
    c.restart_ice = &body;
    command(t->owner->room->rooms, &c);
}

static Sluice__Link__Payload **payloads(struct arena *a, const struct sdp_payload *list, size_t n)
{
    Sluice__Link__Payload **out = ARENA_ARRAY(a, Sluice__Link__Payload *, n);
    for (size_t i = 0; i < n; i++) {
        Sluice__Link__Payload *m = ARENA_MESSAGE(a, Sluice__Link__Payload, sluice__link__payload);
        m->codec = (Sluice__Link__Codec)list[i].codec;
        m->pt = list[i].pt;
        m->rtx_pt = list[i].rtx_pt;
        m->clock_rate = list[i].clock;
        m->fmtp = (char *)(uintptr_t)list[i].fmtp;
        out[i] = m;
    }
    return out;
}

static Sluice__Link__Extensions *extensions(struct arena *a, const struct sdp_extensions *e)
{
    Sluice__Link__Extensions *m =
        ARENA_MESSAGE(a, Sluice__Link__Extensions, sluice__link__extensions);
    m->mid = e->mid;
    m->rid = e->rid;
    m->repaired_rid = e->repaired_rid;
    m->audio_level = e->audio_level;
    m->abs_send_time = e->abs_send_time;
    m->transport_cc = e->transport_cc;
    m->dependency_descriptor = e->dependency_descriptor;
    m->abs_capture_time = e->abs_capture_time;
    m->playout_delay = e->playout_delay;
    return m;
}

static void add_encodings(struct arena *a, const struct sdp_negotiated *f,
                          Sluice__Link__Track *body)
{
    body->encodings = ARENA_ARRAY(a, Sluice__Link__Encoding *, f->encoding_count);
    for (uint32_t i = 0; i < f->encoding_count; i++) {
        Sluice__Link__Encoding *m =
            ARENA_MESSAGE(a, Sluice__Link__Encoding, sluice__link__encoding);
        m->rid = (char *)(uintptr_t)f->encodings[i].rid;
        m->layer = sdp_encoding_layer(f, i);
        m->ssrc = f->encodings[i].ssrc;
        m->rtx_ssrc = f->encodings[i].rtx_ssrc;
        body->encodings[body->n_encodings++] = m;
    }
}

void command_open_track(const struct source *s)
{
    const struct publication *t = s->track;
    const struct sdp_negotiated *f = s->facts;
    struct arena a = {0};
    Sluice__Link__Track body = SLUICE__LINK__TRACK__INIT;
    body.id = s->index.id;
    body.transport = t->transport->index.id;
    body.sid = (char *)(uintptr_t)t->sid;
    body.name = t->info->name;
    body.source = t->info->source;
    body.video = f->kind == SDP_VIDEO;
    body.mid = (char *)(uintptr_t)f->mid;
    body.n_payloads = f->payload_count;
    body.payloads = payloads(&a, f->payloads, f->payload_count);
    add_encodings(&a, f, &body);
    body.extensions = extensions(&a, &f->extensions);
    body.nack = f->nack;
    body.muted = t->info->muted;
    body.svc = track_is_svc(t->info, source_number(s));
    body.screen_share = t->info->source == LIVEKIT__TRACK_SOURCE__SCREEN_SHARE;
    body.encrypted = t->info->encryption != LIVEKIT__ENCRYPTION__TYPE__NONE;
    if (body.encrypted) {
        const char *trailer = t->owner->room->sif_trailer;
        body.sif_trailer.data = (uint8_t *)(uintptr_t)trailer;
        body.sif_trailer.len = strlen(trailer);
    }
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_TRACK;
    c.open_track = &body;
    command(t->owner->room->rooms, &c);
    arena_free(&a);
}

void command_open_tracks(const struct publication *t)
{
    for (uint32_t i = 0; i < t->source_count; i++)
        if (t->source[i].facts)
            command_open_track(&t->source[i]);
}

void command_close_track(const struct source *s)
{
    command_close_id(s->track->owner->room->rooms, SLUICE__LINK__COMMAND__BODY_CLOSE_TRACK,
                     s->index.id);
}

/* Clients know the trailer of the room that they joined, tracks have that of theirs: whoever was
 * moved, or sees tracks of another room, knows another one. */
static void set_trailer(const struct subscription *s, Sluice__Link__Subscription *body)
{
    const struct publication *t = s->source->track;
    const char *known = s->subscriber->sif_trailer;
    if (t->info->encryption == LIVEKIT__ENCRYPTION__TYPE__NONE ||
        strcmp(known, t->owner->room->sif_trailer) == 0)
        return;
    body->sif_trailer.data = (uint8_t *)(uintptr_t)known;
    body->sif_trailer.len = strlen(known);
}

void command_open_subscription(const struct subscription *s)
{
    struct arena a = {0};
    char cname[SUBSCRIPTION_STREAM_MAX];
    subscription_stream(s, cname, sizeof cname);
    Sluice__Link__Subscription body = SLUICE__LINK__SUBSCRIPTION__INIT;
    body.id = s->index.id;
    body.track = s->source->index.id;
    body.transport = transport_towards(s->subscriber)->index.id;
    body.mid = s->facts->mid;
    body.cname = cname;
    body.ssrc = s->ssrc;
    body.rtx_ssrc = s->payloads[0].rtx_pt ? s->rtx_ssrc : 0;
    body.n_payloads = s->payload_count;
    body.payloads = payloads(&a, s->payloads, s->payload_count);
    body.extensions = extensions(&a, &s->facts->extensions);
    body.nack = s->facts->nack;
    body.disabled = s->applied.disabled;
    body.max_spatial =
        track_wanted_layer(s->source->track->info, source_number(s->source), &s->applied);
    body.max_temporal = 3;
    set_trailer(s, &body);
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_OPEN_SUBSCRIPTION;
    c.open_subscription = &body;
    command(s->subscriber->room->rooms, &c);
    arena_free(&a);
}

void command_close_subscription(const struct subscription *s)
{
    command_close_id(s->subscriber->room->rooms, SLUICE__LINK__COMMAND__BODY_CLOSE_SUBSCRIPTION,
                     s->index.id);
}

void command_query_participant(const struct participant *p)
{
    Sluice__Link__ParticipantQuery body = SLUICE__LINK__PARTICIPANT_QUERY__INIT;
    body.participant = p->index.id;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_QUERY_PARTICIPANT;
    c.query_participant = &body;
    command(p->room->rooms, &c);
}

bool command_send_data(const struct room *r, bool reliable, const void *packet, size_t size,
                       char *const *identities, size_t identity_count)
{
    Sluice__Link__SendData body = SLUICE__LINK__SEND_DATA__INIT;
    body.room = r->id;
    body.reliable = reliable;
    body.packet.data = (uint8_t *)(uintptr_t)packet;
    body.packet.len = size;
    body.n_destination_identities = identity_count;
    body.destination_identities = (char **)(uintptr_t)identities;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_SEND_DATA;
    c.send_data = &body;
    c.seq = UINT64_MAX; /* the longest; another one is set when it is sent */
    if (sluice__link__command__get_packed_size(&c) > LINK_RECORD_MAX)
        return false;
    command(r->rooms, &c);
    return true;
}

static bool is_denied(const struct turn_settings *t, const struct net_addr *a)
{
    for (size_t i = 0; i < t->denied_count; i++)
        if (net_addr_in_prefix(a, &t->denied[i].prefix, t->denied[i].bits))
            return true;
    return false;
}

void command_set_turn_peers(struct rooms *rs)
{
    Sluice__Link__TurnPeer peers[CANDIDATE_ADDRESSES_MAX], *list[CANDIDATE_ADDRESSES_MAX];
    char text[CANDIDATE_ADDRESSES_MAX][NET_ADDR_TEXT];
    Sluice__Link__TurnPeers body = SLUICE__LINK__TURN_PEERS__INIT;
    if (rs->config.turn.udp_port == 0 && rs->config.turn.tls_port == 0)
        return;
    for (size_t i = 0; i < rs->address_count; i++) {
        const struct candidate_address *a = &rs->addresses[i];
        if (!a->udp || is_denied(&rs->config.turn, &a->at))
            continue;
        size_t n = body.n_peers++;
        peers[n] = (Sluice__Link__TurnPeer)SLUICE__LINK__TURN_PEER__INIT;
        peers[n].ip = (char *)(uintptr_t)net_addr_format_ip(&a->at, text[n]);
        peers[n].port = a->at.port;
        list[n] = &peers[n];
    }
    body.peers = list;
    if (rs->address_count > 0 && body.n_peers == 0)
        log_warn("room", "turn.deny_peer_cidrs leaves no address of ours: nobody can be relayed");
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_SET_TURN_PEERS;
    c.set_turn_peers = &body;
    command(rs, &c);
}

void command_add_turn_user(const struct participant *p, const char *username, const uint8_t *key,
                           size_t key_len, uint32_t lifetime)
{
    Sluice__Link__TurnUser body = SLUICE__LINK__TURN_USER__INIT;
    body.participant = p->index.id;
    body.username = (char *)(uintptr_t)username;
    body.key.data = (uint8_t *)(uintptr_t)key;
    body.key.len = key_len;
    body.lifetime = lifetime;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_ADD_TURN_USER;
    c.add_turn_user = &body;
    command(p->room->rooms, &c);
}

void command_repeat(const struct participant *p)
{
    command_open_participant(p);
    for (int i = 0; i < 2; i++)
        if (p->transports[i]) {
            command_open_transport(p->transports[i]);
            if (p->transports[i]->remote_set)
                command_set_remote(p->transports[i]);
        }
    for (const struct publication *t = p->publications; t; t = t->next)
        command_open_tracks(t);
}

void command_query_silent(struct rooms *rs, uint32_t silent_ms)
{
    Sluice__Link__SilentQuery body = SLUICE__LINK__SILENT_QUERY__INIT;
    body.silent_ms = silent_ms;
    Sluice__Link__Command c = SLUICE__LINK__COMMAND__INIT;
    c.body_case = SLUICE__LINK__COMMAND__BODY_QUERY_SILENT;
    c.query_silent = &body;
    command(rs, &c);
}
