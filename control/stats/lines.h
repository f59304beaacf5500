/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of control's stats socket (docs/stats.md). All return new references.
 */
#ifndef SLUICE_CONTROL_STATS_LINES_H
#define SLUICE_CONTROL_STATS_LINES_H

#include "common/stats/source.h"
#include "control/stats/stats.h"

/* lines_server.c */
json_t *line_process(const struct stats_sources *s, const struct stats_clients *clients);
json_t *line_signalling(const struct stats_sources *s);
json_t *line_webhook(const struct webhook *w, unsigned url);
json_t *line_address(const struct stats_sources *s);

/* lines_room.c */
json_t *line_room(const struct room *r);
json_t *line_participant(const struct participant *p);
json_t *line_track(const struct publication *t);

#endif
