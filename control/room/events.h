/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dataplane says, applied to the rooms.
 */
#ifndef SLUICE_CONTROL_ROOM_EVENTS_H
#define SLUICE_CONTROL_ROOM_EVENTS_H

#include "control/room/state.h"

/* Takes the event over; it was unpacked with the default allocator. */
void rooms_event(struct rooms *rs, Sluice__Link__Event *e, usec_t now);

/* The link broke: nothing can be changed, and nobody can join, until it is back. */
void rooms_link_lost(struct rooms *rs);

#endif
