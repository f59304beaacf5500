/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api/method.h"

#include "control/room/info.h"
#include "control/room/rooms.h"

#include <stdio.h>

void call_fail(struct api_call *c, enum twirp_code code, const char *text)
{
    twirp_fail(&c->error, code, "twirp error unknown: %s", text);
}

void call_refuse_shown(struct api_call *c)
{
    call_fail(c, TWIRP_FAILED_PRECONDITION, "participant is forwarded from another room");
}

struct room *call_room(struct api_call *c, const char *name)
{
    struct room *r = rooms_find(c->rooms, name);
    if (!r)
        call_fail(c, TWIRP_NOT_FOUND, "requested room does not exist");
    return r;
}

struct participant *call_participant(struct api_call *c, const char *room, const char *identity)
{
    const struct room *r = rooms_find(c->rooms, room);
    struct participant *p = r ? room_participant(r, identity) : NULL;
    if (!p)
        call_fail(c, TWIRP_NOT_FOUND, "participant does not exist");
    return p;
}

bool call_within(struct api_call *c, const char *what, size_t size, uint32_t limit)
{
    if (limit == 0 || size <= limit)
        return true;
    twirp_fail(&c->error, TWIRP_INVALID_ARGUMENT, "%s exceeds limits %u", what, limit);
    c->error.meta_key = "argument";
    snprintf(c->error.meta, sizeof c->error.meta, "%s exceeds limits", what);
    return false;
}

const Livekit__Room *call_room_info(struct api_call *c, const struct room *r)
{
    Livekit__Room *m = info_of_room(&c->arena, r);
    m->num_participants = 0;
    for (const struct participant *p = r->participants; p; p = p->next)
        m->num_participants += !p->claims.video.hidden && !p->closing;
    m->num_publishers = room_publisher_count(r);
    return m;
}
