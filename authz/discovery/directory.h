/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where servers are, asked once and kept: routes to federation APIs (resolve.h) and base URLs of
 * client APIs. Questions about the same server wait for the same answer.
 */
#ifndef SLUICE_AUTHZ_DISCOVERY_DIRECTORY_H
#define SLUICE_AUTHZ_DISCOVERY_DIRECTORY_H

#include "authz/discovery/resolve.h"
#include "authz/discovery/well_known.h"
#include "authz/outbound/exchange.h"
#include "common/config/authz.h"

#define DIRECTORY_SERVERS_MAX 2048 /* the least recently asked for is forgotten */
#define CLIENT_API_LIFETIME   (4 * 3600 * USEC_PER_SEC)

struct directory;
struct directory_question;

struct client_api {
    char base_url[BASE_URL_SIZE];
    struct delayed_events_support delayed_events;
};

struct directory_answer {
    enum cause cause;
    const struct route *route;           /* of directory_route() */
    const struct client_api *client_api; /* of directory_client_api() */
};

typedef void directory_done(void *arg, const struct directory_answer *a);

/* NULL if memory is out. Both arguments stay the caller's. */
struct directory *directory_create(struct outbound *o, const struct config_authz *c);

/* Open questions end without a word. */
void directory_destroy(struct directory *d);

/* The answer comes in a later turn; its pointers hold during the callback. NULL if memory is out.
 */
struct directory_question *directory_route(struct directory *d, const char *server,
                                           directory_done *done, void *arg);
struct directory_question *directory_client_api(struct directory *d, const char *server,
                                                directory_done *done, void *arg);
void directory_cancel(struct directory_question *q);

/* The server was not reached by its route: ask anew, unless that was done within the last minute.
 */
void directory_doubt(struct directory *d, const char *server);

#endif
