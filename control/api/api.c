/* SPDX-License-Identifier: Apache-2.0 */
#include "control/api/api.h"

#include "common/proto/livekit/room.pb-c.h"
#include "control/api/internal.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_SERVICE "RoomService"

const unsigned api_latency_bounds[API_LATENCY_BUCKETS] = {1, 2, 5, 10, 50, 100, 500, 2000};

static const struct api_method methods[] = {
    {"CreateRoom", &livekit__create_room_request__descriptor, API_GRANT_CREATE, create_room},
    {"ListRooms", &livekit__list_rooms_request__descriptor, API_GRANT_LIST, list_rooms},
    {"DeleteRoom", &livekit__delete_room_request__descriptor, API_GRANT_CREATE, delete_room},
    {"ListParticipants", &livekit__list_participants_request__descriptor, API_GRANT_ADMIN,
     list_participants},
    {"GetParticipant", &livekit__room_participant_identity__descriptor, API_GRANT_ADMIN,
     get_participant},
    {"RemoveParticipant", &livekit__room_participant_identity__descriptor, API_GRANT_ADMIN,
     remove_participant},
    {"MutePublishedTrack", &livekit__mute_room_track_request__descriptor, API_GRANT_ADMIN,
     mute_published_track},
    {"UpdateParticipant", &livekit__update_participant_request__descriptor, API_GRANT_ADMIN,
     update_participant},
    {"UpdateSubscriptions", &livekit__update_subscriptions_request__descriptor, API_GRANT_ADMIN,
     update_subscriptions},
    {"SendData", &livekit__send_data_request__descriptor, API_GRANT_ADMIN, send_data},
    {"UpdateRoomMetadata", &livekit__update_room_metadata_request__descriptor, API_GRANT_ADMIN,
     update_room_metadata},
    {"PerformRpc", &livekit__perform_rpc_request__descriptor, API_GRANT_ADMIN, perform_rpc},
    {"ForwardParticipant", &livekit__forward_participant_request__descriptor, API_GRANT_FORWARD,
     forward_participant},
    {"MoveParticipant", &livekit__move_participant_request__descriptor, API_GRANT_FORWARD,
     move_participant},
};

#define METHOD_COUNT (sizeof methods / sizeof *methods)

/* LiveKit's other services, which need processes that sluice does not have, and whom they are for.
 */
static bool may_record(const struct video_grant *g)
{
    return g->room_record;
}

static bool may_ingress(const struct video_grant *g)
{
    return g->ingress_admin;
}

static bool may_dispatch(const struct video_grant *g)
{
    return g->room_admin;
}

static const struct {
    const char *name;
    bool (*may_call)(const struct video_grant *g); /* NULL: whoever has a token */
} other_services[] = {
    {"Egress", may_record}, {"Ingress", may_ingress}, {"AgentDispatchService", may_dispatch},
    {"SIP", NULL},          {"Connector", NULL},      {"PhoneNumberService", NULL},
};

#define OTHER_COUNT (sizeof other_services / sizeof *other_services)

_Static_assert(METHOD_COUNT == API_METHODS_COUNT, "one counter for each");

struct api *api_create(struct rooms *rs, const struct api_limits *limits,
                       const struct api_output *out)
{
    struct api *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->rooms = rs;
    a->limits = *limits;
    a->out = *out;
    rs->server_packet = rpc_answered;
    rs->server_packet_ctx = a;
    return a;
}

void api_destroy(struct api *a)
{
    if (!a)
        return;
    while (a->waiting)
        waiting_free(a->waiting);
    a->rooms->server_packet = NULL;
    free(a);
}

