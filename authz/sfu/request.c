/* SPDX-License-Identifier: Apache-2.0 */
#include "authz/sfu/request.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "authz/openid/userinfo.h"
#include "common/proto/livekit/models.pb-c.h"
#include "common/proto/livekit/room.pb-c.h"

#define PROTOBUF "application/protobuf"

/* --- Twirp --- */

static bool take(struct sfu_message *m, size_t length)
{
    m->content_type = PROTOBUF;
    m->length = length;
    m->body = malloc(length + 1);
    return m->body != NULL;
}

bool sfu_twirp_message(struct sfu_message *m, const char *room, const char *identity)
{
    *m = (struct sfu_message){0};
    if (!identity) {
        Livekit__CreateRoomRequest q = LIVEKIT__CREATE_ROOM_REQUEST__INIT;
        q.name = (char *)room;
        q.empty_timeout = SFU_EMPTY_TIMEOUT;
        q.departure_timeout = SFU_DEPARTURE_TIMEOUT;
        m->path = "/twirp/livekit.RoomService/CreateRoom";
        if (!take(m, livekit__create_room_request__get_packed_size(&q)))
            return false;
        livekit__create_room_request__pack(&q, m->body);
        return true;
    }
    Livekit__RoomParticipantIdentity q = LIVEKIT__ROOM_PARTICIPANT_IDENTITY__INIT;
    q.room = (char *)room;
    q.identity = (char *)identity;
    m->path = "/twirp/livekit.RoomService/GetParticipant";
    if (!take(m, livekit__room_participant_identity__get_packed_size(&q)))
        return false;
    livekit__room_participant_identity__pack(&q, m->body);
    return true;
}

/* A proxy's 404 is no word of the SFU's. */
static bool says_not_found(const char *body, size_t length)
{
    json_t *root = json_loadb(body, length, 0, NULL);
    const char *code = json_string_value(json_object_get(root, "code"));
    bool says = code && strcmp(code, "not_found") == 0;
    json_decref(root);
    return says;
}

enum presence sfu_twirp_presence(int status, const char *body, size_t length)
{
    if (status == 404)
        return says_not_found(body, length) ? PRESENCE_GONE : PRESENCE_UNKNOWN;
    if (status != 200)
        return PRESENCE_UNKNOWN;
    Livekit__ParticipantInfo *p =
        livekit__participant_info__unpack(NULL, length, (const uint8_t *)body);
    enum presence here = PRESENCE_UNKNOWN;
    if (p)
        here = p->state == LIVEKIT__PARTICIPANT_INFO__STATE__DISCONNECTED ? PRESENCE_GONE
                                                                          : PRESENCE_HERE;
    if (p)
        livekit__participant_info__free_unpacked(p, NULL);
    return here;
}

/* --- sluice-control --- */

bool sfu_local_message(struct sfu_message *m, const char *room, const char *identity)
{
    *m = (struct sfu_message){0};
    if (!identity) {
        m->path = "/internal/create_room";
        m->content_type = "application/json";
        json_t *q = json_pack("{s:s, s:i, s:i}", "name", room, "empty_timeout", SFU_EMPTY_TIMEOUT,
                              "departure_timeout", SFU_DEPARTURE_TIMEOUT);
        m->body = (uint8_t *)json_dumps(q, JSON_COMPACT);
        m->length = m->body ? strlen((char *)m->body) : 0;
        json_decref(q);
        return m->body != NULL;
    }
    size_t room_size = 3 * strlen(room) + 1, identity_size = 3 * strlen(identity) + 1;
    m->path = "/internal/participant";
    m->query = malloc(room_size + identity_size + 32);
    if (!m->query)
        return false;
    memcpy(m->query, "?room=", 6);
    percent_encode(room, m->query + 6, room_size);
    size_t n = strlen(m->query);
    memcpy(m->query + n, "&identity=", 10);
    percent_encode(identity, m->query + n + 10, identity_size);
    return true;
}

enum presence sfu_local_presence(int status, const char *body, size_t length)
{
    json_t *root = status == 200 ? json_loadb(body, length, 0, NULL) : NULL;
    const json_t *here = json_object_get(root, "present");
    enum presence p = PRESENCE_UNKNOWN;
    if (json_is_boolean(here))
        p = json_is_true(here) ? PRESENCE_HERE : PRESENCE_GONE;
    json_decref(root);
    return p;
}

void sfu_message_free(struct sfu_message *m)
{
    free(m->query);
    free(m->body);
}
