/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which webhook goes out when, without sockets: for each room and URL one line of events, in order,
 * one on its way at a time. A URL that does not answer holds up its own lines alone.
 *
 * As LiveKit: at most 200 events wait in a line, none longer than 30 s; how many were given up is
 * told with the next one. An event is tried again with growing pauses until then.
 */
#ifndef SLUICE_CONTROL_WEBHOOK_QUEUE_H
#define SLUICE_CONTROL_WEBHOOK_QUEUE_H

#include "common/clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEBHOOK_URLS_MAX  16
#define WEBHOOK_DEPTH_MAX 200
#define WEBHOOK_AGE_MAX   (30 * USEC_PER_SEC)
#define WEBHOOK_BYTES_MAX (64u << 20) /* of all events that wait; what comes on top is given up */
#define WEBHOOK_AT_ONCE   32          /* on their way to one URL */

/* An event on its way to one or more URLs. */
struct webhook_item {
    struct webhook_item *next, *prev; /* of all, oldest first */
    uint64_t number;                  /* counts up */
    usec_t queued;                    /* monotonic */
    uint64_t unix_us;                 /* the same as Unix time */
    uint32_t pending;                 /* bit i: URL i has neither got it nor been given up */
    char *room;
    size_t size;
    uint8_t event[]; /* a packed livekit.WebhookEvent */
};

struct webhook_queue;
struct webhook_line;

struct webhook_queue_output {
    void *ctx;
    /* Send its first event; webhook_queue_result() says later how that went. `dropped`: how many
     * events of this line were given up since the last one that arrived. */
    void (*send)(void *ctx, struct webhook_line *line, uint32_t dropped);
    /* URL `url` is done with the item: it arrived or was given up. The item goes when no URL is
     * left. */
    void (*done)(void *ctx, const struct webhook_item *item, unsigned url);
};

enum webhook_result { WEBHOOK_DELIVERED, WEBHOOK_FAILED };

struct webhook_counters {
    uint64_t delivered, retried, dropped;
    uint32_t waiting; /* now */
};

/* NULL if out of memory. Nothing is sent before webhook_queue_run(). */
struct webhook_queue *webhook_queue_create(unsigned urls, const struct webhook_queue_output *out);
void webhook_queue_destroy(struct webhook_queue *q);

/* An event to add: for the URLs of the mask, in the line of its room. */
struct webhook_news {
    uint64_t number; /* larger than all before */
    const char *room;
    const void *event; /* copied */
    size_t size;
    uint32_t urls;
    usec_t queued;
    uint64_t unix_us;
};

/* NULL if it was given up at once for all of the URLs. */
const struct webhook_item *webhook_queue_push(struct webhook_queue *q,
                                              const struct webhook_news *news);

void webhook_queue_result(struct webhook_queue *q, struct webhook_line *line,
                          enum webhook_result result, usec_t now);

/* Of a line whose first event is on its way. */
unsigned webhook_line_url(const struct webhook_line *l);
const struct webhook_item *webhook_line_first(const struct webhook_line *l);

/* When webhook_queue_run() has something to do; USEC_NEVER if nothing is due. */
usec_t webhook_queue_deadline(const struct webhook_queue *q);
void webhook_queue_run(struct webhook_queue *q, usec_t now);

/* All that is not done, oldest first. */
const struct webhook_item *webhook_queue_first(const struct webhook_queue *q);

const struct webhook_counters *webhook_queue_counters(const struct webhook_queue *q, unsigned url);

#endif
