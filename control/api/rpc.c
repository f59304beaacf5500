/* SPDX-License-Identifier: Apache-2.0 */
/* PerformRpc: a request in the participant's reliable channel, in its own name, so that whatever it
 * answers is addressed to itself; the dataplane hands that to us. */
#include "common/proto/livekit/room.pb-c.h"
#include "common/random.h"
#include "control/api/internal.h"
#include "control/room/rooms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RPC_VERSION        1
#define PAYLOAD_MAX        15360 /* bytes, as clients have it */
#define ACKNOWLEDGE_TIME   (7 * USEC_PER_SEC)
#define RESPONSE_TIME      (10 * USEC_PER_SEC)
#define RESPONSE_TIME_MAX  (25 * USEC_PER_SEC) /* HTTP requests end after 30 s */
#define RPC_METHOD_UNKNOWN 1400

static void end_with(struct api_waiting *w, enum twirp_code code, const char *text, usec_t now)
{
    struct twirp_error e = {0};
    twirp_fail(&e, code, "twirp error unknown: %s", text);
    waiting_end(w, NULL, &e, now);
}

static void timed_out(void *arg, usec_t now)
{
    struct api_waiting *w = arg;
    if (w->acknowledged)
        end_with(w, TWIRP_DEADLINE_EXCEEDED, "response timeout", now);
    else
        end_with(w, TWIRP_UNAVAILABLE, "no response from servers", now);
}

void waiting_free(struct api_waiting *w)
{
    struct api *a = w->api;
    timer_stop(&a->rooms->timers, &w->timer);
    *(w->prev ? &w->prev->next : &a->waiting) = w->next;
    if (w->next)
        w->next->prev = w->prev;
    a->waiting_count--;
    free(w);
}

static struct api_waiting *new_waiting(struct api_call *c, const struct participant *p,
                                       usec_t response_time)
{
    struct api *a = c->api;
    struct api_waiting *w = a->waiting_count < API_WAITING_MAX ? calloc(1, sizeof *w) : NULL;
    if (!w)
        return NULL;
    w->api = a;
    w->caller = c->caller;
    w->method = c->method;
    w->encoding = c->encoding;
    w->began = c->now;
    w->answer_by = c->now + response_time;
    w->participant = p->index.id;
    random_id(w->id, "", API_REQUEST_ID);
    w->timer = (struct timer){.fire = timed_out, .arg = w};
    w->next = a->waiting;
    if (w->next)
        w->next->prev = w;
    a->waiting = w;
    a->waiting_count++;
    usec_t acknowledge = response_time < ACKNOWLEDGE_TIME ? response_time : ACKNOWLEDGE_TIME;
    timer_start(&a->rooms->timers, &w->timer, c->now + acknowledge);
    return w;
}

static bool send_request(struct api_call *c, struct participant *p, struct api_waiting *w,
                         const Livekit__PerformRpcRequest *q)
{
    Livekit__RpcRequest request = LIVEKIT__RPC_REQUEST__INIT;
    request.id = w->id;
    request.method = q->method;
    request.payload = q->payload;
    request.response_timeout_ms = (uint32_t)((w->answer_by - w->began) / USEC_PER_MS);
    request.version = RPC_VERSION;
    Livekit__DataPacket packet = LIVEKIT__DATA_PACKET__INIT;
    packet.participant_identity = p->claims.identity;
    packet.destination_identities = &p->claims.identity;
    packet.n_destination_identities = 1;
    packet.value_case = LIVEKIT__DATA_PACKET__VALUE_RPC_REQUEST;
    packet.rpc_request.len = livekit__rpc_request__get_packed_size(&request);
    packet.rpc_request.data = arena_take(&c->arena, packet.rpc_request.len + 1);
    livekit__rpc_request__pack(&request, packet.rpc_request.data);
    return call_send_packet(c, p->room, &packet);
}

