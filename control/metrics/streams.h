/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dataplane reports of tracks and subscriptions every 5 s, and the connection quality that
 * comes of it, counted for metrics under LiveKit's names.
 */
#ifndef SLUICE_CONTROL_METRICS_STREAMS_H
#define SLUICE_CONTROL_METRICS_STREAMS_H

#include "control/metrics/text.h"
#include "control/room/state.h"

#define STREAM_SOURCES 5 /* of livekit.TrackSource */

enum stream_direction { STREAM_INCOMING, STREAM_OUTGOING, STREAM_DIRECTIONS };

struct stream_history {
    bool seen;
    uint64_t lost;
    struct metrics_histogram loss;        /* percent of a report's packets */
    struct metrics_histogram jitter, rtt; /* µs, ms */
};

struct streams {
    struct stream_history of[STREAM_DIRECTIONS][STREAM_SOURCES][2]; /* audio, video */
    struct metrics_histogram rating, score;
};

void streams_init(struct streams *s);

/* As told by the dataplane, before or after the rooms have heard of it. */
void streams_reports(struct streams *s, const struct rooms *rs, const Sluice__Link__Reports *m);

/* A participant's connection quality at the end of a period; score: 1 to 5. */
void streams_quality(struct streams *s, int rating, double score);

#endif
