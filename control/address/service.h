/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watcher (watcher.h) on the event loop: with netlink, DNS, the disk and the dataplane.
 */
#ifndef SLUICE_CONTROL_ADDRESS_SERVICE_H
#define SLUICE_CONTROL_ADDRESS_SERVICE_H

#include "common/link/link.pb-c.h"
#include "control/address/plan.h"
#include "control/http/loop.h"

#include <jansson.h>

struct address_service;

struct address_service_output {
    void *ctx;
    void (*command)(void *ctx, Sluice__Link__Command *c);
    /* What is offered from now on; for the first time from address_service_create(). */
    void (*offer)(void *ctx, const struct address_plan *p, const char *reason, usec_t now);
};

/* NULL if out of memory. `config` outlives it. */
struct address_service *address_service_create(struct loop *l, const struct config *config,
                                               const struct address_service_output *out);
void address_service_destroy(struct address_service *s);

/* Looks anew, now. */
void address_service_refresh(struct address_service *s, const char *reason);

/* The dataplane's events that matter here; any other is ignored. */
void address_service_event(struct address_service *s, const Sluice__Link__Event *e, usec_t now);
void address_service_link_lost(struct address_service *s, usec_t now);

struct watcher;
/* For metrics. */
const struct watcher *address_service_watcher(const struct address_service *s);

/* Sources, answers and their ages, what is offered, history: for people. A new
 * reference. */
json_t *address_service_report(const struct address_service *s, usec_t now);

#endif
