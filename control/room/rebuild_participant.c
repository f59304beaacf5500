/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/rebuild.h"

#include "common/log.h"
#include "control/room/data_blob.h"
#include "control/room/data_track.h"
#include "control/room/forward.h"
#include "control/room/heap.h"
#include "control/room/participant.h"
#include "control/room/publication.h"
#include "control/room/quality.h"
#include "control/room/room_internal.h"
#include "control/room/rooms.h"
#include "control/room/source.h"
#include "control/room/subscription.h"
#include "control/room/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_TIMEOUT (60 * USEC_PER_SEC)

static void copy(char *to, size_t cap, const char *from)
{
    snprintf(to, cap, "%s", from);
}

static struct room *rebuild_room(struct rooms *rs, const Sluice__Record__RoomRecord *m, usec_t now)
{
    struct room *r = rooms_find(rs, m->name);
    if (r && r->joined_once)
        return r;
    if (!r && rs->room_count >= ROOMS_MAX)
        return NULL;
    if (!r) /* else it waited for somebody when it was last written down */
        r = room_new(rs, m->name, now);
    timer_stop(&rs->timers, &r->lifetime);
    r->id = m->id;
    copy(r->sid, sizeof r->sid, m->sid);
    copy(r->turn_password, sizeof r->turn_password, m->turn_password);
    copy(r->sif_trailer, sizeof r->sif_trailer, m->sif_trailer);
    free(r->metadata);
    r->metadata = heap_text(m->metadata);
    r->created_ms = m->created_ms;
    r->empty_timeout = m->empty_timeout;
    r->departure_timeout = m->departure_timeout;
    r->max_participants = m->max_participants;
    r->sync_streams = m->sync_streams;
    r->joined_once = true;
    timer_start(&rs->timers, &r->quality, room_tick(r, QUALITY_PERIOD, now));
    return r;
}

static void take_payloads(struct sdp_negotiated *f, Sluice__Link__Payload *const *list, size_t n)
{
    for (size_t i = 0; i < n && f->payload_count < SDP_PAYLOADS_MAX; i++) {
        struct sdp_payload *p = &f->payloads[f->payload_count++];
        p->codec = (uint32_t)list[i]->codec < SDP_CODEC_COUNT ? (enum sdp_codec)list[i]->codec
                                                              : SDP_CODEC_UNKNOWN;
        p->pt = (uint8_t)list[i]->pt;
        p->rtx_pt = (uint8_t)list[i]->rtx_pt;
        p->clock = list[i]->clock_rate;
        copy(p->fmtp, sizeof p->fmtp, list[i]->fmtp);
    }
}

static void take_extensions(struct sdp_negotiated *f, const Sluice__Link__Extensions *m)
{
    if (!m)
        return;
    f->extensions = (struct sdp_extensions){
        .mid = (uint8_t)m->mid,
        .rid = (uint8_t)m->rid,
        .repaired_rid = (uint8_t)m->repaired_rid,
        .audio_level = (uint8_t)m->audio_level,
        .abs_send_time = (uint8_t)m->abs_send_time,
        .transport_cc = (uint8_t)m->transport_cc,
        .dependency_descriptor = (uint8_t)m->dependency_descriptor,
        .abs_capture_time = (uint8_t)m->abs_capture_time,
        .playout_delay = (uint8_t)m->playout_delay,
    };
}

static struct sdp_negotiated *track_facts(const Sluice__Link__Track *m)
{
    struct sdp_negotiated *f = heap_new(sizeof *f);
    copy(f->mid, sizeof f->mid, m->mid);
    f->kind = m->video ? SDP_VIDEO : SDP_AUDIO;
    f->nack = m->nack;
    f->direction = SDP_RECVONLY;
    take_payloads(f, m->payloads, m->n_payloads);
    take_extensions(f, m->extensions);
    for (size_t i = 0; i < m->n_encodings && f->encoding_count < SDP_ENCODINGS_MAX; i++) {
        struct sdp_encoding *e = &f->encodings[f->encoding_count++];
        copy(e->rid, sizeof e->rid, m->encodings[i]->rid);
        e->ssrc = m->encodings[i]->ssrc;
        e->rtx_ssrc = m->encodings[i]->rtx_ssrc;
    }
    return f;
}

/* A TrackInfo that owns its memory. */
static Livekit__TrackInfo *copy_info(const Livekit__TrackInfo *m)
{
    size_t size = livekit__track_info__get_packed_size(m);
    uint8_t *bytes = heap_new(size + 1);
    livekit__track_info__pack(m, bytes);
    Livekit__TrackInfo *info = livekit__track_info__unpack(NULL, size, bytes);
    free(bytes);
    return info;
}

