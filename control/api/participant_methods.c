/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about participants. */
#include "common/proto/livekit/room.pb-c.h"
#include "control/api/method.h"
#include "control/room/info.h"
#include "control/room/participant.h"
#include "control/room/preference.h"
#include "control/room/rooms.h"

#include <string.h>

static Livekit__ParticipantInfo *info(struct api_call *c, struct participant *p)
{
    return info_of_participant(&c->arena, p, LIVEKIT__DISCONNECT_REASON__UNKNOWN_REASON);
}

void list_participants(struct api_call *c)
{
    const Livekit__ListParticipantsRequest *q =
        (const Livekit__ListParticipantsRequest *)c->request;
    const struct room *r = rooms_find(c->rooms, q->room);
    Livekit__ListParticipantsResponse *m = ARENA_MESSAGE(
        &c->arena, Livekit__ListParticipantsResponse, livekit__list_participants_response);
    m->participants =
        ARENA_ARRAY(&c->arena, Livekit__ParticipantInfo *, r ? r->participant_count : 0);
    for (struct participant *p = r ? r->participants : NULL; p; p = p->next)
        m->participants[m->n_participants++] = info(c, p);
    c->response = &m->base;
}

void get_participant(struct api_call *c)
{
    const Livekit__RoomParticipantIdentity *q =
        (const Livekit__RoomParticipantIdentity *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    if (p)
        c->response = &info(c, p)->base;
}

void remove_participant(struct api_call *c)
{
    const Livekit__RoomParticipantIdentity *q =
        (const Livekit__RoomParticipantIdentity *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    if (!p)
        return;
    if (q->revoke_token_ts > 0)
        preference_revoke(p->room, q->identity, q->revoke_token_ts);
    participant_close(p, LIVEKIT__DISCONNECT_REASON__PARTICIPANT_REMOVED, true, c->now);
    c->response = &ARENA_MESSAGE(&c->arena, Livekit__RemoveParticipantResponse,
                                 livekit__remove_participant_response)
                       ->base;
}

static bool check_update(struct api_call *c, const struct participant *p,
                         const Livekit__UpdateParticipantRequest *q,
                         const struct claims_attribute *attributes)
{
    return call_within(c, "name length", strlen(q->name), c->limits->participant_name) &&
           call_within(c, "metadata size", strlen(q->metadata), c->limits->metadata) &&
           call_within(c, "attribute size",
                       participant_attributes_size(p, attributes, q->n_attributes),
                       c->limits->attributes);
}

void update_participant(struct api_call *c)
{
    const Livekit__UpdateParticipantRequest *q =
        (const Livekit__UpdateParticipantRequest *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    if (p && p->origin)
        call_refuse_shown(c);
    if (!p || p->origin)
        return;
    struct claims_attribute *attributes =
        ARENA_ARRAY(&c->arena, struct claims_attribute, q->n_attributes);
    for (size_t i = 0; i < q->n_attributes; i++)
        attributes[i] = (struct claims_attribute){q->attributes[i]->key, q->attributes[i]->value};
    if (!check_update(c, p, q, attributes))
        return;
    participant_set_metadata(p, q->name, q->metadata, attributes, q->n_attributes, c->now);
    if (q->permission)
        participant_set_permission(p, q->permission, c->now);
    c->response = &info(c, p)->base;
}
