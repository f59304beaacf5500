/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rooms, as `rooms` and `top` show it. */
#ifndef SLUICE_TOOLS_SLUICECTL_ROOM_TABLE_H
#define SLUICE_TOOLS_SLUICECTL_ROOM_TABLE_H

#include <jansson.h>

#include "tools/sluicectl/table.h"

void room_table_begin(struct table *t);

/* `room`: an object of view_objects(); `unix_us`: now. */
void room_table_row(struct table *t, const json_t *room, double unix_us);

#endif
