/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happened in rooms lately, numbered: the events of control's stats socket.
 */
#ifndef SLUICE_CONTROL_STATS_CHRONICLE_H
#define SLUICE_CONTROL_STATS_CHRONICLE_H

#include "common/stats/query.h"
#include "control/room/state.h"

#define CHRONICLE_EVENTS 256 /* that are kept */

struct chronicle_entry {
    json_t *line; /* NULL: memory was out */
};

struct chronicle {
    uint64_t newest; /* number of the newest event; the first one is 1 */
    struct chronicle_entry entry[CHRONICLE_EVENTS];
};

void chronicle_free(struct chronicle *c);

/* As room_output.event. */
void chronicle_room_event(struct chronicle *c, enum room_event e, const struct room *r,
                          const struct participant *p, const struct publication *t);
/* Of the server as a whole: "address_changed", "dataplane_lost". */
void chronicle_note(struct chronicle *c, const char *kind, const char *text);

/* As stats_source.event. */
json_t *chronicle_next(const struct chronicle *c, const struct query *q, uint64_t *after);

#endif
