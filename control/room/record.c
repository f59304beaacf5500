/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/record.h"

#include "common/log.h"
#include "control/room/data_blob.h"
#include "control/room/data_track.h"
#include "control/room/forward.h"

#include <string.h>

Sluice__Record__RoomRecord *record_of_room(struct arena *a, const struct room *r)
{
    Sluice__Record__RoomRecord *m =
        ARENA_MESSAGE(a, Sluice__Record__RoomRecord, sluice__record__room_record);
    m->id = r->id;
    m->sid = (char *)(uintptr_t)r->sid;
    m->name = r->name;
    m->metadata = r->metadata;
    m->created_ms = r->created_ms;
    m->empty_timeout = r->empty_timeout;
    m->departure_timeout = r->departure_timeout;
    m->max_participants = r->max_participants;
    m->sync_streams = r->sync_streams;
    m->turn_password = (char *)(uintptr_t)r->turn_password;
    m->sif_trailer = (char *)(uintptr_t)r->sif_trailer;
    return m;
}

static Livekit__ClientInfo *client_info(struct arena *a, const struct client *c)
{
    Livekit__ClientInfo *m = ARENA_MESSAGE(a, Livekit__ClientInfo, livekit__client_info);
    m->sdk = c->sdk;
    m->protocol = c->protocol;
    m->client_protocol = c->client_protocol;
    m->version = c->version;
    m->os = c->os;
    m->browser = c->browser;
    m->browser_version = c->browser_version;
    m->device_model = c->device_model;
    m->address = c->address;
    m->n_capabilities = c->capability_count;
    m->capabilities = arena_copy(a, c->capabilities, sizeof c->capabilities);
    return m;
}

static void add_backups(struct arena *a, const struct publication *t,
                        Sluice__Record__TrackRecord *e)
{
    e->backups = ARENA_ARRAY(a, uint64_t, t->source_count);
    for (uint32_t i = 1; i < t->source_count; i++)
        e->backups[e->n_backups++] = t->source[i].facts ? t->source[i].index.id : 0;
}

static void add_tracks(struct arena *a, const struct participant *p,
                       Sluice__Record__ParticipantRecord *m)
{
    size_t n = 0;
    for (const struct publication *t = p->publications; t; t = t->next)
        n++;
    m->tracks = ARENA_ARRAY(a, Sluice__Record__TrackRecord *, n);
    for (const struct publication *t = p->publications; t; t = t->next) {
        if (!t->told)
            continue;
        Sluice__Record__TrackRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__TrackRecord, sluice__record__track_record);
        e->id = t->source[0].facts ? t->source[0].index.id : 0;
        add_backups(a, t, e);
        e->regressed = t->regressed;
        e->info = t->info;
        e->cid = t->cid;
        e->published = t->published;
        e->told_subscribed = t->told_subscribed;
        m->tracks[m->n_tracks++] = e;
    }
}

static void add_section(struct arena *a, Sluice__Record__ParticipantRecord *m, const char *mid,
                        enum sdp_kind kind, bool used, uint64_t owner)
{
    Sluice__Record__SectionRecord *e =
        ARENA_MESSAGE(a, Sluice__Record__SectionRecord, sluice__record__section_record);
    e->mid = (char *)(uintptr_t)mid;
    e->kind = kind;
    e->used = used;
    e->owner = owner;
    m->sections[m->n_sections++] = e;
}

static void add_sections(struct arena *a, const struct participant *p,
                         Sluice__Record__ParticipantRecord *m)
{
    m->sections = ARENA_ARRAY(a, Sluice__Record__SectionRecord *, SDP_SECTIONS_MAX);
    const struct sdp_slots *slots = p->transports[0] ? p->transports[0]->slots : NULL;
    for (uint32_t i = 0; slots && i < slots->slot_count; i++)
        add_section(a, m, slots->slot[i].mid, slots->slot[i].kind, slots->slot[i].used,
                    slots->slot[i].owner);
    const struct sdp_offer_table *offers = p->transports[1] ? p->transports[1]->offers : NULL;
    for (uint32_t i = 0; offers && i < offers->count; i++)
        add_section(a, m, "", offers->sections[i].kind, true,
                    offers->sections[i].active ? offers->sections[i].owner : 0);
    if (p->transports[1])
        m->offer_id = p->transports[1]->offer_id;
}

