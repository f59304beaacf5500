/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling a publisher which layers anyone wants (subscribed_quality_update): more at once, less
 * after a pause, nothing while the track is muted.
 */
#ifndef SLUICE_CONTROL_ROOM_DYNACAST_H
#define SLUICE_CONTROL_ROOM_DYNACAST_H

#include "control/room/state.h"

void dynacast_init(struct publication *t);
void dynacast_published(struct publication *t, usec_t now);

/* The dataplane's WantedLayers; 255: nobody wants any. */
void dynacast_wanted(struct publication *t, uint32_t layer, usec_t now);

/* After info->muted changed. */
void dynacast_muted(struct publication *t, usec_t now);

/* The client resumed: it is told again. */
void dynacast_restart(struct publication *t, usec_t now);

#endif
