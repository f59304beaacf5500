/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that speak in data channels. */
#include "common/proto/livekit/data.pb-c.h"
#include "common/proto/livekit/room.pb-c.h"
#include "control/api/method.h"
#include "control/room/commands.h"
#include "control/room/rooms.h"

#include <string.h>

#define NONCE_SIZE 16

static bool contains(char **list, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

/* Destinations by sid become identities, which is what the dataplane goes by. */
static size_t destinations(struct api_call *c, const struct room *r,
                           const Livekit__SendDataRequest *q, char ***list)
{
    size_t n = 0;
    *list = ARENA_ARRAY(&c->arena, char *, q->n_destination_identities + q->n_destination_sids);
    for (size_t i = 0; i < q->n_destination_identities; i++)
        (*list)[n++] = q->destination_identities[i];
    for (size_t i = 0; i < q->n_destination_sids; i++) {
        const struct participant *p = room_participant_by_sid(r, q->destination_sids[i]);
        if (p && !contains(*list, n, p->claims.identity))
            (*list)[n++] = p->claims.identity;
    }
    return n;
}

static void fill_user(Livekit__UserPacket *user, const Livekit__SendDataRequest *q, char **list,
                      size_t n)
{
    user->payload = q->data;
    user->nonce = q->nonce;
    user->destination_identities = list;
    user->n_destination_identities = n;
    user->destination_sids = q->destination_sids;
    user->n_destination_sids = q->n_destination_sids;
    if (q->topic_present_case != LIVEKIT__SEND_DATA_REQUEST__TOPIC_PRESENT_TOPIC)
        return;
    user->topic_present_case = LIVEKIT__USER_PACKET__TOPIC_PRESENT_TOPIC;
    user->topic = q->topic;
}

bool call_send_packet(struct api_call *c, const struct room *r, const Livekit__DataPacket *packet)
{
    bool reliable = packet->kind == LIVEKIT__DATA_PACKET__KIND__RELIABLE;
    size_t size = livekit__data_packet__get_packed_size(packet);
    uint8_t *bytes = arena_take(&c->arena, size + 1);
    livekit__data_packet__pack(packet, bytes);
    return command_send_data(r, reliable, bytes, size, packet->destination_identities,
                             packet->n_destination_identities);
}

static bool check_data(struct api_call *c, const Livekit__SendDataRequest *q)
{
    if (q->nonce.len == 0 || q->nonce.len == NONCE_SIZE)
        return true;
    twirp_fail(&c->error, TWIRP_INVALID_ARGUMENT,
               "nonce should be 16-bytes or not present, got: %zu bytes", q->nonce.len);
    return false;
}

void send_data(struct api_call *c)
{
    const Livekit__SendDataRequest *q = (const Livekit__SendDataRequest *)c->request;
    if (!check_data(c, q))
        return;
    const struct room *r = call_room(c, q->room);
    if (!r)
        return;
    char **list;
    size_t n = destinations(c, r, q, &list);
    Livekit__UserPacket user = LIVEKIT__USER_PACKET__INIT;
    Livekit__DataPacket packet = LIVEKIT__DATA_PACKET__INIT;
    fill_user(&user, q, list, n);
    packet.kind = q->kind;
    packet.destination_identities = list;
    packet.n_destination_identities = n;
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_USER;
    packet.user = &user;
    /* named, but nobody of them is there: for nobody */
    bool nobody = n == 0 && q->n_destination_sids > 0;
    if (!nobody && !call_send_packet(c, r, &packet)) {
        twirp_fail(&c->error, TWIRP_INVALID_ARGUMENT, "data is too large");
        return;
    }
    c->response =
        &ARENA_MESSAGE(&c->arena, Livekit__SendDataResponse, livekit__send_data_response)->base;
}
