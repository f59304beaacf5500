/* SPDX-License-Identifier: Apache-2.0 */
#include "control/room/waiting_rooms.h"

#include "common/proto/livekit/room.pb-c.h"
#include "control/room/arena.h"
#include "control/room/heap.h"
#include "control/room/quality.h"
#include "control/room/room_internal.h"
#include "control/room/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool waits(const struct room *r)
{
    return !r->joined_once && r->participant_count == 0;
}

static Livekit__Room *describe(struct arena *a, const struct room *r)
{
    Livekit__Room *m = ARENA_MESSAGE(a, Livekit__Room, livekit__room);
    m->sid = (char *)(uintptr_t)r->sid;
    m->name = r->name;
    m->metadata = r->metadata;
    m->creation_time_ms = r->created_ms;
    m->empty_timeout = r->empty_timeout;
    m->departure_timeout = r->departure_timeout;
    m->max_participants = r->max_participants;
    return m;
}

size_t waiting_rooms_pack(const struct rooms *rs, uint8_t **data)
{
    struct arena a = {0};
    Livekit__ListRoomsResponse list = LIVEKIT__LIST_ROOMS_RESPONSE__INIT;
    list.rooms = ARENA_ARRAY(&a, Livekit__Room *, rs->room_count);
    for (const struct room *r = rs->first; r; r = r->next)
        if (waits(r))
            list.rooms[list.n_rooms++] = describe(&a, r);
    size_t size = livekit__list_rooms_response__get_packed_size(&list);
    *data = size > 0 ? heap_new(size) : NULL;
    if (*data)
        livekit__list_rooms_response__pack(&list, *data);
    arena_free(&a);
    return size;
}

static bool restore(struct rooms *rs, const Livekit__Room *m, usec_t now)
{
    if (!*m->name || strncmp(m->sid, "RM_", 3) != 0 || strlen(m->sid) >= ROOM_SID_MAX ||
        rooms_find(rs, m->name) || rs->room_count >= ROOMS_MAX)
        return false;
    struct room *r = room_new(rs, m->name, now);
    snprintf(r->sid, sizeof r->sid, "%s", m->sid);
    free(r->metadata);
    r->metadata = heap_text(m->metadata);
    r->created_ms = m->creation_time_ms;
    r->empty_timeout = m->empty_timeout;
    r->departure_timeout = m->departure_timeout;
    r->max_participants = m->max_participants;
    room_occupancy_changed(r, now);
    timer_start(&rs->timers, &r->quality, room_tick(r, QUALITY_PERIOD, now));
    return true;
}

size_t waiting_rooms_restore(struct rooms *rs, const uint8_t *data, size_t size, usec_t now)
{
    Livekit__ListRoomsResponse *list = livekit__list_rooms_response__unpack(NULL, size, data);
    if (!list)
        return 0;
    size_t n = 0;
    for (size_t i = 0; i < list->n_rooms; i++)
        n += restore(rs, list->rooms[i], now);
    livekit__list_rooms_response__free_unpacked(list, NULL);
    return n;
}
