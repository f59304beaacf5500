/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/event.h"

#include "common/pbjson/pbjson.h"
#include "common/proto/livekit/webhook.pb-c.h"
#include "common/random.h"
#include "control/room/info.h"

#include <limits.h>
#include <stdlib.h>

#define ID_CHARACTERS 12

const char *webhook_event_name(enum room_event e)
{
    static const char *const names[] = {
        [ROOM_STARTED] = "room_started",
        [ROOM_FINISHED] = "room_finished",
        [PARTICIPANT_JOINED] = "participant_joined",
        [PARTICIPANT_LEFT] = "participant_left",
        [PARTICIPANT_ABORTED] = "participant_connection_aborted",
        [TRACK_PUBLISHED] = "track_published",
        [TRACK_UNPUBLISHED] = "track_unpublished",
    };
    return names[e];
}

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static Livekit__Room *room_info(struct arena *a, const struct room *r, bool full)
{
    if (full)
        return info_of_room(a, r);
    Livekit__Room *m = ARENA_MESSAGE(a, Livekit__Room, livekit__room);
    m->sid = text(r->sid);
    m->name = r->name;
    return m;
}

/* Reading a participant counts its version, which is no change that its owner must not see. */
static Livekit__ParticipantInfo *participant_info(struct arena *a, const struct participant *p,
                                                  bool full)
{
    if (full)
        return info_of_participant(a, (struct participant *)(uintptr_t)p, p->disconnect_reason);
    Livekit__ParticipantInfo *m =
        ARENA_MESSAGE(a, Livekit__ParticipantInfo, livekit__participant_info);
    m->sid = text(p->sid);
    m->identity = p->claims.identity;
    return m;
}

uint8_t *webhook_event_pack(enum room_event e, const struct room *r, const struct participant *p,
                            const struct publication *t, bool full_room, int64_t unix_seconds,
                            size_t *size)
{
    struct arena a = {0};
    char id[sizeof "EV_" + ID_CHARACTERS];
    Livekit__WebhookEvent m = LIVEKIT__WEBHOOK_EVENT__INIT;
    m.event = text(webhook_event_name(e));
    m.id = random_id(id, "EV_", ID_CHARACTERS);
    m.created_at = unix_seconds;
    m.room = room_info(&a, r, !t || full_room);
    if (p)
        m.participant = participant_info(&a, p, !t);
    if (t)
        m.track = t->info;
    *size = livekit__webhook_event__get_packed_size(&m);
    uint8_t *bytes = malloc(*size + 1);
    if (bytes)
        livekit__webhook_event__pack(&m, bytes);
    arena_free(&a);
    return bytes;
}

char *webhook_event_body(const void *event, size_t size, uint32_t dropped)
{
    Livekit__WebhookEvent *m = livekit__webhook_event__unpack(NULL, size, event);
    if (!m)
        return NULL;
    m->num_dropped = dropped < INT32_MAX ? (int32_t)dropped : INT32_MAX;
    char *body = pbjson_write(&m->base, PBJSON_CAMEL);
    livekit__webhook_event__free_unpacked(m, NULL);
    return body;
}
