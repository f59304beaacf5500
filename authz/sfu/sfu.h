/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What authz asks of the SFU: to have a room, and whether somebody is in one. Two ways, one
 * interface: sluice-control by its Unix socket, or any LiveKit server by Twirp.
 */
#ifndef SLUICE_AUTHZ_SFU_SFU_H
#define SLUICE_AUTHZ_SFU_SFU_H

#include "authz/outbound/exchange.h"
#include "common/config/authz.h"

/* Rooms as MSC4195's service makes them. */
#define SFU_EMPTY_TIMEOUT     300 /* seconds */
#define SFU_DEPARTURE_TIMEOUT 20

enum presence {
    PRESENCE_UNKNOWN, /* the SFU did not say */
    PRESENCE_HERE,
    PRESENCE_GONE,
};

struct sfu;
struct sfu_question;

typedef void sfu_room_done(void *arg, bool exists, enum cause cause);
typedef void sfu_presence_done(void *arg, enum presence p);

/* NULL if memory is out, or if a LiveKit server is to be asked and LIVEKIT_URL names none. The
 * arguments stay the caller's. */
struct sfu *sfu_create(struct outbound *o, const struct config_authz *c);
void sfu_destroy(struct sfu *s);

/* True if sluice-control is asked at the moment (AUTHZ_SFU_AUTO: whenever its socket is there). */
bool sfu_is_local(const struct sfu *s);
const char *sfu_local_socket(const struct sfu *s);

/* Makes the room unless it exists. Failures that may heal are tried again for some seconds. Told in
 * a later turn. NULL if memory is out. */
struct sfu_question *sfu_create_room(struct sfu *s, const char *room, sfu_room_done *done,
                                     void *arg);

/* One question, one answer; only a definite "not there" counts as gone. */
struct sfu_question *sfu_presence(struct sfu *s, const char *room, const char *identity,
                                  sfu_presence_done *done, void *arg);

void sfu_cancel(struct sfu_question *q);

/* The base URL of the API of a server whose signalling is at `url` (ws: http:, wss: https:),
 * without trailing slashes. False if it is no such URL or does not fit. */
bool sfu_api_url(const char *url, char *out, size_t size);

#endif
