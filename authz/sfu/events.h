/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who comes and goes, told by sluice-control itself: a request on its Unix socket that is answered
 * when there is something to tell, again and again.
 */
#ifndef SLUICE_AUTHZ_SFU_EVENTS_H
#define SLUICE_AUTHZ_SFU_EVENTS_H

#include "authz/sfu/sfu.h"
#include "authz/sfu/webhook.h"

struct sfu_events;

struct sfu_listener {
    void *ctx;
    void (*event)(void *ctx, const struct sfu_event *e);
    void (*restarted)(void *ctx); /* control is new, or something may have been missed */
};

/* Listens while the SFU is local. NULL if memory is out. */
struct sfu_events *sfu_events_create(struct outbound *o, const struct sfu *s,
                                     const struct sfu_listener *l);
void sfu_events_destroy(struct sfu_events *e);

/* One answer: {"epoch":text,"next":number,"missed":bool,"events":[{"event","room","identity",
 * "reason"}]}. False if it is none. `epoch` and *next are what the next request names. */
#define SFU_EPOCH_SIZE 40
struct sfu_events_answer {
    char epoch[SFU_EPOCH_SIZE];
    uint64_t next;
    bool missed;
};
bool sfu_events_read(const char *body, size_t length, struct sfu_events_answer *a,
                     void (*each)(void *ctx, const struct sfu_event *e), void *ctx);

#endif
