/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who speaks: levels that the dataplane measures every 400 ms become speakers_changed, to everyone
 * who hears that participant (livekit: levels in eighths, changes only).
 */
#ifndef SLUICE_CONTROL_ROOM_SPEAKERS_H
#define SLUICE_CONTROL_ROOM_SPEAKERS_H

#include "control/room/state.h"

void speakers_init(struct rooms *rs);

/* The levels of one window, of all rooms. Each media worker reports its own tracks, so a track that
 * is missing is silent only if nobody reports it for more than a window. */
void speakers_levels(struct rooms *rs, const Sluice__Link__AudioLevels *m, usec_t now);

/* The smoothed linear level (0..1) after a window with this loudest packet (-dBov) and this much
 * speech. */
double speakers_smooth(const struct rooms_config *c, double level, uint32_t loudest,
                       uint32_t active_ms);

/* p counts as speaking for so long, whatever it sends. */
void speakers_simulate(struct participant *p, usec_t duration, usec_t now);

#endif
