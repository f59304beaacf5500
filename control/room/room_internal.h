/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SLUICE_CONTROL_ROOM_ROOM_INTERNAL_H
#define SLUICE_CONTROL_ROOM_ROOM_INTERNAL_H

#include "control/room/state.h"

/* A room with all its timers; in the list of rs. */
struct room *room_new(struct rooms *rs, const char *name, usec_t now);

/* Frees an empty room that is in no list any more. */
void room_free(struct room *r);

#endif
