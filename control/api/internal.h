/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CONTROL_API_INTERNAL_H
#define SLUICE_CONTROL_API_INTERNAL_H

#include "control/api/method.h"

#define API_WAITING_MAX   1000
#define API_REQUEST_ID    24 /* characters */
#define API_METHODS_COUNT 14

/* An RPC that has not been answered. */
struct api_waiting {
    struct api_waiting *next, *prev;
    struct api *api;
    void *caller;
    const struct api_method *method;
    enum twirp_encoding encoding;
    usec_t began, answer_by; /* answer_by: the response's time, after the acknowledgement's */
    uint64_t participant;
    bool acknowledged;
    char id[API_REQUEST_ID + 1];
    struct timer timer;
};

struct api {
    struct rooms *rooms;
    struct api_limits limits;
    struct api_output out;
    struct api_method_counters counters[API_METHODS_COUNT];
    struct api_waiting *waiting;
    size_t waiting_count;
};

/* rpc.c: as rooms.server_packet */
void rpc_answered(void *ctx, struct participant *p, const Livekit__DataPacket *m, usec_t now);

/* Frees it without a word. */
void waiting_free(struct api_waiting *w);

/* api.c: answers its caller and frees it. `response` NULL: the error. */
void waiting_end(struct api_waiting *w, const ProtobufCMessage *response,
                 const struct twirp_error *error, usec_t now);

#endif
