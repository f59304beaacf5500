/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Webhooks as LiveKit sends them: what happens in rooms is POSTed to the configured URLs, signed
 * with an API key (a token with the body's hash as Authorization), in order within a room. What
 * waits is on disk too: the next process goes on with it. An event may come twice then, with the
 * same id.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_WEBHOOK_H
#define SLUICE_CONTROL_WEBHOOK_WEBHOOK_H

#include "control/http/loop.h"
#include "control/room/state.h"
#include "control/webhook/queue.h"

struct webhook_config {
    const char *urls[WEBHOOK_URLS_MAX];
    unsigned url_count;
    const struct api_keys *keys; /* stays the caller's, and may be reloaded */
    const char *api_key;
    uint32_t events;                /* bit (1 << enum room_event): wanted */
    bool full_room;                 /* with events about tracks, too */
    const char *path, *ledger_path; /* of the files that outlive this process */
};

/* The mask of events for the filters of a configuration: all, or those included, less those
 * excluded. The names are LiveKit's. */
uint32_t webhook_events(const char (*include)[256], size_t included, const char (*exclude)[256],
                        size_t excluded);

struct webhook;

/* What the configuration points to stays the caller's. NULL if out of memory. */
struct webhook *webhook_create(struct loop *l, const struct webhook_config *config);
void webhook_destroy(struct webhook *w);

/* Something happened; p and t may be NULL. */
void webhook_event(struct webhook *w, enum room_event e, const struct room *r,
                   const struct participant *p, const struct publication *t);

/* To be called once all sessions that are there are known: tells the end of what an earlier process
 * told the beginning of, and nobody the end. */
void webhook_settle(struct webhook *w, const struct rooms *rs);

unsigned webhook_url_count(const struct webhook *w);
const char *webhook_url(const struct webhook *w, unsigned url);
const struct webhook_counters *webhook_counters(const struct webhook *w, unsigned url);

#endif
