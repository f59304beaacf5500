/* SPDX-License-Identifier: Apache-2.0 */
#include "control/webhook/event.h"

#include "common/pbjson/pbjson.h"
#include "common/proto/livekit/webhook.pb-c.h"
#include "common/random.h"
#include "control/room/info.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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

/* Replaces a text of an unpacked message. */
static bool replace(char **at, const char *value)
{
    char *copy = strdup(value);
    if (!copy)
        return false;
    free(*at);
    *at = copy;
    return true;
}

static void end_participant(Livekit__ParticipantInfo *p)
{
    p->state = LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED;
    p->disconnect_reason = LIVEKIT__DISCONNECT_REASON__STATE_MISMATCH;
    for (size_t i = 0; i < p->n_tracks; i++)
        livekit__track_info__free_unpacked(p->tracks[i], NULL);
    p->n_tracks = 0;
}

static bool turn_to_end(Livekit__WebhookEvent *m)
{
    static const enum room_event pairs[][2] = {{ROOM_STARTED, ROOM_FINISHED},
                                               {PARTICIPANT_JOINED, PARTICIPANT_LEFT},
                                               {TRACK_PUBLISHED, TRACK_UNPUBLISHED}};
    char id[sizeof "EV_" + ID_CHARACTERS];
    if (!m->room || !replace(&m->id, random_id(id, "EV_", ID_CHARACTERS)))
        return false;
    if (m->participant && !m->track)
        end_participant(m->participant);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (strcmp(m->event, webhook_event_name(pairs[i][0])) == 0)
            return replace(&m->event, webhook_event_name(pairs[i][1]));
    return false;
}

uint8_t *webhook_event_end(const void *begun, size_t size, int64_t unix_seconds, char **room,
                           size_t *end_size)
{
    Livekit__WebhookEvent *m = livekit__webhook_event__unpack(NULL, size, begun);
    uint8_t *bytes = NULL;
    *room = NULL;
    if (m && turn_to_end(m)) {
        m->created_at = unix_seconds;
        *end_size = livekit__webhook_event__get_packed_size(m);
        *room = strdup(m->room->name);
        bytes = *room ? malloc(*end_size + 1) : NULL;
    }
    if (bytes)
        livekit__webhook_event__pack(m, bytes);
    livekit__webhook_event__free_unpacked(m, NULL);
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
