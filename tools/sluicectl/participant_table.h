/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of participants, tracks and subscriptions, as `room` and `participant` show them. */
#ifndef SLUICE_TOOLS_SLUICECTL_PARTICIPANT_TABLE_H
#define SLUICE_TOOLS_SLUICECTL_PARTICIPANT_TABLE_H

#include <jansson.h>

#include "tools/sluicectl/table.h"

/* Fills a table with objects of view_objects(); the caller ends it. */
void participant_table(struct table *t, const json_t *participants);

/* Each prints a heading and a table of objects of view_objects(), or nothing if there are none. */
void print_participants(const json_t *participants);
void print_tracks(const json_t *tracks);
void print_subscriptions(const json_t *subscriptions);

#endif
