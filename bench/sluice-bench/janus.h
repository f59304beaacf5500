/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The signalling of Janus' VideoRoom plugin, for comparisons: one peer connection per participant,
 * which either publishes (we offer) or subscribes to the one publisher (Janus offers).
 */
#ifndef SLUICE_BENCH_JANUS_H
#define SLUICE_BENCH_JANUS_H

#include "bench/sluice-bench/settings.h"
#include "bench/sluice-bench/signal.h"

enum janus_event {
    JANUS_JOINED, /* a publisher: offer now, with janus_publish() */
    JANUS_OFFER,  /* a subscriber: `text` is the offer, answer with janus_start() */
    JANUS_ANSWER, /* to what was published */
    JANUS_ERROR,  /* `text` says what */
};

typedef void janus_event_fn(void *user, enum janus_event event, const char *text);

/* NULL if memory is out. */
struct signal *janus_open(const struct settings *s, const char *room, bool publishes,
                          janus_event_fn *event, void *user);

void janus_publish(struct signal *g, const char *offer);
void janus_start(struct signal *g, const char *answer);

#endif