static void rebuild_source(struct publication *t, uint32_t i, uint64_t id)
{
    struct rooms *rs = t->owner->room->rooms;
    const Sluice__Link__Track *m = id && i < t->source_count ? dumped_track(rs, id) : NULL;
    if (!m || m->n_payloads == 0 || index_find(&rs->sources, id))
        return;
    t->source[i].index.id = id;
    index_add(&rs->sources, &t->source[i].index);
    t->source[i].facts = track_facts(m);
}

static void rebuild_track(struct participant *p, const Sluice__Record__TrackRecord *m)
{
    Livekit__TrackInfo *info = m->info ? copy_info(m->info) : NULL;
    if (!info)
        return;
    struct publication *t = publication_new(p, info, m->cid);
    t->told = true;
    t->told_subscribed = m->told_subscribed;
    t->regressed = m->regressed;
    t->transport = transport_from(p);
    if (!m->published)
        return;
    rebuild_source(t, 0, m->id);
    for (size_t i = 0; i < m->n_backups; i++)
        rebuild_source(t, (uint32_t)i + 1, m->backups[i]);
    t->published = source_sent(t) != NULL;
    if (!t->published)
        publication_free(t);
}

static void take_remote(struct transport *t, const Sluice__Link__RemoteDescription *m)
{
    if (!m || !*m->ufrag || m->fingerprint.len != sizeof t->remote.fingerprint)
        return;
    copy(t->remote.ufrag, sizeof t->remote.ufrag, m->ufrag);
    copy(t->remote.pwd, sizeof t->remote.pwd, m->pwd);
    memcpy(t->remote.fingerprint, m->fingerprint.data, m->fingerprint.len);
    t->remote.dtls_client = m->dtls_client;
    t->remote.sctp_port = (uint16_t)m->sctp_port;
    t->remote.max_message_size = m->max_message_size;
    t->remote_set = true;
    t->offered = true;
}

static void take_slots(struct sdp_slots *slots, const Sluice__Record__ParticipantRecord *m)
{
    for (size_t i = 0; i < m->n_sections && slots->slot_count < SDP_SECTIONS_MAX; i++) {
        struct sdp_slot *s = &slots->slot[slots->slot_count++];
        copy(s->mid, sizeof s->mid, m->sections[i]->mid);
        s->kind = (enum sdp_kind)m->sections[i]->kind;
        s->used = m->sections[i]->used;
        s->owner = m->sections[i]->owner;
    }
}

static void take_offer_table(struct sdp_offer_table *table,
                             const Sluice__Record__ParticipantRecord *m)
{
    for (size_t i = 0; i < m->n_sections && table->count < SDP_OFFER_TRACKS_MAX; i++) {
        struct sdp_offer_section *s = &table->sections[table->count++];
        s->kind = (enum sdp_kind)m->sections[i]->kind;
        s->owner = m->sections[i]->owner;
        s->active = s->owner != 0;
    }
}

static void rebuild_transport(struct participant *p, const Sluice__Link__DumpTransport *m,
                              const Sluice__Record__ParticipantRecord *record)
{
    struct transport *t = transport_adopt(p, m->transport);
    if (!t)
        return;
    take_remote(t, m->remote);
    if (t->slots)
        take_slots(t->slots, record);
    if (t->offers) {
        take_offer_table(t->offers, record);
        t->offer_id = record->offer_id;
    }
    t->state = m->state ? m->state->state : SLUICE__LINK__CONNECTION__NEW;
    t->was_connected = t->state == SLUICE__LINK__CONNECTION__CONNECTED ||
                       t->state == SLUICE__LINK__CONNECTION__DISCONNECTED ||
                       (m->state && m->state->restartable);
}

static void take_rules(struct participant *p, const Sluice__Record__ParticipantRecord *m)
{
    p->everyone_may_subscribe = m->everyone_may_subscribe;
    p->rules = heap_new((m->n_rules + 1) * sizeof *p->rules);
    for (size_t i = 0; i < m->n_rules; i++) {
        const Sluice__Record__RuleRecord *e = m->rules[i];
        struct permission_rule *rule = &p->rules[p->rule_count++];
        rule->sid = heap_text(e->sid);
        rule->identity = heap_text(e->identity);
        rule->all_tracks = e->all_tracks;
        rule->tracks = heap_new((e->n_tracks + 1) * sizeof *rule->tracks);
        for (size_t k = 0; k < e->n_tracks; k++)
            copy(rule->tracks[rule->track_count++], sizeof *rule->tracks, e->tracks[k]);
    }
}

static bool known_state(uint32_t state)
{
    return state == LIVEKIT__PARTICIPANT_INFO__STATE__JOINED ||
           state == LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE;
}

