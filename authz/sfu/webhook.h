/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a LiveKit server tells by webhook about who came and went.
 */
#ifndef SLUICE_AUTHZ_SFU_WEBHOOK_H
#define SLUICE_AUTHZ_SFU_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/jwt/keys.h"

#define WEBHOOK_BODY_MAX      (8u << 20)
#define WEBHOOK_ROOM_SIZE     256
#define WEBHOOK_IDENTITY_SIZE 1024

enum sfu_event_kind {
    SFU_EVENT_OTHER,
    SFU_EVENT_JOINED,
    SFU_EVENT_LEFT,    /* with a reason */
    SFU_EVENT_ABORTED, /* was never connected, or is not any more */
};

/* Why somebody left, as far as it matters. */
enum sfu_reason {
    SFU_REASON_OTHER,
    SFU_REASON_CLIENT_INITIATED,
    SFU_REASON_SERVER_SHUTDOWN,
    SFU_REASON_TIMEOUT, /* the SFU has waited for the client for long already */
};

struct sfu_event {
    enum sfu_event_kind kind;
    enum sfu_reason reason;
    char room[WEBHOOK_ROOM_SIZE], identity[WEBHOOK_IDENTITY_SIZE];
};

/* Checks `authorization` (a token without "Bearer", which is forgiven): signed by one of the keys,
 * with the body's hash. */
bool webhook_authentic(const struct api_keys *keys, const char *authorization, const void *body,
                       size_t length, int64_t unix_now);

/* Reads the body (proto3 JSON of WebhookEvent). False if it is none. */
bool webhook_read(const char *body, size_t length, struct sfu_event *out);

/* By livekit.DisconnectReason's name. */
enum sfu_reason sfu_reason_of(const char *name);

#endif
