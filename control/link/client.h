/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the dataplane: made, watched, and made again when it breaks.
 */
#ifndef SLUICE_CONTROL_LINK_CLIENT_H
#define SLUICE_CONTROL_LINK_CLIENT_H

#include "common/link/link.h"
#include "control/http/loop.h"

struct link_client;

struct link_client_events {
    void *ctx;
    /* An event of the dataplane; the callee frees it (default allocator). */
    void (*event)(void *ctx, Sluice__Link__Event *e, usec_t now);
    /* The connection broke; another is being tried. */
    void (*lost)(void *ctx);
};

/* Starts connecting to `path` (copied): at once, then every 50 ms at first, 1 s at most. NULL if
 * out of memory. */
struct link_client *link_client_create(struct loop *l, const char *path,
                                       const struct link_client_events *events);
void link_client_destroy(struct link_client *c);

/* Numbers and sends the command; without a connection it is dropped: what matters is sent again
 * after the next Welcome. */
void link_client_send(struct link_client *c, Sluice__Link__Command *command);

bool link_client_connected(const struct link_client *c);

#endif
