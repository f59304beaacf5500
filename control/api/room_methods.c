/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about rooms. */
#include "common/proto/livekit/room.pb-c.h"
#include "control/api/method.h"
#include "control/room/participant.h"
#include "control/room/rooms.h"

#include <string.h>

static bool check_create(struct api_call *c, const Livekit__CreateRoomRequest *q)
{
    uint32_t longest = c->limits->room_name;
    if (longest > 0 && strlen(q->name) > longest) {
        twirp_fail(&c->error, TWIRP_INVALID_ARGUMENT,
                   "twirp error unknown: room name length exceeds limits: max length %u", longest);
        return false;
    }
    if (*q->room_preset) {
        call_fail(c, TWIRP_INVALID_ARGUMENT, "unknown room configuration in create room request");
        return false;
    }
    return call_within(c, "metadata size", strlen(q->metadata), c->limits->metadata);
}

/* A room that is there takes over what is asked for, and its clients hear of it. */
static void update_room(struct room *r, const Livekit__CreateRoomRequest *q, usec_t now)
{
    const struct room_settings s = {
        .empty_timeout = q->empty_timeout,
        .departure_timeout = q->departure_timeout,
        .max_participants = q->max_participants,
        .sync_streams = q->sync_streams,
    };
    room_update_settings(r, &s, now);
    if (*q->metadata && strcmp(q->metadata, r->metadata) != 0)
        room_set_metadata(r, q->metadata, now);
}

void create_room(struct api_call *c)
{
    const Livekit__CreateRoomRequest *q = (const Livekit__CreateRoomRequest *)c->request;
    if (!check_create(c, q))
        return;
    struct room *r = rooms_find(c->rooms, q->name);
    if (r) {
        update_room(r, q, c->now);
    } else {
        const struct room_settings s = {
            .empty_timeout = q->empty_timeout,
            .departure_timeout = q->departure_timeout,
            .max_participants = q->max_participants,
            .metadata = q->metadata,
            .sync_streams = q->sync_streams,
        };
        r = rooms_open(c->rooms, q->name, &s, c->now);
    }
    if (r)
        c->response = &call_room_info(c, r)->base;
    else
        twirp_fail(&c->error, TWIRP_RESOURCE_EXHAUSTED, "there are %d rooms already", ROOMS_MAX);
}

static bool is_listed(const Livekit__ListRoomsRequest *q, const struct room *r)
{
    for (size_t i = 0; i < q->n_names; i++)
        if (strcmp(q->names[i], r->name) == 0)
            return true;
    return q->n_names == 0;
}

void list_rooms(struct api_call *c)
{
    const Livekit__ListRoomsRequest *q = (const Livekit__ListRoomsRequest *)c->request;
    Livekit__ListRoomsResponse *m =
        ARENA_MESSAGE(&c->arena, Livekit__ListRoomsResponse, livekit__list_rooms_response);
    m->rooms = ARENA_ARRAY(&c->arena, Livekit__Room *, c->rooms->room_count);
    for (const struct room *r = c->rooms->first; r; r = r->next)
        if (is_listed(q, r))
            m->rooms[m->n_rooms++] = (Livekit__Room *)(uintptr_t)call_room_info(c, r);
    c->response = &m->base;
}

void delete_room(struct api_call *c)
{
    const Livekit__DeleteRoomRequest *q = (const Livekit__DeleteRoomRequest *)c->request;
    struct room *r = call_room(c, q->room);
    if (!r)
        return;
    room_close(r, LIVEKIT__DISCONNECT_REASON__ROOM_DELETED, c->now);
    c->response =
        &ARENA_MESSAGE(&c->arena, Livekit__DeleteRoomResponse, livekit__delete_room_response)->base;
}

void update_room_metadata(struct api_call *c)
{
    const Livekit__UpdateRoomMetadataRequest *q =
        (const Livekit__UpdateRoomMetadataRequest *)c->request;
    if (!call_within(c, "metadata size", strlen(q->metadata), c->limits->metadata))
        return;
    struct room *r = call_room(c, q->room);
    if (!r)
        return;
    room_set_metadata(r, q->metadata, c->now);
    c->response = &call_room_info(c, r)->base;
}