static void add_subscriptions(struct arena *a, const struct participant *p,
                              Sluice__Record__ParticipantRecord *m)
{
    size_t n = 0;
    for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber)
        n++;
    m->subscriptions = ARENA_ARRAY(a, Sluice__Record__SubscriptionRecord *, n);
    for (const struct subscription *s = p->subscriptions; s; s = s->next_of_subscriber) {
        Sluice__Record__SubscriptionRecord *e = ARENA_MESSAGE(a, Sluice__Record__SubscriptionRecord,
                                                              sluice__record__subscription_record);
        e->id = s->state == SUBSCRIPTION_OPEN ? s->index.id : 0;
        e->track_sid = (char *)(uintptr_t)s->track->sid;
        e->wanted = s->wanted;
        e->disabled = s->settings.disabled;
        e->quality = s->settings.quality;
        e->width = s->settings.width;
        e->height = s->settings.height;
        e->fps = s->settings.fps;
        m->subscriptions[m->n_subscriptions++] = e;
    }
}

static void add_rules(struct arena *a, const struct participant *p,
                      Sluice__Record__ParticipantRecord *m)
{
    m->everyone_may_subscribe = p->everyone_may_subscribe;
    m->rules = ARENA_ARRAY(a, Sluice__Record__RuleRecord *, p->rule_count);
    for (size_t i = 0; i < p->rule_count; i++) {
        struct permission_rule *rule = &p->rules[i];
        Sluice__Record__RuleRecord *e =
            ARENA_MESSAGE(a, Sluice__Record__RuleRecord, sluice__record__rule_record);
        e->sid = rule->sid;
        e->identity = rule->identity;
        e->all_tracks = rule->all_tracks;
        e->tracks = ARENA_ARRAY(a, char *, rule->track_count);
        for (size_t k = 0; k < rule->track_count; k++)
            e->tracks[e->n_tracks++] = rule->tracks[k];
        m->rules[m->n_rules++] = e;
    }
}

uint8_t *record_pack(struct arena *a, const struct participant *p, size_t most, size_t *size)
{
    Sluice__Record__ParticipantRecord *m =
        ARENA_MESSAGE(a, Sluice__Record__ParticipantRecord, sluice__record__participant_record);
    m->version = RECORD_VERSION;
    m->room = record_of_room(a, p->room);
    m->sid = (char *)(uintptr_t)p->sid;
    m->claims = record_of_claims(a, &p->claims);
    m->client = client_info(a, &p->client);
    m->state = p->state;
    m->info_version = p->version + p->changed;
    m->joined_ms = p->joined_ms;
    m->single = p->single;
    m->auto_subscribe = p->auto_subscribe;
    m->auto_subscribe_data_tracks = p->auto_subscribe_data_tracks;
    m->adaptive_stream = p->adaptive_stream;
    m->is_publisher = p->is_publisher;
    m->was_active = p->was_active;
    add_tracks(a, p, m);
    add_sections(a, p, m);
    add_subscriptions(a, p, m);
    add_rules(a, p, m);
    data_tracks_record(a, p, m);
    forwards_record(a, p, m);
    data_blobs_record(a, p, m);
    if (strcmp(p->sif_trailer, p->room->sif_trailer) != 0)
        m->sif_trailer = (char *)(uintptr_t)p->sif_trailer;
    *size = sluice__record__participant_record__get_packed_size(m);
    if (*size > most) {
        log_warn("room", "record too large, without metadata participant=%s size=%zu", p->sid,
                 *size);
        m->room->metadata = m->claims->metadata = m->claims->room_config = (char *)(uintptr_t) "";
        m->claims->n_attributes = 0;
        m->n_rules = m->n_blobs = 0;
        *size = sluice__record__participant_record__get_packed_size(m);
    }
    if (*size > most) {
        *size = 0; /* a restart ends this session */
        return NULL;
    }
    uint8_t *bytes = arena_take(a, *size);
    sluice__record__participant_record__pack(m, bytes);
    return bytes;
}

Sluice__Record__ParticipantRecord *record_read(const uint8_t *data, size_t size)
{
    Sluice__Record__ParticipantRecord *m =
        sluice__record__participant_record__unpack(NULL, size, data);
    bool good = m && m->version == RECORD_VERSION && m->room && m->claims && *m->room->name &&
                *m->claims->identity;
    if (!good && m) {
        sluice__record__participant_record__free_unpacked(m, NULL);
        m = NULL;
    }
    return m;
}
