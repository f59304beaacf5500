/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time-limited credentials for TURN servers.
 */
#ifndef SLUICE_CONTROL_ROOM_TURN_CREDENTIALS_H
#define SLUICE_CONTROL_ROOM_TURN_CREDENTIALS_H

#include "common/base62.h"
#include "common/jwt/keys.h"

#include <stdint.h>

#define TURN_CREDENTIALS_KEY      16
#define TURN_CREDENTIALS_USER_MAX BASE62_SIZE(API_KEY_MAX + 64)
#define TURN_CREDENTIALS_PASSWORD BASE62_SIZE(32)
#define REST_CREDENTIALS_USER_MAX 64
#define REST_CREDENTIALS_PASSWORD 32

/* For the TURN server of the dataplane, as LiveKit makes them: username from the API key, the
 * participant and the end of validity (Unix seconds), password from the secret, both in base 62. */
struct turn_credentials {
    char username[TURN_CREDENTIALS_USER_MAX];
    char password[TURN_CREDENTIALS_PASSWORD];
    uint8_t key[TURN_CREDENTIALS_KEY]; /* of long-term credentials, realm "livekit" (RFC 8489) */
};

/* False if OpenSSL cannot. */
bool turn_credentials_make(struct turn_credentials *c, const struct api_key *api, const char *sid,
                           int64_t expiry);

/* For other servers, which share a secret with us ("REST API for access to TURN services"):
 * username "expiry:sid", password its HMAC-SHA1 in base 64. */
struct rest_credentials {
    char username[REST_CREDENTIALS_USER_MAX];
    char password[REST_CREDENTIALS_PASSWORD];
};

bool rest_credentials_make(struct rest_credentials *c, const char *secret, const char *sid,
                           int64_t expiry);

#endif