static usec_t response_time(const Livekit__PerformRpcRequest *q)
{
    usec_t t = q->response_timeout_ms ? q->response_timeout_ms * USEC_PER_MS : RESPONSE_TIME;
    return t < RESPONSE_TIME_MAX ? t : RESPONSE_TIME_MAX;
}

void perform_rpc(struct api_call *c)
{
    const Livekit__PerformRpcRequest *q = (const Livekit__PerformRpcRequest *)c->request;
    const struct room *r = rooms_find(c->rooms, q->room);
    struct participant *p = r ? room_participant(r, q->destination_identity) : NULL;
    if (!p) {
        call_fail(c, TWIRP_UNAVAILABLE, "no response from servers");
        return;
    }
    if (strlen(q->payload) > PAYLOAD_MAX) {
        twirp_fail(&c->error, TWIRP_INVALID_ARGUMENT, "payload exceeds limits %d", PAYLOAD_MAX);
        return;
    }
    struct api_waiting *w = new_waiting(c, p, response_time(q));
    if (w && send_request(c, p, w, q)) {
        c->waiting = w;
        return;
    }
    if (w)
        waiting_free(w);
    twirp_fail(&c->error, TWIRP_RESOURCE_EXHAUSTED, "too many calls are waiting");
}

static struct api_waiting *find(const struct api *a, const struct participant *p, const char *id)
{
    for (struct api_waiting *w = a->waiting; w; w = w->next)
        if (w->participant == p->index.id && strcmp(w->id, id) == 0)
            return w;
    return NULL;
}

static void acknowledged(const struct api *a, const struct participant *p, const Livekit__RpcAck *m)
{
    struct api_waiting *w = find(a, p, m->request_id);
    if (!w || w->acknowledged)
        return;
    w->acknowledged = true;
    timer_start(&a->rooms->timers, &w->timer, w->answer_by);
}

static void failed(struct api_waiting *w, const Livekit__RpcError *m, usec_t now)
{
    struct twirp_error e = {.meta_key = "rpc_code"};
    twirp_fail(&e, m->code == RPC_METHOD_UNKNOWN ? TWIRP_UNIMPLEMENTED : TWIRP_INTERNAL,
               "twirp error unknown: %s", m->message);
    snprintf(e.meta, sizeof e.meta, "%u", m->code);
    waiting_end(w, NULL, &e, now);
}

static void responded(const struct api *a, const struct participant *p,
                      const Livekit__RpcResponse *m, usec_t now)
{
    struct api_waiting *w = find(a, p, m->request_id);
    if (!w)
        return;
    if (m->value_case == LIVEKIT__RPC_RESPONSE__VALUE_ERROR) {
        failed(w, m->error, now);
        return;
    }
    Livekit__PerformRpcResponse response = LIVEKIT__PERFORM_RPC_RESPONSE__INIT;
    if (m->value_case == LIVEKIT__RPC_RESPONSE__VALUE_PAYLOAD)
        response.payload = m->payload;
    waiting_end(w, &response.base, NULL, now);
}

void rpc_answered(void *ctx, struct participant *p, const Livekit__DataPacket *m, usec_t now)
{
    const struct api *a = ctx;
    if (m->value_case == LIVEKIT__DATA_PACKET__VALUE_RPC_ACK) {
        Livekit__RpcAck *ack = livekit__rpc_ack__unpack(NULL, m->rpc_ack.len, m->rpc_ack.data);
        if (ack)
            acknowledged(a, p, ack);
        livekit__rpc_ack__free_unpacked(ack, NULL);
    } else if (m->value_case == LIVEKIT__DATA_PACKET__VALUE_RPC_RESPONSE) {
        Livekit__RpcResponse *response =
            livekit__rpc_response__unpack(NULL, m->rpc_response.len, m->rpc_response.data);
        if (response)
            responded(a, p, response, now);
        livekit__rpc_response__free_unpacked(response, NULL);
    }
}
