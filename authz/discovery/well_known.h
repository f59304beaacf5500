/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents below /.well-known/matrix/ and /_matrix/client/versions. Pure functions over bytes of
 * others.
 */
#ifndef SLUICE_AUTHZ_DISCOVERY_WELL_KNOWN_H
#define SLUICE_AUTHZ_DISCOVERY_WELL_KNOWN_H

#include "authz/discovery/server_name.h"

#define WELL_KNOWN_MAX 51200 /* bytes of a document */
#define BASE_URL_SIZE  512

/* `m.server` of /.well-known/matrix/server. False if the document has no valid one. */
bool well_known_server(const char *body, size_t length, struct server_name *out);

/* `m.homeserver.base_url` of /.well-known/matrix/client, without trailing slashes. */
bool well_known_client(const char *body, size_t length, char out[static BASE_URL_SIZE]);

/* What /versions says of delayed events (MSC4140). */
struct delayed_events_support {
    bool known;  /* the document could be read */
    bool any;    /* the unstable feature is there */
    bool stable; /* the stable paths are, too */
};

struct delayed_events_support versions_delayed_events(const char *body, size_t length);

#endif
