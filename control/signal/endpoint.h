/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /rtc and /rtc/v1 and their /validate: where WebSockets become sessions.
 */
#ifndef SLUICE_CONTROL_SIGNAL_ENDPOINT_H
#define SLUICE_CONTROL_SIGNAL_ENDPOINT_H

#include "control/http/http.h"
#include "control/signal/signalling.h"

struct endpoint_config {
    struct join_limits limits; /* room_exists is filled in here */
    size_t message_max;        /* bytes of one request of a client; 0: default */
    /* Called after anything was done to the rooms: their deadline may have moved. */
    void (*touched)(void *arg);
    void *arg;
};

struct endpoint;

/* Registers the routes. Requests carry the claims of their token as context (control/auth.h). NULL
 * if out of memory. */
struct endpoint *endpoint_create(struct loop *l, struct http_server *http, struct signalling *g,
                                 const struct endpoint_config *config);

/* After http_server_destroy(). */
void endpoint_destroy(struct endpoint *e);

#endif
