/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who came and who went, for listeners that ask "what since?": the last events, numbered. The
 * epoch changes with each process, so that a listener notices that it may have missed something.
 */
#ifndef SLUICE_CONTROL_INTERNAL_FEED_H
#define SLUICE_CONTROL_INTERNAL_FEED_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define FEED_EVENTS     2048 /* that are kept */
#define FEED_EPOCH_SIZE 17

struct feed_event {
    const char *kind, *reason; /* static texts */
    char *room, *identity;
};

struct feed {
    char epoch[FEED_EPOCH_SIZE];
    uint64_t last; /* number of the newest event; the first one is 1 */
    struct feed_event events[FEED_EVENTS];
};

void feed_init(struct feed *f);
void feed_free(struct feed *f);

/* kind "joined", "left" or "aborted"; both it and the reason (a livekit.DisconnectReason) must be
 * static. Room and identity are copied. */
void feed_add(struct feed *f, const char *kind, const char *reason, const char *room,
              const char *identity);

/* True if there is something to say to who has heard everything up to `after` of `epoch`. */
bool feed_has(const struct feed *f, const char *epoch, uint64_t after);

/* {"epoch", "next", "missed", "events":[{"event", "reason", "room", "identity"}]}: what came after
 * `after`. "missed" if that is not all. NULL if memory is out. */
json_t *feed_since(const struct feed *f, const char *epoch, uint64_t after);

#endif
