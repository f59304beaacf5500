/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The claims of a LiveKit access token: who somebody is and what they may do.
 * Source: livekit-protocol, auth/grants.go and auth/accesstoken.go (the shape on the wire).
 */
#ifndef SLUICE_COMMON_JWT_CLAIMS_H
#define SLUICE_COMMON_JWT_CLAIMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A boolean that may be left out. */
enum tristate { TRISTATE_UNSET, TRISTATE_FALSE, TRISTATE_TRUE };

/* Bits of video_grant.sources; the bit number is livekit.TrackSource. */
enum {
    GRANT_CAMERA = 1u << 1,
    GRANT_MICROPHONE = 1u << 2,
    GRANT_SCREEN_SHARE = 1u << 3,
    GRANT_SCREEN_SHARE_AUDIO = 1u << 4,
};

/* The numbers are livekit.ParticipantInfo.Kind. */
enum claims_kind {
    CLAIMS_STANDARD = 0,
    CLAIMS_INGRESS = 1,
    CLAIMS_EGRESS = 2,
    CLAIMS_SIP = 3,
    CLAIMS_AGENT = 4,
    CLAIMS_CONNECTOR = 7,
    CLAIMS_BRIDGE = 8,
};

struct video_grant {
    bool present; /* false: the token had no `video` at all */
    bool room_create, room_list, room_record, room_admin, room_join;
    bool ingress_admin, hidden, recorder, agent;
    enum tristate can_publish, can_subscribe, can_publish_data;
    enum tristate can_update_own_metadata, can_subscribe_metrics, can_manage_agent_session;
    uint32_t sources; /* 0: not restricted */
    char *room, *destination_room;
};

struct claims_attribute {
    char *key, *value;
};

/* Texts are never NULL ("" if absent) except room_config; all are owned by the struct. */
struct claims {
    char *api_key;  /* iss */
    char *identity; /* sub, else jti */
    char *name, *metadata, *sha256, *room_preset;
    char *room_config;  /* proto3 JSON of a RoomConfiguration, or NULL */
    char *kind_details; /* JSON array, or NULL */
    enum claims_kind kind;
    int64_t not_before, expires, issued_at; /* Unix seconds; 0 = absent */
    struct claims_attribute *attributes;
    size_t attribute_count;
    struct video_grant video;
};

/* Sets *c to empty claims that may be freed. False if out of memory. */
bool claims_init(struct claims *c);
void claims_free(struct claims *c);

/* A deep copy into an uninitialised struct. False if out of memory (dst is then freed). */
bool claims_copy(struct claims *dst, const struct claims *src);

/* Replaces one of the texts. False if out of memory: nothing changes. */
bool claims_set_text(char **field, const char *value);

/* Sets or, with value NULL or "", removes one attribute. False if out of memory. */
bool claims_set_attribute(struct claims *c, const char *key, const char *value);
const char *claims_attribute(const struct claims *c, const char *key);

/* What the grant comes to, defaults applied (absent canPublish and canSubscribe are true, absent
 * canPublishData is what canPublish is, the rest is false). */
bool grant_can_publish(const struct video_grant *g);
bool grant_can_publish_source(const struct video_grant *g, unsigned track_source);
bool grant_can_subscribe(const struct video_grant *g);
bool grant_can_publish_data(const struct video_grant *g);
bool grant_can_update_own_metadata(const struct video_grant *g);
bool grant_can_subscribe_metrics(const struct video_grant *g);

#endif
