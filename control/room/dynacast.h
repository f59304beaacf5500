/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Telling a publisher which layers anyone wants (subscribed_quality_update): more at once, less
 * after a pause, nothing while the track is muted.
 */
#ifndef SLUICE_CONTROL_ROOM_DYNACAST_H
#define SLUICE_CONTROL_ROOM_DYNACAST_H

#include "control/room/state.h"

/* told_quality */
#define QUALITY_NEVER (-2)
#define QUALITY_OFF   (-1)

void dynacast_init(struct publication *t);
void dynacast_published(struct publication *t, usec_t now);

/* The dataplane's WantedLayers of a codec that is sent; 255: nobody wants any. */
void dynacast_wanted(struct source *s, uint32_t layer, usec_t now);

/* Others wait for this codec than before, or it is sent, or not any more. */
void dynacast_source_changed(struct source *s, usec_t now);

/* After info->muted changed. */
void dynacast_muted(struct publication *t, usec_t now);

/* The client resumed: it is told again. */
void dynacast_restart(struct publication *t, usec_t now);

#endif