static const struct api_method *find_method(const char *name)
{
    for (size_t i = 0; i < METHOD_COUNT; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

/* The value of a text field that all requests of a kind have. */
static const char *request_text(const ProtobufCMessage *m, const char *field)
{
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field_by_name(m->descriptor, field);
    return *(const char *const *)((const char *)m + f->offset);
}

static bool is_admin(const struct video_grant *g, const ProtobufCMessage *m)
{
    return g->room_admin && strcmp(g->room, request_text(m, "room")) == 0;
}

static bool may_call(const struct api_call *c)
{
    if (!c->claims || !c->claims->video.present)
        return false;
    const struct video_grant *g = &c->claims->video;
    switch (c->method->grant) {
    case API_GRANT_CREATE:
        return g->room_create;
    case API_GRANT_LIST:
        return g->room_list;
    case API_GRANT_ADMIN:
        return is_admin(g, c->request);
    case API_GRANT_FORWARD:
        return is_admin(g, c->request) && *g->destination_room &&
               strcmp(g->destination_room, request_text(c->request, "destination_room")) == 0;
    }
    return false;
}

/* Until the dataplane has told its sessions, "no such participant" would be a lie that makes others
 * act. */
static void run(struct api_call *c)
{
    if (!may_call(c))
        twirp_fail(&c->error, TWIRP_UNAUTHENTICATED, "permissions denied");
    else if (!c->rooms->media.up)
        twirp_fail(&c->error, TWIRP_UNAVAILABLE, "media is not available");
    else
        c->method->handler(c);
}

static void count(struct api_method_counters *m, enum twirp_code code, usec_t duration)
{
    size_t bucket = 0;
    while (bucket < API_LATENCY_BUCKETS &&
           duration > (usec_t)api_latency_bounds[bucket] * USEC_PER_MS)
        bucket++;
    m->ended[code]++;
    m->latency[bucket]++;
    m->latency_us += duration;
}

static void respond(struct api_call *c, struct twirp_response *out)
{
    if (c->error.code == TWIRP_OK)
        twirp_write(out, c->encoding, c->response);
    else
        twirp_write_error(out, &c->error);
}

static enum api_result serve_method(struct api_call *c, const struct twirp_request *q,
                                    struct twirp_response *out)
{
    usec_t began = clock_monotonic();
    ProtobufCMessage *request = twirp_read(q, c->encoding, c->method->request, &c->error);
    c->request = request;
    if (request)
        run(c);
    if (!c->waiting)
        respond(c, out);
    protobuf_c_message_free_unpacked(request, NULL);
    arena_free(&c->arena);
    if (c->waiting)
        return API_WAITING;
    count(&c->api->counters[c->method - methods], c->error.code, clock_monotonic() - began);
    return API_ANSWERED;
}

/* Which one; OTHER_COUNT if none. */
static size_t other_service(const struct twirp_target *t)
{
    size_t i = 0;
    while (i < OTHER_COUNT && !twirp_target_is(t, other_services[i].name))
        i++;
    return i;
}

static void refuse_other(size_t service, const struct claims *claims, struct twirp_error *e)
{
    bool (*may)(const struct video_grant *g) = other_services[service].may_call;
    if (!claims || (may && !may(&claims->video)))
        twirp_fail(e, TWIRP_UNAUTHENTICATED, "permissions denied");
    else
        twirp_fail(e, TWIRP_UNIMPLEMENTED, "%s is not offered by this server",
                   other_services[service].name);
}

enum api_result api_serve(struct api *a, const struct twirp_request *q, const struct claims *claims,
                          void *caller, usec_t now, struct twirp_response *out,
                          struct api_waiting **waiting)
{
    struct twirp_target target;
    struct api_call c = {.api = a,
                         .rooms = a->rooms,
                         .limits = &a->limits,
                         .claims = claims,
                         .now = now,
                         .caller = caller};
    bool known = twirp_target(q->path, &target);
    bool ours = known && twirp_target_is(&target, ROOM_SERVICE);
    size_t other = known ? other_service(&target) : OTHER_COUNT;
    if (!ours && other == OTHER_COUNT)
        return API_NO_SUCH_SERVICE;
    c.method = ours ? find_method(target.method) : NULL;
    if (!twirp_accepts(q, &c.encoding, &c.error)) {
        /* said already */
    } else if (!ours) {
        refuse_other(other, claims, &c.error);
    } else if (!c.method) {
        twirp_no_route(q, &c.error);
    } else {
        enum api_result result = serve_method(&c, q, out);
        *waiting = c.waiting;
        return result;
    }
    twirp_write_error(out, &c.error);
    return API_ANSWERED;
}

void api_forget(struct api_waiting *w)
{
    waiting_free(w);
}

void waiting_end(struct api_waiting *w, const ProtobufCMessage *response,
                 const struct twirp_error *error, usec_t now)
{
    struct api *a = w->api;
    struct twirp_response out;
    if (response)
        twirp_write(&out, w->encoding, response);
    else
        twirp_write_error(&out, error);
    count(&a->counters[w->method - methods], response ? TWIRP_OK : error->code, now - w->began);
    void *caller = w->caller;
    waiting_free(w);
    a->out.answer(a->out.ctx, caller, &out);
}

const char *api_method_name(size_t i)
{
    return i < METHOD_COUNT ? methods[i].name : NULL;
}

const struct api_method_counters *api_method_counters(const struct api *a, size_t i)
{
    return &a->counters[i];
}
