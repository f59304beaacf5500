/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LiveKit's server API: RoomService over Twirp, without sockets. Who may call what, what it answers
 * and what it does to the sessions that are there: docs/server-api.md.
 */
#ifndef SLUICE_CONTROL_API_API_H
#define SLUICE_CONTROL_API_API_H

#include "control/api/twirp.h"
#include "control/room/state.h"

#define API_LATENCY_BUCKETS 8

struct api_limits { /* bytes; 0: unlimited */
    uint32_t room_name, metadata, attributes, participant_name;
    bool remote_unmute;
};

/* Of one method: how it ended, how long it took. */
struct api_method_counters {
    uint64_t ended[TWIRP_CODE_COUNT];
    uint64_t latency[API_LATENCY_BUCKETS + 1]; /* by api_latency_bounds, the last above all */
    uint64_t latency_us;
};

/* Milliseconds. */
extern const unsigned api_latency_bounds[API_LATENCY_BUCKETS];

struct api;

/* A call that is answered later. */
struct api_waiting;

/* `answer` is called once for each call that api_serve() left waiting, unless api_forget() was
 * called. The response's body is the callee's. */
struct api_output {
    void *ctx;
    void (*answer)(void *ctx, void *caller, const struct twirp_response *response);
};

/* NULL if out of memory. The rooms stay the caller's, and are there until the end. */
struct api *api_create(struct rooms *rs, const struct api_limits *limits,
                       const struct api_output *out);
void api_destroy(struct api *a);

enum api_result {
    API_NO_SUCH_SERVICE, /* for the server to answer as any unknown path */
    API_ANSWERED,
    API_WAITING, /* *waiting is set; `caller` will be answered */
};

/* `claims` are those of the caller's token, NULL without one. */
enum api_result api_serve(struct api *a, const struct twirp_request *q, const struct claims *claims,
                          void *caller, usec_t now, struct twirp_response *out,
                          struct api_waiting **waiting);

/* The caller is gone. */
void api_forget(struct api_waiting *w);

/* The methods that are known, for metrics; NULL behind the last. */
const char *api_method_name(size_t i);
const struct api_method_counters *api_method_counters(const struct api *a, size_t i);

#endif
