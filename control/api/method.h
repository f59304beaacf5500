/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the methods of RoomService have in common.
 */
#ifndef SLUICE_CONTROL_API_METHOD_H
#define SLUICE_CONTROL_API_METHOD_H

#include "control/api/api.h"
#include "control/room/arena.h"

struct api_call {
    struct api *api;
    struct rooms *rooms;
    const struct api_limits *limits;
    const struct claims *claims; /* NULL: no token */
    const ProtobufCMessage *request;
    usec_t now;
    struct arena arena;               /* for the response */
    const ProtobufCMessage *response; /* in the arena, or made of live objects */
    struct twirp_error error;         /* code TWIRP_OK: none */
    const struct api_method *method;
    enum twirp_encoding encoding;
    void *caller;
    struct api_waiting *waiting; /* set: answered later */
};

/* Sets response, error or waiting. */
typedef void api_handler(struct api_call *c);

/* Whom a method is for. */
enum api_grant {
    API_GRANT_CREATE,  /* roomCreate */
    API_GRANT_LIST,    /* roomList */
    API_GRANT_ADMIN,   /* roomAdmin of the request's room */
    API_GRANT_FORWARD, /* roomAdmin of it, and destinationRoom */
};

struct api_method {
    const char *name;
    const ProtobufCMessageDescriptor *request;
    enum api_grant grant;
    api_handler *handler;
};

/* rooms_methods.c */
api_handler create_room, list_rooms, delete_room, update_room_metadata;
/* participant_methods.c */
api_handler list_participants, get_participant, remove_participant, update_participant;
/* track_methods.c */
api_handler mute_published_track, update_subscriptions;
/* transfer_methods.c */
api_handler forward_participant, move_participant;
/* data_methods.c */
api_handler send_data;
/* rpc.c */
api_handler perform_rpc;

/* Sends the packet into the room, to its destinations. False if it is too large. */
bool call_send_packet(struct api_call *c, const struct room *r, const Livekit__DataPacket *packet);

/* The room or participant that is named; NULL with the error set. */
struct room *call_room(struct api_call *c, const char *name);
struct participant *call_participant(struct api_call *c, const char *room, const char *identity);

/* Somebody who is shown from another room can only be changed there. */
void call_refuse_shown(struct api_call *c);

/* An error that LiveKit reports from below its handlers. */
void call_fail(struct api_call *c, enum twirp_code code, const char *text);

/* "<what> exceeds limits <limit>". False, with the error set, if size is over the limit. */
bool call_within(struct api_call *c, const char *what, size_t size, uint32_t limit);

/* The room as a message, with its counts as they are now. */
const Livekit__Room *call_room_info(struct api_call *c, const struct room *r);

#endif
