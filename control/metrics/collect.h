/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All metrics of a server as text: under LiveKit's names what LiveKit has, under sluice_ the rest.
 */
#ifndef SLUICE_CONTROL_METRICS_COLLECT_H
#define SLUICE_CONTROL_METRICS_COLLECT_H

#include "control/api/api.h"
#include "control/http/http.h"
#include "control/metrics/history.h"
#include "control/metrics/text.h"
#include "control/webhook/webhook.h"

#include "common/stats/segment.h"

struct watcher;

/* Where metrics come from; all is read only. */
struct metrics_sources {
    const struct rooms *rooms;
    const struct history *history;
    const struct api *api;
    const struct webhook *webhook;     /* NULL: none */
    const struct http_server *http;    /* NULL: left out */
    const struct watcher *address;     /* NULL: left out */
    const struct stats_segment *stats; /* of the dataplane; NULL: not to be had */
};

/* Free the text with metrics_text_free(). */
void metrics_collect(const struct metrics_sources *s, struct metrics_text *out);

/* collect_*.c: the parts. */
void collect_rooms(const struct metrics_sources *s, struct metrics_text *t);
void collect_streams(const struct metrics_sources *s, struct metrics_text *t);
void collect_dataplane(const struct metrics_sources *s, struct metrics_text *t);
void collect_media(const struct metrics_sources *s, struct metrics_text *t);
void collect_address(const struct metrics_sources *s, struct metrics_text *t);
void collect_server(const struct metrics_sources *s, struct metrics_text *t);
void collect_process(struct metrics_text *t);

#endif
