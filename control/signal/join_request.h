/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a client asks for when it opens /rtc or /rtc/v1, and whether it may. Pure functions: the
 * WebSocket path and the /validate paths run the same checks, in the same order, with the statuses
 * and texts of LiveKit, which clients show and compare.
 */
#ifndef SLUICE_CONTROL_SIGNAL_JOIN_REQUEST_H
#define SLUICE_CONTROL_SIGNAL_JOIN_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jwt/claims.h"
#include "common/proto/livekit/rtc.pb-c.h"

/* A join request may have this many bytes after gunzip. */
#define JOIN_REQUEST_MAX (1u << 20)

#define JOIN_TEXT 128

/* Texts are cut at their size; they are for display and for quirks of browsers. */
struct join_client {
    Livekit__ClientInfo__SDK sdk;
    int32_t protocol, client_protocol;
    uint32_t capabilities; /* bit n: livekit.ClientInfo.Capability n */
    char version[JOIN_TEXT], os[JOIN_TEXT], os_version[JOIN_TEXT], device_model[JOIN_TEXT];
    char browser[JOIN_TEXT], browser_version[JOIN_TEXT];
    char network[JOIN_TEXT], other_sdks[JOIN_TEXT], address[JOIN_TEXT];
};

struct join_params {
    bool single_pc; /* a join_request was given: one PeerConnection for both directions */
    struct join_client client;

    char *room;     /* from the token */
    char *identity; /* from the token; with a `publish` parameter "<identity>#<publish>" */
    char *publish;  /* "" unless this is a secondary, publish-only connection */

    bool auto_subscribe, auto_subscribe_data_track, adaptive_stream, disable_ice_lite;
    enum tristate subscriber_allow_pause;

    bool reconnect; /* a resume; the next two belong to it */
    int32_t reconnect_reason;
    char participant_sid[JOIN_TEXT];

    char *metadata; /* "" if not given: then the token's holds */
    struct claims_attribute *attributes;
    size_t attribute_count;

    /* Of a join_request, else NULL: add_track_requests and publisher_offer are for the session to
     * read, both may be empty. */
    Livekit__JoinRequest *request;
};

/* Limits of 0 are none. */
struct join_limits {
    uint32_t max_identity, max_room_name; /* bytes; 256 */
    bool auto_create;                     /* room.auto_create */
    bool overloaded;                      /* the node is over limit.num_tracks or bytes_per_sec */
    bool (*room_exists)(void *arg, const char *name); /* asked only if !auto_create */
    void *room_arg;
};

struct join_question {
    const char *query; /* as it came, percent-encoded, without '?' */
    size_t query_length;
    const char *user_agent;      /* or NULL */
    const char *address;         /* of the client, for its ClientInfo */
    const struct claims *claims; /* of a valid token, or NULL: none was given */
    bool v1;                     /* the path demands a join_request */
    bool validate;               /* strict: attributes that cannot be decoded are refused */
};

struct join_answer {
    int status;       /* 200: may join */
    const char *text; /* body of the response: "success" or why not; until the next call */
};

/* Decides. If the status is 200, *out is filled: free it with join_params_free(); else it is
 * empty. */
struct join_answer join_decide(const struct join_question *q, const struct join_limits *limits,
                               struct join_params *out);

void join_params_free(struct join_params *p);

#endif
