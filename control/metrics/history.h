/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What has happened in rooms so far, counted for metrics.
 */
#ifndef SLUICE_CONTROL_METRICS_HISTORY_H
#define SLUICE_CONTROL_METRICS_HISTORY_H

#include "control/metrics/streams.h"
#include "control/metrics/text.h"
#include "control/room/state.h"

struct history {
    struct metrics_histogram room_duration;    /* seconds */
    struct metrics_histogram session_duration; /* milliseconds */
    struct metrics_histogram join_latency;     /* milliseconds, join to media */
    uint64_t rooms_started;
    uint64_t joined, left, aborted;
    uint64_t tracks[2]; /* published: audio, video */
    struct streams streams;
};

void history_init(struct history *h);

/* As room_output.event. */
void history_event(struct history *h, enum room_event e, const struct room *r,
                   const struct participant *p, const struct publication *t, int64_t unix_ms);

#endif
