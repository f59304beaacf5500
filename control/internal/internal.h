/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API for the other processes of this machine, in HTTP on a Unix socket `control.sock` of the
 * run directory (mode 0660: who may open it is trusted). Bodies are JSON.
 *
 *   POST /internal/create_room    {"name", "empty_timeout", "departure_timeout"} in seconds -> {}
 *   GET  /internal/participant    ?room=&identity= -> {"present": bool}
 *   GET  /internal/events         ?epoch=&after= -> see feed.h; answered when there is something
 *                                 to say, after 25 s at the latest
 *
 * 503 while the dataplane has not told who is there.
 */
#ifndef SLUICE_CONTROL_INTERNAL_INTERNAL_H
#define SLUICE_CONTROL_INTERNAL_INTERNAL_H

#include "control/http/http.h"
#include "control/room/rooms.h"

struct internal;

struct internal_config {
    const char *run_dir;
    struct rooms *rooms;
    void (*touched)(void *arg); /* the rooms' deadline may have changed */
    void *arg;
};

/* Listens. NULL, with a line in the log, if that is not possible. */
struct internal *internal_create(struct loop *l, const struct internal_config *c);
void internal_destroy(struct internal *i);

/* For more routes. */
struct http_server *internal_server(struct internal *i);

/* For room_output.event. */
void internal_event(struct internal *i, enum room_event e, const struct room *r,
                    const struct participant *p);

#endif
