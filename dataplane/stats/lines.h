/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of the dataplane's stats socket (docs/stats.md), made of its statistics. All return new
 * references, or NULL if there is no such object.
 */
#ifndef SLUICE_DATAPLANE_STATS_LINES_H
#define SLUICE_DATAPLANE_STATS_LINES_H

#include "common/stats/line.h"
#include "common/stats/source.h"
#include "dataplane/stats/totals.h"

/* lines_process.c */
json_t *line_process(const struct stats_segment *s, const struct totals *t,
                     const struct stats_clients *clients);
json_t *line_thread(const struct stats_segment *s, uint32_t thread);
/* The queues with sockets of their own come first, then the kernel's stack, one per worker. */
json_t *line_queue(const struct stats_segment *s, uint32_t index);
uint32_t line_queue_count(const struct stats_segment *s);
json_t *line_pool(const struct stats_segment *s, uint32_t index);
uint32_t line_pool_count(const struct stats_segment *s);

/* lines_room.c */
json_t *line_room(const struct stats_segment *s, const struct totals *t, uint32_t index);
json_t *line_participant(const struct stats_segment *s, const struct totals *t, uint32_t index);

/* lines_track.c */
json_t *line_track(const struct stats_segment *s, const struct totals *t, uint32_t index);
json_t *line_subscription(const struct stats_segment *s, const struct totals *t, uint32_t index);

/* lines_event.c */
json_t *line_event(const struct stats_event *e);

/* ---- shared by these files ---- */

/* {"packets", "bytes", ...} */
json_t *flow_json(const struct flow *f);
json_t *latency_json(const struct histogram_copy *h);

/* Who is behind a transport's handle. */
struct who {
    struct stats_participant participant;
    struct stats_room room;
};
bool who_is(const struct stats_segment *s, const struct totals *t, handle_t transport,
            struct who *out);

#endif
