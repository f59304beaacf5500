/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that take a participant to another room. A room that is not there yet is made where
 * joining would make it. */
#include "common/proto/livekit/room.pb-c.h"
#include "control/api/method.h"
#include "control/room/forward.h"
#include "control/room/move.h"
#include "control/room/rooms.h"

#include <string.h>

/* NULL with the error set. */
static struct room *destination(struct api_call *c, const char *name)
{
    if (!call_within(c, "room name length", strlen(name), c->limits->room_name))
        return NULL;
    struct room *r = rooms_find(c->rooms, name);
    if (!r && c->rooms->config.auto_create)
        r = rooms_open(c->rooms, name, NULL, c->now);
    if (!r)
        call_fail(c, TWIRP_NOT_FOUND, "requested room does not exist");
    return r;
}

void forward_participant(struct api_call *c)
{
    const Livekit__ForwardParticipantRequest *q =
        (const Livekit__ForwardParticipantRequest *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    struct room *to = p ? destination(c, q->destination_room) : NULL;
    if (!to)
        return;
    switch (forward_start(p, to, c->now)) {
    case FORWARD_DONE:
        c->response = &ARENA_MESSAGE(&c->arena, Livekit__ForwardParticipantResponse,
                                     livekit__forward_participant_response)
                           ->base;
        break;
    case FORWARD_TAKEN:
        call_fail(c, TWIRP_FAILED_PRECONDITION, "identity is already in the destination room");
        break;
    case FORWARD_IS_SHOWN:
        call_refuse_shown(c);
        break;
    }
}

void move_participant(struct api_call *c)
{
    const Livekit__MoveParticipantRequest *q = (const Livekit__MoveParticipantRequest *)c->request;
    struct participant *p = call_participant(c, q->room, q->identity);
    struct room *to = p ? destination(c, q->destination_room) : NULL;
    if (!to)
        return;
    switch (participant_move(p, to, c->now)) {
    case MOVE_DONE:
        c->response = &ARENA_MESSAGE(&c->arena, Livekit__MoveParticipantResponse,
                                     livekit__move_participant_response)
                           ->base;
        break;
    case MOVE_NO_SIGNAL:
        call_fail(c, TWIRP_UNAVAILABLE, "participant is not connected at the moment");
        break;
    case MOVE_FULL:
        call_fail(c, TWIRP_RESOURCE_EXHAUSTED, "destination room is full");
        break;
    case MOVE_IS_SHOWN:
        call_refuse_shown(c);
        break;
    }
}