struct participant *rebuild_participant(struct rooms *rs, const Sluice__Link__Participant *m,
                                        const Sluice__Record__ParticipantRecord *record, usec_t now)
{
    struct room *r = known_state(record->state) ? rebuild_room(rs, record->room, now) : NULL;
    if (!r || room_participant(r, record->claims->identity))
        return NULL;
    struct participant *p = participant_new(r, m->id, record->sid, now);
    record_claims(record->claims, &p->claims);
    client_free(&p->client);
    client_read(&p->client, record->client);
    p->state = (Livekit__ParticipantInfo__State)record->state;
    p->version = record->info_version;
    p->joined_ms = record->joined_ms;
    p->single = record->single;
    p->auto_subscribe = record->auto_subscribe;
    p->auto_subscribe_data_tracks = record->auto_subscribe_data_tracks;
    p->adaptive_stream = record->adaptive_stream;
    p->is_publisher = record->is_publisher;
    p->was_active = record->was_active;
    p->opened = true;
    take_rules(p, record);
    for (const Sluice__Link__DumpTransport *t = NULL; (t = next_dumped_transport(rs, m->id, t));)
        rebuild_transport(p, t, record);
    for (size_t i = 0; i < record->n_tracks; i++)
        rebuild_track(p, record->tracks[i]);
    data_tracks_rebuild(p, record);
    data_blobs_rebuild(p, record);
    if (*record->sif_trailer)
        copy(p->sif_trailer, sizeof p->sif_trailer, record->sif_trailer);
    if (!transport_from(p) || !transport_towards(p)) {
        participant_close(p, LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH, false, now);
        return NULL;
    }
    if (p->state != LIVEKIT__PARTICIPANT_INFO__STATE__ACTIVE)
        timer_start(&rs->timers, &p->join_timeout, now + JOIN_TIMEOUT);
    log_info("room", "taken over participant=%s identity=%s room=%s", p->sid, p->claims.identity,
             r->name);
    return p;
}

void rebuild_forwards(struct participant *p, const Sluice__Record__ParticipantRecord *record,
                      usec_t now)
{
    for (size_t i = 0; i < record->n_forwards; i++) {
        const Sluice__Record__ForwardRecord *m = record->forwards[i];
        struct room *r =
            m->room && *m->room->name ? rebuild_room(p->room->rooms, m->room, now) : NULL;
        if (!r || !forward_rebuild(p, r, m, now))
            continue;
        log_info("room", "forwarded again identity=%s room=%s", p->claims.identity, r->name);
        room_occupancy_changed(r, now);
    }
}

static void open_again(struct subscription *s, struct source *source,
                       const Sluice__Link__Subscription *m)
{
    s->source = source;
    s->facts = heap_new(sizeof *s->facts);
    copy(s->facts->mid, sizeof s->facts->mid, m->mid);
    s->facts->kind = s->source->facts->kind;
    s->facts->nack = m->nack;
    s->facts->direction = SDP_SENDONLY;
    take_payloads(s->facts, m->payloads, m->n_payloads);
    take_extensions(s->facts, m->extensions);
    s->payload_count = s->facts->payload_count;
    memcpy(s->payloads, s->facts->payloads, sizeof s->payloads);
    s->ssrc = m->ssrc;
    if (m->rtx_ssrc)
        s->rtx_ssrc = m->rtx_ssrc;
    s->told_allowed = true;
    s->state = SUBSCRIPTION_OPEN;
}

void rebuild_subscriptions(struct participant *p, const Sluice__Record__ParticipantRecord *record,
                           usec_t now)
{
    for (size_t i = 0; i < record->n_subscriptions; i++) {
        const Sluice__Record__SubscriptionRecord *e = record->subscriptions[i];
        struct publication *t = room_track(p->room, e->track_sid);
        const Sluice__Link__Subscription *m =
            e->id ? dumped_subscription(p->room->rooms, e->id) : NULL;
        if (!t || t->owner == p || subscription_find(p, t) ||
            (e->id && index_find(&p->room->rooms->subscriptions, e->id)))
            continue;
        struct subscription *s = subscription_new(p, t, e->id ? e->id : index_new_id());
        s->wanted = e->wanted;
        s->settings = (struct track_settings){.disabled = e->disabled,
                                              .quality = (Livekit__VideoQuality)e->quality,
                                              .width = e->width,
                                              .height = e->height,
                                              .fps = e->fps};
        s->applied = s->settings;
        struct source *source = m ? index_find(&p->room->rooms->sources, m->track) : NULL;
        if (source && source->track == publication_origin(t) && m->n_payloads > 0)
            open_again(s, source, m);
    }
    data_subscriptions_rebuild(p, record);
    subscriptions_of_participant(p, now);
}
